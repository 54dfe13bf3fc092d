"""``hubd mute``: close the running hub's microphone, or open it."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import Final

from hubd.commands.common import OK, say
from hubd.control import Request, Wish
from hubd.edges.control_socket import ask
from hubd.errors import HubdError

SUMMARY: Final = "close the running hub's microphone, or open it"
_WISHES: Final = {"on": Wish.MUTE, "off": Wish.UNMUTE}
_SAID: Final = {Wish.MUTE: "The microphone is muted.", Wish.UNMUTE: "The microphone is open."}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Mute the microphone of the hub that runs on this machine, or open it again, whoever muted it. Only the hub's "
        "own user and root may do that."
    )
    parser.add_argument("state", choices=tuple(_WISHES), help="on: the hub hears nothing; off: it hears again")


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    wish = _WISHES[options.state]
    reply = asyncio.run(ask(Request(wish=wish), os.environ))
    if reply.problem:
        raise HubdError(reply.problem)
    say(_SAID[wish])
    return OK
