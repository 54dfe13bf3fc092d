"""Fewer states for the same sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from hubd.offline.automaton import Arc, Automaton

# From, to, probability, word: an arc without its meaning.
_Step = tuple[int, int, float, str | None]

# Neither where all begins nor where it ends is one of many.
_FIXED: Final = (Automaton.start, Automaton.final)


def reduced(arcs: Iterable[Arc]) -> tuple[Arc, ...]:
    """Return arcs without meaning that say the same sentences, as probably, in as few states as are easily found.

    States that go on alike become one, and so do states that are reached alike: a lamp's name stands once, not once for
    each thing that can be done to it. The recogniser looks at every state in every frame of the sound.
    """
    steps = {(arc.start, arc.end, arc.probability, arc.word) for arc in arcs}
    size = 0
    while size != (size := len(steps)):
        for _ in range(2):  # what follows, then, turned around, what precedes
            steps = _turned(_merged(_without_detours(_without_dead_ends(steps))))
    return _numbered(steps)


def _turned(steps: Iterable[_Step]) -> set[_Step]:
    return {(end, start, probability, word) for start, end, probability, word in steps}


def _without_dead_ends(steps: set[_Step]) -> set[_Step]:
    """Return the steps from which there is a way to the end."""
    entering: defaultdict[int, list[int]] = defaultdict(list)
    for start, end, *_ in steps:
        entering[end].append(start)
    alive = {*_FIXED}
    waiting = [*_FIXED]
    while waiting:
        for state in entering[waiting.pop()]:
            if state not in alive:
                alive.add(state)
                waiting.append(state)
    return {step for step in steps if step[1] in alive}


def _without_detours(steps: set[_Step]) -> set[_Step]:
    """Return the steps without states from which one step leads on, without a word."""
    leaving: defaultdict[int, list[_Step]] = defaultdict(list)
    for step in steps:
        leaving[step[0]].append(step)
    ways = {
        state: (only[1], only[2])
        for state, (only, *others) in leaving.items()
        if not others and only[3] is None and only[1] != state and state not in _FIXED
    }
    short: set[_Step] = set()
    for start, first, probability, word in steps:
        if start in ways:
            continue
        end, total = first, probability
        passed: set[int] = set()
        while end in ways and end not in passed:
            passed.add(end)
            end, further = ways[end]
            total *= further
        short.add((start, end, total, word))
    return short


def _merged(steps: set[_Step]) -> set[_Step]:
    """Return the steps with all states as one that can't be told apart by what follows."""
    leaving: defaultdict[int, list[_Step]] = defaultdict(list)
    for step in steps:
        leaving[step[0]].append(step)
    states = {*_FIXED, *leaving, *(step[1] for step in steps)}
    classes = {state: _FIXED.index(state) if state in _FIXED else len(_FIXED) for state in states}
    count = 0
    while count != (count := len({*classes.values()})):
        # Who was told apart stays so.
        numbers: dict[object, int] = {}
        classes = {
            state: numbers.setdefault(
                (
                    classes[state],
                    frozenset((classes[end], probability, word) for _, end, probability, word in leaving[state]),
                ),
                len(numbers),
            )
            for state in states
        }
    kept = {number: state for state, number in classes.items()} | {classes[state]: state for state in _FIXED}
    return {(kept[classes[start]], kept[classes[end]], probability, word) for start, end, probability, word in steps}


def _numbered(steps: Iterable[_Step]) -> tuple[Arc, ...]:
    """Return the steps as arcs, of equal ones the most probable; states are numbered without gaps."""
    best: dict[tuple[int, int, str | None], float] = {}
    for start, end, probability, word in steps:
        best[start, end, word] = max(probability, best.get((start, end, word), 0.0))
    states = sorted({state for start, end, _ in best for state in (start, end)} - {*_FIXED})
    number = {state: place for place, state in enumerate((*_FIXED, *states))}
    arcs = (
        Arc(number[start], number[end], word=word, probability=probability)
        for (start, end, word), probability in best.items()
    )
    return tuple(sorted(arcs, key=lambda arc: (arc.start, arc.end, arc.word or "")))
