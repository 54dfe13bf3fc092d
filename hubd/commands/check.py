"""``hubd check``: the configuration, read aloud."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from hubd.commands.common import OK, say
from hubd.config import Config, describe, find, load, notices
from hubd.config.complaints import complaints_about
from hubd.config.suggestions import quoted
from hubd.config.tokens import describe_tokens
from hubd.config.toml_files import read_toml
from hubd.config.toml_lines import KeyPath
from hubd.errors import ConfigError, HubdError, MissingPartError
from hubd.wake import WakeEngine

SUMMARY: Final = "read the configuration and name every mistake"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--tokens", action="store_true", help="estimate what a conversation costs")


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    config = load(find(options.config, os.environ))
    if options.tokens:
        say(describe_tokens(config))
        return OK
    if refused := [*_refused_models(config)]:
        raise ConfigError(complaints_about(read_toml(config.files[0]), refused))
    say(describe(config))
    for notice in (*notices(config), *_missing_here(config)):
        say(f"notice: {notice}")
    say("The configuration is fine.")
    return OK


def _refused_models(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """Yield the models of one's own that no hub can start with, which shows when they are loaded."""
    for position, word in enumerate(config.wake.words):
        if not word.is_file:
            continue
        from hubd.fittings import ready_wake_model  # noqa: PLC0415 -- loads what only models need

        alone = replace(config, wake=config.wake.model_copy(update={"words": (word,)}))
        try:
            ready_wake_model(alone)
        except MissingPartError:
            # Of a package, which says nothing about the file: the hub's computer may have it.
            continue
        except HubdError as error:
            yield ("wake", "words", position, "model"), str(error)


def _missing_here(config: Config) -> Iterator[str]:
    """Yield what the configuration asks for that is not installed here; the hub's computer may be another one."""
    if config.wake.engine is WakeEngine.MICROWAKEWORD:
        from hubd.edges.micro_wake_model import missing  # noqa: PLC0415 -- loads what only models need

        if what := missing():
            yield f"wake.engine: {quoted(config.wake.engine)} {what}"
