from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.actions import Action, Listen, Say, Send, Tell
from hubd.automations import MOST_A_SECOND, MOST_TOPICS, Automations, Due, Rule, Trigger, When
from hubd.conditions import Condition, Hours, Member
from hubd.devices.render import Publish

NOON = dt.time(12)
POWER = Member(("power",))
WASHED = Tell("the washing machine has finished")
WASHER = When("washer", POWER, Condition(below=5), lasting=120)
DOOR = When("door", condition=Condition(("open",)), at_most_every=1)
BELL = When("bell", trigger=Trigger.MESSAGE)
LEAK = When("leak", condition=Condition(("wet",)), trigger=Trigger.MESSAGE, at_most_every=1)


def rule(when: When, *actions: Action, name: str = "it") -> Rule:
    """Return an automation that does this, or says the value."""
    return Rule(name, name, when, actions or (Say("{{ value }}"),))


@dataclass
class House:
    """One automation with its time; each method returns what it said, or did."""

    when: When
    actions: tuple[Action, ...] = ()
    now: float = 1000.0
    local: dt.time = NOON
    core: Automations = field(init=False)

    def __post_init__(self) -> None:
        self.core = Automations([rule(self.when, *self.actions)])

    def comes(
        self, payload: str, *, topic: str | None = None, retained: bool = False, after: float = 1.0
    ) -> list[object]:
        """Have a message come so many seconds later."""
        self.now += after
        due = self.core.receive(topic or self.when.topic, payload.encode(), self.now, self.local, retained=retained)
        return list(deeds(due))

    @property
    def waits(self) -> bool:
        """Whether it is to be called without another message."""
        return self.core.deadline is not None

    def passes(self, seconds: float) -> list[object]:
        """Have time pass."""
        self.now += seconds
        return list(deeds(self.core.expire(self.now, self.local)))


def deeds(due: Sequence[Due]) -> Iterator[object]:
    """Yield what is done, a text for what is said."""
    for deed in itertools.chain(*(each.deeds for each in due)):
        yield deed.text if isinstance(deed, Say) else deed


def test_the_washing_machine() -> None:
    """Two minutes below 5 W after a run are its end; a pause in its programme is not, nor is standing still."""
    house = House(WASHER, (WASHED,))
    assert house.comes('{"power": 0.5}') == house.passes(600) == []
    assert not house.waits
    assert house.comes('{"power": 1900}') == house.comes('{"power": 3}') == house.passes(118) == []
    assert house.comes('{"power": 800}') == house.passes(600) == []
    assert house.comes('{"power": 2}') == house.comes('{"power": 1}', after=60) == house.comes("{}", after=30) == []
    assert house.core.deadline == house.now + 30
    assert house.passes(29.9) == []
    assert house.passes(0.1) == [WASHED]
    assert not house.waits
    assert house.comes('{"power": 1}') == house.passes(600) == []


def test_what_is_over_by_a_message_is_done_before_it() -> None:
    """A message that comes after the time, before anybody called, does not undo what was due."""
    house = House(WASHER, (WASHED,))
    house.comes('{"power": 1900}')
    house.comes('{"power": 3}')
    assert house.comes('{"power": 1900}', after=120) == [WASHED]


def test_a_change_is_needed() -> None:
    """It is set off by what was not so before, and is now known to be; not by its being so still."""
    house = House(DOOR)
    said = [house.comes(payload) for payload in ("open", "open", "closed", "open", "open", "closed", "open")]
    assert said == [[], [], [], ["open"], [], [], ["open"]]


def test_every_message() -> None:
    """Where each message counts, so does the first, and one that says the same again."""
    bell, leak = House(BELL), House(LEAK)
    assert bell.comes("ring") == ["ring"]
    assert bell.comes("ring", after=10) == ["ring"]
    assert [leak.comes(payload) for payload in ("wet", "wet", "dry", "wet")] == [["wet"], ["wet"], [], ["wet"]]


