"""Automations: from inbound MQTT messages to what the hub does about them."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Final

from hubd.actions import Action, Deed, fill, one_line
from hubd.conditions import Condition, Hours, Scalar, Selector, Whole, read
from hubd.devices.fields import MAX_TOPIC
from hubd.devices.templates import TemplateError
from hubd.mqtt.filters import filter_matches

# An automation that sets itself off does so no more often, s.
USUAL_PAUSE: Final = 10.0
# More topics than a filter is meant to take; the one that was silent for longest is forgotten.
MOST_TOPICS: Final = 256
# All automations together; what is more is dropped: the conversation's inbox is bounded.
MOST_A_SECOND: Final = 10


class Trigger(StrEnum):
    """Which messages set an automation off.

    CHANGE: one from which on the condition is met, while it is known that it was not met before; without a condition
    one whose value differs from the one before. MESSAGE: each whose value meets the condition.
    """

    CHANGE = "change"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class When:
    """What sets an automation off.

    topic: a filter; each topic that it takes has a state of its own. condition: None takes every value.
    lasting: s for which the condition has to stay met, for a CHANGE; further messages need not come meanwhile.
    between: None for always; what would happen at another time is dropped, not put off. at_most_every: s, more than 0,
    over all topics; what would happen earlier is dropped.
    """

    topic: str
    selector: Selector = field(default_factory=Whole)
    condition: Condition | None = None
    trigger: Trigger = Trigger.CHANGE
    lasting: float = 0.0
    between: Hours | None = None
    at_most_every: float = USUAL_PAUSE


@dataclass(frozen=True, slots=True)
class Rule:
    """One automation; id tells it from the others, name is what people call it."""

    id: str
    name: str
    when: When
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """What an automation does now.

    rule: its id. source: its name, with what tells the topic from the others of a filter. problem: why it does nothing:
    its texts can't be made from the message.
    """

    rule: str
    source: str
    deeds: tuple[Deed, ...] = ()
    problem: str = ""


class _Phase(Enum):
    """How a topic stands to a condition. HOLDING: met, but not for long enough yet."""

    UNKNOWN = auto()
    UNMET = auto()
    HOLDING = auto()
    MET = auto()


@dataclass(slots=True)
class _Watched:
    """A topic of an automation; value: its last one. until: when it will have been HOLDING for long enough."""

    phase: _Phase = _Phase.UNKNOWN
    value: Scalar | None = None
    until: float = 0.0


class Automations:
    """Every automation with what is known of its topics.

    A retained message, as all come at start and after each reconnect, says how things are, and may end what is HOLDING;
    it sets nothing off: what it tells of may have happened long ago (``mqtt-devices.md``, rule 10). Nor does the first
    value of a topic set off a CHANGE. Every ``now`` is monotonic, s, every ``local`` the time of day.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._watched: list[dict[str, _Watched]] = [{} for _ in self._rules]
        # Those of them that are HOLDING.
        self._holding: dict[tuple[int, str], _Watched] = {}
        # When each rule was last due; when any of them was.
        self._last: dict[int, float] = {}
        self._lately: deque[float] = deque(maxlen=MOST_A_SECOND)
        # Most messages of a house concern no rule: they have to be passed over quickly.
        self._exact: dict[str, list[int]] = {}
        self._wild: list[int] = []
        for place, rule in enumerate(self._rules):
            if {"+", "#"} & set(rule.when.topic):
                self._wild.append(place)
            else:
                self._exact.setdefault(rule.when.topic, []).append(place)

    def succeed(self, before: Automations) -> frozenset[str]:
        """Go on from what others know; return the topic filters of which they know nothing.

        A rule that is the same goes on as it stands there. Another one that looks at the same value takes the last ones
        as if their messages were retained.
        """
        self._lately = before._lately
        places = {rule.id: place for place, rule in enumerate(before._rules)}
        values = {(rule.when.topic, rule.when.selector): place for place, rule in enumerate(before._rules)}
        unknown: set[str] = set()
        for place, rule in enumerate(self._rules):
            same = places.get(rule.id)
            akin = values.get((rule.when.topic, rule.when.selector))
            if same is not None and before._rules[same].when == rule.when:
                self._take_over(place, before, same)
            elif akin is not None:
                self._learn(place, before._watched[akin])
            else:
                unknown.add(rule.when.topic)
        return frozenset(unknown)

    def _take_over(self, place: int, before: Automations, same: int) -> None:
        self._watched[place] = before._watched[same]
        holding = {topic: watched for (at, topic), watched in before._holding.items() if at == same}
        self._holding |= {(place, topic): watched for topic, watched in holding.items()}
        if same in before._last:
            self._last[place] = before._last[same]

    def _learn(self, place: int, others: Mapping[str, _Watched]) -> None:
        for topic, known in others.items():
            if known.value is not None:
                watched = self._of(place, topic)
                _sets_off(self._rules[place].when, watched, known.value, 0.0, live=False)
                watched.value = known.value

    @property
    def filters(self) -> tuple[str, ...]:
        """The topic filters to subscribe to, each once."""
        return tuple(dict.fromkeys(rule.when.topic for rule in self._rules))

    @property
    def deadline(self) -> float | None:
        """When to call expire(), monotonic, s; None for not before another message."""
        return min((watched.until for watched in self._holding.values()), default=None)

    def receive(
        self, topic: str, payload: bytes, now: float, local: dt.time, *, retained: bool = False
    ) -> tuple[Due, ...]:
        """Take a message; return what it sets off, after what was due before it. Never raises, whatever the payload."""
        due = [*self.expire(now, local)]
        for place in self._listening(topic):
            when = self._rules[place].when
            value = read(when.selector, payload)
            if value is None:
                continue
            watched = self._of(place, topic)
            if _sets_off(when, watched, value, now, live=not retained):
                due += self._due(place, topic, value, now, local)
            watched.value = value
            if watched.phase is _Phase.HOLDING:
                self._holding[place, topic] = watched
            else:
                self._holding.pop((place, topic), None)
        return tuple(due)

    def expire(self, now: float, local: dt.time) -> tuple[Due, ...]:
        """Return what has been met for long enough by now, in its order."""
        over = [each for each in self._holding.items() if each[1].until <= now]
        due: list[Due] = []
        for (place, topic), watched in sorted(over, key=lambda each: each[1].until):
            del self._holding[place, topic]
            watched.phase = _Phase.MET
            if watched.value is not None:
                due += self._due(place, topic, watched.value, now, local)
        return tuple(due)

    def _listening(self, topic: str) -> Iterator[int]:
        yield from self._exact.get(topic, ())
        yield from (place for place in self._wild if filter_matches(self._rules[place].when.topic, topic))

    def _of(self, place: int, topic: str) -> _Watched:
        topics = self._watched[place]
        watched = topics.pop(topic, None) or _Watched()
        # At its end: the first one has been silent for longest.
        topics[topic] = watched
        if len(topics) > MOST_TOPICS:
            silent = next(iter(topics))
            del topics[silent]
            self._holding.pop((place, silent), None)
        return watched

    def _due(self, place: int, topic: str, value: Scalar, now: float, local: dt.time) -> Iterator[Due]:
        rule = self._rules[place]
        if rule.when.between is not None and not rule.when.between.hold(local):
            return
        last = self._last.get(place)
        if last is not None and now - last < rule.when.at_most_every:
            return
        if len(self._lately) == MOST_A_SECOND and now - self._lately[0] < 1:
            return
        self._last[place] = now
        self._lately.append(now)
        source = f"{rule.name}, {_varying(rule.when.topic, topic)}" if place in self._wild else rule.name
        names = {"topic": topic, "value": value}
        try:
            yield Due(rule.id, source, tuple(fill(action, names) for action in rule.actions))
        except TemplateError:
            # The error's own words hold the value.
            yield Due(rule.id, source, problem=f"its templates can't take a value that is {_sort(value)}")


