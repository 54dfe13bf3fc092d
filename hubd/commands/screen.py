"""A terminal that shows lines which change."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Final

from hubd.commands.common import stop_printing
from hubd.errors import HubdError

# The alternate screen, where the terminal has one, with the cursor hidden; and back (xterm's control sequences).
_ENTER: Final = "\x1b[?1049h\x1b[?25l"
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_TOP: Final = "\x1b[H"
_REST_OF_LINE: Final = "\x1b[K"
_REST_OF_SCREEN: Final = "\x1b[J"
# What changes within so many s is drawn once.
_PAUSE: Final = 0.05


class Screen:
    """Shows what lines() returns on standard output, which has to be a terminal.

    lines: called with columns and rows; returns at most so many lines of at most so many columns.
    """

    def __init__(self, lines: Callable[[int, int], Sequence[str]]) -> None:
        self._lines = lines
        self._changed = asyncio.Event()
        self._changed.set()

    def changed(self) -> None:
        """Note that there is something else to be shown."""
        self._changed.set()

    async def run(self) -> None:
        """Show the lines until cancelled; then the terminal is as it was before. A new size is seen at once."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGWINCH, self.changed)
        loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        _write(_ENTER)
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                self._draw()
                await asyncio.sleep(_PAUSE)  # a hub that tells a lot at once costs one drawing
        finally:
            with contextlib.suppress(HubdError):  # the terminal is gone, so nothing of it has to be put right
                _write(_LEAVE)

    def _draw(self) -> None:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
        lines = self._lines(max(1, columns), max(1, rows))
        _write(_TOP + "\r\n".join(f"{line}{_REST_OF_LINE}" for line in lines) + _REST_OF_SCREEN)

    def _suspend(self) -> None:
        """Be stopped as Ctrl-Z wants it, with the terminal as it was; this goes on here when the shell says so."""
        _write(_LEAVE)
        os.kill(os.getpid(), signal.SIGSTOP)
        _write(_ENTER)
        self.changed()


def _write(text: str) -> None:
    try:
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding, "replace"))
        sys.stdout.buffer.flush()
    except OSError as error:
        stop_printing()
        raise HubdError(f"the terminal can't be written: {error.strerror}.") from None