def test_a_change_of_any_kind() -> None:
    """Without a condition a change is another value than the one before."""
    house = House(replace(BELL, trigger=Trigger.CHANGE, at_most_every=1))
    assert [house.comes(payload) for payload in ("a", "a", "b", "b", "a")] == [[], [], ["b"], [], ["a"]]
    house.comes("c", retained=True)
    assert [house.comes(payload) for payload in ("c", "d")] == [[], ["d"]]


@pytest.mark.parametrize("when", [DOOR, BELL, LEAK, replace(DOOR, lasting=60), replace(BELL, trigger=Trigger.CHANGE)])
@given(payloads=st.lists(st.sampled_from(["open", "closed", "wet", "dry"])))
def test_retained_messages_set_nothing_off(when: When, payloads: list[str]) -> None:
    """Whatever is retained, nothing is done about it, at once or later."""
    house = House(when)
    for payload in payloads:
        assert house.comes(payload, retained=True) == []
        assert not house.waits
    assert house.passes(3600) == []


def test_a_retained_message_tells_how_it_is() -> None:
    """After a retained message the next change is known to be one; what it contradicts is not waited for."""
    house = House(DOOR)
    house.comes("closed", retained=True)
    assert house.comes("open") == ["open"]
    house.comes("closed")
    house.comes("open", retained=True)
    assert house.comes("open") == []
    slow = House(replace(DOOR, lasting=60))
    slow.comes("closed")
    slow.comes("open")
    slow.comes("open", retained=True)
    assert slow.passes(60) == ["open"]
    slow.comes("closed")
    slow.comes("open")
    slow.comes("closed", retained=True)
    assert slow.passes(600) == []


def test_what_can_t_be_read_changes_nothing() -> None:
    """A message without the value, or with one that is no number, is as if it had not come."""
    house = House(WASHER, (WASHED,))
    house.comes('{"power": 1900}')
    house.comes('{"power": 3}')
    for payload in ("{}", "x", '{"power": null}', '{"power": "unavailable"}', '{"power": [1]}', ""):
        assert house.comes(payload) == []
    assert house.passes(120) == [WASHED]


def test_hysteresis() -> None:
    """A number that hovers about its limit sets it off once."""
    house = House(When("t", condition=Condition(above=25, hysteresis=1), at_most_every=1))
    said = [house.comes(payload) for payload in ("24", "25.5", "24.5", "25.5", "23.9", "25.1")]
    assert said == [[], ["25.5"], [], [], [], ["25.1"]]
    house.core = Automations([rule(house.when)])
    assert [house.comes(payload) for payload in ("26", "24.5", "26")] == [[], [], []]


def test_not_at_other_hours() -> None:
    """What happens at another time of day is dropped, not put off; how things are is still followed."""
    house = House(replace(DOOR, between=Hours(dt.time(22), dt.time(6))))
    house.comes("closed")
    assert house.comes("open") == []
    house.local = dt.time(23)
    assert house.comes("open") == house.comes("closed") == []
    assert house.comes("open") == ["open"]


def test_the_hours_count_when_it_is_due() -> None:
    """With a time for which it has to stay so, the hour at its end counts."""
    house = House(replace(DOOR, lasting=60, between=Hours(dt.time(22), dt.time(6))))
    house.comes("closed")
    house.comes("open")
    house.local = dt.time(22)
    assert house.passes(60) == ["open"]


def test_at_most_every() -> None:
    """It does not happen again before its time, and that is not put off either."""
    house = House(replace(BELL, at_most_every=60))
    assert [house.comes("ring", after=seconds) for seconds in (1, 1, 58, 1, 59, 1)] == [
        *(["ring"], [], [], ["ring"]),
        *([], ["ring"]),
    ]


