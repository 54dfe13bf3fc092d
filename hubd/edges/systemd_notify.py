"""What systemd is told about the daemon."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Final

from hubd.edges.packages import pip_install
from hubd.errors import MissingPartError

# ``operations.md`` 3: three signs of life may be lost before systemd ends the process.
_PER_WATCHDOG: Final = 4

logger = logging.getLogger(__name__)


class SystemdNotifier:
    """hubd.ports.Notifier on sd_notify(3); does nothing where no service manager has set ``$NOTIFY_SOCKET``.

    environment: the process's own. Raises MissingPartError if there is a service manager, but not systemd-python.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._notify = _sd_notify() if environment.get("NOTIFY_SOCKET") else None
        self.interval = _interval(environment) if self._notify is not None else None

    def ready(self) -> None:
        """Say READY=1."""
        self._tell("READY=1")

    def status(self, text: str) -> None:
        """Say STATUS=; whatever would end the line becomes a space."""
        self._tell("STATUS=" + "".join(character if character.isprintable() else " " for character in text))

    def reloading(self) -> None:
        """Say RELOADING=1, with the time that sd_notify(3) wants beside it."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def alive(self) -> None:
        """Say WATCHDOG=1."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Say STOPPING=1."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        if self._notify is None:
            return
        try:
            self._notify(state)
        except OSError as error:
            # It then ends what stays silent for too long: nothing that we could add to that.
            logger.warning("systemd can't be told %s: %s", state.partition("=")[0], error.strerror)


def _sd_notify() -> Callable[[str], object]:
    try:
        from systemd.daemon import notify  # noqa: PLC0415 -- there is none where there is no systemd
    except ImportError:
        install = pip_install("systemd-python>=235")
        raise MissingPartError(
            f"systemd waits to be told when hubd is ready, but systemd-python is not installed; run: {install}"
        ) from None
    take: Callable[[str], object] = notify
    return take


def _interval(environment: Mapping[str, str]) -> float | None:
    """Return the seconds between two signs of life; None without a watchdog, or with that of another process."""
    allowed, process = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(os.getpid()))
    if not allowed.isdecimal() or int(allowed) == 0 or process != str(os.getpid()):
        return None
    return int(allowed) / 1_000_000 / _PER_WATCHDOG
