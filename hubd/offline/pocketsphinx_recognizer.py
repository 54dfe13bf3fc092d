"""Speech to words with pocketsphinx, as a program of its own."""

# In a thread it would stop the event loop: pocketsphinx holds Python's lock while it decodes.

from __future__ import annotations

import itertools
import json
import math
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import pocketsphinx

from hubd.offline.confidence import Evidence, Fit, is_said

# Searches of the one decoder.
_GRAMMAR: Final = "grammar"
_PHONES: Final = "phones"

# Scores come out as powers of this base.
_BASE: Final = math.log(1.0001)

_SETTINGS: Final = {
    # A free choice of words costs something, or noise at the end becomes one more word; the sound counts for more
    # than the wording.
    "wip": 0.2,
    "lw": 2.0,
    "silprob": 0.005,
    # Its words for noise would swallow what the grammar has no words for.
    "fillprob": 1e-30,
    # The usual beams lose the right path in a grammar where every word counts the same. Of 110 commands in five voices
    # all of pocketsphinx's own settings together got 57 right, all of these 93.
    "beam": 1e-80,
    "wbeam": 1e-60,
    "pbeam": 1e-80,
    "maxhmmpf": -1,
    "topn": 8,
    # The path along the grammar, not one through the lattice, which may leave it.
    "bestpath": False,
    # Scores are relative to the best phone of the frame: both searches must have looked at all of them.
    "compallsen": True,
    "loglevel": "FATAL",
}

# Bytes of sound without which the decoder can't begin: two frames of its own, and no word is that short.
_SHORTEST: Final = 3200

# Bytes of sound that a wake word may leave at the beginning: 300 ms, less than a request in one breath can spare.
_WAKE_WORD_REST: Final = 9600

# What the phone loop calls its silence and its noises.
_NO_PHONES: Final = frozenset({"SIL", "+SPN+", "+NSN+"})

Transition = tuple[int, int, float, str | None]


@dataclass(frozen=True, slots=True)
class _Segment:
    """A part of the best path: its first frame, the one after its last, and its scores as logarithms."""

    name: str
    start: int
    end: int
    score: float
    prior: float

    @property
    def frames(self) -> range:
        return range(max(0, self.start), self.end)

    @property
    def is_step(self) -> bool:
        """Whether it is a transition without a word."""
        return self.name == "(NULL)"

    @property
    def is_word(self) -> bool:
        return self.name[0] not in "<[(" and len(self.frames) > 1


