"""Whether hubd hears what openWakeWord hears: of the same recordings the same wakes, the same scores."""

from __future__ import annotations

import importlib
import itertools
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from hubd.edges.wake_model_files import find_model
from hubd.wake import WARM_UP_FRAMES
from scripts.benches import wake_sounds
from scripts.benches.rows import Row
from scripts.benches.wake_engines import THRESHOLD, Pace, frames
from scripts.benches.wake_sounds import Samples, Sound
from scripts.benches.wake_stage import ListeningStage
from scripts.benches.wake_texts import story
from scripts.benches.wake_tracks import Track, Utterance, track

RECORDINGS: Final = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "audio"
_GAPS: Final = (2.0, 9.0)  # s: a gate has closed after some, not after others
_EACH: Final = 6.5  # s that an utterance takes with the gap before it, about
_LARGEST: Final = 1e-4
_REFRACTORY_FRAMES: Final = 25
_BACKGROUND: Final = -36.0  # dB, 10 below the voices

Scores = Mapping[int, Mapping[str, float]]  # by frame, by word


def measure_equality(words: Sequence[str], seconds: float) -> list[Row]:
    """Return how many wakes differ in each set of recordings, of this many seconds, by how much the scores do at most.

    Wakes are of openWakeWord's scores at the same threshold, with the same refractory period, frame by frame.
    """
    peer = _OpenWakeWord(words)
    gated, ungated = ListeningStage(words), ListeningStage(words, speech_gate=False)
    rows: list[Row] = []
    differ_ungated, farthest, farthest_ungated = 0, 0.0, 0.0
    for name, recording in _recordings(words, max(1, round(seconds / _EACH))).items():
        pcm = memoryview(recording.tobytes())
        theirs = peer.listen(pcm)
        ours, all_ours = gated.listen(pcm, Pace.QUICK), ungated.listen(pcm, Pace.QUICK)
        expected = _wakes(theirs)
        rows += [
            Row(f"wakes, {name}", "", [len(ours.wakes)]),
            Row(f"wakes that differ, {name}", "", [len(expected.symmetric_difference(ours.wakes))], goal=0),
        ]
        differ_ungated += len(expected.symmetric_difference(all_ours.wakes))
        farthest = max(farthest, _distance(ours.scores, theirs))
        farthest_ungated = max(farthest_ungated, _distance(all_ours.scores, theirs))
    return [
        *rows,
        Row("wakes that differ, without speech gate", "", [differ_ungated], goal=0),
        Row("largest difference of scores", "", [farthest], goal=_LARGEST),
        Row("largest difference of scores, without speech gate", "", [farthest_ungated], goal=_LARGEST),
    ]


def recorded(folder: Path = RECORDINGS) -> list[Utterance]:
    """Return the recordings at hand, named by their files, at the level of the other voices; none if there are none."""
    return [
        Utterance(path.stem, wake_sounds.at_level(wake_sounds.recording(path), wake_sounds.SPEECH))
        for path in sorted(folder.glob("*.wav"))
    ]


def _recordings(words: Sequence[str], count: int) -> dict[str, Samples]:
    """Return what is listened to: so many utterances each, people's as far as there are any."""
    sentences = story(3)
    texts = itertools.cycle([*(word.replace("_", " ") for word in words), ""])
    synthetic = [
        Utterance(text, voice.say(text or next(sentences)))
        for voice, text in zip(wake_sounds.voices(count), texts, strict=False)
    ]
    sets = {"synthetic voices": synthetic}
    if people := recorded():
        sets["recorded voices"] = list(itertools.islice(itertools.cycle(people), count))
    return {
        f"{name}, {background}": wake_sounds.samples_of(heard.sound + noise)
        for name, utterances in sets.items()
        for heard in [track(utterances, _GAPS)]
        for background, noise in _backgrounds(heard).items()
    }


def _backgrounds(heard: Track) -> dict[str, Sound]:
    return {
        "quiet room": np.zeros(1),
        "fan": wake_sounds.fan(heard.seconds, _BACKGROUND),
        "television": wake_sounds.babble(heard.seconds, _BACKGROUND),
    }


class _OpenWakeWord:
    """The package's own loop, with its scores."""

    def __init__(self, words: Sequence[str]) -> None:
        files = {word: find_model(word) for word in words}
        self._words = {path.stem: word for word, path in files.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a GPU that is not there
            package = importlib.import_module("openwakeword.model")
            self._model = package.Model(wakeword_model_paths=[str(path) for path in files.values()])

    def listen(self, pcm: memoryview) -> Scores:
        return {
            number: {self._words[name]: float(score) for name, score in scores.items()}
            for number, frame in enumerate(frames(pcm))
            for scores in [self._model.predict(np.frombuffer(frame, "<i2"))]
        }


def _wakes(scores: Scores) -> set[tuple[str, int]]:
    woken: list[tuple[str, int]] = []
    for frame in range(WARM_UP_FRAMES, len(scores)):
        word, score = max(scores[frame].items(), key=lambda item: item[1])
        if score >= THRESHOLD and (not woken or frame - woken[-1][1] >= _REFRACTORY_FRAMES):
            woken.append((word, frame))
    return set(woken)


def _distance(ours: Scores, theirs: Scores) -> float:
    return max((abs(score - theirs[frame][word]) for frame in ours for word, score in ours[frame].items()), default=0.0)
