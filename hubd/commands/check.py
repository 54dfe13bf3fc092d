"""``hubd check``: the configuration, read aloud."""

from __future__ import annotations

import argparse
import os
from typing import Final

from hubd.commands.common import OK, say
from hubd.config import describe, find, load, notices
from hubd.config.tokens import describe_tokens

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
    for notice in notices(config):
        say(f"notice: {notice}")
    say("The configuration is fine.")
    return OK
