"""``hubd watch``: a hub that runs, as it tells of itself by MQTT."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from typing import Final

from hubd import story
from hubd.commands.common import TERMINATED, clock, on_terminal, say, until_told
from hubd.commands.screen import Screen
from hubd.config import Config, find, load
from hubd.errors import UsageError
from hubd.mirror import HubState, is_object, moment
from hubd.secrets import Secrets, all_secrets
from hubd.tables import printable
from hubd.view import View

SUMMARY: Final = "watch a hub that runs"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Show what the hub of this configuration does, by MQTT: its state, the last words (where "
        "privacy.publish_transcripts lets them out), calls with what came of them, troubles. Where standard output is "
        "no terminal, a line for each event, and why the hub can't be seen on standard error. Ctrl-C ends it."
    )
    parser.add_argument("--json", action="store_true", help="print the events as they are published, one a line")
    parser.set_defaults(log_level=logging.ERROR)


def run(options: argparse.Namespace) -> int:
    """Run the command until it is ended; return the exit status."""
    config = load(find(options.config, os.environ))
    if not config.presence.enabled:
        raise UsageError("presence.enabled is false: the hub publishes nothing that could be watched.")
    asyncio.run(until_told(_watch(config, all_secrets(os.environ), as_json=options.json)))
    return TERMINATED


async def _watch(config: Config, secrets: Secrets, *, as_json: bool) -> None:
    from hubd.commands.watching import watch  # noqa: PLC0415 -- check must not wait for what only this needs

    if as_json or not on_terminal():
        await watch(config, secrets, _Lines(config.hub.id, as_json=as_json))
        return
    glance = _Glance(config.hub.id)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(glance.screen.run(), name="screen")
        await watch(config, secrets, glance)


class _Lines:
    """Prints each event; what is no event goes to standard error."""

    def __init__(self, hub: str, *, as_json: bool) -> None:
        self._hub = hub
        self._json = as_json

    def notice(self, text: str) -> None:
        """Tell why the hub can't be seen, or that it can be seen again."""
        told = printable(text) if text else "it can be seen again"
        print(f'hubd: "{self._hub}": {told}', file=sys.stderr, flush=True)

    def state(self, how: HubState) -> None:
        """Pass it over: whatever changes in it is an event as well."""

    def event(self, payload: bytes) -> None:
        """Print an event."""
        if self._json:
            if is_object(payload):
                # Between the words of a JSON text a line break means no more than a space.
                say(payload.decode(errors="replace").replace("\r", " ").replace("\n", " "))
        elif (read := moment(payload)) is not None:
            say(f"{clock(read.time)}  {story.line(read.report)}")


class _Glance:
    """Shows the hub on the terminal."""

    def __init__(self, hub: str) -> None:
        self._view = View(hub, clock)
        self.screen = Screen(self._view.lines)

    def notice(self, text: str) -> None:
        """Show why the hub can't be seen."""
        self._view.notice(text)
        self.screen.changed()

    def state(self, how: HubState) -> None:
        """Show how the hub is."""
        self._view.state(how)
        self.screen.changed()

    def event(self, payload: bytes) -> None:
        """Show an event."""
        if (read := moment(payload)) is not None:
            self._view.take(read)
            self.screen.changed()
