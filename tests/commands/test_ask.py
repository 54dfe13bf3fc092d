from __future__ import annotations

import argparse
import asyncio
import io
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from hubd import asking
from hubd.cli import main
from hubd.commands import ask
from hubd.config import Config
from hubd.demo import home
from hubd.errors import UsageError
from hubd.reports import (
    PublicState,
    PublishedReport,
    Report,
    ReportSink,
    SaidReport,
    Showing,
    ShownReport,
    StateReport,
)
from hubd.secrets import Secrets

DEMO: Final = ("ask", "--demo")


class Model:
    """Stands for what answers: keeps what it was asked, reports what it was given, and fails with failure."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self.reports: Sequence[Report] = ()
        self.failure = ""

    async def __call__(  # noqa: PLR0913 -- as what it stands for
        self,
        config: Config,
        secrets: Secrets,
        text: str,
        *,
        patience: float,
        report: ReportSink,
        environment: Mapping[str, str],
    ) -> str:
        """Answer."""
        assert config.devices
        assert secrets.live_key is None
        assert environment
        self.asked.append((text, patience))
        for each in self.reports:
            report(each)
        return self.failure


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    """Put a model where the request would go; the house has nobody at home."""
    model = Model()
    monkeypatch.setattr(asking, "ask", model)
    monkeypatch.setattr(home, "House", _Empty)
    for variable in ("HUBD_CONFIG", "GEMINI_API_KEY", "HUBD_API_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    return model


class _Empty:
    def __init__(self, *_: object, **__: object) -> None:
        self.ready = asyncio.Event()
        self.ready.set()

    async def run(self) -> None:
        await asyncio.Event().wait()


def typed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Put this into standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["turn", "on", "the", "lights"], "turn on the lights"),
        (["turn on  the\tlights"], "turn on the lights"),
        (["set", "it", "to", "-5"], "set it to -5"),
        (["--", "--json", "is", "an", "option"], "--json is an option"),
    ],
)
def test_the_text(model: Model, words: list[str], text: str) -> None:
    """It may come in one word or in many; white space makes no difference."""
    assert main([*DEMO, *words]) == 0
    assert model.asked == [(text, 60.0)]


def test_standard_input(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash stands for it."""
    typed(monkeypatch, "stelle die Küche\nauf 21 °C\n".encode())
    assert main([*DEMO, "--timeout", "5", "-"]) == 0
    assert model.asked == [("stelle die Küche auf 21 °C", 5.0)]


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "nothing to ask"), (b" \n", "nothing to ask"), (b"\xff", "UTF-8"), (b"word " * 9_000, "too long")],
)
def test_standard_input_that_can_not_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: bytes, told: str
) -> None:
    """That is wrong usage, found before anything starts."""
    typed(monkeypatch, data)
    assert main([*DEMO, "-"]) == 2
    assert told in capsys.readouterr().err


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told from one without words."""
    monkeypatch.setattr(sys, "stdin", None)
    assert main([*DEMO, "-"]) == 2
    assert capsys.readouterr().err == "hubd: standard input is closed: there is nothing to ask\n"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "3601", "soon", ""])
def test_a_timeout_that_is_none(seconds: str) -> None:
    """It is a number of seconds, up to an hour."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    ask.add_options(parser)
    with pytest.raises(argparse.ArgumentError, match="allowed are 1 to 3600 seconds"):
        parser.parse_args([f"--timeout={seconds}", "hello"])


def test_what_is_printed(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    """What is said, and what is shown, each in its form; nothing else of the event stream."""
    model.reports = [
        StateReport(PublicState.IDLE),
        PublishedReport("c1", "lamp/set", "ON", 1),
        SaidReport("One moment", interrupted=True),
        ShownReport(Showing.CODE, "for n in (1, 2):\n\tprint(n)\n"),
        ShownReport(Showing.RESULT, "1\n2\n"),
        SaidReport("Two.", interrupted=False),
        ShownReport(Showing.SOURCES, "a.example: https://a.example\nhttps://b.example"),
        ShownReport(Showing.OUTCOME, "The lamp is on."),
    ]
    assert main([*DEMO, "hello"]) == 0
    printed = (
        "One moment …\n"
        "Code:\n    for n in (1, 2):\n    \tprint(n)\n"
        "Result:\n    1\n    2\n"
        "Two.\n"
        "Sources:\n    a.example: https://a.example\n    https://b.example\n"
        "The lamp is on.\n"
    )
    assert capsys.readouterr() == (printed, "")


def test_nothing_speaks_to_the_terminal(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences of a server, a page or a program are not passed on."""
    model.reports = [SaidReport("a\x1b[31mb\x07c\x9b", interrupted=False), ShownReport(Showing.RESULT, "\x1b]0;x\x07")]
    main([*DEMO, "hello"])
    assert capsys.readouterr().out == "a[31mbc\nResult:\n    ]0;x\n"


def test_no_answer(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    """The reason is one line on standard error; what was said before stands."""
    model.reports = [SaidReport("It is", interrupted=True)]
    model.failure = "The connection was lost."
    assert main([*DEMO, "hello"]) == 1
    assert capsys.readouterr() == ("It is …\n", "hubd: The connection was lost.\n")


def test_json(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    """The event stream is all there is on standard output."""
    model.reports = [StateReport(PublicState.IDLE), SaidReport("Two.", interrupted=False)]
    assert main([*DEMO, "--json", "hello"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition('"event": ')[2] for line in lines] == [
        '"state", "state": "idle"}',
        '"said", "text": "Two.", "interrupted": false}',
    ]


def test_an_address_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """What --url names is checked before anything starts."""
    assert main([*DEMO, "--url", "https://example.org", "hello"]) == 2
    assert "--url: found no WebSocket URL" in capsys.readouterr().err
    with pytest.raises(UsageError):
        ask._request(["-" * 20_000])
