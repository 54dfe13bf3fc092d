"""``hubd reload``: have the running hub take a changed configuration over."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import Final

from hubd.commands.common import FAILED, OK, complain, say
from hubd.control import Request, Wish
from hubd.edges.control_socket import ask
from hubd.errors import HubdError

SUMMARY: Final = "have the running hub take its changed configuration over"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(_options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    reply = asyncio.run(ask(Request(wish=Wish.RELOAD), os.environ))
    if reply.complaints:
        complain(reply.complaints, reply.count)
        return FAILED
    if reply.problem:
        raise HubdError(reply.problem)
    say("The configuration is in force.")
    if reply.waiting:
        say("These changes take effect after: sudo systemctl restart hubd")
        for option in reply.waiting:
            say(f"  {option}")
    return OK
