"""[[automation]]."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from hubd.actions import Ask, Listen, Say, Send, Tell
from hubd.automations import Automations, Rule, Trigger, When
from hubd.conditions import Condition, Formula, Hours, Member, Whole
from hubd.config import Config, describe, load, notices
from hubd.devices.value_templates import template
from hubd.events import Scheduling

EXAMPLES = Path(__file__).resolve().parents[2] / "config" / "examples" / "automations.toml"


def read(folder: Path, text: str) -> Config:
    """Return a configuration of this text, with a device so that nothing else is noticed."""
    (folder / "hubd.toml").write_text(
        f'{text}\n[[device]]\nid = "x"\nname = "x"\nkind = "switch"\ndialect = "plain"\ncommand_topic = "x"\n'
    )
    return load(folder / "hubd.toml")


def automation(when: str, then: str) -> str:
    """Return an automation as it is written."""
    return f'[[automation]]\nid = "the_bath"\nwhen = {{ topic = "bath", {when} }}\nthen = {{ {then} }}\n'


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("equals = 'on'", When("bath", condition=Condition(("on",)))),
        ("equals = [1, 2.5, true, 'x']", When("bath", condition=Condition((1, 2.5, True, "x")))),
        ("above = 20", When("bath", condition=Condition(above=20))),
        ("above = 20.5, below = 25", When("bath", condition=Condition(above=20.5, below=25))),
        ("below = 25, hysteresis = 1", When("bath", condition=Condition(below=25, hysteresis=1))),
        ("json = 'a.b.0', equals = 1", When("bath", Member(("a", "b", "0")), Condition((1,)))),
        ("template = '{{ value }}', equals = 1", When("bath", Formula(template("{{ value }}")), Condition((1,)))),
        ("equals = 1, for = '2m'", When("bath", condition=Condition((1,)), lasting=120)),
        ("equals = 1, on = 'message'", When("bath", condition=Condition((1,)), trigger=Trigger.MESSAGE)),
        ("json = 'a'", When("bath", Member(("a",)), trigger=Trigger.MESSAGE)),
        ("on = 'change'", When("bath", trigger=Trigger.CHANGE)),
        (
            "between = '22:00 - 06:30'",
            When("bath", trigger=Trigger.MESSAGE, between=Hours(dt.time(22), dt.time(6, 30))),
        ),
        ("at_most_every = '1h'", When("bath", trigger=Trigger.MESSAGE, at_most_every=3600)),
    ],
)
def test_when(written: str, when: When, tmp_path: Path) -> None:
    """Each option reaches the core; what counts is the change, or each message where nothing is compared."""
    (found,) = read(tmp_path, automation(written, "say = 'x'")).automations
    assert found.rule() == Rule("the_bath", "the bath", when, (Say("x"),))


@pytest.mark.parametrize(
    ("written", "actions"),
    [
        ("tell = 'a {{ value }}'", (Tell("a {{ value }}", Scheduling.WHEN_IDLE),)),
        ("tell = 'a', scheduling = 'INTERRUPT'", (Tell("a", Scheduling.INTERRUPT),)),
        ("ask = 'a?'", (Ask("a?"),)),
        ("ask = 'a?', answer_topic = 'b/c'", (Ask("a?", "b/c"),)),
        ("listen = true", (Listen(),)),
        ("publish = { topic = 'a' }", (Send("a"),)),
        (
            "say = 'x', publish = { topic = 'a', payload = { v = '{{ value }}' }, qos = 1, retain = true }",
            (Send("a", {"v": "{{ value }}"}, 1, retain=True), Say("x")),
        ),
    ],
)
def test_then(written: str, actions: tuple[object, ...], tmp_path: Path) -> None:
    """Each action reaches the core; a message goes out before anything is said."""
    (found,) = read(tmp_path, automation("equals = 1", written)).automations
    assert found.rule().actions == actions


def test_stands_in_any_file(tmp_path: Path) -> None:
    """Automations of included files follow those of the main file; one may have a name."""
    folder = tmp_path / "devices.d"
    folder.mkdir()
    (folder / "a.toml").write_text(automation("equals = 1", "say = 'b'").replace("the_bath", "b") + 'name = "Käse"\n')
    config = read(tmp_path, automation("equals = 1", "say = 'a'"))
    assert [(each.id, each.rule().name) for each in config.automations] == [("the_bath", "the bath"), ("b", "Käse")]


def test_is_counted(tmp_path: Path) -> None:
    """The summary tells how many there are, and what they do."""
    two = automation("equals = 1", "say = 'a', publish = { topic = 'y' }") + automation(
        "equals = 1", "say = 'b'"
    ).replace("the_bath", "b")
    assert "automation: 2 (1 publish, 2 say)" in describe(read(tmp_path, two)).splitlines()
    assert "automation: none" in describe(read(tmp_path, "")).splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            automation("equals = 1", "publish = { topic = 'bath' }"),
            'automation[the_bath].then.publish.topic: "bath" may set the automation off again, at most every 10 s',
        ),
        (
            "wake.words = []\nmicrophone.device = 'none'\n" + automation("equals = 1", "ask = 'a?'"),
            'automation[the_bath].then.ask: nobody is heard with microphone.device = "none"',
        ),
    ],
)
def test_what_is_probably_not_meant(text: str, expected: str, tmp_path: Path) -> None:
    """A loop, and a question to nobody, are noticed."""
    assert expected in notices(read(tmp_path, text))


def test_the_examples_work(tmp_path: Path) -> None:
    """The shipped examples are right, noticed by nobody, and each of the five things to do is among them."""
    config = read(tmp_path, f'include = ["{EXAMPLES}"]')
    assert notices(config) == ()
    rules = [each.rule() for each in config.automations]
    assert {type(action) for rule in rules for action in rule.actions} == {Tell, Say, Ask, Listen, Send}
    assert {type(rule.when.selector) for rule in rules} <= {Whole, Member, Formula}


def test_the_example_in_the_shipped_configuration_works(tmp_path: Path) -> None:
    """What hubd.toml shows of an automation is right, and what it calls a default is one."""
    shown = (EXAMPLES.parents[1] / "hubd.toml").read_text(encoding="utf-8").partition("#   [[automation]]\n")[2]
    lines = [line.removeprefix("#   ") for line in shown.splitlines() if "(or " not in line]
    (found,) = read(tmp_path, "[[automation]]\n" + "\n".join(lines)).automations
    less = [line for line in lines if not line.startswith(("on =", "at_most_every", "scheduling", "between"))]
    (plain,) = read(tmp_path, "[[automation]]\n" + "\n".join(less)).automations
    assert found.rule() == replace(
        plain.rule(), when=replace(plain.rule().when, between=Hours(dt.time(7), dt.time(22)))
    )


def test_the_washing_machine_of_the_examples(tmp_path: Path) -> None:
    """The first example does what it says."""
    core = Automations([read(tmp_path, f'include = ["{EXAMPLES}"]').automations[0].rule()])
    noon, topic = dt.time(12), "zigbee2mqtt/washing_machine"
    assert core.receive(topic, b'{"power": 1800}', 0, noon) == core.receive(topic, b'{"power": 2}', 10, noon) == ()
    (due,) = core.expire(130, noon)
    assert due.source == "washing machine"
    assert due.deeds == (Tell("The washing machine has finished.", Scheduling.WHEN_IDLE),)
