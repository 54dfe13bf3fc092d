"""[[automation]]: what the hub does by itself when a message comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

from hubd.actions import NAMES, Action, Ask, Listen, Say, Send, Tell
from hubd.automations import USUAL_PAUSE, Rule, Trigger, When
from hubd.conditions import Condition, Formula, Member, Scalar, Selector, Whole
from hubd.config.options import Flag, HoursOfDay, Number, at_most
from hubd.config.suggestions import found, quoted
from hubd.devices import templates
from hubd.devices.fields import Duration, Identifier, Name, Place, Table, Topic, complaint
from hubd.devices.functions import Qos
from hubd.devices.value_templates import TemplateFlawError, template
from hubd.events import Scheduling
from hubd.mqtt.filters import filter_problem
from hubd.wishes import LONGEST_TEXT

_LONGEST: Final = 24 * 3600
_MOST_WANTED: Final = 64
# Of these an automation does one: each needs the voice.
_NAMED: Final = "value of an automation"
_SPOKEN: Final = ("tell", "say", "ask", "listen")
# All that an automation can do; what of that wants to hear somebody.
DEEDS: Final = frozenset({*_SPOKEN, "publish"})
HEARING: Final = frozenset({"ask", "listen"})


def _check_filter(text: str) -> str:
    problem = filter_problem(text)
    if problem and {"+", "#"} & set(text):
        problem = f"found {quoted(text)}, allowed are + for one whole level of the topic, # for all levels at its end"
    if problem:
        raise complaint(problem)
    return text


def _check_path(text: str) -> str:
    parts = text.split(".")
    if text.startswith("$") or {"{", "[", "/"} & set(text) or not all(part.strip() == part != "" for part in parts):
        raise complaint(
            f"found {quoted(text)}, allowed are keys with dots between, numbers for places in a list, "
            'as in "ENERGY.Power" or "lights.0.on"; template can do more'
        )
    return text


def _check_template(source: str) -> str:
    if not templates.is_template(source):
        raise complaint(f'found {quoted(source)}, allowed is a template, as in "{{{{ value_json.power | float }}}}"')
    try:
        template(source)
    except TemplateFlawError as flaw:
        raise complaint(f"found {quoted(source)}: {flaw}") from flaw
    return source


def _wanted_of(value: object) -> tuple[Scalar, ...]:
    wanted = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not 1 <= len(wanted) <= _MOST_WANTED or not all(isinstance(each, str | int | float) for each in wanted):
        raise complaint(
            f"found {found(value)}, allowed is a text, a number, true, false, or a list of 1 to {_MOST_WANTED} of them"
        )
    return wanted


def _check_spoken(text: str) -> str:
    if not text.strip():
        raise complaint("must not be empty")
    # How long a template is says little about what comes of it: that is cut.
    if len(text) > LONGEST_TEXT and not templates.is_template(text):
        raise complaint(f"found a text of {len(text)} characters, allowed are at most {LONGEST_TEXT}")
    return text


def _check_listen(value: bool) -> bool:  # noqa: FBT001 -- pydantic passes the value by position
    if not value:
        raise complaint("found false, allowed is true: leave it out for not listening")
    return value


_Spoken = Annotated[str, Field(strict=True), AfterValidator(_check_spoken)]
_Limit = Annotated[Number, Field(ge=-1e15, le=1e15)]


class WhenSettings(Table):
    """[automation.when]: which message sets it off.

    topic: may have wildcards. json: keys to the value in a JSON object, with dots between; template: makes the value,
    as Home Assistant's value_template does; without either the payload is the value. equals, above, below: what it has
    to be; without any every value is it. hysteresis: see Condition. for: how long it has to stay so, s. on: see
    Trigger; "message" where there is nothing that the value has to be. between: local times of day. at_most_every: s.
    """

    topic: Annotated[str, Field(strict=True), AfterValidator(_check_filter)]
    json_: Annotated[str | None, Field(alias="json", strict=True), AfterValidator(_check_path)] = None
    template: Annotated[str, Field(strict=True), AfterValidator(_check_template)] | None = None
    equals: Annotated[tuple[Scalar, ...], BeforeValidator(_wanted_of)] | None = None
    above: _Limit | None = None
    below: _Limit | None = None
    hysteresis: Annotated[Number, Field(ge=0, le=1e15)] = 0.0
    for_: Annotated[Duration | None, Field(alias="for"), at_most(_LONGEST)] = None
    on: Trigger | None = None
    between: HoursOfDay | None = None
    at_most_every: Annotated[Duration, Field(ge=1), at_most(_LONGEST)] = USUAL_PAUSE

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield what can't be, or does nothing."""
        limits = self.above is not None or self.below is not None
        if self.json_ is not None and self.template is not None:
            yield ("json",), "the value comes either from json or from template, keep one"
        if self.equals is not None and limits:
            yield ("equals",), "the value either equals something or is above or below a number, keep one"
        if self.above is not None and self.below is not None and self.above >= self.below:
            yield ("above",), f"no number is above {self.above:g} and below {self.below:g}"
        if self.hysteresis and not limits:
            yield ("hysteresis",), "needs above or below"
        if self.for_ is not None and self.equals is None and not limits:
            yield ("for",), "needs equals, above or below: what has to stay so"
        if self.for_ is not None and self.on is Trigger.MESSAGE:
            yield ("for",), f'not with on = "{Trigger.MESSAGE}", which takes each message as it comes'

    def when(self) -> When:
        """Return what the core is to wait for."""
        condition = None
        if self.equals is not None or self.above is not None or self.below is not None:
            condition = Condition(self.equals or (), self.above, self.below, self.hysteresis)
        return When(
            topic=self.topic,
            selector=self._selector(),
            condition=condition,
            trigger=self.on or (Trigger.MESSAGE if condition is None else Trigger.CHANGE),
            lasting=self.for_ or 0.0,
            between=self.between,
            at_most_every=self.at_most_every,
        )

    def _selector(self) -> Selector:
        if self.json_ is not None:
            return Member(tuple(self.json_.split(".")))
        return Whole() if self.template is None else Formula(template(self.template))


