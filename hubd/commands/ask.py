"""``hubd ask``: a typed request."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import textwrap
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hubd.commands.common import FAILED, OK, TERMINATED, number, say, until_told
from hubd.config import at_server, find, load
from hubd.errors import UsageError
from hubd.reports import Part, Report, SaidReport, Showing, ShownReport, TroubleReport, to_json
from hubd.secrets import all_secrets

SUMMARY: Final = "type a request, read the answer"
_STANDARD_INPUT: Final = "-"
_LONGEST_TEXT: Final = 10_000
_HEADINGS: Final = {
    Showing.CODE: "Code:",
    Showing.RESULT: "Result:",
    Showing.ERROR: "It failed:",
    Showing.SOURCES: "Sources:",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Put a request to the hub's Live server as text, operate the devices that it is about, print the answer. "
        "No microphone, no speaker; a hub that runs beside it is not disturbed. Outcomes that are told in silence are "
        "printed as well. Exit status: 0 if there was an answer, whatever it says; 1 if not, with the reason on "
        "standard error; 2 for wrong usage."
    )
    parser.epilog = (
        "Try it without devices: hubd ask --demo turn on the kitchen lights. There the offline server answers, which "
        "knows commands and little else; at home Gemini does, if there is a key."
    )
    parser.add_argument("--demo", action="store_true", help="the simulated house of `hubd demo`, with its own broker")
    parser.add_argument("--url", default="", help="a Live server, as wss://HOST; the key comes from GEMINI_API_KEY")
    parser.add_argument("--json", action="store_true", help="print the event stream, one object a line, instead")
    parser.add_argument(
        "--timeout",
        type=number(1, 3600, "seconds"),
        default=60.0,
        metavar="SECONDS",
        help="how long to wait for the answer (60)",
    )
    parser.add_argument("text", nargs="+", metavar="TEXT", help="the request; - reads it from standard input")
    parser.set_defaults(log_level=logging.ERROR)


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    text = _request(options.text)
    failure = asyncio.run(until_told(_ask(options, text)))
    if failure is None:
        return TERMINATED
    if failure:
        print(f"hubd: {failure}", file=sys.stderr)
    return FAILED if failure else OK


async def _ask(options: argparse.Namespace, text: str) -> str:
    from hubd import asking  # noqa: PLC0415 -- check must not wait for what only ask needs
    from hubd.demo import home, stage  # noqa: PLC0415 -- as above

    secrets = all_secrets(os.environ)
    tell = _print_json if options.json else _print_answer
    if options.demo:
        config = stage.configuration(stage.Wish(url=options.url, config=options.config), os.environ)
        async with home.at_home(config) as here:
            return await asking.ask(here, secrets, text, patience=options.timeout, report=tell, environment=os.environ)
    config = load(find(options.config, os.environ))
    if options.url:
        config = replace(config, live=at_server(config.live, options.url))
    return await asking.ask(config, secrets, text, patience=options.timeout, report=tell, environment=os.environ)


def _request(words: Sequence[str]) -> str:
    """Return the text, from the command line or from standard input; raises UsageError for one that can't be asked."""
    text = " ".join(words)
    if text == _STANDARD_INPUT:
        if sys.stdin is None:
            raise UsageError("standard input is closed: there is nothing to ask")
        try:
            text = sys.stdin.buffer.read(4 * _LONGEST_TEXT + 1).decode()
        except UnicodeDecodeError:
            raise UsageError("standard input is no text in UTF-8") from None
    text = " ".join(text.split())
    if not text:
        raise UsageError("there is nothing to ask: the text has no words")
    if len(text) > _LONGEST_TEXT:
        raise UsageError(f"the text is too long: at most {_LONGEST_TEXT:,} characters")
    return text


def _print_json(report: Report) -> None:
    say(to_json(report, time.time()))


def _print_answer(report: Report) -> None:
    match report:
        case SaidReport(text, interrupted):
            say(_plain(f"{text} …" if interrupted else text))
        case ShownReport(Showing.OUTCOME, text):
            say(_plain(text))
        case ShownReport(what, text):
            lines = textwrap.indent(_plain(text).rstrip("\n"), "    ")
            say(f"{_HEADINGS[what]}\n{lines}")
        case TroubleReport(Part.LIVE, problem, advice):
            print(f"hubd: {problem} {advice}", file=sys.stderr, flush=True)
        case _:
            pass


def _plain(text: str) -> str:
    """Return the text without what would give orders to a terminal."""
    return "".join(each for each in text if each.isprintable() or each in "\n\t")
