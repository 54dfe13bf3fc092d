"""Catalog → function declarations; call → Command, or an error that the model can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import reduce

from pydantic import JsonValue

from hubd.all_off import ALL_OFF, AllOff
from hubd.declaring import declare
from hubd.devices import kinds, queries
from hubd.devices.catalog import MAX_CHOICES, Catalog, Unknown
from hubd.devices.functions import Function, Schedule, most_urgent
from hubd.devices.kinds import KIND_OF_FUNCTION, KINDS
from hubd.devices.model import Command, Device
from hubd.devices.parameters import MAX_TEXT, ArgumentError, checked, shown
from hubd.devices.places import Places
from hubd.devices.queries import Query
from hubd.events import AnswerKind, Behavior, Call, CallStatus
from hubd.kind_calls import KindCalls, sentence
from hubd.live.declarations import FunctionDeclaration
from hubd.live.models import COMMON_SUBSET, Capabilities
from hubd.own_functions import OwnCall, OwnFunction
from hubd.requests import EarlyAnswer, EndConversation, Refusal, Resolved, Several
from hubd.site import Site

END_CONVERSATION = "end_conversation"
_FAREWELL = "End the conversation when the user says goodbye or needs nothing more."
# A BLOCKING call is answered within this time: until then its session hangs (``live-protocol.md`` 13, pitfall 4), s.
BLOCKING_TIMEOUT = 15.0
# Where the model makes every call BLOCKING, nobody asked for the silence: it is short (``live-protocol.md`` 14), s.
SHORT_ANSWER = 3.0
_ANYWHERE = Site()


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
        site: Site = _ANYWHERE,
        own: Sequence[OwnFunction] = (),
    ) -> None:
        self._takes = takes
        self._blocking_timeout = blocking_timeout
        self._site = site
        self._own = {function.name: function for function in own if site.grants(function.name)}
        self.furnish(catalog)

    def furnish(self, catalog: Catalog) -> None:
        """Offer these devices from now on, instead of those before; called between conversations."""
        site = self._site
        offered = tuple(device for device in catalog.devices if site.offers(device))
        self.catalog = catalog = catalog if len(offered) == len(catalog.devices) else Catalog(offered)
        self._places = Places(offered, site.floors, site.room)
        self._spelled_out: dict[str, tuple[Device, Function]] = {
            function.name: (device, function)
            for device in offered
            for function in device.functions
            if site.permits(device, function.name)
        }
        permitted = {device.kind: device for device in reversed(offered) if device.kind is not None}
        self._of_kinds = {
            name: KindCalls(catalog, self._places, kind, function)
            for name, (kind, function) in KIND_OF_FUNCTION.items()
            if kind in permitted and site.permits(permitted[kind], name)
        }
        self._all_off = AllOff(catalog, self._places, tuple(self._of_kinds.values()))
        of_the_house = {
            ALL_OFF: self._all_off.is_offered,
            queries.GET_STATE: bool(offered),
            END_CONVERSATION: True,
        }
        self._of_the_house = tuple(name for name, there in of_the_house.items() if there and site.grants(name))

    def declarations(self) -> tuple[FunctionDeclaration, ...]:
        """Return every function: one for all devices of a kind, those spelled out, those of the house."""
        return (
            *(calls.declaration(self.behavior(name)) for name, calls in self._of_kinds.items()),
            *(self._declare_function(function) for _, function in self._spelled_out.values()),
            *(
                declare(each.name, each.description, self.behavior(each.name), each.parameters, sorted(each.required))
                for each in self._own.values()
            ),
            *(self._declare_of_the_house(name) for name in self._of_the_house),
        )

    def _declare_of_the_house(self, name: str) -> FunctionDeclaration:
        behavior = self.behavior(name)
        match name:
            case queries.GET_STATE:
                parameters = queries.parameters(
                    self.catalog, self._places, {each.kind for each in self._of_kinds.values()}
                )
                return declare(name, queries.DESCRIPTION, behavior, parameters)
            case name if name == ALL_OFF:
                return self._all_off.declaration(behavior)
            case _:
                return declare(name, _FAREWELL, behavior)

    def behavior(self, name: str) -> Behavior:
        """Return the behavior with which a function is declared."""
        return self._takes.behavior(self._configured(name))

    def forced(self) -> tuple[str, ...]:
        """Return the names of functions whose configured behavior the model does not know."""
        names = (*self._of_kinds, *self._spelled_out)
        return tuple(name for name in names if self.behavior(name) is not self._configured(name))

    def early_answer(self, found: Command | Several) -> EarlyAnswer | None:
        """Return when the model hears about a command that has no outcome yet; None for never."""
        commands = found.commands if isinstance(found, Several) else (found,)
        first = min((after for each in commands if (after := _first_answer_after(each)) is not None), default=None)
        configured = self._configured(found.name)
        if self._takes.behavior(configured) is Behavior.NON_BLOCKING:
            return None if first is None else EarlyAnswer(first, AnswerKind.FIRST, CallStatus.ON_ITS_WAY)
        if configured is Behavior.BLOCKING:
            return EarlyAnswer(self._blocking_timeout, AnswerKind.OUTCOME, CallStatus.FAILED)
        short = min(self._blocking_timeout, SHORT_ANSWER if first is None else first)
        return EarlyAnswer(short, AnswerKind.OUTCOME, CallStatus.ON_ITS_WAY)

    def resolve(self, call: Call) -> Resolved:
        """Check the call against its declaration; never raises, whatever the model sent."""
        if call.name in self._spelled_out:
            device, function = self._spelled_out[call.name]
            return _resolve_function(device, function, call.arguments)
        if call.name in self._of_kinds:
            return self._of_kinds[call.name].resolve(call.arguments)
        if call.name in self._own:
            return _resolve_own(self._own[call.name], call)
        if call.name in self._of_the_house:
            return self._resolve_of_the_house(call)
        names = (*self._of_kinds, *self._spelled_out, *self._own, *self._of_the_house)
        near = tuple(get_close_matches(call.name[:MAX_TEXT], names, n=3)) or names[:MAX_CHOICES]
        return Refusal(f"There is no function {shown(call.name)}; there are {', '.join(near)}.", near)

    def _resolve_of_the_house(self, call: Call) -> Resolved:
        match call.name:
            case queries.GET_STATE:
                return self._resolve_query(call.arguments)
            case name if name == ALL_OFF:
                return self._all_off.resolve(call.arguments)
            case _:
                return _end(call.arguments)

    def _resolve_query(self, arguments: Mapping[str, JsonValue]) -> Query | Refusal:
        try:
            found = queries.asked_for(self.catalog, self._places, arguments)
        except ArgumentError as error:
            return Refusal(sentence(str(error)))
        if found.devices:
            return found
        wanted = arguments.get(queries.DEVICE) or arguments.get(queries.SENSOR)
        if isinstance(wanted, str) and isinstance(near := self.catalog.find(wanted), Unknown):
            return Refusal(f"There is no device called {shown(wanted)}; there are: {', '.join(near.near)}.", near.near)
        return Refusal("There is no such device: leave device, area, kind or state out.")

    def schedule(self, found: Command | Several) -> Schedule:
        """Return when the model speaks about the outcomes: the function's word, the device's, the default.

        Of several devices the most urgent word counts.
        """
        return most_urgent(map(_schedule, found.commands if isinstance(found, Several) else (found,)))

    def _configured(self, name: str) -> Behavior:
        """Return a function's behavior as the configuration has it: a kind is BLOCKING if each of its devices is."""
        if name in self._spelled_out:
            device, function = self._spelled_out[name]
            return function.behavior or device.behavior
        if name not in self._of_kinds:
            return Behavior.NON_BLOCKING
        blocking = all(each.behavior is Behavior.BLOCKING for each in self._of_kinds[name].devices)
        return Behavior.BLOCKING if blocking else Behavior.NON_BLOCKING

    def _declare_function(self, function: Function) -> FunctionDeclaration:
        required = (name for name, parameter in function.parameters.items() if parameter.required)
        behavior = self.behavior(function.name)
        return declare(function.name, function.description, behavior, function.parameters, required)


