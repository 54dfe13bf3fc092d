"""``hubd demo``: requests to a hub in a simulated house."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hubd.demo.show import Request

from hubd import story
from hubd.commands.common import FAILED, OK, say, until_told
from hubd.reports import Report, to_json
from hubd.secrets import all_secrets

SUMMARY: Final = "try the hub in a small simulated house"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Say requests to a hub in a small simulated house, and show what happens. Without options it shows a lamp that "
        "is switched in silence, a heater that is reported in the next pause, and a garage door that jams. "
        "Exit status: 0 if each request led to a call that was done, 1 if not, 2 for wrong usage."
    )
    parser.add_argument("--wav", nargs="+", type=Path, default=[], metavar="FILE", help="requests as WAV files")
    parser.add_argument("--say", nargs="+", default=[], metavar="TEXT", help="requests as text, spoken by espeak-ng")
    parser.add_argument("--mic", action="store_true", help="your own microphone and speakers; ends after one request")
    parser.add_argument("--record", type=Path, metavar="OUT.wav", help="record what the speaker plays")
    parser.add_argument("--devices", type=Path, metavar="DIR", help="your own devices (*.toml), not the demo house")
    parser.add_argument("--url", default="", help="a Live server, as wss://HOST; the key comes from GEMINI_API_KEY")
    parser.add_argument("--json", action="store_true", help="print the event stream, one object a line")


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from hubd.demo import stage  # noqa: PLC0415 -- check must not wait for what only the demo needs

    if options.mic and (options.wav or options.say or options.record):
        options.parser.error("--mic goes without --wav, --say and --record")
    wish = stage.Wish(
        wav=options.wav,
        say=options.say,
        microphone=options.mic,
        record=options.record,
        devices=options.devices,
        url=options.url,
        config=options.config,
    )
    config = stage.configuration(wish, os.environ)
    screen = _Screen(json=options.json)
    good = asyncio.run(until_told(stage.run(wish, config, all_secrets(os.environ), screen)))
    screen.close(good=bool(good))
    return OK if good else FAILED


class _Screen:
    """Prints a demo: a timeline for people, or the event stream."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._began = time.monotonic()

    def begin(self, request: Request) -> None:
        """Head the timeline of a request."""
        self._began = time.monotonic()
        if not self._json:
            say(f"\n{request.title}")

    def tell(self, report: Report) -> None:
        """Add a line."""
        if self._json:
            say(to_json(report, time.time()))
        else:
            say(f"{(time.monotonic() - self._began) * 1000:8.0f} ms  {story.line(report)}")

    def end(self, disappointment: str) -> None:
        """Close the timeline of a request."""
        if disappointment and not self._json:
            say(f"          not as it should be: {disappointment}")

    def close(self, *, good: bool) -> None:
        """Sum up."""
        if not self._json:
            say(f"\n{'All went as it should.' if good else 'Not all went as it should.'}")
