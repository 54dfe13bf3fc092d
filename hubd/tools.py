"""Catalog → function declarations; call → Command, or an error that the model can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import assert_never

from pydantic import JsonValue

from hubd.declaring import declare
from hubd.devices import kinds, queries
from hubd.devices.catalog import MAX_CHOICES, Ambiguous, Catalog, Unknown
from hubd.devices.functions import Function, OutcomeScheduling, Schedule
from hubd.devices.kinds import KIND_OF_FUNCTION, KINDS, KindFunction
from hubd.devices.model import Command, Device, Kind
from hubd.devices.parameters import MAX_TEXT, ArgumentError, Parameter, ParameterType, checked, shown
from hubd.events import AnswerKind, Behavior, Call, CallStatus
from hubd.live.declarations import FunctionDeclaration
from hubd.live.models import COMMON_SUBSET, Capabilities
from hubd.own_functions import OwnCall, OwnFunction
from hubd.requests import EarlyAnswer, EndConversation, Query, Refusal, Resolved

END_CONVERSATION = "end_conversation"
DEVICE = "device"
MAX_ALIASES = 50
# A BLOCKING call is answered within this time: until then its session hangs (``live-protocol.md`` 13, pitfall 4), s.
BLOCKING_TIMEOUT = 15.0
# Where the model makes every call BLOCKING, nobody asked for the silence: it is short (``live-protocol.md`` 14), s.
SHORT_ANSWER = 3.0


class Toolbox:
    """What the model may call. Every call is checked here before anything is sent.

    takes: what the model that is talked to knows of behaviors. blocking_timeout: the longest that a BLOCKING call is
    left without an answer, s. own: what the hub does by itself.
    """

    def __init__(
        self,
        catalog: Catalog,
        takes: Capabilities = COMMON_SUBSET,
        *,
        blocking_timeout: float = BLOCKING_TIMEOUT,
        own: Sequence[OwnFunction] = (),
    ) -> None:
        self._takes = takes
        self._blocking_timeout = blocking_timeout
        self._own = {function.name: function for function in own}
        self.furnish(catalog)

    def furnish(self, catalog: Catalog) -> None:
        """Offer these devices from now on, instead of those before; called between conversations."""
        self.catalog = catalog
        self._spelled_out: dict[str, tuple[Device, Function]] = {
            function.name: (device, function) for device in catalog.devices for function in device.functions
        }
        present = {device.kind for device in catalog.devices}
        self._of_kinds = {name: row for name, row in KIND_OF_FUNCTION.items() if row[0] in present}
        self._parameters = {
            name: kinds.parameters_of(function, [device for device in catalog.devices if device.kind is kind])
            for name, (kind, function) in self._of_kinds.items()
        }

    def declarations(self) -> tuple[FunctionDeclaration, ...]:
        """Return every function: one for all devices of a kind, those spelled out, the hub's own."""
        return (
            *(self._declare_kind(kind, function) for kind, function in self._of_kinds.values()),
            *(self._declare_function(function) for _, function in self._spelled_out.values()),
            *self._declare_query(),
            *(
                declare(each.name, each.description, self.behavior(each.name), each.parameters, sorted(each.required))
                for each in self._own.values()
            ),
            declare(
                END_CONVERSATION,
                "End the conversation when the user says goodbye or needs nothing more.",
                self.behavior(END_CONVERSATION),
            ),
        )

    def _declare_query(self) -> tuple[FunctionDeclaration, ...]:
        """Return the one function that asks how devices are; none for a house without devices."""
        if not self.catalog.devices:
            return ()
        return (
            declare(
                queries.GET_STATE,
                queries.DESCRIPTION,
                self.behavior(queries.GET_STATE),
                queries.parameters(self.catalog),
            ),
        )

    def behavior(self, name: str) -> Behavior:
        """Return the behavior with which a function is declared."""
        return self._takes.behavior(self._configured(name))

    def forced(self) -> tuple[str, ...]:
        """Return the names of functions whose configured behavior the model does not know."""
        names = (*self._of_kinds, *self._spelled_out)
        return tuple(name for name in names if self.behavior(name) is not self._configured(name))

    def early_answer(self, command: Command) -> EarlyAnswer | None:
        """Return when the model hears about a command that has no outcome yet; None for never."""
        function, device = command.function, command.device
        first = function.first_answer_after if function is not None else None
        first = first if first is not None else device.first_answer_after
        if first is None and function is None and device.kind is not None:
            first = KINDS[device.kind].first_answer_after
        configured = self._configured(command.name)
        if self._takes.behavior(configured) is Behavior.NON_BLOCKING:
            return None if first is None else EarlyAnswer(first, AnswerKind.FIRST, CallStatus.ON_ITS_WAY)
        if configured is Behavior.BLOCKING:
            return EarlyAnswer(self._blocking_timeout, AnswerKind.OUTCOME, CallStatus.FAILED)
        short = min(self._blocking_timeout, SHORT_ANSWER if first is None else first)
        return EarlyAnswer(short, AnswerKind.OUTCOME, CallStatus.ON_ITS_WAY)

    def resolve(self, call: Call) -> Resolved:
        """Check the call against its declaration; never raises, whatever the model sent."""
        if call.name == END_CONVERSATION:
            return _end(call.arguments)
        if call.name in self._spelled_out:
            device, function = self._spelled_out[call.name]
            return _resolve_function(device, function, call.arguments)
        if call.name in self._of_kinds:
            kind, kind_function = self._of_kinds[call.name]
            return self._resolve_kind(kind, kind_function, call.arguments)
        if call.name == queries.GET_STATE and self.catalog.devices:
            return self._resolve_query(call.arguments)
        if call.name in self._own:
            return _resolve_own(self._own[call.name], call)
        names = (*self._of_kinds, *self._spelled_out, *self._own, END_CONVERSATION)
        near = tuple(get_close_matches(call.name[:MAX_TEXT], names, n=3)) or names[:MAX_CHOICES]
        return Refusal(f"There is no function {shown(call.name)}; there are {', '.join(near)}.", near)

    def _resolve_query(self, arguments: Mapping[str, JsonValue]) -> Query | Refusal:
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            asked = checked(given, queries.takes(self.catalog), frozenset())
        except ArgumentError as error:
            return Refusal(_sentence(str(error)))
        if found := queries.found(self.catalog, asked):
            return Query(found)
        wanted = asked.get(queries.DEVICE)
        if isinstance(wanted, str) and isinstance(near := self.catalog.find(wanted), Unknown):
            return Refusal(f"There is no device called {shown(wanted)}; there are: {', '.join(near.near)}.", near.near)
        return Refusal("There is no such device: leave device, room or kind out.")

    def schedule(self, command: Command) -> Schedule:
        """Return when the model speaks about the command's outcomes: the function's word, the device's, the default."""
        kind = command.device.kind if command.function is None else None
        default = KINDS[kind].schedule if kind is not None else kinds.SPELLED_OUT
        schedule = (command.device.scheduling or OutcomeScheduling()).over(default)
        own = command.function.scheduling if command.function is not None else None
        return schedule if own is None else own.over(schedule)

    def _declare_kind(self, kind: Kind, function: KindFunction) -> FunctionDeclaration:
        devices = [device for device in self.catalog.devices if device.kind is kind]
        which = Parameter(
            type=ParameterType.STRING,
            description=self._describe_devices(kind, devices),
            enum=self.catalog.spoken(kind),
        )
        parameters = {DEVICE: which, **self._parameters[function.name]}
        required = (DEVICE, *sorted(function.required))
        return declare(function.name, function.description, self.behavior(function.name), parameters, required)

    def _configured(self, name: str) -> Behavior:
        """Return a function's behavior as the configuration has it: a kind is BLOCKING if each of its devices is."""
        if name in self._spelled_out:
            device, function = self._spelled_out[name]
            return function.behavior or device.behavior
        if name not in self._of_kinds:
            return Behavior.NON_BLOCKING
        kind = self._of_kinds[name][0]
        blocking = all(each.behavior is Behavior.BLOCKING for each in self.catalog.devices if each.kind is kind)
        return Behavior.BLOCKING if blocking else Behavior.NON_BLOCKING

    def _declare_function(self, function: Function) -> FunctionDeclaration:
        required = (name for name, parameter in function.parameters.items() if parameter.required)
        behavior = self.behavior(function.name)
        return declare(function.name, function.description, behavior, function.parameters, required)

    def _describe_devices(self, kind: Kind, devices: Sequence[Device]) -> str:
        """Return which devices are meant, and which names mean the same one."""
        aliases = [f"{alias} = {self.catalog.label(device)}" for device in devices for alias in device.aliases]
        same = f" The same under two names: {'; '.join(aliases[:MAX_ALIASES])}." if aliases else ""
        return f"Which {KINDS[kind].noun}.{same}"

    def _resolve_kind(
        self, kind: Kind, function: KindFunction, arguments: Mapping[str, JsonValue]
    ) -> Command | Refusal:
        wanted = arguments.get(DEVICE)
        if not isinstance(wanted, str) or len(wanted) > MAX_TEXT:
            names = self.catalog.spoken(kind)[:MAX_CHOICES]
            noun = KINDS[kind].noun
            return Refusal(f"device has to be the name of a {noun}, found {_shown(arguments, DEVICE)}.", names)
        found = self.catalog.find(wanted, kind)
        match found:
            case Ambiguous(choices=choices):
                return Refusal(
                    f"Several are called {shown(wanted)}: {', '.join(choices)}. Which one is meant?", choices
                )
            case Unknown(near=near):
                return Refusal(_unknown(wanted, kind, self.catalog.find(wanted), near), near)
            case Device():
                pass
            case _:
                assert_never(found)
        try:
            rest = {name: value for name, value in arguments.items() if name != DEVICE and value is not None}
            settled = function.settle(found, checked(rest, self._parameters[function.name], function.required))
            return Command(found, function.name, settled)
        except ArgumentError as error:
            return Refusal(_sentence(str(error)), device=found.id)