@given(
    messages=st.lists(st.tuples(st.floats(0, 30), st.sampled_from("abc"), st.booleans()), max_size=60),
    pause=st.floats(1, 60),
    trigger=st.sampled_from(Trigger),
    lasting=st.sampled_from([0.0, 5.0]),
)
def test_never_more_often_than_said(
    messages: list[tuple[float, str, bool]], pause: float, trigger: Trigger, lasting: float
) -> None:
    """However messages come, on however many topics, an automation is never due twice within its pause."""
    lasting = lasting if trigger is Trigger.CHANGE else 0.0
    core = Automations(
        [rule(When("x/+", condition=Condition((1,)), trigger=trigger, lasting=lasting, at_most_every=pause))]
    )
    now, times = 0.0, []
    for after, topic, met in messages:
        now += after
        while core.deadline is not None and core.deadline <= now:
            moment = core.deadline
            times += [moment] * len(core.expire(moment, NOON))
            assert core.deadline is None or core.deadline > moment
        times += [now] * len(core.receive(f"x/{topic}", b"1" if met else b"0", now, NOON))
    assert all(later - earlier >= pause - 1e-6 for earlier, later in itertools.pairwise(times))


@given(held=st.lists(st.tuples(st.floats(0.1, 30), st.booleans()), min_size=1, max_size=40), lasting=st.floats(0.5, 60))
def test_due_only_after_it_was_so_for_long_enough(held: list[tuple[float, bool]], lasting: float) -> None:
    """It is due exactly so long after the message with which it began, if none said otherwise by then."""
    core = Automations([rule(When("x", condition=Condition((1,)), lasting=lasting, at_most_every=1e-9))])
    now, began, expected, found = 0.0, None, [], []
    known = False
    for after, met in held:
        now += after
        if began is not None and began + lasting <= now:
            expected.append(began + lasting)
            began = None
            known = False
        while core.deadline is not None and core.deadline <= now:
            found += [core.deadline] * len(core.expire(core.deadline, NOON))
        assert core.receive("x", b"1" if met else b"0", now, NOON) == ()
        if not met:
            began, known = None, True
        elif known and began is None:
            began, known = now, False
    assert found == expected


def test_all_together_are_bounded() -> None:
    """Many automations that are set off at once do no more than so many things a second."""
    core = Automations([rule(replace(BELL, at_most_every=1)) for _ in range(3 * MOST_A_SECOND)])
    assert [len(core.receive("bell", b"x", now, NOON)) for now in (0, 0.5, 1)] == [MOST_A_SECOND, 0, MOST_A_SECOND]


def test_topics_of_a_filter_are_told_apart() -> None:
    """Each topic of a filter has its own state, and is named."""
    core = Automations([rule(When("windows/+", condition=Condition(("open",)), at_most_every=1), Tell("{{ topic }}"))])
    for topic in ("windows/a", "windows/b"):
        assert core.receive(topic, b"closed", 0, NOON) == ()
    (due,) = core.receive("windows/b", b"open", 1, NOON)
    assert due == Due("it", "it, b", (Tell("windows/b"),))
    (due,) = core.receive("windows/a", b"open", 2, NOON)
    assert due.source == "it, a"
    assert core.receive("windows/a/x", b"open", 2, NOON) == core.receive("doors/a", b"open", 2, NOON) == ()


def test_many_topics_are_bounded() -> None:
    """Of more topics than are remembered those that were silent for longest are forgotten, also what was held there."""
    core = Automations([rule(When("#", condition=Condition((1,)), lasting=10, at_most_every=1))])
    core.receive("first", b"0", 0, NOON)
    core.receive("first", b"1", 1, NOON)
    for number in range(MOST_TOPICS - 1):
        core.receive(f"t/{number}", b"0", 2, NOON)
    waits_until = [core.deadline]
    core.receive("t/0", b"0", 3, NOON)
    core.receive("one/more", b"0", 3, NOON)
    assert [*waits_until, core.deadline] == [11, None]
    core.receive("another", b"0", 4, NOON)
    core.receive("t/0", b"1", 5, NOON)
    core.receive("t/1", b"1", 5, NOON)
    assert [due.source for due in core.expire(100, NOON)] == ["it, t/0"]


