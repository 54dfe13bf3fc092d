"""What is heard of wake words, what else is taken for one: the trials, what they are made of, what they come to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.wake import FRAME_MS, FRAME_SAMPLES
from scripts.benches import wake_sounds
from scripts.benches.wake_engines import Pace
from scripts.benches.wake_sounds import Samples, Sound, Voice
from scripts.benches.wake_stage import ListeningStage
from scripts.benches.wake_texts import NEAR
from scripts.benches.wake_tracks import Span, Utterance, track

WORDS: Final = ("alexa", "hey_jarvis", "hey_mycroft")
THRESHOLDS: Final = tuple(round(0.05 * step, 2) for step in range(1, 20))
PATIENCES: Final = (1, 2)
RATIOS: Final = (20, 10, 5, 0)  # dB that a voice is louder than the noise
QUIET: Final = "quiet"
NEAR_WORDS: Final = "near words"
NOISES: Final[dict[str, Callable[[float, float], Sound]]] = {
    "fan": wake_sounds.fan,
    "television": wake_sounds.babble,
    "own voice": lambda seconds, loudness: wake_sounds.at_level(wake_sounds.own_voice(seconds), loudness),
}
# What no wake word is in, with its part of the hours.
OTHERS: Final[dict[str, tuple[float, Callable[[float, int], Sound]]]] = {
    "talk": (0.5, wake_sounds.narration),
    "television": (0.2, lambda seconds, seed: wake_sounds.babble(seconds, seed=seed)),
    "own voice": (0.1, wake_sounds.own_voice),
    "music": (0.1, lambda seconds, seed: wake_sounds.music(seconds, seed=seed)),
    "noise": (0.1, lambda seconds, seed: wake_sounds.fan(seconds, seed=seed)),
}
_GAPS: Final = (1.5, 4.0)  # s
_PLACES: Final = 3  # within a frame
_BLOCK: Final = 600.0  # s that are made at a time
_REFRACTORY_FRAMES: Final = 2000 // FRAME_MS

Scores = NDArray[np.float64]  # by frame, by word; 0 where there is none


@dataclass(frozen=True, slots=True)
class Curve:
    """What becomes of one wake word in one situation, by THRESHOLDS.

    noise: a key of NOISES or OTHERS, QUIET, or NEAR_WORDS. ratio: dB that the voice is louder; None where nobody
    says the word.
    """

    word: str
    noise: str
    ratio: int | None
    patience: int
    values: tuple[float, ...]


@dataclass(slots=True)
class Agreement:
    """Whether the speech gate changed anything.

    frames, scored: how many there were, how many were scored with the gate. largest: difference of their scores.
    wakes, differ: without the gate, at all thresholds together, and those that only one of the two has.
    """

    frames: int = 0
    scored: int = 0
    largest: float = 0.0
    wakes: int = 0
    differ: int = 0


class Trials:
    """Runs recordings through the stage that listens, with the speech gate and without."""

    def __init__(self) -> None:
        self.agreement = Agreement()
        self._gated = ListeningStage(WORDS)
        self._open = ListeningStage(WORDS, speech_gate=False)

    def recall(self, utterances: Sequence[Utterance]) -> Iterator[Curve]:
        """Yield how much of what is said is heard: in a quiet room, then before each noise. Texts are wake words."""
        heard = track(utterances, _GAPS)
        situations = [(QUIET, 0, np.zeros(1))]
        for noise, make in NOISES.items():
            sound = make(heard.seconds, wake_sounds.SPEECH)
            situations += [(noise, ratio, sound / 10 ** (ratio / 20)) for ratio in RATIOS]
        for noise, ratio, sound in situations:
            scores = self._scores(wake_sounds.samples_of(heard.sound + sound))
            for (number, word), patience in itertools.product(enumerate(WORDS), PATIENCES):
                lasting = _lasting(scores[:, number], patience)
                peaks = _peaks(lasting, [span for span in heard.spans if span.text == word])
                yield Curve(word, noise, ratio, patience, _shares(peaks))

    def near_words(self, voices: Sequence[Voice]) -> Iterator[Curve]:
        """Yield how much of what is near to a wake word is taken for it, each word said by each voice."""
        for number, word in enumerate(WORDS):
            said = [Utterance(text, voice.say(text)) for text, voice in itertools.product(NEAR[word], voices)]
            heard = track(said, _GAPS)
            scores = self._scores(wake_sounds.samples_of(heard.sound))
            for patience in PATIENCES:
                yield Curve(
                    word,
                    "near words",
                    None,
                    patience,
                    _shares(_peaks(_lasting(scores[:, number], patience), heard.spans)),
                )

    def recordings(self, people: Sequence[Utterance]) -> Iterator[str]:
        """Yield what each recording scores at most, in a quiet room, then before a fan that is as loud."""
        for utterance in people:
            heard = track([utterance] * _PLACES, _GAPS)
            fan = wake_sounds.fan(heard.seconds, wake_sounds.SPEECH)
            alone, before = (self._scores(wake_sounds.samples_of(sound)) for sound in (heard.sound, heard.sound + fan))
            best = int(np.argmax(np.maximum(alone, before).max(axis=0)))
            each = [_peaks(scores[:, best], heard.spans) for scores in (alone, before)]
            quiet, noisy = (f"{peaks.min():.2f} to {peaks.max():.2f}" for peaks in each)
            yield f"{utterance.text}: {WORDS[best]} {quiet}, before a fan as loud {noisy}"

    def accepts(self, hours: float) -> Iterator[Curve]:
        """Yield how many times an hour something else wakes, for so many hours of all together."""
        for kind, (part, make) in OTHERS.items():
            blocks = []
            left = hours * part * 3600
            for seed in itertools.count(1):
                blocks.append(self._scores(wake_sounds.samples_of(make(min(left, _BLOCK), seed))))
                left -= _BLOCK
                if left <= 0:
                    break
            scores = np.concatenate(blocks)
            for (number, word), patience in itertools.product(enumerate(WORDS), PATIENCES):
                lasting = _lasting(scores[:, number], patience)
                wakes = (len(_wakes(lasting, threshold)) for threshold in THRESHOLDS)
                yield Curve(word, kind, None, patience, tuple(count / hours / part for count in wakes))

    def _scores(self, recording: Samples) -> Scores:
        """Return the scores without the speech gate, once it is known what it would have changed."""
        recording = recording[: len(recording) // FRAME_SAMPLES * FRAME_SAMPLES]
        gated, scores = (self._through(stage, recording) for stage in (self._gated, self._open))
        found = self.agreement
        scored = gated.any(axis=1)
        found.frames += len(scores)
        found.scored += int(scored.sum())
        found.largest = max(found.largest, float(np.abs(gated - scores)[scored].max(initial=0.0)))
        for number, threshold in itertools.product(range(len(WORDS)), THRESHOLDS):
            with_gate, without = (set(_wakes(each[:, number], threshold)) for each in (gated, scores))
            found.wakes += len(without)
            found.differ += len(with_gate ^ without)
        return scores

    @staticmethod
    def _through(stage: ListeningStage, recording: Samples) -> Scores:
        found = np.zeros((len(recording) // FRAME_SAMPLES, len(WORDS)))
        for frame, scores in stage.listen(memoryview(recording.tobytes()), Pace.QUICK).scores.items():
            found[frame] = [scores[word] for word in WORDS]
        return found


def _lasting(scores: Scores, patience: int) -> Scores:
    """Return for each frame the least of its score and of those before it, as many as patience says."""
    lasting = scores.copy()
    for back in range(1, patience):
        lasting[back:] = np.minimum(lasting[back:], scores[:-back])
        lasting[:back] = 0.0
    return lasting


def _peaks(scores: Scores, spans: Sequence[Span]) -> Scores:
    return np.array([scores[span.first : span.last + 1].max() for span in spans])


def _shares(peaks: Scores) -> tuple[float, ...]:
    return tuple(float(np.mean(peaks >= threshold)) for threshold in THRESHOLDS)


def _wakes(scores: Scores, threshold: float) -> list[int]:
    """Return the frames that wake, given that nothing does for a while after one that did."""
    woken: list[int] = []
    for frame in np.flatnonzero(scores >= threshold):
        if not woken or frame - woken[-1] >= _REFRACTORY_FRAMES:
            woken.append(int(frame))
    return woken
