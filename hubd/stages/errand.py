"""One command on its way: handed to the broker, then watched until its device has reported."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import zip_longest

from hubd import outcomes
from hubd.allowance import Allowance
from hubd.devices.expectations import Expectation
from hubd.devices.model import Command, Device
from hubd.devices.render import Order, Publish, render
from hubd.devices.state import StateStore
from hubd.devices.templates import TemplateError
from hubd.errors import BrokerError
from hubd.events import Call, CallStatus
from hubd.ledger import Ledger
from hubd.outcomes import Outcome
from hubd.ports import Broker
from hubd.reports import PublishedReport, ReportSink
from hubd.vigil import Settled

# A device that is in the wanted state already may send no echo: so long it is waited for. A report of the contrary may
# have been on its way before the command: after so long it counts, s.
GRACE = 1.0
# A known state not older than this is success without an echo (``mqtt-devices.md`` 1: "a few seconds"), s.
FRESH = 5.0

logger = logging.getLogger(__name__)


class _Held(Enum):
    """Whether the device is in the wanted state before the command: not known to be, by an older report, just now."""

    NO = auto()
    ONCE = auto()
    JUST_NOW = auto()


class _Heard(Enum):
    """What a device has reported: nothing of interest, what was wanted, the contrary of it."""

    NOTHING = auto()
    WANTED = auto()
    CONTRARY = auto()


class Crowd(Enum):
    """What to do where more would go out in a second than may: say so, or wait while the command is valid."""

    REFUSE = auto()
    WAIT = auto()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Nothing is sent yet, for there is a crowd until then; deadline: by when the broker has to take everything."""

    order: Order
    deadline: float
    until: float


