from __future__ import annotations

import asyncio
import contextlib
import json
import time
import wave
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hubd.audio.cards import Direction
from hubd.cli import main
from hubd.commands import scoring, wake
from hubd.commands.scoring import Take
from hubd.config import Config, load
from hubd.doctor.holders import Program
from hubd.ports import MicrophoneFrame
from hubd.reports import Part, TroubleReport
from hubd.wake import FRAME_SAMPLES
from tests.end_to_end.program import RECORDINGS, Outcome
from tests.stages.listen_fakes import ScriptedMicrophone

TROUBLE = TroubleReport(Part.MICROPHONE, "The microphone is busy.", "End what uses it.")
HUB = Program(7, ("python", "-m", "hubd.edges.pyaudio_sound", Direction.MICROPHONE.value))
LOUD = 10_000


class LoudnessModel:
    """A wake model that takes for hey_jarvis whatever is loud, the more the louder."""

    memory = 27

    def score(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        """Score a frame."""
        assert len(samples) == FRAME_SAMPLES
        return {"hey_jarvis": float(np.sqrt(2 * np.mean((samples / LOUD) ** 2)))}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no other model loaded."""
    monkeypatch.setattr(scoring, "ready_wake_model", lambda _: LoudnessModel())


@pytest.fixture
def hubd(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Return what runs the command with a configuration."""

    def call(*arguments: str | Path, config: str = "") -> Outcome:
        file = tmp_path / "hubd.toml"
        file.write_text(config)
        try:
            status: int | str | None = main(["wake", "--config", str(file), *map(str, arguments)])
        except SystemExit as end:
            status = end.code
        assert isinstance(status, int)
        return Outcome(status, *capsys.readouterr())

    return call


def recording(path: Path, *levels: float, rate: int = 16_000, channels: int = 1) -> Path:
    """Write half a second of each level, with a second of silence after it."""
    tone = LOUD * np.sin(2 * np.pi * 200 / rate * np.arange(rate * 3 // 2)) * (np.arange(rate * 3 // 2) < rate // 2)
    samples = np.repeat(np.concatenate([level * tone for level in levels]).astype("<i2"), channels)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


@pytest.mark.usefixtures("model")
class TestRecording:
    @pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 1), (44_100, 2), (48_000, 2)])
    def test_a_line_for_each_rise(self, tmp_path: Path, hubd: Callable[..., Outcome], rate: int, channels: int) -> None:
        """When it was, the word, a bar, the peak, what a hub would have done; then what that says of the threshold."""
        heard = hubd("--wav", recording(tmp_path / "said.wav", 0.935, 0.315, rate=rate, channels=channels))
        assert (heard.status, heard.stderr) == (0, "")
        first, second, *rest = heard.stdout.splitlines()
        assert first.split()[1:] == ["s", "hey", "jarvis", f"{'#' * 15}|{'#' * 12}..", "0.93", "wakes"]
        assert second.split()[1:] == ["s", "hey", "jarvis", f"{'#' * 9}......|{'.' * 14}", "0.31", "below", "0.5"]
        assert 0 <= float(first.split()[0]) <= 0.6
        assert 1.5 <= float(second.split()[0]) <= 2.1
        assert rest == [
            "",
            "hey jarvis: 1 would have woken the hub (0.93), 1 came near (0.31).",
            "The threshold 0.5 fits: it lies well between them.",
            "If what came near was the wake word: a threshold of 0.25 would have heard it.",
        ]

    def test_as_json(self, tmp_path: Path, hubd: Callable[..., Outcome]) -> None:
        """An object for each rise, and one for each word at the end."""
        first, second, last = hubd("--json", "--wav", recording(tmp_path / "said.wav", 0.935, 0.315)).events
        assert 0 <= first.pop("time") <= 0.6
        assert first.pop("score") == pytest.approx(0.935, abs=0.002)
        assert first == {"event": "peak", "model": "hey_jarvis", "threshold": 0.5, "patience": 1, "wakes": True}
        assert (second["score"], second["wakes"]) == (pytest.approx(0.315, abs=0.002), False)
        assert (last["event"], last["model"]) == ("advice", "hey_jarvis")
        assert (len(last["woke"]), last["missed"]) == (1, [second["score"]])
        assert (last["threshold"], last["better"]) == (0.5, 0.5)

    def test_by_the_configuration_s_bar(self, tmp_path: Path, hubd: Callable[..., Outcome]) -> None:
        """Threshold and patience are those that the hub would have."""
        words = '[wake]\nwords = [{ model = "hey_jarvis", threshold = 0.9, patience = 9 }]\n'
        heard = hubd("--wav", recording(tmp_path / "said.wav", 0.93, 0.8), config=words)
        assert [line.split("  ")[-1] for line in heard.stdout.splitlines()[:2]] == [
            "too short: not 9 x 80 ms",
            "below 0.9",
        ]

    def test_nothing_near(self, tmp_path: Path, hubd: Callable[..., Outcome]) -> None:
        """Whoever is not heard at all learns how high it was, and what to try."""
        heard = hubd("--wav", recording(tmp_path / "said.wav", 0.065))
        assert heard.stdout == "\nhey jarvis: nothing came near; its highest score was 0.06.\n"
        assert "speak nearer" in heard.stderr


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"needs the recordings in {RECORDINGS}")
def test_real_recordings(hubd: Callable[..., Outcome]) -> None:
    """A word that was said to a microphone wakes, one that sounds like another does not."""
    words = '[wake]\nwords = ["alexa", "hey_jarvis"]\n'
    (peak, *_) = hubd("--json", "--wav", RECORDINGS / "alexa_test.wav", config=words).events
    assert (peak["model"], peak["wakes"]) == ("alexa", True)
    assert {event["event"] for event in hubd("--json", "--wav", RECORDINGS / "hey_jane.wav", config=words).events} == {
        "advice"
    }


