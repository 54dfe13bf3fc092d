from __future__ import annotations

import json
import re
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

from hubd.config.wake_section import BUNDLED_WAKE_WORDS
from hubd.edges.micro_wake_model import MicroWakeModel
from hubd.edges.packages import folders_of
from hubd.errors import HubdError, MissingPartError
from hubd.events import Woke
from hubd.wake import FRAME_SAMPLES, WARM_UP_FRAMES, WakeEngine, WakeGate, WakeWord
from tests.edges.wake_sounds import RECORDINGS, Samples, frames_of, in_room, noise, recording, say, uneven

CUTOFFS = BUNDLED_WAKE_WORDS[WakeEngine.MICROWAKEWORD]
WORDS = tuple(CUTOFFS)


def bundled(*words: str) -> MicroWakeModel:
    """Return a model of words that the package brings."""
    return MicroWakeModel({word: word for word in words})


def scores_of(model: MicroWakeModel, sound: Samples) -> list[Mapping[str, float]]:
    """Return the scores of each frame."""
    return [model.score(frame) for frame in frames_of(sound)]


@pytest.fixture
def speech(tmp_path: Path) -> Samples:
    """Return all the words, one after the other, with noise and silence in between."""
    words = [say(word.replace("_", " "), tmp_path, "en-gb") for word in WORDS]
    return in_room(*(part for word in words for part in (word, noise(8000, 200), np.zeros(4000, np.int16))))


class TestScores:
    def test_as_the_package_scores(self, speech: Samples) -> None:
        """A frame's score is the highest that the package's own loop gives within it."""
        features = MicroWakeWordFeatures()
        theirs = {word: MicroWakeWord.from_builtin(Model(word)) for word in WORDS}
        compared = 0
        for frame, ours in zip(frames_of(speech), scores_of(bundled(*WORDS), speech), strict=True):
            found = [
                {word: model.process_streaming_prob(feature) or 0.0 for word, model in theirs.items()}
                for feature in features.process_streaming(frame.tobytes())
            ]
            if ours:
                assert ours == {word: max(each[word] for each in found) for word in WORDS}
                compared += 1
        assert compared == len(speech) // FRAME_SAMPLES - WARM_UP_FRAMES

    @settings(max_examples=10, deadline=None)
    @given(splits=st.lists(st.integers(1, 30), min_size=1))
    def test_however_it_is_cut(self, splits: Sequence[int]) -> None:
        """Several frames at once leave the same scores at their end as one at a time."""
        sound = uneven(60)
        one_by_one = scores_of(bundled(*WORDS), sound)
        model = bundled(*WORDS)
        for start, end in pairwise(accumulate(splits, initial=0)):
            if end <= len(one_by_one):
                assert model.score(sound[start * FRAME_SAMPLES : end * FRAME_SAMPLES]) == one_by_one[end - 1]

    def test_warms_up(self) -> None:
        """The first 16 frames give nothing."""
        found = scores_of(bundled("alexa"), noise(20 * FRAME_SAMPLES))
        assert [bool(scores) for scores in found] == [False] * WARM_UP_FRAMES + [True] * 4


class TestDetection:
    def wakes(self, word: str, sound: Samples) -> Iterator[int]:
        """Yield where the wake words end in sound, as far as a gate can tell."""
        gate = WakeGate([WakeWord(word, CUTOFFS[word], engine=WakeEngine.MICROWAKEWORD)])
        for index, scores in enumerate(scores_of(bundled(word), sound)):
            for noticed in gate.feed(scores, (index + 1) * FRAME_SAMPLES, index * 0.08, speaking=False):
                if isinstance(noticed, Woke):
                    yield noticed.end

    @pytest.mark.parametrize("shift", [0, 640])
    @pytest.mark.parametrize(
        ("word", "voice"),
        [
            ("okay_nabu", "en-gb"),
            ("okay_nabu", "en-us+m3"),
            ("hey_mycroft", "en-gb"),
            ("hey_mycroft", "en-gb-scotland"),
        ],
    )
    def test_spoken(self, word: str, voice: str, shift: int, tmp_path: Path) -> None:
        """A spoken wake word wakes once, and nothing that follows it in one breath is lost."""
        said, request = say(word.replace("_", " "), tmp_path, voice), say("turn on the lights", tmp_path, voice)
        (end,) = self.wakes(word, in_room(said, request, shift=shift))
        assert end <= 32_000 + shift + len(said)

    @pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"the recordings are not there: {RECORDINGS} does not exist")
    def test_recorded(self) -> None:
        """Recorded wake words wake once, others do not."""
        assert len([*self.wakes("alexa", in_room(recording("alexa_test.wav")))]) == 1
        assert len([*self.wakes("hey_mycroft", in_room(recording("hey_mycroft_test.wav")))]) == 1
        for word in WORDS:
            assert [*self.wakes(word, in_room(recording("hey_jane.wav")))] == []


