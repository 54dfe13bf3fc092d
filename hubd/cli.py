"""The command line."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hubd.demo.show import Request

from hubd import __version__, story
from hubd.config import describe, find, load, notices
from hubd.errors import ConfigError, HubdError, UsageError
from hubd.privacy import without_words
from hubd.reports import Report, to_json

OK, FAILED, USAGE = 0, 1, 2
# sysexits.h: EX_CONFIG; systemd does not try again after it (``operations.md`` 2).
BROKEN_CONFIG = 78
# More than anyone repairs at once.
_SHOWN_COMPLAINTS = 200

logger = logging.getLogger("hubd")
_T = TypeVar("_T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run hubd with these arguments, without the program's name; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=options.log_level, format="%(levelname)s %(name)s: %(message)s")
    # What the library has to say about each connection of the offline server is no news to a user.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    try:
        status: int = options.command(options)
    except ConfigError as error:
        _complain(error)
        return BROKEN_CONFIG if options.command is _run else FAILED if options.command is _check else USAGE
    except HubdError as error:
        print(f"hubd: {error}", file=sys.stderr)
        return USAGE if isinstance(error, UsageError) else FAILED
    except ExceptionGroup as group:
        # A stage that can't go on ends all others; what is not ours is a bug, and goes up with its traceback.
        expected, bugs = group.split(HubdError)
        if bugs is not None or expected is None:
            raise
        for leaf in _leaves(expected):
            print(f"hubd: {leaf}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has gone; what is left of it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hubd", description="A private voice hub: wake word on this device, Gemini Live, MQTT.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"hubd {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, function, summary in (
        ("run", _run, "run the hub until it is told to stop"),
        ("check", _check, "read the configuration and name every mistake"),
        ("demo", _demo, "try the hub in a small simulated house"),
    ):
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        command.add_argument("--config", type=Path, metavar="FILE", help="the configuration, hubd.toml")
        command.set_defaults(command=function, log_level=logging.WARNING, parser=command)
        if name == "run":
            command.add_argument("--json", action="store_true", help="print the event stream, one object a line")
            command.set_defaults(log_level=logging.INFO)
        elif name == "demo":
            _add_demo_options(command)
    return parser


def _add_demo_options(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Say requests to a hub in a small simulated house, and show what happens. Without options it shows a lamp that "
        "is switched in silence, a heater that is reported in the next pause, and a garage door that jams. "
        "Exit status: 0 if each request led to a call that was done, 1 if not, 2 for wrong usage."
    )
    command.add_argument("--wav", nargs="+", type=Path, default=[], metavar="FILE", help="requests as WAV files")
    command.add_argument("--say", nargs="+", default=[], metavar="TEXT", help="requests as text, spoken by espeak-ng")
    command.add_argument("--mic", action="store_true", help="your own microphone and speakers; ends after one request")
    command.add_argument("--record", type=Path, metavar="OUT.wav", help="record what the speaker plays")
    command.add_argument("--devices", type=Path, metavar="DIR", help="your own devices (*.toml), not the demo house")
    command.add_argument("--url", default="", help="a Live server, as wss://HOST; the key comes from GEMINI_API_KEY")
    command.add_argument("--json", action="store_true", help="print the event stream, one object a line")


def _check(options: argparse.Namespace) -> int:
    config = load(find(options.config, os.environ))
    print(describe(config))
    for notice in notices(config):
        print(f"notice: {notice}")
    print("The configuration is fine.")
    return OK


def _run(options: argparse.Namespace) -> int:
    from hubd import app  # noqa: PLC0415 -- check must not wait for what only run needs

    config = load(find(options.config, os.environ))
    secrets = app.secrets(os.environ)

    def tell(report: Report) -> None:
        shown = report if config.privacy.publish_transcripts else without_words(report)
        logger.info("%s", story.line(shown))
        if options.json:
            print(to_json(shown, time.time()), flush=True)

    asyncio.run(_until_told(app.run(config, secrets, tell)))
    return OK


def _demo(options: argparse.Namespace) -> int:
    from hubd import app  # noqa: PLC0415 -- as above
    from hubd.demo import stage  # noqa: PLC0415 -- as above

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
    good = asyncio.run(_until_told(stage.run(wish, config, app.secrets(os.environ), screen)))
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
            print(f"\n{request.title}", flush=True)

    def tell(self, report: Report) -> None:
        """Add a line."""
        if self._json:
            print(to_json(report, time.time()), flush=True)
        else:
            print(f"{(time.monotonic() - self._began) * 1000:8.0f} ms  {story.line(report)}", flush=True)

    def end(self, disappointment: str) -> None:
        """Close the timeline of a request."""
        if disappointment and not self._json:
            print(f"          not as it should be: {disappointment}", flush=True)

    def close(self, *, good: bool) -> None:
        """Sum up."""
        if not self._json:
            print(f"\n{'All went as it should.' if good else 'Not all went as it should.'}", flush=True)


async def _until_told(work: Coroutine[None, None, _T]) -> _T | None:
    """Do the work until it ends, or until SIGTERM ends it; return what it came to."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return None


def _leaves(group: ExceptionGroup[HubdError]) -> Iterator[HubdError]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _complain(error: ConfigError) -> None:
    for complaint in error.complaints[:_SHOWN_COMPLAINTS]:
        print(complaint, file=sys.stderr)
    count = len(error.complaints)
    if count > _SHOWN_COMPLAINTS:
        print(f"… and {count - _SHOWN_COMPLAINTS:,} more", file=sys.stderr)
    print(f"{count:,} mistake{'s' if count > 1 else ''} in the configuration.", file=sys.stderr)