def _varying(topic_filter: str, topic: str) -> str:
    """Return what tells a topic from the others of its filter, fit for people."""
    fixed = topic_filter[: min(place for mark in "+#" if (place := topic_filter.find(mark)) >= 0)]
    return one_line(topic.removeprefix(fixed))[:MAX_TOPIC]


def _sort(value: Scalar) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "a text"
        case _:
            return "a number"


def _sets_off(when: When, watched: _Watched, value: Scalar, now: float, *, live: bool) -> bool:
    """Note a value in its topic's state; return whether the automation is set off by it now.

    live: the message was not retained.
    """
    if when.condition is None:
        changed = watched.value is not None and watched.value != value
        return live and (changed or when.trigger is Trigger.MESSAGE)
    before = watched.phase
    met = when.condition.judge(value, held=before in {_Phase.HOLDING, _Phase.MET})
    if met is None:
        return False
    match before:
        case _ if not met:
            watched.phase = _Phase.UNMET
        case _Phase.UNMET if live and when.lasting:
            watched.phase, watched.until = _Phase.HOLDING, now + when.lasting
        case _Phase.UNKNOWN | _Phase.UNMET:
            watched.phase = _Phase.MET
        case _Phase.HOLDING | _Phase.MET:
            pass
    if when.trigger is Trigger.MESSAGE:
        return met and live
    return live and before is _Phase.UNMET and watched.phase is _Phase.MET