@pytest.mark.parametrize(
    ("arguments", "config", "told"),
    [
        ((), "[wake]\nwords = []\n", "wake.words is empty"),
        ((), '[microphone]\ndevice = "none"\n', "score a recording with --wav FILE"),
        (("--seconds", "0"), "", "found '0', allowed are 1 to 86400 seconds"),
        (("--seconds", "soon"), "", "found 'soon', allowed are"),
        (("--seconds", "3", "--wav", "x.wav"), "", "not allowed with argument"),
    ],
)
def test_wrong_usage(hubd: Callable[..., Outcome], arguments: tuple[str, ...], config: str, told: str) -> None:
    """One line says what does not go together."""
    outcome = hubd(*arguments, config=config)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert told in outcome.stderr


def test_no_recording(tmp_path: Path, hubd: Callable[..., Outcome]) -> None:
    """A file that can't be read is no reason for a traceback."""
    outcome = hubd("--wav", tmp_path / "missing.wav")
    assert (outcome.status, outcome.stdout) == (1, "")
    assert outcome.stderr == f"hubd: {tmp_path / 'missing.wav'} can't be read: No such file or directory.\n"


class TestMicrophone:
    @pytest.fixture(autouse=True)
    def scores(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have a microphone that brings one wake word."""

        async def heard(
            config: Config,
            take: Take,
            notice: Callable[[str], None],
            *,
            ready: Callable[[], None],
            seconds: float | None,
        ) -> None:
            assert config.microphone.device == ""
            assert seconds == 3
            ready()
            take({}, 999.0)
            for index, score in enumerate((0.0, 0.7, *[0.0] * 8)):
                take({"hey_jarvis": score}, 1000 + index * 0.08)
            notice("The microphone is gone. Plug it in.")

        monkeypatch.setattr(scoring, "score_microphone", heard)

    def test_without_a_terminal(self, hubd: Callable[..., Outcome]) -> None:
        """Plain lines; what is not about scores goes to standard error."""
        heard = hubd("--seconds", "3")
        assert heard.status == 0
        assert "\r" not in heard.stdout
        assert heard.stdout.splitlines()[0].endswith("0.70  wakes")
        assert heard.stderr == (
            'Listening. Say "hey jarvis" several times, then something else. Ctrl-C ends it.\n'
            "The microphone is gone. Plug it in.\n"
        )

    @pytest.mark.parametrize("columns", [14, 20, 36, 50, 200])
    def test_on_a_terminal(self, hubd: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
        """The score stands in one line that is written over, below the rises; no line is too wide."""
        monkeypatch.setattr(wake, "on_terminal", lambda: True)
        monkeypatch.setattr(wake, "columns", lambda: columns)
        drawn = hubd("--seconds", "3").stdout.partition("\nhey jarvis: ")[0]
        shown = drawn.replace("\n", "\r").replace("\x1b[K", "").split("\r")
        assert all(len(line) < columns for line in shown if line)
        live = [line for line in shown if line.startswith("now")]
        if columns >= 36:
            assert [line.split()[-1] for line in live] == ["0.00", "0.70", *["0.00"] * 8]
            assert sum(line.endswith("0.70  wakes") for line in shown) == 1
        if columns == 200:
            assert {line.split()[3].count("#") for line in live} == {0, 20}

    def test_what_is_told_beside_it(self, hubd: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
        """The score makes room for what else is told: a terminal shows both in the same line."""
        monkeypatch.setattr(wake, "on_terminal", lambda: True)
        monkeypatch.setattr(wake, "_tell", print)
        drawn = hubd("--seconds", "3").stdout
        for told in ("Listening.", "The microphone is gone."):
            assert drawn.partition(told)[0].endswith("\r\x1b[K")

    def test_as_json(self, hubd: Callable[..., Outcome]) -> None:
        """Times are those of the event stream."""
        peak, _ = (json.loads(line) for line in hubd("--seconds", "3", "--json").stdout.splitlines())
        assert peak["time"] == 1000.08


class LivelyMicrophone(ScriptedMicrophone):
    """A microphone that needs nobody to run it."""

    async def run(self) -> None:
        """Wait to be cancelled."""
        await asyncio.Event().wait()


@pytest.mark.usefixtures("model")
async def test_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores have the time of the clock on the wall, of their own sound, also after the microphone was away."""
    file = tmp_path / "hubd.toml"
    file.write_text("")
    wall, times = 1_800_000_000.0, list[float]()
    before, after = asyncio.Event(), asyncio.Event()

    def take(_: Mapping[str, float], at: float) -> None:
        times.append(at)
        if event := {3: before, 6: after}.get(len(times)):
            event.set()

    async def away(taken: int) -> None:
        nonlocal wall
        if taken == 3:
            await before.wait()
            wall += 60.0

    microphone = LivelyMicrophone([MicrophoneFrame(bytes(2 * FRAME_SAMPLES), 0.0)] * 6, between=away, endless=True)
    monkeypatch.setattr(scoring, "microphone_alone", lambda *_: microphone)
    monkeypatch.setattr(time, "time", lambda: wall)
    task = asyncio.create_task(scoring.score_microphone(load(file), take, print, ready=lambda: None, seconds=None))
    await after.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert [at - 1_800_000_000 for at in times] == pytest.approx([0, 0.08, 0.16, 60, 60.08, 60.16], abs=1e-3)


class TestWhyLost:
    def test_the_hub_holds_it(self) -> None:
        """How to have the microphone to oneself, and how to give it back."""
        told = scoring.why_lost(TROUBLE, [HUB])
        assert "process 7" in told
        assert "sudo systemctl stop hubd" in told
        assert "sudo systemctl start hubd" in told

    def test_another_program_holds_it(self) -> None:
        """It is named."""
        told = scoring.why_lost(TROUBLE, [Program(8, ("/usr/bin/arecord", "-q"))])
        assert told == "The microphone is busy. It is in use by arecord (process 8): end that program meanwhile."

    def test_nobody_holds_it(self) -> None:
        """What the sound process says of it."""
        assert scoring.why_lost(TROUBLE, []) == "The microphone is busy. End what uses it."
