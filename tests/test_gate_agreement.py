from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hubd.audio.pcm import UPLINK_RATE
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.edges.wake_model_files import find_model
from hubd.events import Woke
from hubd.reports import NearMissReport
from hubd.speech_gate import SpeechGate
from hubd.wake import FRAME_MS, FRAME_SAMPLES, WakeGate, WakeWord
from tests.edges.wake_sounds import RECORDINGS, Samples, frames_of, recording, say

Floats = NDArray[np.float64]
Scores = Mapping[str, float]
Noise = Callable[[int, np.random.Generator], Floats]

WORDS = ("alexa", "hey_jarvis", "hey_marvin", "hey_mycroft", "timer", "weather")
REQUESTS = ("hey jarvis", "alexa", "hey mycroft", "hey marvin", "set a timer for ten minutes", "what is the weather")
VOICES = ("en-us", "en-gb", "en-us+f3", "en-us+m3", "en-gb-scotland")
SPEEDS = (120, 130, 150, 175)
TALK = "the old man sat by the river and thought about his daughter who had gone away to sea many years before"
# Threshold with patience.
BARS = ((0.5, 1), (0.5, 3), (0.3, 2))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a hub notices with a gate and without, and how many frames the gate kept back."""

    gated: Sequence[Woke | NearMissReport]
    ungated: Sequence[Woke | NearMissReport]
    kept_back: int


class Ears:
    """A hub with a gate and one without, which go on from sound to sound."""

    def __init__(self) -> None:
        paths = {word: find_model(word) for word in WORDS}
        self._resting, self._restless = OnnxWakeModel(paths), OnnxWakeModel(paths)

    def hear(self, sound: Samples) -> Outcome:
        """Have both hear a sound that has nothing to do with the one before."""
        gate = SpeechGate(self._resting.memory)
        start = np.zeros(self._resting.memory * FRAME_SAMPLES, np.int16)
        self._restless.score(start)
        self._resting.score(start)
        ungated = [self._restless.score(frame) for frame in frames_of(sound)]
        given = [gate.push(frame) for frame in frames_of(sound)]
        gated: list[Scores] = [{} if samples is None else self._resting.score(samples) for samples in given]
        return Outcome(list(noticed(gated)), list(noticed(ungated)), sum(samples is None for samples in given))


@pytest.fixture(scope="module")
def ears() -> Ears:
    """Return both hubs, for all tests: they take a while to load."""
    return Ears()


def noticed(scores: Sequence[Scores]) -> Iterator[Woke | NearMissReport]:
    """Yield what the scores show, with scores that are equal but for rounding shown as equal."""
    for threshold, patience in BARS:
        gate = WakeGate([WakeWord(word, threshold, patience) for word in WORDS])
        for number, found in enumerate(scores, start=1):
            rounded = {word: round(score, 4) for word, score in found.items()}
            for one in gate.feed(rounded, number * FRAME_SAMPLES, number * FRAME_MS / 1000, speaking=False):
                if isinstance(one, Woke | NearMissReport):
                    yield one


def silence(samples: int, _: np.random.Generator) -> Floats:
    """Return digital silence."""
    return np.zeros(samples)


def coloured(slope: float) -> Noise:
    """Return noise that falls by 3 dB times slope per octave."""

    def made(samples: int, random: np.random.Generator) -> Floats:
        frequencies = np.maximum(np.fft.rfftfreq(samples, 1 / UPLINK_RATE), 20)
        found = np.fft.irfft(np.fft.rfft(random.normal(size=samples)) * frequencies ** (-slope / 2), samples)
        return np.asarray(found / found.std())

    return made


def hum(samples: int, random: np.random.Generator) -> Floats:
    """Return the hum of the mains, with a little hiss."""
    phase = 2 * np.pi * 50 * np.arange(samples) / UPLINK_RATE
    found = sum((np.sin(phase * k + k) / k for k in (1, 2, 3, 5, 7, 10)), np.zeros(samples))
    return np.asarray(found / found.std() + 0.05 * random.normal(size=samples))


def fan(samples: int, random: np.random.Generator) -> Floats:
    """Return a fan whose loudness sways."""
    phase = 2 * np.pi * np.arange(samples) / UPLINK_RATE
    found = coloured(1.5)(samples, random) + 0.5 * np.sin(97 * phase) + 0.2 * random.normal(size=samples)
    return np.asarray(found / found.std() * (1 + 0.1 * np.sin(0.7 * phase)))


def rain(samples: int, random: np.random.Generator) -> Floats:
    """Return rain, with drops that stand out."""
    found = 0.7 * random.normal(size=samples)
    for place in random.integers(0, samples - 200, samples // 800):
        found[place : place + 200] += random.normal(size=200) * random.exponential(1.5) * np.exp(-np.arange(200) / 40)
    return np.asarray(found / found.std())


def music(samples: int, random: np.random.Generator) -> Floats:
    """Return a tune, two notes a second."""
    time = np.arange(8000) / UPLINK_RATE
    notes = [
        sum((np.sin(2 * np.pi * 220 * 2 ** (note / 12) * k * time) / k for k in (1, 2, 3)), np.zeros(8000))
        * np.exp(-time * decay)
        for note, decay in zip(random.integers(0, 24, samples // 8000 + 1), random.uniform(0, 3, 99999), strict=False)
    ]
    found = np.concatenate(notes)[:samples]
    return np.asarray(found / found.std())


class Scenes:
    """Makes sound in which people say wake words: texts and voices take turns."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self._folder = folder
        self._voices = cycle(VOICES)
        self._speeds = cycle(SPEEDS)
        self._requests = cycle(REQUESTS)
        self._random = np.random.default_rng(seed)

    def talk(self, voices: int) -> Noise:
        """Return so many people who talk of something else."""

        def made(samples: int, _: np.random.Generator) -> Floats:
            found = np.zeros(samples)
            for voice in VOICES[:voices]:
                one = np.append(say(TALK, self._folder, voice), np.zeros(4000))
                found += np.resize(np.roll(one, 7000 * voices), samples)
            return np.asarray(found / found.std())

        return made

    def room(self, *noises: tuple[Noise, float], seconds: float) -> Floats:
        """Return noises at their levels (RMS), one after the other for so many seconds in all, with a faint hiss."""
        samples = round(seconds * UPLINK_RATE / len(noises))
        return np.concatenate([noise(samples, self._random) * level for noise, level in noises])

    def said_in(self, room: Floats, level: float, words: int, first: float = 7.0) -> Samples:
        """Have so many words said in a room, at a level (RMS), at any place within a frame."""
        places = np.linspace(first, len(room) / UPLINK_RATE - 4, words) * UPLINK_RATE
        sound = room.copy()
        for place in places.astype(int) + self._random.integers(0, FRAME_SAMPLES, words):
            word = self._word().astype(np.float64)[: len(sound) - place]
            sound[place : place + len(word)] += word * (level / np.sqrt(np.mean(word**2)))
        return sound.round().clip(-32_768, 32_767).astype(np.int16)

    def _word(self) -> Samples:
        recorded = sorted(path.name for path in RECORDINGS.glob("*.wav"))
        if recorded and self._random.random() < 0.2:
            return recording(str(self._random.choice(recorded)))
        return say(next(self._requests), self._folder, next(self._voices), next(self._speeds))


