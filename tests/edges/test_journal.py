from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from types import TracebackType

import pytest

from hubd.edges.journal import JournalHandler, OnceAMinute, log_handler, log_last_words

Entry = dict[str, object]


class Journal:
    """Takes what would go into the journal."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def __call__(self, text: str, **fields: object) -> None:
        """Be ``journal.send``."""
        self.entries.append({"MESSAGE": text, **fields})


@pytest.fixture
def written() -> Iterator[list[Entry]]:
    """Give the entries that the logger "hubd.test" writes."""
    taking = Journal()
    handler, logger = JournalHandler(taking), logging.getLogger("hubd.test")
    logger.addHandler(handler)
    yield taking.entries
    logger.removeHandler(handler)


logger = logging.getLogger("hubd.test")


def test_fields(written: list[Entry]) -> None:
    """An entry has its text, its origin, the fields that its record brings; no name of a level in the text."""
    logger.warning("%s is on", "the lamp", extra={"fields": {"HUBD_EVENT": "answered", "HUBD_DEVICE": "lamp"}})
    (entry,) = written
    assert entry.pop("CODE_LINE") in range(1, 100)
    assert entry.pop("CODE_FILE") == __file__
    assert entry == {
        "MESSAGE": "the lamp is on", "PRIORITY": "4", "LOGGER": "hubd.test", "THREAD_NAME": "MainThread",
        "SYSLOG_IDENTIFIER": "hubd", "CODE_FUNC": "test_fields", "HUBD_EVENT": "answered", "HUBD_DEVICE": "lamp",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.CRITICAL, "2"), (logging.ERROR, "3"), (logging.WARNING, "4"), (logging.WARNING + 5, "4")],
)
def test_priorities(written: list[Entry], level: int, priority: str) -> None:
    """Each level is a priority of syslog(3)."""
    logger.log(level, "text")
    assert written[0]["PRIORITY"] == priority


def test_arguments_are_no_field(written: list[Entry]) -> None:
    """What a text leaves out of its arguments gets nowhere."""
    logger.error("%.3s…", "secret")
    assert written[0]["MESSAGE"] == "sec…"
    assert not any("secret" in str(value) for value in written[0].values())


def test_last_words(written: list[Entry]) -> None:
    """What ends the process is one entry, with the whole traceback in its text."""
    handler = logging.getLogger("hubd.test").handlers[0]
    logging.getLogger("hubd").addHandler(handler)
    try:
        _raise()
    except RuntimeError as error:
        log_last_words(RuntimeError, error, _trace_of(error))
    finally:
        logging.getLogger("hubd").removeHandler(handler)
    text = str(written[0]["MESSAGE"])
    assert text.splitlines()[0] == "hubd ends because of a fault of its own"
    assert "in _raise" in text
    assert "RuntimeError: broken" in text
    assert written[0]["PRIORITY"] == "2"


def _raise() -> None:
    raise RuntimeError("broken")


def _trace_of(error: BaseException) -> TracebackType | None:
    return error.__traceback__


def test_without_a_journal_there_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """A journal that can't be written to costs no record."""

    def broken(_text: str, **_fields: object) -> None:
        raise OSError(111, "Connection refused")

    handler = JournalHandler(broken)
    handler.handle(logging.makeLogRecord({"msg": "still here", "levelno": logging.INFO}))
    assert capsys.readouterr().err == "still here\n"


def test_where_the_log_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error is taken for the journal where systemd says so, and only there."""
    there = os.fstat(2)
    here = {"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}
    assert isinstance(log_handler(here), JournalHandler)
    assert not isinstance(log_handler({}), JournalHandler)
    assert not isinstance(log_handler({"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino + 1}"}), JournalHandler)
    monkeypatch.setitem(sys.modules, "systemd.journal", None)
    assert not isinstance(log_handler(here), JournalHandler)


class TestOnceAMinute:
    @pytest.fixture
    def clock(self) -> list[float]:
        """Give the time, which a test may change."""
        return [0.0]

    @pytest.fixture(autouse=True)
    def _filtered(self, clock: list[float], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
        """Have the log filtered."""
        once = OnceAMinute(lambda: clock[0])
        caplog.handler.addFilter(once)
        yield
        caplog.handler.removeFilter(once)

    def test_a_flood(self, clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
        """Of many warnings of one kind the first is told, and after a minute how many there were."""
        for size in range(100):
            logger.warning("a message of %d bytes was dropped", size)
            logger.warning("%s", f"another text: {size % 2}")
        clock[0] = 61.0
        logger.warning("a message of %d bytes was dropped", 100)
        assert caplog.messages == [
            "a message of 0 bytes was dropped",
            "another text: 0",
            "another text: 1",
            "a message of 100 bytes was dropped (99 more like it in the last minute)",
        ]

    def test_the_story_is_told_whole(self, caplog: pytest.LogCaptureFixture) -> None:
        """What is no warning, or has been looked through by somebody else, is not held back."""
        caplog.set_level(logging.INFO)
        for _ in range(3):
            logger.info("done")
            logger.warning("failed", extra={"fields": {}})
        assert caplog.messages == ["done", "failed"] * 3