def own_model(folder: Path, change: Callable[[bytes], bytes] = bytes) -> str:
    """Put a model of one's own into a folder, that of okay_nabu under another name; return its path."""
    models = folders_of("pymicro_wakeword")[0] / "models"
    manifest = json.loads((models / "okay_nabu.json").read_bytes())
    (folder / "hey_house.json").write_text(json.dumps({**manifest, "model": "hey_house.tflite"}))
    path = folder / "hey_house.tflite"
    path.write_bytes(change((models / "okay_nabu.tflite").read_bytes()))
    return str(path)


class TestOnesOwn:
    def test_scores(self, speech: Samples, tmp_path: Path) -> None:
        """A model of one's own scores as it would in the package."""
        model = MicroWakeModel({"hey_house": own_model(tmp_path), "okay_nabu": "okay_nabu"})
        found = scores_of(model, speech)
        assert max(each["hey_house"] for each in found if each) > 0.9
        assert all(each["hey_house"] == each["okay_nabu"] for each in found if each)

    @pytest.mark.parametrize(
        "change",
        [
            lambda _: b"",
            lambda model: model[: len(model) // 2],
            lambda model: model[:-16],
            lambda model: model[:8] + bytes(len(model) - 8),
            # [1, 3, 40]: half as many bands.
            lambda model: model.replace(struct.pack("<4i", 3, 1, 3, 40), struct.pack("<4i", 3, 1, 3, 20)),
        ],
    )
    def test_damaged(self, change: Callable[[bytes], bytes], tmp_path: Path) -> None:
        """A file that is empty, cut short, or of something else is an error that names it; nothing crashes."""
        with pytest.raises(HubdError, match=r"hey_house\.tflite can't be used as a wake word: .* Download both anew"):
            MicroWakeModel({"hey_house": own_model(tmp_path, change)})

    def test_gone(self, tmp_path: Path) -> None:
        """Files that went since the configuration was read are the same error."""
        path = own_model(tmp_path)
        (tmp_path / "hey_house.json").unlink()
        for _ in range(2):
            with pytest.raises(HubdError, match=r"hey_house\.tflite can't be used as a wake word"):
                MicroWakeModel({"hey_house": path})
            (tmp_path / "hey_house.tflite").unlink(missing_ok=True)


class TestLoading:
    def test_package_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the package the text says how to install it."""
        monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
        with pytest.raises(MissingPartError) as caught:
            bundled("alexa")
        assert str(caught.value) == (
            'wake.engine = "microwakeword" needs a package that is not installed here. '
            f'Run: {sys.executable} -m pip install "pymicro-wakeword>=2.5,<3"'
        )

    def test_no_such_word(self) -> None:
        """A word that the package has not is an error that names those that it has."""
        with pytest.raises(MissingPartError, match=r"no wake word 'weather'; there are alexa, hey_jarvis, hey_mycroft"):
            bundled("alexa", "weather")

    # The package's half-made model complains when it is thrown away.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.parametrize(
        "fault", [OSError("version `GLIBC_2.35' not found"), ValueError("Failed to find tensorflowlite_c library")]
    )
    def test_library_is_missing(self, fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
        """A library that is not there, or that this computer can't load, is an error that says why."""

        def refuse(*_: object, **__: object) -> None:
            raise fault

        monkeypatch.setattr("ctypes.CDLL", refuse)
        with pytest.raises(HubdError, match=re.escape(f"pymicro-wakeword can't be loaded: {fault}.")):
            bundled("alexa")
