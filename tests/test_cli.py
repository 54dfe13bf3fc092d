from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from hubd.cli import main
from tests.end_to_end.program import Outcome, run

Hubd = Callable[..., Outcome]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Make a folder with files that are not what they should be."""
    (tmp_path / "text.wav").write_text("no sound\n")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.toml").write_text("[mqtt\n")
    (tmp_path / "misspelt.toml").write_text('[mqtt]\nhots = "broker"\n')
    (tmp_path / "fine.toml").touch()
    with wave.open(str(tmp_path / "short.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(640))
    return tmp_path


@pytest.fixture
def hubd(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hubd:
    """Return what runs the command line; a word with @ in front names something in the place."""
    monkeypatch.delenv("HUBD_CONFIG", raising=False)

    def call(*arguments: str) -> Outcome:
        words = [str(place / word[1:]) if word.startswith("@") else word for word in arguments]
        try:
            status: int | str | None = main(words)
        except SystemExit as end:
            status = end.code
        assert isinstance(status, int)
        return Outcome(status, *capsys.readouterr())

    return call


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "the following arguments are required: COMMAND"),
        ("sing", "invalid choice: 'sing'"),
        ("demo --loud", "unrecognized arguments: --loud"),
        ("demo turn on the lights", "unrecognized arguments: turn on the lights"),
        ("demo --wav", "--wav: expected at least one argument"),
        ("demo --wav @missing.wav", "missing.wav can't be read: No such file or directory."),
        ("demo --wav @text.wav", "text.wav is not a WAV file."),
        ("demo --wav @empty.wav", "empty.wav is not a WAV file."),
        ("demo --wav @folder", "folder can't be read: Is a directory."),
        ("demo --wav @short.wav @missing.wav", "missing.wav can't be read: No such file or directory."),
        ("demo --mic --wav @short.wav", "--mic goes without --wav"),
        ("demo --mic --say hello", "--mic goes without --wav, --say"),
        ("demo --mic --record @out.wav", "--mic goes without --wav, --say and --record"),
        ("demo --record @missing/out.wav", "out.wav can't be written: No such file or directory."),
        ("demo --record @folder", "folder can't be written: Is a directory."),
        ("demo --devices @missing", "missing: is no folder; --devices wants one with files *.toml"),
        ("demo --devices @fine.toml", "fine.toml: is no folder"),
        ("demo --devices @folder", "folder: has no file *.toml with devices in it"),
        ("demo --devices @", "broken.toml:1: no valid TOML"),
        ("demo --config @broken.toml", "broken.toml:1: no valid TOML"),
        ("demo --config @misspelt.toml", "misspelt.toml:2: mqtt.hots: unknown option; did you mean host?"),
        ("demo --config @missing.toml", "missing.toml: can't be read: no such file or directory"),
        ("demo --url https://example.org", "--url: found no WebSocket URL"),
        ("demo --url example.org", "--url: found no WebSocket URL"),
        ("ask", "the following arguments are required: TEXT"),
        ("ask --loud hello", "unrecognized arguments: --loud"),
        ("ask --timeout 0 hello", "--timeout: found '0', allowed are 1 to 3600 seconds"),
        ("ask --config @broken.toml hello", "broken.toml:1: no valid TOML"),
        ("ask --config @missing.toml hello", "missing.toml: can't be read: no such file or directory"),
        ("ask --config @fine.toml --url example.org hello", "--url: found no WebSocket URL"),
        ("run --verbose", "unrecognized arguments: --verbose"),
        ("check one two", "unrecognized arguments: one two"),
    ],
)
def test_wrong_usage(hubd: Hubd, arguments: str, told: str) -> None:
    """Wrong usage ends with 2 before anything starts, and says what is wrong."""
    outcome = hubd(*arguments.split())
    assert outcome.status == 2
    assert outcome.stdout == ""
    assert told in outcome.stderr


def test_nothing_to_say(hubd: Hubd) -> None:
    """A text without words is wrong usage, wherever it stands."""
    outcome = hubd("demo", "--say", "hey jarvis", " ")
    assert outcome.status == 2
    assert "--say wants words" in outcome.stderr


@pytest.mark.parametrize(("command", "status"), [("check", 1), ("run", 78)])
def test_a_broken_configuration(hubd: Hubd, command: str, status: int) -> None:
    """A check fails with 1, run with 78, which tells systemd not to try again; both name file, line, key."""
    outcome = hubd(command, "--config", "@misspelt.toml")
    assert outcome.status == status
    assert outcome.stdout == ""
    assert "misspelt.toml:2: mqtt.hots: unknown option; did you mean host?\n1 mistake" in outcome.stderr


def test_endless_complaints(hubd: Hubd, place: Path) -> None:
    """Of very many mistakes the first are told, with how many there are."""
    (place / "many.toml").write_text("[[device]]\n" * 600)
    outcome = hubd("check", "--config", "@many.toml")
    assert outcome.status == 1
    *told, more, count = outcome.stderr.splitlines()
    assert len(told) == 200
    assert (more, count) == ("… and 1,000 more", "1,200 mistakes in the configuration.")


def test_a_good_configuration(hubd: Hubd) -> None:
    """Check says so on standard output, and nothing on standard error."""
    outcome = hubd("check", "--config", "@fine.toml")
    assert outcome.status == 0
    assert outcome.stderr == ""
    assert outcome.stdout.endswith("The configuration is fine.\n")


def test_help(hubd: Hubd) -> None:
    """Help names every command, and every option of the demo with what it does."""
    assert all(command in hubd("--help").stdout for command in ("run", "ask", "check", "demo"))
    text = hubd("demo", "--help").stdout
    for option in ("--config", "--wav", "--say", "--mic", "--record", "--devices", "--url", "--json"):
        assert option in text


def test_the_program_ends_with_the_same_status(place: Path) -> None:
    """What the command line returns is the exit status of the process, without a traceback."""
    outcome = run("demo", "--wav", place / "text.wav", home=place)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr == f"hubd: {place / 'text.wav'} is not a WAV file.\n"