class PublishSettings(Table):
    """[automation.then.publish]: a message. Texts in the payload may be templates over value, topic."""

    topic: Topic
    payload: JsonValue = ""
    qos: Qos = 0
    retain: Flag = False


class ThenSettings(Table):
    """[automation.then]: what is done then; one of tell, say, ask, listen, with or without publish.

    tell: a text for the conversation; scheduling: when it is spoken of. say: spoken as it is. ask: spoken, then the hub
    listens; answer_topic: where the answer is published. listen: as if woken. publish: a message. The texts may be
    templates over value, topic.
    """

    tell: _Spoken | None = None
    scheduling: Scheduling | None = None
    say: _Spoken | None = None
    ask: _Spoken | None = None
    answer_topic: Topic | None = None
    listen: Annotated[Flag, AfterValidator(_check_listen)] | None = None
    publish: PublishSettings | None = None

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield what can't be done, or does nothing, with texts that can't be made."""
        spoken = [name for name in _SPOKEN if getattr(self, name) is not None]
        if not spoken and self.publish is None:
            yield (), f"nothing is done, allowed: {', '.join(_SPOKEN)}, publish"
        for name in spoken[1:]:
            yield (name,), f"not together with {spoken[0]}: one automation does one of {', '.join(_SPOKEN)}"
        if self.scheduling is not None and self.tell is None:
            yield ("scheduling",), "needs tell: what is told then"
        if self.answer_topic is not None and self.ask is None:
            yield ("answer_topic",), "needs ask: what is answered there"
        for name in ("tell", "say", "ask"):
            yield from templates.problems(getattr(self, name), NAMES, (name,), _NAMED)
        if self.publish is not None:
            yield from templates.problems(self.publish.payload, NAMES, ("publish", "payload"), _NAMED)

    def actions(self) -> tuple[Action, ...]:
        """Return what the core is to do."""
        return tuple(self._actions())

    def _actions(self) -> Iterator[Action]:
        # First, for it is done at once.
        if self.publish is not None:
            yield Send(self.publish.topic, self.publish.payload, self.publish.qos, self.publish.retain)
        if self.tell is not None:
            yield Tell(self.tell, self.scheduling or Scheduling.WHEN_IDLE)
        if self.say is not None:
            yield Say(self.say)
        if self.ask is not None:
            yield Ask(self.ask, self.answer_topic or "")
        if self.listen:
            yield Listen()


class AutomationSettings(Table):
    """One [[automation]]. id: for the log. name: for whoever is told; the id with spaces if left out."""

    id: Identifier
    name: Name | None = None
    when: WhenSettings
    then: ThenSettings

    def rule(self) -> Rule:
        """Return the automation as the core takes it."""
        return Rule(self.id, self.name or self.id.replace("_", " "), self.when.when(), self.then.actions())
