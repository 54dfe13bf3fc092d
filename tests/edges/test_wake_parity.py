from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from hubd.edges import spectrogram
from hubd.edges.onnx_stream import Stream
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.edges.speech_embedding import StreamedEmbedding
from hubd.edges.wake_model_files import find_model
from hubd.wake import FRAME_SAMPLES, WARM_UP_FRAMES
from tests.edges.onnx_files import Floats
from tests.edges.wake_sounds import RECORDINGS, Samples, frames_of, in_room, noise, recording, say, uneven

# Importing the package warns about what it does not need here: CUDA, and whatever its dependencies deprecate.
pytestmark = pytest.mark.filterwarnings("ignore")

PACKAGE_WORDS = ("alexa", "hey_jarvis", "hey_mycroft", "timer", "weather")
LIVEKIT = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "livekit" / "wakeword"
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Reference:
    """A sound with the scores that openWakeWord's own runner gives at the end of each of its frames."""

    words: Mapping[str, Path]
    sound: Samples
    scores: Sequence[Mapping[str, float]]

    def differences(self, splits: Sequence[int] = (1,)) -> list[float]:
        """Return by how much the scores of hubd's model differ if it hears so many frames at a time, over and over."""
        model, found = OnnxWakeModel(self.words), []
        frames, end = cycle(splits), 0
        while end < len(self.scores):
            start, end = end, min(end + next(frames), len(self.scores))
            scores = model.score(self.sound[start * FRAME_SAMPLES : end * FRAME_SAMPLES])
            found += [abs(score - self.scores[end - 1][name]) for name, score in scores.items()]
        return found


def reference_of(words: Mapping[str, Path], sound: Samples, **files: str) -> Reference:
    """Have openWakeWord's own runner score a sound."""
    from openwakeword.model import Model  # noqa: PLC0415 (a second's import, which these tests alone need)

    runner = Model(wakeword_model_paths=[str(path) for path in words.values()], **files)
    scores = []
    for frame in frames_of(sound):
        found = runner.predict(frame)
        found |= {"timer_v0.1": max(found[str(number)] for number in range(1, 7))} if "6" in found else {}
        scores.append({name: found[path.stem] for name, path in words.items()})
    return Reference(words, sound, scores)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Return wake words, other speech, all recordings, noise, silence, clipping; a voice from the start.

    Each of the package's words is said once after a pause, in a voice that it is heard in at any rate.
    """
    folder = tmp_path_factory.mktemp("speech")
    pause = noise(16_000)
    jarvis = say("hey jarvis turn on the kitchen lights", folder, "en-us", 140)
    loud = say("hey jarvis", folder, "en-gb-scotland", 160).astype(np.int32) * 20
    steps = np.repeat([0, 1, 30_000, 3, 0, -300, 30_000, 0], 3000) * np.resize([1, 1, -1], 24_000)
    sounds = [
        jarvis,
        noise(16_000, 900.0),
        pause,
        say("set a timer for ten minutes", folder, "en-gb"),
        np.zeros(40_000, np.int16),
        say("alexa", folder, "en-gb"),
        pause,
        say("what is the weather like", folder),
        pause,
        say("hey mycroft", folder, "en-gb-scotland") // 8,
        uneven(20),
        loud.clip(-32_768, 32_767).astype(np.int16),
        steps.astype(np.int16),
        np.random.default_rng(1).integers(-32_768, 32_767, 8000, np.int16),
        say("hey jarvis", folder, "en-gb", 170),
    ]
    if RECORDINGS.is_dir():
        sounds += [recording(path.name) for path in sorted(RECORDINGS.glob("*.wav"))]
    return np.concatenate([jarvis, in_room(*sounds)])


@pytest.fixture(scope="module")
def package_words(sound: Samples) -> Reference:
    """Score the package's words, all at once."""
    return reference_of({name: find_model(name) for name in PACKAGE_WORDS}, sound)


@pytest.fixture(scope="module")
def own_words(sound: Samples, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Score models of one's own, on the newer embedding."""
    folder = tmp_path_factory.mktemp("own")
    words = {name: Path(shutil.copy(find_model(name), folder / f"{name}.onnx")) for name in ("hey_jarvis", "alexa")}
    return reference_of(words, sound, embedding_onnx_model_path=str(LIVEKIT / "resources" / "embedding_model.onnx"))


SPLITS = {
    "one frame": (1,),
    "three frames": (3,),
    "what a gate brings": (*(1,) * 20, 26, 2),
    "any number": tuple(np.random.default_rng(11).integers(1, 30, 40).tolist()),
}


@pytest.mark.parametrize("splits", SPLITS.values(), ids=SPLITS)
def test_package_words(package_words: Reference, splits: Sequence[int]) -> None:
    """The package's models score as the package scores them, however many frames come at once."""
    assert max(package_words.differences(splits)) <= TOLERANCE


def test_own_words(own_words: Reference) -> None:
    """Models of one's own score as the package scores them on the newer embedding."""
    assert max(own_words.differences()) <= TOLERANCE


def test_all_is_compared(package_words: Reference) -> None:
    """Every frame is compared from the 17th on, and the words that are said are heard."""
    frames = len(package_words.scores)
    later = {"weather": 22, "timer": 34}
    assert len(package_words.differences()) == sum(
        frames - later.get(name, WARM_UP_FRAMES) for name in package_words.words
    )
    for name in PACKAGE_WORDS:
        assert max(scores[name] for scores in package_words.scores[WARM_UP_FRAMES:]) > 0.5


def another_scale(monkeypatch: pytest.MonkeyPatch, name: str, value: float) -> None:
    """Scale the spectrogram differently."""
    monkeypatch.setattr(spectrogram, name, value)


def a_row_off(monkeypatch: pytest.MonkeyPatch, cache: int) -> None:
    """Have one convolution look back at its rows in the wrong order."""
    run = StreamedEmbedding.embeddings_of

    def wrong(self: StreamedEmbedding, rows: Floats) -> Floats:
        embeddings = run(self, rows)
        name = list(self._kept)[cache]
        self._kept[name] = self._kept[name][:, :, ::-1].copy()
        return embeddings

    monkeypatch.setattr(StreamedEmbedding, "embeddings_of", wrong)


def nothing_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the embedding begin without the ones that the package begins with."""
    begin = StreamedEmbedding.__init__

    def wrong(self: StreamedEmbedding, path: Path, stream: Stream) -> None:
        begin(self, path, stream)
        self._kept = {cache.given: np.zeros(cache.shape, np.float32) for cache in stream.caches}

    monkeypatch.setattr(StreamedEmbedding, "__init__", wrong)


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(partial(another_scale, name="_SCALE", value=10.01), id="divided by 10.01"),
        pytest.param(partial(another_scale, name="_SHIFT", value=2.001), id="shifted by 2.001"),
        pytest.param(partial(a_row_off, cache=0), id="first cache turned round"),
        pytest.param(partial(a_row_off, cache=10), id="last cache turned round"),
        pytest.param(nothing_before, id="nothing before the start"),
    ],
)
def test_a_planted_error_shows(
    package_words: Reference, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """The comparison trips over a small error in the arithmetic."""
    plant(monkeypatch)
    assert max(package_words.differences()) > TOLERANCE
