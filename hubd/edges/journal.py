"""The log, in systemd's journal where standard error leads there."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final

from hubd.repetition import Repetition

_STANDARD_ERROR: Final = 2
# syslog(3), from the greatest level down.
_PRIORITIES: Final = (
    (logging.CRITICAL, "2"),
    (logging.ERROR, "3"),
    (logging.WARNING, "4"),
    (logging.INFO, "6"),
)
_DEBUG: Final = "7"


def log_handler(environment: Mapping[str, str]) -> logging.Handler:
    """Return what takes the log's records: the journal if standard error leads there, else standard error, as text.

    A record may have fields for the journal: ``extra={"fields": {"HUBD_EVENT": "woke"}}``. A warning without them that
    comes again and again is told once a minute. environment: the process's own.
    """
    send = _send() if _is_journal(environment.get("JOURNAL_STREAM", "")) else None
    handler = logging.StreamHandler(sys.stderr) if send is None else JournalHandler(send)
    handler.addFilter(OnceAMinute(time.monotonic))
    return handler


def log_last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what ends the process as one record, with its traceback; to be ``sys.excepthook``."""
    logging.getLogger("hubd").critical("hubd ends because of a fault of its own", exc_info=(kind, error, trace))


class JournalHandler(logging.Handler):
    """Writes records into the journal, with their fields; of a record's arguments nothing gets there but its text.

    systemd-python's own handler sends them beside the text, as a field (``operations.md`` 6). send: ``journal.send``.
    """

    def __init__(self, send: Callable[..., object]) -> None:
        super().__init__()
        self._send = send
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        text = self.format(record)
        fields = {
            **getattr(record, "fields", {}),
            "PRIORITY": next((number for level, number in _PRIORITIES if record.levelno >= level), _DEBUG),
            "LOGGER": record.name,
            "THREAD_NAME": record.threadName,
            "SYSLOG_IDENTIFIER": "hubd",
        }
        try:
            self._send(
                text, CODE_FILE=record.pathname, CODE_LINE=record.lineno, CODE_FUNC=record.funcName or "", **fields
            )
        except OSError:
            # The journal was restarted, or is full: what standard error is connected to may still take it.
            sys.stderr.write(f"{text}\n")


class OnceAMinute(logging.Filter):
    """Holds back warnings that repeat themselves; those with fields come from one who has seen to that."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._repetition = Repetition()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is to be written; its text then says how many like it were not."""
        if record.levelno < logging.WARNING or hasattr(record, "fields"):
            return True
        text = record.getMessage()
        # One call of the logger is one kind of record, unless its text is made elsewhere.
        held_back = self._repetition.admit((record.name, text if record.msg == "%s" else record.msg), self._clock())
        if held_back:
            record.msg, record.args = f"{text} ({held_back} more like it in the last minute)", ()
        return held_back is not None


def _is_journal(stream: str) -> bool:
    """Return whether standard error is the stream that systemd has named (systemd.exec(5), ``$JOURNAL_STREAM``)."""
    try:
        there = os.fstat(_STANDARD_ERROR)
    except OSError:  # it is closed
        return False
    return stream == f"{there.st_dev}:{there.st_ino}"


def _send() -> Callable[..., object] | None:
    """Return ``journal.send``; None where systemd-python is not installed: then there is text."""
    try:
        from systemd.journal import send  # noqa: PLC0415 -- there is none where there is no systemd
    except ImportError:
        return None
    journal: Callable[..., object] = send
    return journal