def _end(arguments: Mapping[str, JsonValue]) -> EndConversation | Refusal:
    return Refusal(f"{END_CONVERSATION} takes no arguments.") if arguments else EndConversation()


def _resolve_function(device: Device, function: Function, arguments: Mapping[str, JsonValue]) -> Command | Refusal:
    given = {name: value for name, value in arguments.items() if value is not None}
    required = frozenset(name for name, parameter in function.parameters.items() if parameter.required)
    try:
        settings = checked(given, function.parameters, required)
    except ArgumentError as error:
        return Refusal(_sentence(str(error)), device=device.id)
    defaults = {name: parameter.default for name, parameter in function.parameters.items() if not parameter.required}
    return Command(device, function.name, defaults | settings, function)


def _resolve_own(function: OwnFunction, call: Call) -> OwnCall | Refusal:
    given = {name: value for name, value in call.arguments.items() if value is not None}
    try:
        return OwnCall(call.id, call.name, checked(given, function.parameters, function.required))
    except ArgumentError as error:
        return Refusal(_sentence(str(error)))


def _unknown(wanted: str, kind: Kind, elsewhere: Device | Ambiguous | Unknown, near: tuple[str, ...]) -> str:
    """Return why no device of the kind was found, and what there is instead."""
    noun = KINDS[kind].noun
    if isinstance(elsewhere, Device):
        other = elsewhere.kind
        use = ", ".join(function.name for function in KINDS[other].functions) if other is not None else ""
        use = use or ", ".join(function.name for function in elsewhere.functions)
        return f"{shown(wanted)} is no {noun}; use {use}."
    return f"There is no {noun} called {shown(wanted)}; there are: {', '.join(near)}."


def _shown(arguments: Mapping[str, JsonValue], name: str) -> str:
    return shown(arguments[name]) if name in arguments else "nothing"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
