"""``hubd check``: the configuration, read aloud."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Final

from hubd.commands.common import OK, say
from hubd.config import Config, describe, find, load, notices
from hubd.config.suggestions import quoted
from hubd.config.tokens import describe_tokens
from hubd.wake import WakeEngine

SUMMARY: Final = "read the configuration and name every mistake"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--tokens", action="store_true", help="estimate what a conversation costs")


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    config = load(find(options.config, os.environ))
    say(describe_tokens(config) if options.tokens else describe(config))
    if options.tokens:
        return OK
    for notice in (*notices(config), *_missing_here(config)):
        say(f"notice: {notice}")
    say("The configuration is fine.")
    return OK


def _missing_here(config: Config) -> Iterator[str]:
    """Yield what the configuration asks for that is not installed here; the hub's computer may be another one."""
    if config.wake.engine is WakeEngine.MICROWAKEWORD:
        from hubd.edges.micro_wake_model import missing  # noqa: PLC0415 -- loads what only models need

        if what := missing():
            yield f"wake.engine: {quoted(config.wake.engine)} {what}"
