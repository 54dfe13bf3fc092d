"""``hubd check``: the configuration, read aloud."""

from __future__ import annotations

import argparse
import os
from typing import Final

from hubd.commands.common import OK
from hubd.config import describe, find, load, notices

SUMMARY: Final = "read the configuration and name every mistake"


def add_options(_parser: argparse.ArgumentParser) -> None:
    """Declare the options."""


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    config = load(find(options.config, os.environ))
    print(describe(config))
    for notice in notices(config):
        print(f"notice: {notice}")
    print("The configuration is fine.")
    return OK