def at(ratio: float, level: float) -> float:
    """Return what is so many dB above a level."""
    return float(level * 10 ** (ratio / 20))


def slam(random: np.random.Generator) -> Floats:
    """Return a door that falls shut."""
    return np.asarray(random.normal(size=4000) * 8000 * np.exp(-np.arange(4000) / 600))


@pytest.mark.parametrize(
    ("noise", "level", "said"),
    [
        (silence, 0, 2),
        (coloured(0), 10, at(5, 10)),
        (coloured(1), 300, at(0, 300)),
        (coloured(2), 300, at(10, 300)),
        (hum, 300, at(-5, 300)),
        (fan, 300, at(5, 300)),
    ],
    ids=["silence", "hiss", "pink", "brown", "hum", "fan"],
)
def test_steady_room(noise: Noise, level: float, said: float, tmp_path: Path, ears: Ears) -> None:
    """In steady noise the gate closes, and what is said softly in it is heard as without one."""
    scenes = Scenes(tmp_path)
    outcome = ears.hear(scenes.said_in(scenes.room((noise, level), seconds=26), said, words=3))
    assert outcome.gated == outcome.ungated != []
    assert outcome.kept_back > 0


def test_room_that_changes(tmp_path: Path, ears: Ears) -> None:
    """A door slams, a fan is switched on, a tune starts, the room falls silent: what is said all the while is heard."""
    scenes, random = Scenes(tmp_path, seed=1), np.random.default_rng(2)
    room = scenes.room((coloured(0), 5), (fan, 200), (music, 300), (coloured(0), 5), seconds=60)
    room[80_000:84_000] += slam(random)
    outcome = ears.hear(scenes.said_in(room, 400, words=6, first=10))
    assert outcome.gated == outcome.ungated != []
    assert outcome.kept_back > 0