class Recognizer:
    """Finds which of a grammar's sentences was said."""

    def __init__(self) -> None:
        self._model = Path(pocketsphinx.get_model_path()) / "en-us"
        self._decoder: pocketsphinx.Decoder | None = None
        self._transitions: Sequence[Transition] = ()
        self._known: dict[str, list[str]] = {}

    def load(self, transitions: Sequence[Transition]) -> list[str]:
        """Take a grammar (state 0 begins, state 1 ends); return the words that have no pronunciation."""
        self._transitions = transitions
        words = {word for *_, word in transitions if word is not None}
        self._known = self._look_up(words)
        return sorted(words - self._known.keys())

    def pronounce(self, pronunciations: Mapping[str, str]) -> None:
        """Take the phones of the words that load() did not know: from now on all can be heard."""
        decoder = pocketsphinx.Decoder(hmm=str(self._model / "en-us"), lm=None, dict=None, **_SETTINGS)
        for word, phones in pronunciations.items():
            decoder.add_word(word, phones, update=False)
        for word, variants in self._known.items():
            for number, phones in enumerate(variants, start=1):
                decoder.add_word(word if number == 1 else f"{word}({number})", phones, update=False)
        decoder.add_fsg(_GRAMMAR, decoder.create_fsg(_GRAMMAR, 0, 1, list(_closed(self._transitions))))
        decoder.add_allphone_file(_PHONES, None)
        self._decoder = decoder

    def evidence(self, pcm: bytes) -> Evidence | None:
        """Return what fits an utterance best, whether it was said or not; None if nothing fits at all."""
        if self._decoder is None or len(pcm) < _SHORTEST or not any(pcm):
            return None  # digital silence would be divided by its own energy
        score, segments = self._decode(self._decoder, _GRAMMAR, pcm)
        if not segments:
            return None
        loop_score, loop = self._decode(self._decoder, _PHONES, pcm)
        frames = max(segment.end for segment in segments)
        reached = _running_total(loop, frames)
        words = [segment for segment in segments if segment.is_word]
        spoken = {frame for segment in loop if segment.name not in _NO_PHONES for frame in segment.frames}
        explained = {frame for segment in words for frame in segment.frames}
        return Evidence(
            tuple(
                Fit(
                    word.name.partition("(")[0],
                    len(word.frames),
                    word.score - (reached[word.end] - reached[word.start]),
                )
                for word in words
            ),
            frames,
            score - loop_score,
            sum(segment.prior for segment in segments if segment.is_word or segment.is_step),
            len(spoken - explained),
        )

    def words(self, pcm: bytes) -> list[str] | None:
        """Return the words that were said; None if no sentence was.

        The sound may begin in the middle of a wake word, which spoils the fit: a second look leaves its rest out.
        """
        for skipped in (0, _WAKE_WORD_REST):
            evidence = self.evidence(pcm[skipped:])
            if evidence is not None and is_said(evidence):
                return [fit.word for fit in evidence.words]
        return None

    def _decode(self, decoder: pocketsphinx.Decoder, search: str, pcm: bytes) -> tuple[float, list[_Segment]]:
        """Return the score of the best path, with its segments; without any if no path leads to an end."""
        decoder.activate_search(search)
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            # Forget the noise of the utterance before, or the second search would hear something else than the first.
            # It is called unnecessary, but nothing else resets the noise.
            decoder.start_stream()
        decoder.start_utt()
        # The utterance as a whole: it is normalised by its own average, which matters more than a head start.
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        if hypothesis is None:
            return 0.0, []
        segments = [
            _Segment(each.word, each.start_frame, each.end_frame + 1, _logarithm(each.ascore), _logarithm(each.lscore))
            for each in decoder.seg()
        ]
        return _logarithm(hypothesis.score), segments

    def _look_up(self, words: set[str]) -> dict[str, list[str]]:
        """Return the words of the CMU dictionary with all their pronunciations: ``word``, ``word(2)`` and so on."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        wanted = {word.encode() for word in words}
        with (self._model / "cmudict-en-us.dict").open("rb") as dictionary:
            for line in dictionary:
                name, _, phones = line.partition(b" ")
                word = name.partition(b"(")[0]
                if word in wanted:
                    found[word.decode()].append(phones.decode().strip())
        return dict(found)


def _closed(transitions: Iterable[Transition]) -> Iterator[tuple[int, int, float, str] | tuple[int, int, float]]:
    """Yield the transitions with those without a word joined up: pocketsphinx follows only one at a time."""
    silent: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for start, end, probability, word in transitions:
        if word is not None:
            yield start, end, probability, word
        else:
            silent[start][end] = max(probability, silent[start].get(end, 0.0))
    for start in list(silent):
        best = {start: 1.0}
        waiting = [start]
        while waiting:
            state = waiting.pop()
            for end, probability in silent.get(state, {}).items():
                through = best[state] * probability
                if through > best.get(end, 0.0):
                    best[end] = through
                    waiting.append(end)
        yield from ((start, end, probability) for end, probability in best.items() if end != start)


def _running_total(segments: Iterable[_Segment], frames: int) -> list[float]:
    """Return the score gained before each frame, spread evenly within a segment."""
    gained = [0.0] * (frames + 1)
    for segment in segments:
        for frame in segment.frames:
            if frame < frames:
                gained[frame + 1] = segment.score / len(segment.frames)
    return list(itertools.accumulate(gained))


def _logarithm(score: float) -> float:
    return math.log(max(score, sys.float_info.min)) / _BASE


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more, each with a line of JSON.

    {"grammar": [[state, state, probability, word or null], …]}  →  {"unknown": [words without a pronunciation]}
    {"pronunciations": {word: phones}}                           →  {"ready": true}
    {"sound": size}, then so many bytes (16 kHz, 16-bit mono)    →  {"words": […]}, or null if no sentence was said
    """
    recognizer = Recognizer()
    for line in iter(requests.readline, b""):
        match json.loads(line):
            case {"grammar": transitions}:
                answer: object = {"unknown": recognizer.load([tuple(transition) for transition in transitions])}
            case {"pronunciations": pronunciations}:
                recognizer.pronounce(pronunciations)
                answer = {"ready": True}
            case {"sound": size}:
                answer = {"words": recognizer.words(requests.read(size))}
            case _:
                raise ValueError("not a request")
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
