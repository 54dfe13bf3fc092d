from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from hubd.offline.automaton import Automaton
from hubd.offline.phrases import (
    NOTHING,
    Assign,
    Begin,
    InOrder,
    Mean,
    OneOf,
    Phrase,
    Rare,
    Repeated,
    Say,
    assign,
    branching,
    in_order,
    maybe,
    one_of,
    say,
    seldom,
)


def sentences(phrase: Phrase) -> set[tuple[str, ...]]:
    """Return every sentence of a phrase without repetition, the slow and obvious way."""
    match phrase:
        case Say(word):
            return {(word,)}
        case Mean():
            return {()}
        case InOrder(phrases):
            return {sum(parts, ()) for parts in product(*map(sentences, phrases))}
        case OneOf(phrases):
            return set().union(*map(sentences, phrases))
        case Rare(inner, _):
            return sentences(inner)
        case Repeated(inner, _):
            return sentences(inner)


WORDS = st.sampled_from(["a", "b", "c"]).map(Say)
PHRASES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda some: InOrder(tuple(some))),
        st.lists(inner, max_size=3).map(lambda some: OneOf(tuple(some))),
        inner.map(lambda one: Rare(one, 0.1)),
    ),
    max_leaves=8,
)


@given(PHRASES, st.lists(st.sampled_from(["a", "b", "c"]), max_size=5))
def test_an_automaton_says_what_its_phrase_says(phrase: Phrase, words: list[str]) -> None:
    """It has a reading for each sentence of the phrase, and for nothing else."""
    automaton = Automaton(phrase)
    every = sentences(phrase)
    assert all(automaton.readings(sentence) for sentence in every)
    assert bool(automaton.readings(words)) == (tuple(words) in every)


def test_a_reading_is_what_the_words_mean() -> None:
    """Tags come in the order in which they lie on the path."""
    on_off = one_of([in_order("on", assign("on", value=True)), in_order("off", assign("on", value=False))])
    automaton = Automaton(in_order(Mean(Begin("switch")), "turn", on_off))
    assert automaton.readings(["turn", "off"]) == [(Begin("switch"), Assign("on", value=False))]


def test_words_with_two_meanings_have_two_readings() -> None:
    """Ambiguity is kept: to decide is not the automaton's business."""
    automaton = Automaton(one_of([in_order("lamp", assign("which", 1)), in_order("lamp", assign("which", 2))]))
    assert len(automaton.readings(["lamp"])) == 2


def test_repetition_stays_within_itself() -> None:
    """A repeated phrase in a choice lets nobody else repeat."""
    automaton = Automaton(one_of([Repeated(Say("a"), Say("and")), Say("b")]))
    assert automaton.readings(["a", "and", "a", "and", "a"])
    assert not automaton.readings(["b", "and", "a"])
    assert not automaton.readings(["a", "and", "b"])
    assert not automaton.readings(["a", "a"])


def test_branching_shares_what_begins_alike() -> None:
    """A hundred numbers have one "twenty"."""
    numbers = branching([(("twenty",), assign("n", 20)), (("twenty", "one"), assign("n", 21))])
    automaton = Automaton(numbers)
    assert sum(arc.word == "twenty" for arc in automaton.arcs) == 1
    assert automaton.readings(["twenty", "one"]) == [(Assign("n", 21),)]


def test_what_is_said_seldom_costs() -> None:
    """The recogniser reads the probability from an arc."""
    automaton = Automaton(one_of([say("turn"), seldom("put", probability=0.1)]))
    assert {arc.probability for arc in automaton.arcs} == {1.0, 0.1}


def test_nothing_can_be_said_too() -> None:
    """An optional phrase may be left out."""
    automaton = Automaton(in_order(maybe("please"), NOTHING, "go"))
    assert automaton.readings(["go"])
    assert automaton.readings(["please", "go"])
    assert automaton.words == {"please", "go"}
