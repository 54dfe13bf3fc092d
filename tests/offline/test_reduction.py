from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.offline.automaton import Arc, Automaton
from hubd.offline.grammar import Grammar
from hubd.offline.phrases import InOrder, OneOf, Phrase, Rare, Repeated, Say
from hubd.offline.reduction import reduced
from tests.offline.house import BRIGHTNESS, HOUSE, ON, devices, function

LETTERS = st.sampled_from(["a", "b", "c"])
PHRASES: st.SearchStrategy[Phrase] = st.recursive(
    LETTERS.map(Say),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda some: InOrder(tuple(some))),
        st.lists(inner, max_size=3).map(lambda some: OneOf(tuple(some))),
        inner.map(lambda one: Rare(one, 0.5)),
        st.tuples(inner, inner).map(lambda pair: Repeated(*pair)),
    ),
    max_leaves=10,
)


def probability(arcs: Iterable[Arc], words: Sequence[str]) -> float:
    """Return how probable a sentence is along its best path; 0 if there is none."""
    arcs = list(arcs)
    front = settled(arcs, {Automaton.start: 1.0})
    for word in words:
        reached: dict[int, float] = {}
        for arc in arcs:
            if arc.word == word and arc.start in front:
                reached[arc.end] = max(front[arc.start] * arc.probability, reached.get(arc.end, 0.0))
        front = settled(arcs, reached)
    return front.get(Automaton.final, 0.0)


def settled(arcs: Sequence[Arc], front: dict[int, float]) -> dict[int, float]:
    """Return where one can be without a further word."""
    moved = True
    while moved:
        moved = False
        for arc in arcs:
            through = front.get(arc.start, 0.0) * arc.probability
            if arc.word is None and through > front.get(arc.end, 0.0):
                front[arc.end] = through
                moved = True
    return front


def states(arcs: Iterable[Arc]) -> set[int]:
    """Return every state."""
    return {state for arc in arcs for state in (arc.start, arc.end)}


@given(PHRASES, st.lists(st.lists(LETTERS, max_size=5), max_size=8))
def test_the_sentences_stay_the_same(phrase: Phrase, sentences: list[list[str]]) -> None:
    """Each sentence is as probable as before, one that could not be said still can't; nothing has grown."""
    before = Automaton(phrase).arcs
    after = reduced(before)
    for sentence in sentences:
        assert probability(after, sentence) == pytest.approx(probability(before, sentence))
    assert len(after) <= len(before)
    assert states(after) <= set(range(len(states(after) | {Automaton.start, Automaton.final})))


def test_a_house_is_said_in_few_states() -> None:
    """What can be done with a lamp does not multiply its name."""
    lamps = [function("set_light", "Light.", ["device"], device=devices("desk lamp"), on=ON, brightness=BRIGHTNESS)]
    arcs = Grammar(lamps).arcs
    assert sum(arc.word == "desk" for arc in arcs) < 10
    assert len(states(Grammar(HOUSE).arcs)) < 250


def test_what_is_said_most_often_counts() -> None:
    """Of two ways to say the same words the more probable one is left."""
    phrase = OneOf((Rare(Say("a"), 0.1), Say("a")))
    assert reduced(Automaton(phrase).arcs) == (Arc(Automaton.start, Automaton.final, word="a"),)
