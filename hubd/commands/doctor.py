"""``hubd doctor``: what works, what does not, what to do about it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from typing import Final

from hubd.commands.common import FAILED, OK, TERMINATED, columns, say, until_told
from hubd.config import Config
from hubd.doctor import findings
from hubd.doctor.case import Case, Trial
from hubd.doctor.findings import Finding, Verdict
from hubd.doctor.probes import configuration, software

SUMMARY: Final = "find out what does not work, and what to do about it"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Look at everything that a hub needs: packages, configuration, clock, service, microphone, wake word, speaker, "
        "broker, Gemini, the offline server, the last troubles. A hub that runs beside it is not disturbed. Run it "
        "with sudo where the configuration or its secrets are closed to you. Each line is good (✓), doubtful (!) "
        "or bad (✗). Exit status: 0 if nothing is ✗, else 1."
    )
    parser.add_argument("--listen", action="store_true", help="have the wake word said, tell whether it was heard")
    parser.add_argument("--speak", action="store_true", help="say a sentence through the speaker")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line instead")
    # What goes wrong is in the findings.
    parser.set_defaults(log_level=logging.CRITICAL)


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    screen = _Screen(as_json=options.json)
    found = [*software.look()]
    screen.tell_all(found)
    if _failed(found):
        return screen.end(found)
    config, looked = configuration.look(options.config, os.environ)
    screen.tell_all(looked)
    found += looked
    if config is not None:
        examined = asyncio.run(until_told(_examine(options, config, screen)))
        if examined is None:
            return TERMINATED
        found += examined
    return screen.end(found)


async def _examine(options: argparse.Namespace, config: Config, screen: _Screen) -> list[Finding]:
    from hubd.doctor.examination import examine  # noqa: PLC0415 -- it needs the packages that are looked at first

    trials = (Trial.LISTEN if options.listen else Trial.NOTHING) | (Trial.SPEAK if options.speak else Trial.NOTHING)
    return await examine(Case(config, os.environ, trials, screen.ask), screen.tell)


def _failed(found: Sequence[Finding]) -> bool:
    return any(finding.verdict is Verdict.BAD for finding in found)


class _Screen:
    """Prints findings, for people or for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json

    def tell(self, finding: Finding) -> None:
        """Print a finding."""
        if self._json:
            say(findings.to_json(finding))
            return
        encoding = (sys.stdout.encoding if sys.stdout is not None else None) or "utf-8"
        for line in findings.lines(finding, columns(), encoding):
            say(line)

    def tell_all(self, found: Sequence[Finding]) -> None:
        """Print several."""
        for finding in found:
            self.tell(finding)

    def ask(self, wish: str) -> None:
        """Tell the person what to do now, beside the findings."""
        print(wish, file=sys.stderr, flush=True)

    def end(self, found: Sequence[Finding]) -> int:
        """Sum up; return the exit status."""
        if not self._json:
            say(f"\n{findings.summary(found)}")
        return FAILED if _failed(found) else OK
