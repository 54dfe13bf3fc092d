"""The command line."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol, cast

from hubd import __version__
from hubd.commands.common import BROKEN_CONFIG, FAILED, USAGE, complain, stop_printing
from hubd.edges.journal import JournalHandler, log_handler, log_last_words
from hubd.errors import ConfigError, HubdError, LocalProtocolError, UsageError

# In the order of the help; each is a module of hubd.commands.
_COMMANDS: Final = ("run", "ask", "check", "reload", "mute", "devices", "watch", "wake", "doctor", "demo", "simulate")
_WITHOUT_CONFIGURATION: Final = frozenset({"reload", "mute", "simulate"})


class _Command(Protocol):
    """The module of a command."""

    SUMMARY: str

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        ...

    def run(self, options: argparse.Namespace) -> int:
        """Run the command; return the exit status."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 -- a way to end is an exit status
    """Run hubd with these arguments, without the program's name; return the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser(words).parse_args(words)
    _log(options.log_level)
    # What the library has to say about each connection of the offline server is no news to a user.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    try:
        status: int = options.run(options)
    except ConfigError as error:
        complain(error.complaints, len(error.complaints))
        return BROKEN_CONFIG if options.command == "run" else FAILED if options.command == "check" else USAGE
    except HubdError as error:
        print(f"hubd: {error}", file=sys.stderr)
        return USAGE if isinstance(error, UsageError) else FAILED
    except ExceptionGroup as group:
        if group.subgroup(BrokenPipeError) is not None:
            return _without_reader()
        # A stage that can't go on ends all others; a bug goes up with its traceback.
        expected, others = group.split(HubdError)
        if others is not None or expected is None or expected.subgroup(LocalProtocolError) is not None:
            raise
        for leaf in _leaves(expected):
            print(f"hubd: {leaf}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return _without_reader()
    return status


def _log(level: int) -> None:
    """Have what is logged from this level on written to the journal, or to standard error."""
    handler = log_handler(os.environ)
    logging.basicConfig(handlers=[handler], level=level, format="%(levelname)s %(name)s: %(message)s")
    if isinstance(handler, JournalHandler):
        sys.excepthook = log_last_words


def _without_reader() -> int:
    """Return the exit status for a reader of our output who has gone; what is left of it goes nowhere."""
    stop_printing()
    return 128 + signal.SIGPIPE


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser for these words; it knows of no other command than the one that they begin with."""
    parser = argparse.ArgumentParser(
        prog="hubd", description="A private voice hub: wake word on this device, Gemini Live, MQTT.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"hubd {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    # To import all commands takes longer than to import the one that is wanted.
    for name in [word for word in words[:1] if word in _COMMANDS] or _COMMANDS:
        module = cast("_Command", importlib.import_module(f"hubd.commands.{name}"))
        summary = module.SUMMARY
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name not in _WITHOUT_CONFIGURATION:
            command.add_argument("--config", type=Path, metavar="FILE", help="the configuration, hubd.toml")
        command.set_defaults(command=name, run=module.run, log_level=logging.WARNING, parser=command)
        module.add_options(command)
    return parser


def _leaves(group: ExceptionGroup[HubdError]) -> Iterator[HubdError]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
