"""Functions spelled out: what each sends, what confirms it, when the model speaks about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue, StrictBool, StrictInt, StrictStr, model_validator

from hubd.devices import templates
from hubd.devices.fields import Duration, FunctionName, Place, Table, Topic, complaint
from hubd.devices.parameters import Parameter, ParameterType, shown
from hubd.devices.payloads import MAX_TEXT, is_readable
from hubd.events import Behavior, CallStatus, Scheduling

_KEYWORDS = frozenset(
    {"and", "else", "false", "if", "in", "is", "none", "not", "or", "self", "true", "False", "None", "True"}
)

_UNREADABLE = (
    f"no report can hold this: the hub reads texts of at most {MAX_TEXT} characters, without line breaks and the like"
)

ONE_ANSWER = 'a BLOCKING function is answered once: choose behavior = "NON_BLOCKING", or leave first_answer_after out'

Qos = Annotated[StrictInt, Field(ge=0, le=1)]
"""MQTT quality of service of a command: 0 or 1."""


def never_retained(retain: bool) -> bool:  # noqa: FBT001 - pydantic passes the value by position
    """Return False; raises a complaint for True (``mqtt-devices.md``, rule 1)."""
    if retain:
        raise complaint(
            "found true: a command is never retained, a retained one would switch the device again after a power cut"
        )
    return retain


NeverRetained = Annotated[StrictBool, AfterValidator(never_retained)]
"""False: the key exists so that true gets an answer."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the model speaks about each outcome, or that there is none yet."""

    done: Scheduling
    late: Scheduling
    failed: Scheduling
    on_its_way: Scheduling = Scheduling.SILENT

    def of(self, status: CallStatus) -> Scheduling:
        """Return the scheduling of a status. A refusal is repaired by the model; of a duplicate nobody need hear."""
        match status:
            case CallStatus.ON_ITS_WAY:
                return self.on_its_way
            case CallStatus.DONE:
                return self.done
            case CallStatus.LATE:
                return self.late
            case CallStatus.FAILED:
                return self.failed
            case CallStatus.REFUSED:
                return Scheduling.WHEN_IDLE
            case CallStatus.DUPLICATE | CallStatus.CANCELLED:
                return Scheduling.SILENT


def most_urgent(schedules: Iterable[Schedule]) -> Schedule:
    """Return the schedule of several: of each outcome the most urgent word."""
    several = tuple(schedules)
    if len(several) == 1:  # nearly always, with a lamp waiting for it
        return several[0]
    order = (Scheduling.SILENT, Scheduling.WHEN_IDLE, Scheduling.INTERRUPT)
    words = {
        name: max((getattr(each, name) for each in several), key=order.index)
        for name in ("done", "late", "failed", "on_its_way")
    }
    return Schedule(**words)


class OutcomeScheduling(Table):
    """A scheduling for each outcome; one word stands for all three, an outcome left out has the default.

    done: the device confirmed it, or there is nothing to confirm. late: it confirmed after ``within``.
    failed: it did not, or nothing could be sent. on_its_way: the first answer of a slow device, see
    ``first_answer_after``; SILENT unless given, also beside one word for the outcomes.
    """

    done: Scheduling | None = None
    late: Scheduling | None = None
    failed: Scheduling | None = None
    on_its_way: Scheduling | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_word(cls, data: object) -> object:
        if isinstance(data, str):
            return {"done": data, "late": data, "failed": data}
        if not isinstance(data, Mapping | cls):
            words = ", ".join(f'"{word}"' for word in Scheduling)
            raise complaint(f"found {_found(data)}, allowed: {words}, or a table with one of them for each outcome")
        return data

    def over(self, default: Schedule) -> Schedule:
        """Return the schedule with what is left out here taken from the default."""
        return Schedule(
            self.done or default.done,
            self.late or default.late,
            self.failed or default.failed,
            self.on_its_way or default.on_its_way,
        )


def _found(value: object) -> str:
    return shown(value) if isinstance(value, bool | int | float | list) else "something else"


class PublishTemplate(Table):
    """The message that a function sends.

    topic: fixed text, never made from arguments. payload: text, a number, true or false, or a table that becomes a JSON
    object; every text in it may be a Jinja2 template over the function's parameters, and a text that is one
    ``{{ expression }}`` keeps the expression's type, so numbers stay numbers. qos: 0 or 1. retain: false, always.
    """

    topic: Topic
    payload: JsonValue = ""
    qos: Qos = 0
    retain: NeverRetained = False


class Expect(Table):
    """The report by which a device confirms a command; either json or payload is given.

    topic: where the device reports. json: keys with the values that the report has to hold, others don't matter.
    payload: the whole report, as text. within: seconds to wait (2 if left out); a confirmation within as long again
    counts as late. Values may be templates, as in ``publish.payload``.
    """

    topic: Topic
    json_: Annotated[dict[StrictStr, JsonValue] | None, Field(alias="json", min_length=1)] = None
    payload: StrictStr | None = None
    within: Annotated[Duration, Field(le=600)] | None = None

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield what is unclear to expect, or can't come."""
        if (self.json_ is None) == (self.payload is None):
            yield (), 'expect needs either json = { key = "value" } or payload = "text"'
        if self.payload is not None and not templates.is_template(self.payload) and not is_readable(self.payload):
            yield ("payload",), _UNREADABLE
        for key, value in (self.json_ or {}).items():
            text = value if isinstance(value, str) and not templates.is_template(value) else ""
            if not is_readable(key) or not is_readable(text):
                yield ("json", key), _UNREADABLE


class Function(Table):
    """A function spelled out.

    name: letters, digits and _. description: what it does, one sentence for the model. behavior: BLOCKING or
    NON_BLOCKING; the device's if left out. scheduling: the device's if left out. parameters: by name.
    publish: what is sent. expect: what confirms it; without it, sent is done. valid_for: seconds after which a command
    that the broker has not taken is withdrawn; the device's if left out. first_answer_after: seconds without an outcome
    after which the model hears that the command is on its way, the outcome follows; the device's if left out.
    confirm: whether a person has to say yes first; the device's if left out.
    """

    name: FunctionName
    description: Annotated[StrictStr, Field(min_length=1, max_length=1024)]
    behavior: Behavior | None = None
    scheduling: OutcomeScheduling | None = None
    parameters: dict[FunctionName, Parameter] = Field(default_factory=dict)
    publish: PublishTemplate
    expect: Expect | None = None
    valid_for: Annotated[Duration, Field(le=600)] | None = None
    first_answer_after: Annotated[Duration, Field(le=600)] | None = None
    confirm: StrictBool | None = None

    def takes_own_words(self) -> bool:
        """Return whether a parameter takes any text, so that a message may repeat what somebody said."""
        return any(each.type is ParameterType.STRING and not each.enum for each in self.parameters.values())

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield what keeps the function from being called: names, templates, topics, answers that don't fit."""
        if self.first_answer_after is not None and self.behavior is Behavior.BLOCKING:
            yield ("first_answer_after",), ONE_ANSWER
        for name in sorted(_KEYWORDS & self.parameters.keys()):
            problem = f"the parameter name {name!r} has a meaning of its own in templates, choose another"
            yield ("parameters", name), problem
        yield from templates.problems(self.publish.payload, self.parameters, ("publish", "payload"))
        if self.expect is None:
            return
        yield from templates.problems(self.expect.json_, self.parameters, ("expect", "json"))
        yield from templates.problems(self.expect.payload, self.parameters, ("expect", "payload"))
        if self.expect.topic == self.publish.topic:
            problem = "expect.topic is the topic of the command itself: the hub would hear its own message"
            yield ("expect", "topic"), problem
