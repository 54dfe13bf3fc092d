"""``hubd devices``: what is registered, how it is, one command to it."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hubd import roster, story, tables, trials
from hubd.commands.common import FAILED, OK, TERMINATED, USAGE, columns, say, until_told
from hubd.config import Config, find, load
from hubd.config.toml_files import name_of
from hubd.devices.model import Command
from hubd.events import Call, CallStatus, Scheduling
from hubd.ports import InboundMessage
from hubd.reports import AnsweredReport, PublishedReport, Report, to_json
from hubd.requests import Refusal
from hubd.secrets import Secrets, all_secrets

if TYPE_CHECKING:
    from hubd.commands.looking import Sight
    from hubd.devices.discovery import Discovery

SUMMARY: Final = "list the registered devices, try one of them"
_TRY: Final = "try"
# Of a report; a list of a thousand values would fill the screen.
_SHOWN: Final = 400


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "List every device that is registered, by a file or by discovery, with its functions, when the model speaks "
        "about their outcomes (done/late/failed), where it comes from, what it last said with the age of that (kept: "
        "the broker had kept it, nobody knows how long). It asks the broker for about a second; a hub that runs beside "
        "it is not disturbed. Exit status: 0; 1 if the broker is away or the command failed; 2 for wrong usage."
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line instead")
    parser.add_argument(
        "--problems", action="store_true", help="the discovery messages that are broken, and what is not offered"
    )
    parser.set_defaults(trial=None, yes=False, log_level=logging.ERROR)
    parser.usage = "%(prog)s [-h] [--config FILE] [--json] [--problems]\n       %(prog)s try [-h] NAME [SETTING ...]"
    command = parser.add_subparsers(metavar=_TRY, prog=parser.prog).add_parser(
        _TRY,
        help="send a command to a device, watch what it says",
        description=(
            "Send a command to a device; show what is published, what the device reports, and after how many "
            "milliseconds. Exit status: 0 if the device did it, 1 if not, 2 for a command that does not fit."
        ),
    )
    command.add_argument(
        "--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="the configuration, hubd.toml"
    )
    command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the event stream")
    command.add_argument("--yes", action="store_true", help="do what a person would have to say yes to")
    command.add_argument("trial", metavar="NAME", help="the device's name, alias or id")
    command.add_argument(
        "settings", nargs="*", metavar="SETTING", help="on, off, open, 30%%, brightness=30, temperature=21, …"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    config = load(find(options.config, os.environ))
    status = asyncio.run(until_told(_look(options, config, all_secrets(os.environ))))
    return TERMINATED if status is None else status


async def _look(options: argparse.Namespace, config: Config, secrets: Secrets) -> int:
    from hubd.commands.looking import looking  # noqa: PLC0415 -- check must not wait for what only this needs

    screen = _Screen(as_json=options.json)
    async with looking(config, secrets, report=screen.tell, heard=screen.heard) as sight:
        if options.trial is not None:
            return await _try(options, sight, screen)
        if options.problems:
            _print_problems(sight.discovery, config, as_json=options.json)
        else:
            _print_devices(sight, config, as_json=options.json)
        return _complain(sight.failure) if sight.failure else OK


async def _try(options: argparse.Namespace, sight: Sight, screen: _Screen) -> int:
    catalog = sight.toolbox.catalog
    call = trials.call_of(catalog, options.trial, options.settings)
    found = sight.toolbox.resolve(call) if isinstance(call, Call) else call
    if isinstance(found, Refusal):
        return _complain(found.message, USAGE)
    if not isinstance(call, Call) or not isinstance(found, Command):
        return _complain(f"{options.trial} is no single device.", USAGE)
    label = catalog.label(found.device)
    if found.needs_yes and not options.yes:
        return _complain(f"{label} wants a person to say yes: add --yes.", USAGE)
    if sight.failure:
        return _complain(sight.failure)
    screen.begin()
    outcome = await sight.look.carry_out(call, found, label)
    if outcome is None:
        return FAILED
    screen.end(
        AnsweredReport(
            call.id, outcome.status, _scheduling(sight, found, outcome.status), outcome.state, screen.elapsed
        ),
        outcome.message,
    )
    return OK if outcome.status in {CallStatus.DONE, CallStatus.LATE} else FAILED


def _scheduling(sight: Sight, command: Command, status: CallStatus) -> Scheduling:
    return sight.toolbox.schedule(command).of(status)


def _print_devices(sight: Sight, config: Config, *, as_json: bool) -> None:
    states = None if sight.failure else sight.states
    origins = config.origins if as_json else _shortened(config)
    listed = roster.roster(
        sight.discovery.house(config.devices).devices, sight.toolbox, origins, states, time.monotonic()
    )
    if as_json:
        for line in roster.lines_of_json(listed):
            say(line)
        return
    if not listed.entries:
        say("No device is registered: write [[device]] tables, or set discovery.enabled = true.")
        return
    heads = roster.HEADS if listed.heard else roster.HEADS[: -roster.HEADS_OF_THE_BROKER]
    _print_table(heads, roster.rows(listed))
    if count := len(sight.discovery.problems):
        say(f"\n{count} topic{'s have' if count > 1 else ' has'} broken discovery messages; --problems names them.")


def _shortened(config: Config) -> dict[str, str]:
    """Return the devices' files as they are seen from the main file's folder."""
    folder = f"{name_of(config.files[0].parent)}/"
    return {device: file.removeprefix(folder) for device, file in config.origins.items()}


def _print_problems(discovery: Discovery, config: Config, *, as_json: bool) -> None:
    house = discovery.house(config.devices)
    if as_json:
        for problem in discovery.problems:
            _print_object({"topic": problem.topic, "problem": problem.text, "count": problem.count})
        for left in house.left:
            entity = left.entity
            name = {"topic": entity.topic, "name": entity.name, "component": entity.component}
            _print_object({**name, "unique_id": entity.key, "not_offered": left.reason})
        return
    if not config.discovery.enabled:
        say("Discovery is off: set discovery.enabled = true.")
    elif not discovery.problems:
        say("No discovery message has a problem.")
    else:
        broken = [[problem.topic, str(problem.count), problem.text] for problem in discovery.problems]
        _print_table(("TOPIC", "TIMES", "PROBLEM"), broken)
    if discovery.forgotten_problems:
        say(f"and {discovery.forgotten_problems} more messages.")
    if house.left:
        say("\nNot offered to the voice:")
        entities = [[left.entity.name, left.entity.component, left.reason, left.entity.key] for left in house.left]
        _print_table(("NAME", "COMPONENT", "REASON", "UNIQUE ID"), entities)


def _print_object(body: dict[str, str | int]) -> None:
    say(json.dumps(body, ensure_ascii=False))


def _print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for line in tables.table(heads, rows, columns()):
        say(line)


def _complain(failure: str, status: int = FAILED) -> int:
    print(f"hubd: {tables.printable(failure)}", file=sys.stderr)
    return status


class _Screen:
    """Shows how a command goes: a timeline for people, or the event stream."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._began = time.monotonic()

    @property
    def elapsed(self) -> int:
        """Milliseconds since the command was given."""
        return round((time.monotonic() - self._began) * 1000)

    def begin(self) -> None:
        """Note that the command is given now."""
        self._began = time.monotonic()

    def tell(self, report: Report) -> None:
        """Show what is published; trouble with the broker is told at the end."""
        if isinstance(report, PublishedReport):
            self._print(report, story.line(report))

    def heard(self, message: InboundMessage) -> None:
        """Show what the device says; the event stream has it in what the call is answered with."""
        if not self._json:
            payload = message.payload.decode(errors="replace")
            self._line(f"reported: {message.topic} {payload[:_SHOWN]}")

    def end(self, report: AnsweredReport, message: str) -> None:
        """Show what came of it."""
        self._print(report, f"{report.status}: {message}")

    def _print(self, report: Report, text: str) -> None:
        if self._json:
            say(to_json(report, time.time()))
        else:
            self._line(text)

    def _line(self, text: str) -> None:
        say(f"{self.elapsed:8} ms  {tables.printable(text)}")
