"""``hubd simulate``: a Live server that follows a script."""

from __future__ import annotations

import argparse
import asyncio
import os
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from hubd.commands.common import OK, number, say, until_told
from hubd.errors import HubdError, UsageError
from hubd.simulator.reading import HELP, read
from hubd.simulator.script import Script

SUMMARY: Final = "run a Live server that does what a script says"
_LARGEST_SCRIPT: Final = 2**20
_HIGHEST_PORT: Final = 65_535


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = """\
Run a server that speaks the Gemini Live protocol, fails as Gemini fails, and
says what a script tells it to: to try a client against it, without a key.
It prints its address, which is what live.url or --url wants, then a line for
each frame, from (→) or to (←) the client. Ctrl-C ends it.
Exit status: 0 when it is ended, 1 if the port can't be used, 2 for wrong usage
or a script with mistakes in it."""
    parser.epilog = HELP
    parser.add_argument("--script", type=Path, metavar="FILE", required=True, help="what the model does; see below")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="the port on 127.0.0.1 (any that is free)")
    parser.add_argument(
        "--pace", type=number(0.01, 1000), default=1.0, metavar="X", help="so many times as fast as it would be (1)"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    script = _script(options.script)
    with suppress(KeyboardInterrupt):  # this is how it is ended
        asyncio.run(until_told(_simulate(script, options.port, options.pace)))
    return OK


def _script(path: Path) -> Script:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_SCRIPT + 1)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None
    if len(data) > _LARGEST_SCRIPT:
        raise UsageError(f"{path} is no script: it is larger than {_LARGEST_SCRIPT:,} bytes.")
    try:
        return read(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no script: it is no text in UTF-8.") from None


async def _simulate(script: Script, port: int, pace: float) -> None:
    from hubd.simulator.server import Simulator  # noqa: PLC0415 -- a broken script must not wait for what a server needs

    # A client that runs on remembers the calls of the simulator before.
    simulator = Simulator(script, port=port, pace=pace, keep=False, prefix=f"call_{token_hex(3)}", tell=say)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(simulator)
        except OSError as error:
            raise HubdError(f"port {port} can't be used: {os.strerror(error.errno or 0)}.") from None
        say(simulator.url)
        await asyncio.get_running_loop().create_future()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _HIGHEST_PORT):
        raise argparse.ArgumentTypeError(f"found {text!r}, allowed are 0 to {_HIGHEST_PORT}")
    return int(text)
