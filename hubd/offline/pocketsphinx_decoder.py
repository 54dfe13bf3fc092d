"""Speech read in several ways with pocketsphinx: by a grammar, as English at large."""

from __future__ import annotations

import math
import sys
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

import pocketsphinx

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
# English at large needs no such care: it only has to come near. With these it takes 0.1 x real time instead of 0.26.
_DICTATION_SETTINGS: Final = {
    "wip": 0.65,
    "lw": 6.5,
    "fillprob": 1e-8,
    "beam": 1e-40,
    "wbeam": 1e-20,
    "pbeam": 1e-40,
    "maxhmmpf": 30_000,
    "fwdflat": False,
}
# Words rarer than this in the model of English are left out: 5,000 remain of 126,000, and the whole recogniser takes
# 80 MB instead of 130.
_USUAL: Final = 1e-5

_SILENCE: Final = "<sil>"

Transition = tuple[int, int, float, str | None]


class Search(Enum):
    """A way to read an utterance; the value is pocketsphinx's name for it."""

    GRAMMAR = "grammar"
    WITHOUT_PAUSES = "grammar without pauses"
    DICTATION = "dictation"
    SENTENCE = "sentence"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the best path: its first frame of 10 ms, the one after its last, and its scores as logarithms.

    score: how well it fits the sound. prior: how usual it is.
    """

    name: str
    start: int
    end: int
    score: float
    prior: float

    @property
    def frames(self) -> range:
        """The frames that it covers."""
        return range(max(0, self.start), self.end)

    @property
    def is_step(self) -> bool:
        """Whether it is a transition without a word."""
        return self.name == "(NULL)"

    @property
    def is_rest(self) -> bool:
        """Whether it is silence."""
        return self.name[0] == "<"

    @property
    def is_word(self) -> bool:
        """Whether it is a word that was said."""
        return self.name[0] not in "<[(" and len(self.frames) > 1

    @property
    def word(self) -> str:
        """The word, whichever of its pronunciations was heard."""
        return self.name.partition("(")[0]


class Decoder:
    """Reads utterances; load() first. The pronunciations are of American English, and whatever is added to them."""

    def __init__(self) -> None:
        self._model = Path(pocketsphinx.get_model_path()) / "en-us"
        self._decoder: pocketsphinx.Decoder | None = None
        self._english: pocketsphinx.NGramModel | None = None
        self._usual: dict[str, list[str]] = {}

    @property
    def is_loaded(self) -> bool:
        """Whether there is a grammar."""
        return self._decoder is not None

    def look_up(self, words: Collection[str]) -> dict[str, list[str]]:
        """Return the pronunciations of those words that the CMU dictionary has."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for word, phones in self._dictionary():
            if word in words:
                found[word].append(phones)
        return dict(found)

    def load(self, transitions: Sequence[Transition], pronunciations: Mapping[str, Sequence[str]]) -> None:
        """Take a grammar (state 0 begins, state 1 ends), with the pronunciations of all its words."""
        decoder = pocketsphinx.Decoder(hmm=str(self._model / "en-us"), lm=None, dict=None, **_SETTINGS)
        if self._english is None:
            settings = pocketsphinx.Config(**_DICTATION_SETTINGS)
            self._english = pocketsphinx.NGramModel(settings, decoder.logmath, str(self._model / "en-us.lm.bin"))
            self._usual = self._usual_words(self._english, decoder.logmath)
        for word, variants in {**self._usual, **pronunciations}.items():
            for number, phones in enumerate(variants, start=1):
                decoder.add_word(word if number == 1 else f"{word}({number})", phones, update=False)
        # A search takes the settings that hold when it is added.
        _add_grammar(decoder, Search.GRAMMAR, transitions)
        decoder.config["fsgusefiller"] = False
        _add_grammar(decoder, Search.WITHOUT_PAUSES, _between_silences(transitions))
        _set(decoder, _DICTATION_SETTINGS)
        decoder.add_lm(Search.DICTATION.value, self._english)
        _set(decoder, _SETTINGS)
        decoder.config["fsgusefiller"] = True
        self._decoder = decoder

    def expect(self, words: Sequence[str]) -> None:
        """Make this the one sentence of Search.SENTENCE; its words must be of the grammar, or of English."""
        last = len(words) - 1
        states = [0, *range(2, 2 + last), 1]
        path = [(states[at], states[at + 1], 1.0, word) for at, word in enumerate(words)]
        if self._decoder is not None:
            _add_grammar(self._decoder, Search.SENTENCE, path)

    def read(self, pcm: bytes, search: Search) -> tuple[Segment, ...]:
        """Return the best path through an utterance (16-bit mono at 16 kHz); empty if no path leads to an end.

        Raises ValueError before load().
        """
        decoder = self._decoder
        if decoder is None:
            raise ValueError("no grammar is loaded")
        decoder.activate_search(search.value)
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            # Forget the noise of the utterance before, or the second search would hear something else than the first.
            # It is called unnecessary, but nothing else resets the noise.
            decoder.start_stream()
        decoder.start_utt()
        # The utterance as a whole: it is normalised by its own average, which matters more than a head start.
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        if decoder.hyp() is None:
            return ()
        return tuple(
            Segment(each.word, each.start_frame, each.end_frame + 1, _logarithm(each.ascore), _logarithm(each.lscore))
            for each in decoder.seg()
        )

    def _usual_words(self, english: pocketsphinx.NGramModel, base: pocketsphinx.LogMath) -> dict[str, list[str]]:
        """Return the usual words of English with their pronunciations."""
        floor = base.log(_USUAL)
        usual: defaultdict[str, list[str]] = defaultdict(list)
        for word, phones in self._dictionary():
            if word in usual or english.prob([word]) >= floor:
                usual[word].append(phones)
        return dict(usual)

    def _dictionary(self) -> Iterator[tuple[str, str]]:
        """Yield the words of the CMU dictionary, each once for each of its pronunciations."""
        with (self._model / "cmudict-en-us.dict").open(encoding="utf-8") as dictionary:
            for line in dictionary:
                name, _, phones = line.strip().partition(" ")
                yield name.partition("(")[0], phones


def _set(decoder: pocketsphinx.Decoder, settings: Mapping[str, object]) -> None:
    for name, value in settings.items():
        decoder.config[name] = value


def _add_grammar(decoder: pocketsphinx.Decoder, search: Search, transitions: Iterable[Transition]) -> None:
    decoder.add_fsg(search.value, decoder.create_fsg(search.value, 0, 1, list(_closed(transitions))))


def _between_silences(transitions: Sequence[Transition]) -> Iterator[Transition]:
    """Yield the transitions with silence allowed before the first word, after the last."""
    states = 1 + max((max(start, end) for start, end, *_ in transitions), default=1)
    begin, end = states, states + 1
    inner = {0: begin, 1: end}
    yield from ((0, begin, 1.0, word) for word in (None, _SILENCE))
    yield from ((end, 1, 1.0, word) for word in (None, _SILENCE))
    for start, target, probability, word in transitions:
        yield inner.get(start, start), inner.get(target, target), probability, word


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


def _logarithm(score: float) -> float:
    return math.log(max(score, sys.float_info.min)) / _BASE
