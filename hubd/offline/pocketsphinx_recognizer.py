"""Speech to words with pocketsphinx, as a program of its own."""

# In a thread it would stop the event loop: pocketsphinx holds Python's lock while it decodes.

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import IO, Final

from hubd.offline.confidence import Evidence, Fit, is_said
from hubd.offline.numerals import Heard, rivals, told_apart
from hubd.offline.pocketsphinx_decoder import Decoder, Search, Segment, Transition

# Bytes of sound without which the decoder can't begin: two frames of its own, and no word is that short.
_SHORTEST: Final = 3200

# A silence that fits worse than this per frame is none, if it is longer than a consonant: 20 frames of 10 ms. Real
# pauses have -10 to -45, words that silence has swallowed -70 and worse.
_NO_SILENCE: Final = -55.0
_NO_CONSONANT: Final = 20

# What another look at the same sound must overcome: who looks twice is fooled twice as often.
_DOUBT: Final = 1.0

# How an utterance is looked at until a sentence is found: by which search, with how much doubt. The second is for a
# word that sounds so strange that silence seems more likely.
_LOOKS: Final = ((Search.GRAMMAR, 0.0), (Search.WITHOUT_PAUSES, _DOUBT))


class Recognizer:
    """Finds which of a grammar's sentences was said."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._transitions: Sequence[Transition] = ()
        self._known: dict[str, list[str]] = {}
        self._phones: dict[str, list[str]] = {}

    def load(self, transitions: Sequence[Transition]) -> list[str]:
        """Take a grammar (state 0 begins, state 1 ends); return the words that have no pronunciation."""
        self._transitions = transitions
        words = {word for *_, word in transitions if word is not None}
        self._known = self._decoder.look_up(words)
        return sorted(words - self._known.keys())

    def pronounce(self, pronunciations: Mapping[str, Sequence[str]]) -> None:
        """Take further pronunciations, as phones, at least of the words that load() did not know.

        From now on all words can be heard.
        """
        variants = {
            word: list(dict.fromkeys([*self._known.get(word, ()), *pronunciations.get(word, ())]))
            for word in self._known.keys() | pronunciations.keys()
        }
        self._decoder.load(self._transitions, variants)
        self._phones = variants

    def evidence(self, pcm: bytes) -> Evidence | None:
        """Return what fits an utterance best, whether it was said or not; None if nothing fits at all."""
        return _compare(self._read(pcm, Search.GRAMMAR), self._read(pcm, Search.DICTATION))

    def words(self, pcm: bytes) -> list[str] | None:
        """Return the words that were said; None if no sentence was."""
        english = self._read(pcm, Search.DICTATION)
        for search, doubt in _LOOKS:
            evidence = _compare(self._read(pcm, search), english)
            if evidence is not None and is_said(evidence, doubt):
                return self._sure(pcm, [fit.word for fit in evidence.words], english)
        return None

    def _sure(self, pcm: bytes, words: list[str], english: Sequence[Segment]) -> list[str] | None:
        """Return the words with teens and tens told apart; None if that can't be done."""
        for rival in rivals(words):
            if rival.other not in self._phones:
                continue  # no sentence has it
            other = [*words[: rival.position], rival.other, *words[rival.position + 1 :]]
            # Both alike: among all sentences of the grammar the same one has another score.
            both = self._expected(pcm, words, english), self._expected(pcm, other, english)
            teen, ten = both if rival.heard is Heard.TEEN else reversed(both)
            if teen is None or ten is None:
                return None
            heard = told_apart(teen.lead - ten.lead, self._stretch(ten.words, rival.position))
            if heard is Heard.EITHER:
                return None
            words = words if heard is rival.heard else other
        return words

    def _expected(self, pcm: bytes, words: Sequence[str], english: Sequence[Segment]) -> Evidence | None:
        """Return how well a sentence fits that is known beforehand."""
        self._decoder.expect(words)
        evidence = _compare(self._read(pcm, Search.SENTENCE), english)
        return evidence if evidence is not None and len(evidence.words) == len(words) else None

    def _stretch(self, words: Sequence[Fit], position: int) -> float:
        """Return how long a phone of one of the words is, as a multiple of one of the others."""
        phones = [len(self._phones[fit.word][0].split()) for fit in words]
        rest_frames = sum(fit.frames for fit in words) - words[position].frames
        rest_phones = sum(phones) - phones[position]
        return words[position].frames / phones[position] / (rest_frames / rest_phones) if rest_frames else 1.0

    def _read(self, pcm: bytes, search: Search) -> tuple[Segment, ...]:
        if not self._decoder.is_loaded or len(pcm) < _SHORTEST or not any(pcm):
            return ()  # digital silence would be divided by its own energy
        return self._decoder.read(pcm, search)


def _compare(sentence: Sequence[Segment], english: Sequence[Segment]) -> Evidence | None:
    """Return the best path along a grammar, held against the same utterance as English at large; None without one."""
    if not sentence:
        return None
    frames = max(segment.end for segment in sentence)
    reached = _running_total(english, frames)
    words = [segment for segment in sentence if segment.is_word]
    spoken = {frame for segment in english if segment.is_word for frame in segment.frames}
    explained = {frame for segment in words for frame in segment.frames}
    unexplained = spoken - explained
    inner = range(min(explained, default=0), max(explained, default=0))
    return Evidence(
        tuple(
            Fit(word.word, word.start, len(word.frames), word.score - (reached[word.end] - reached[word.start]))
            for word in words
        ),
        frames,
        _total(sentence) - _total(english),
        sum(segment.prior for segment in words) + sum(segment.prior for segment in sentence if segment.is_step),
        len(unexplained),
        max(_longest_run(unexplained, inner), _longest_noise(sentence, inner)),
    )


def _longest_run(frames: AbstractSet[int], within: range) -> int:
    """Return how many frames follow one another without a gap, at most."""
    runs = (len(list(run)) for member, run in itertools.groupby(within, frames.__contains__) if member)
    return max(runs, default=0)


def _longest_noise(segments: Iterable[Segment], within: range) -> int:
    """Return the length of the longest silence that sounds like none; a short one may hold a consonant."""
    lengths = (
        len(segment.frames)
        for segment in segments
        if segment.is_rest and segment.start in within and segment.score < _NO_SILENCE * len(segment.frames)
    )
    return max((length for length in lengths if length >= _NO_CONSONANT), default=0)


def _sound_score(segment: Segment) -> float:
    """Return how well a segment fits the sound; for silence, the two searches book its cost in different columns."""
    return segment.score + (segment.prior if segment.is_rest else 0.0)


def _total(segments: Iterable[Segment]) -> float:
    return sum(map(_sound_score, segments))


def _running_total(segments: Iterable[Segment], frames: int) -> list[float]:
    """Return the score gained before each frame, spread evenly within a segment."""
    gained = [0.0] * (frames + 1)
    for segment in segments:
        for frame in segment.frames:
            if frame < frames:
                gained[frame + 1] = _sound_score(segment) / len(segment.frames)
    return list(itertools.accumulate(gained))


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more, each with a line of JSON.

    {"grammar": [[state, state, probability, word or null], …]}  →  {"unknown": [words without a pronunciation]}
    {"pronunciations": {word: [phones, …]}}                      →  {"ready": true}
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