@dataclass(frozen=True, slots=True)
class _Begun:
    """The first message, if there is one, was handed over; mark, held: what was heard of the device before."""

    order: Order
    deadline: float
    mark: int
    held: _Held
    confirmed: Sequence[Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Means:
    """What every errand needs; clock: monotonic, s, in step with the event loop's."""

    broker: Broker
    states: StateStore
    ledger: Ledger
    allowance: Allowance
    report: ReportSink
    clock: Callable[[], float]


class Errand:
    """Carries one call out.

    call: as the model asked for it, asked at monotonic s. command: the call, checked. label: the device's spoken name.
    sent_within: s from then on within which the broker has to take everything, if that is shorter than the device's
    own valid_for. crowd: what to do where there is one.
    """

    def __init__(  # noqa: PLR0913 -- a call, when it was asked, what it means, what it needs
        self,
        means: Means,
        call: Call,
        command: Command,
        *,
        label: str,
        asked: float,
        sent_within: float | None,
        crowd: Crowd = Crowd.REFUSE,
    ) -> None:
        self.call = call
        self.command = command
        self.label = label
        self.asked = asked
        self._means = means
        self._sent_within = sent_within
        self._crowd = crowd
        self._published = False
        self._taken_back = False
        self._settled: Settled | None = None
        self._begun: _Begun | _Waiting | Outcome | None = None
        self._changed = asyncio.Event()

    @property
    def devices(self) -> tuple[Device, ...]:
        """The device."""
        return (self.command.device,)

    @property
    def settled(self) -> tuple[Settled, ...]:
        """What the device was found to be, once it has reported."""
        return () if self._settled is None else (self._settled,)

    def take_back(self) -> None:
        """Publish nothing more; what was published stays so, and is watched to its end."""
        self._taken_back = True

    def heed(self, told: frozenset[str]) -> None:
        """Note that the devices with these ids have said something."""
        if self.command.device.id in told:
            self._changed.set()

    def start(self) -> None:
        """Do what run() begins with, once, before it: hand the first message over, unless something is in its way."""
        self._begun = self._start()

    async def run(self) -> Outcome | None:
        """Publish, wait for the device; return what became of it, or None if it was taken back with nothing sent."""
        outcome = await self._outcome()
        return None if self._taken_back and not self._published else outcome

    async def _outcome(self) -> Outcome:
        begun = self._begun or self._start()
        while isinstance(begun, _Waiting):
            await asyncio.sleep(begun.until - self._means.clock())
            if self._taken_back:
                return outcomes.cut_short(self.label)
            begun = self._begin(begun.order, begun.deadline)
        return await self._carried_out(begun) if isinstance(begun, _Begun) else begun

    def _start(self) -> _Begun | _Waiting | Outcome:
        try:
            order = render(self.command)
        except TemplateError as error:
            return outcomes.not_sent(self.label, str(error), retryable=False)
        if hindrance := self._hindrance():
            return outcomes.not_sent(self.label, hindrance, retryable=True)
        return self._begin(order, self.asked + min(order.valid_for, self._sent_within or order.valid_for))

    def _begin(self, order: Order, deadline: float) -> _Begun | _Waiting | Outcome:
        """Hand the first message over, if so many may go out now; else return when, or that they may not."""
        allowance, device_id, count = self._means.allowance, self.command.device.id, len(order.publishes)
        if reason := allowance.take(device_id, count, now := self._means.clock()):
            room_at = allowance.room_at(device_id, count, now)
            if self._crowd is Crowd.REFUSE or room_at > deadline:
                return outcomes.too_many(self.label, reason)
            return _Waiting(order, deadline, room_at)
        mark, held = self._means.states.mark(), self._held(order.expectation)
        try:
            confirmed = [self._hand_over(publish, deadline) for publish in order.publishes[:1]]
        except BrokerError as error:
            return self._broken(error)
        return _Begun(order, deadline, mark, held, confirmed)

    async def _carried_out(self, begun: _Begun) -> Outcome:
        order = begun.order
        try:
            for publish, confirmed in zip_longest(order.publishes, begun.confirmed):
                if confirmed is None and self._taken_back:
                    return outcomes.cut_short(self.label)
                await (confirmed or self._hand_over(publish, begun.deadline))()
                self._published = True
                self._means.ledger.acted(self.call.id, self._means.clock())
                self._tell_of(publish, self.call.id)
        except BrokerError as error:
            return self._broken(error)
        if order.expectation is None:
            return outcomes.unconfirmable(self.label)
        return await self._confirmation(order, order.expectation, begun.mark, begun.held)

    def _broken(self, error: BrokerError) -> Outcome:
        logger.warning("call %s: %s", self.call.id, error)
        reason = str(error).rstrip(".")
        if self._published:
            return outcomes.cut_short(self.label, reason)
        return outcomes.not_sent(self.label, reason, retryable=True)

    def _hindrance(self) -> str:
        """Return why nothing can be sent now, or an empty text."""
        if not self._means.broker.connected:
            return "there is no connection to the MQTT broker"
        if self._means.states.reachable(self.command.device.id) is False:
            return "the device said that it is offline"
        return ""

    async def _confirmation(self, order: Order, expectation: Expectation, mark: int, held: _Held) -> Outcome:
        """Return the outcome once the device has reported, or has had the time to."""
        states, device_id = self._means.states, self.command.device.id
        status = await self._status(order, expectation, mark, held)
        instead = states.since(device_id, mark, expectation.scope)
        if status is not CallStatus.FAILED or expectation.contradicted_by(instead):
            self._settled = Settled(self.command, self.label, expectation, status, order.within, states.mark())
        if status is CallStatus.FAILED:
            return outcomes.unconfirmed(self.command, self.label, expectation, instead)
        values = states.known(device_id, expectation.scope)
        return outcomes.confirmed(self.command, self.label, expectation, values, status)

    async def _status(self, order: Order, expectation: Expectation, mark: int, held: _Held) -> CallStatus:
        """Wait for the report; after ``within`` ask for it once, and wait as long again before it counts as failed."""
        published = self._means.clock()
        heard = _Heard.NOTHING
        if held is not _Held.NO:
            heard = await self._reported(expectation, mark, published + min(GRACE, order.within))
            known = self._means.states.known(self.command.device.id, expectation.scope)
            if heard is _Heard.NOTHING and held is _Held.JUST_NOW and expectation.met_by(known):
                return CallStatus.DONE
            if heard is _Heard.NOTHING:
                await self._poll(order)
        if heard is _Heard.NOTHING:
            heard = await self._reported(expectation, mark, published + order.within)
        if heard is not _Heard.NOTHING:
            return CallStatus.DONE if heard is _Heard.WANTED else CallStatus.FAILED
        if held is _Held.NO:
            await self._poll(order)
        heard = await self._reported(expectation, mark, published + 2 * order.within)
        return CallStatus.LATE if heard is _Heard.WANTED else CallStatus.FAILED

    async def _reported(self, expectation: Expectation, mark: int, deadline: float) -> _Heard:
        """Return what the device reports before the deadline; a contrary report counts if it stands for a second."""
        stands_at: float | None = None
        while True:
            values = self._means.states.since(self.command.device.id, mark, expectation.scope)
            now = self._means.clock()
            if expectation.met_by(values):
                return _Heard.WANTED
            if not expectation.contradicted_by(values):
                stands_at = None
            elif stands_at is None:
                stands_at = now + GRACE
            elif now >= stands_at:
                return _Heard.CONTRARY
            if now >= deadline:
                return _Heard.NOTHING
            self._changed.clear()
            with contextlib.suppress(TimeoutError):  # then it is looked at what was said until now
                async with asyncio.timeout(min(deadline, stands_at or deadline) - now):
                    await self._changed.wait()

    def _hand_over(self, publish: Publish, deadline: float) -> Callable[[], Awaitable[None]]:
        """Hand a command over; what is returned raises BrokerError if the broker has not taken it by the deadline."""
        valid_for = deadline - self._means.clock()
        if valid_for <= 0:
            raise BrokerError("it was not taken in time")
        return self._means.broker.hand_over(publish, valid_for)

    async def _poll(self, order: Order) -> None:
        """Ask the device for its state, if it can be asked; no answer is no fault of the call."""
        if order.poll is None or not self._means.broker.connected:
            return
        try:
            await self._means.broker.publish(order.poll, order.within)
        except BrokerError as error:
            logger.info("call %s: the device can't be asked for its state: %s", self.call.id, error)
        else:
            self._tell_of(order.poll, None)

    def _tell_of(self, publish: Publish, call_id: str | None) -> None:
        function, payload = self.command.function, publish.payload.decode(errors="replace")
        own_words = function is not None and function.takes_own_words()
        self._means.report(PublishedReport(call_id, publish.topic, payload, publish.qos, own_words))

    def _held(self, expectation: Expectation | None) -> _Held:
        if expectation is None:
            return _Held.NO
        states, device_id, scope = self._means.states, self.command.device.id, expectation.scope
        if expectation.met_by(states.recent(device_id, self._means.clock() - FRESH, scope)):
            return _Held.JUST_NOW
        return _Held.ONCE if expectation.met_by(states.known(device_id, scope)) else _Held.NO
