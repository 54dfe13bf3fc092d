"""A finite automaton over words whose paths carry meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import assert_never

from hubd.offline.phrases import InOrder, Mean, OneOf, Phrase, Rare, Repeated, Say, Tag

# More readings of one sentence than anyone means: a bound on the work, not on the language.
_MAX_READINGS = 4096


@dataclass(frozen=True, slots=True)
class Arc:
    """A step from one state to another: a word, or none; with a tag, or none.

    probability: how usual it is, against the other steps from the same state; 1 unless a phrase says otherwise.
    """

    start: int
    end: int
    word: str | None = None
    tag: Tag | None = None
    probability: float = 1.0


# A state, with the tags on the way there.
_Place = tuple[int, tuple[Tag, ...]]


class Automaton:
    """Everything that a phrase allows.

    arcs: its steps; states are numbered from 0. start, final: where a sentence begins, where it may end.
    """

    start = 0
    final = 1

    def __init__(self, phrase: Phrase) -> None:
        self._states = 2
        self._arcs: list[Arc] = []
        self._add(phrase, self.start, self.final)
        self.arcs = tuple(self._arcs)
        self._leaving: defaultdict[int, list[Arc]] = defaultdict(list)
        for arc in self._arcs:
            self._leaving[arc.start].append(arc)

    @property
    def words(self) -> frozenset[str]:
        """Every word that occurs."""
        return frozenset(arc.word for arc in self.arcs if arc.word is not None)

    def readings(self, words: Sequence[str]) -> list[tuple[Tag, ...]]:
        """Return the tags along each path that says exactly these words; empty if there is no such path."""
        front = self._without_words([(self.start, ())])
        for word in words:
            front = self._without_words(
                (arc.end, tags) for state, tags in front for arc in self._leaving[state] if arc.word == word
            )
        return [tags for state, tags in front if state == self.final]

    def _without_words(self, front: Iterable[_Place]) -> list[_Place]:
        """Return all places that can be reached without a word."""
        reached = dict.fromkeys(islice(front, _MAX_READINGS))
        waiting = list(reached)
        while waiting and len(reached) < _MAX_READINGS:
            state, tags = waiting.pop()
            for arc in self._leaving[state]:
                place = (arc.end, tags if arc.tag is None else (*tags, arc.tag))
                if arc.word is None and place not in reached:
                    reached[place] = None
                    waiting.append(place)
        return list(reached)

    def _add(self, phrase: Phrase, start: int, end: int) -> None:
        """Add the arcs that lead from start to end with this phrase."""
        match phrase:
            case Say(word):
                self._arcs.append(Arc(start, end, word=word))
            case Mean(tag):
                self._arcs.append(Arc(start, end, tag=tag))
            case InOrder(()):
                self._arcs.append(Arc(start, end))
            case InOrder(phrases):
                for item in phrases[:-1]:
                    start, before = self._new_state(), start
                    self._add(item, before, start)
                self._add(phrases[-1], start, end)
            case OneOf(phrases):
                for item in phrases:
                    self._add(item, start, end)
            case Repeated(item, between):
                # States of its own: whoever else leaves start or enters end must not take part in the repetition.
                first, last_state = self._new_state(), self._new_state()
                self._arcs.append(Arc(start, first))
                self._add(item, first, last_state)
                self._add(between, last_state, first)
                self._arcs.append(Arc(last_state, end))
            case Rare(item, probability):
                middle = self._new_state()
                self._arcs.append(Arc(start, middle, probability=probability))
                self._add(item, middle, end)
            case _:
                assert_never(phrase)

    def _new_state(self) -> int:
        self._states += 1
        return self._states - 1