def test_several_automations() -> None:
    """Each hears what it listens to, in their order; a filter is subscribed to once."""
    core = Automations(
        [rule(replace(BELL, topic=topic), name=name) for topic, name in (("+", "a"), ("bell", "b"), ("bell", "c"))]
    )
    assert core.filters == ("+", "bell")
    assert {due.rule for due in core.receive("bell", b"ring", 0, NOON)} == {"a", "b", "c"}
    assert [due.rule for due in core.receive("door", b"ring", 100, NOON)] == ["a"]


def test_all_actions_are_done() -> None:
    """What an automation does it does together; the message carries the value."""
    house = House(BELL, (Send("out", {"was": "{{ value }}"}), Listen()))
    assert house.comes("7") == [Publish("out", b'{"was":7}', expiry=60), Listen()]


def test_a_text_that_can_t_be_made() -> None:
    """A value that a template can't take gives the reason, without the value, and nothing is done."""
    bell = replace(BELL, selector=Member(("x",)))
    core = Automations([rule(bell, Send("out"), Say("{{ value | replace('a', 'b') ~ (value > 1) ~ 1 / 0 }}"))])
    for now, (payload, sort) in enumerate(
        [(b'{"x": "ring"}', "a text"), (b'{"x": 1}', "a number"), (b'{"x": true}', "true or false")]
    ):
        (due,) = core.receive("bell", payload, now * 100, NOON)
        assert due.deeds == ()
        assert due.problem == f"its templates can't take a value that is {sort}"


@given(payload=st.binary(max_size=400), topic=st.text(min_size=1))
def test_any_message_can_be_received(payload: bytes, topic: str) -> None:
    """Whatever comes, it is an action or nothing."""
    core = Automations(
        [rule(BELL), rule(replace(WASHER, topic="#")), rule(replace(BELL, topic="#"), Tell("{{ topic }}"))]
    )
    for due in core.receive(topic, payload, 0, NOON):
        assert due.deeds or due.problem
        assert due.source.isprintable()


def test_nothing_to_do() -> None:
    """Without automations nothing is subscribed to, nothing waited for."""
    core = Automations([])
    assert core.filters == ()
    assert core.receive("x", b"", 0, NOON) == core.expire(0, NOON) == ()
    assert core.deadline is None


def succeeded(before: House, *rules: Rule) -> tuple[Automations, frozenset[str]]:
    """Return automations that go on from others, with the filters of which they know nothing."""
    after = Automations(rules)
    return after, after.succeed(before.core)


def test_an_automation_that_stays_goes_on_as_it_stood() -> None:
    """What it waits for comes at its time, with other actions too; its pause between two times goes on."""
    house = House(WASHER, (WASHED,))
    assert house.comes('{"power": 1900}') == house.comes('{"power": 2}') == []
    house.core, unknown = succeeded(house, rule(DOOR, name="door"), rule(WASHER, Say("done")))
    assert unknown == {"door"}
    assert house.passes(119) == []
    assert house.passes(1) == ["done"]
    house = House(BELL)
    assert house.comes("ding") == ["ding"]
    house.core, _ = succeeded(house, rule(BELL))
    assert house.comes("ding") == []
    assert house.comes("ding", after=10) == ["ding"]


def test_an_automation_with_another_bar_knows_how_things_are() -> None:
    """What was said last counts as if it had been retained: it sets nothing off, and the next change does."""
    for value, comes in (("20", ["30"]), ("30", [])):
        house = House(When("warmth", condition=Condition(above=40)))
        assert house.comes(value) == []
        warmer = When("warmth", condition=Condition(above=25))
        house.core, unknown = succeeded(house, rule(warmer))
        assert unknown == frozenset()
        assert house.comes("30") == comes


def test_an_automation_that_is_gone_does_nothing_more() -> None:
    """Not even what it was waiting for."""
    house = House(WASHER, (WASHED,))
    assert house.comes('{"power": 1900}') == house.comes('{"power": 2}') == []
    house.core, _ = succeeded(house, rule(BELL, name="bell"))
    assert not house.waits
    assert house.passes(600) == []