def _schedule(command: Command) -> Schedule:
    kind = command.device.kind if command.function is None else None
    default = KINDS[kind].schedule if kind is not None else kinds.SPELLED_OUT
    configured = (command.device.scheduling, command.function.scheduling if command.function is not None else None)
    return reduce(lambda schedule, each: schedule if each is None else each.over(schedule), configured, default)


def _first_answer_after(command: Command) -> float | None:
    function, device = command.function, command.device
    first = function.first_answer_after if function is not None else None
    first = first if first is not None else device.first_answer_after
    if first is None and function is None and device.kind is not None:
        first = KINDS[device.kind].first_answer_after
    return first


def _end(arguments: Mapping[str, JsonValue]) -> EndConversation | Refusal:
    return Refusal(f"{END_CONVERSATION} takes no arguments.") if arguments else EndConversation()


def _resolve_function(device: Device, function: Function, arguments: Mapping[str, JsonValue]) -> Command | Refusal:
    given = {name: value for name, value in arguments.items() if value is not None}
    required = frozenset(name for name, parameter in function.parameters.items() if parameter.required)
    try:
        settings = checked(given, function.parameters, required)
    except ArgumentError as error:
        return Refusal(sentence(str(error)), device=device.id)
    defaults = {name: parameter.default for name, parameter in function.parameters.items() if not parameter.required}
    return Command(device, function.name, defaults | settings, function)


def _resolve_own(function: OwnFunction, call: Call) -> OwnCall | Refusal:
    given = {name: value for name, value in call.arguments.items() if value is not None}
    try:
        return OwnCall(call.id, call.name, checked(given, function.parameters, function.required))
    except ArgumentError as error:
        return Refusal(sentence(str(error)))