@pytest.mark.long
class TestThoroughly:
    @pytest.mark.parametrize("ratio", [20, 10, 5, 0, -5, -10])
    @pytest.mark.parametrize("level", [3, 300])
    @pytest.mark.parametrize("kind", ["hiss", "pink", "brown", "hum", "fan", "rain", "music", "babble", "television"])
    def test_noise(self, kind: str, level: int, ratio: int, tmp_path: Path, ears: Ears) -> None:
        """In every noise, at every level, what is heard without a gate is heard with one, and nothing else."""
        scenes = Scenes(tmp_path, seed=level + 10 + ratio)
        noises = {"hiss": coloured(0), "pink": coloured(1), "brown": coloured(2), "hum": hum, "fan": fan, "rain": rain}
        noises |= {"music": music, "babble": scenes.talk(5), "television": scenes.talk(1)}
        room = scenes.room((noises[kind], level), seconds=100)
        outcome = ears.hear(scenes.said_in(room, at(ratio, level), words=14))
        assert outcome.gated == outcome.ungated

    @pytest.mark.parametrize("level", [6000, 600, 60, 20, 10, 5, 3, 2, 1, 0.7, 0.5])
    def test_silence(self, level: float, tmp_path: Path, ears: Ears) -> None:
        """From loud to what the last bit of a sample can just hold, the gate misses nothing in digital silence."""
        scenes = Scenes(tmp_path, seed=round(level))
        outcome = ears.hear(scenes.said_in(scenes.room((silence, 0), seconds=100), level, words=14))
        assert outcome.gated == outcome.ungated
        assert outcome.kept_back > 100

    @pytest.mark.parametrize("seed", range(12))
    def test_changes(self, seed: int, tmp_path: Path, ears: Ears) -> None:
        """Noises of any kind and level take turns, doors slam: nothing is missed, nothing is made up."""
        scenes, random = Scenes(tmp_path, seed), np.random.default_rng(seed)
        kinds: list[Noise] = [silence, coloured(0), coloured(1), coloured(2), hum, fan, rain, music, scenes.talk(1)]
        parts = [(kinds[number], 10 ** random.uniform(0, 3)) for number in random.integers(0, len(kinds), 6)]
        room = scenes.room(*parts, seconds=120)
        for place in random.integers(0, len(room) - 4000, 4):
            room[place : place + 4000] += slam(random)
        outcome = ears.hear(scenes.said_in(room, 10 ** random.uniform(1, 3.5), words=18, first=3))
        assert outcome.gated == outcome.ungated
