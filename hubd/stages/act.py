"""Calls → device commands → outcomes: between the inbox, the broker, the ledger."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import assert_never

from hubd import outcomes
from hubd.devices.expectations import Expectation
from hubd.devices.model import Command
from hubd.devices.render import Order, Publish, render
from hubd.devices.state import StateStore
from hubd.devices.templates import TemplateError
from hubd.errors import BrokerError
from hubd.events import Answer, Call, CallStatus, EndAsked, Event, Scheduling, ToolsDone
from hubd.ledger import Ledger, Verdict
from hubd.outcomes import Outcome
from hubd.ports import Broker, InboundMessage
from hubd.reports import AnsweredReport, CalledReport, PublishedReport, ReportSink
from hubd.tools import EndConversation, Refusal, Toolbox

MAX_RUNNING = 64
# A device that is in the wanted state already may send no echo: so long it is waited for, s.
GRACE = 1.0
# A known state not older than this is success without an echo (``mqtt-devices.md`` 1: "a few seconds"), s.
FRESH = 5.0

logger = logging.getLogger(__name__)


class _Held(Enum):
    """Whether the device is in the wanted state before the command: not known to be, by an older report, just now."""

    NO = auto()
    ONCE = auto()
    JUST_NOW = auto()


@dataclass(slots=True, eq=False)
class _Running:
    """A call that is being carried out: asked is monotonic, s; changed is set when its device reported something."""

    call: Call
    asked: float
    command: Command
    label: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Act:
    """The stage that carries out calls, each as a task of its own.

    toolbox: checks calls. broker: takes the messages. states: fed here from the broker's messages. ledger: outlives
    connections. report: the public event stream. post: the conversation's inbox. clock: monotonic, s, in step with the
    event loop's.
    """

    def __init__(  # noqa: PLR0913 - a stage is given everything that it connects
        self,
        *,
        toolbox: Toolbox,
        broker: Broker,
        states: StateStore,
        ledger: Ledger,
        report: ReportSink,
        post: Callable[[Event], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._toolbox = toolbox
        self._broker = broker
        self._states = states
        self._ledger = ledger
        self._report = report
        self._post = post
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Take the devices' reports and own the calls' tasks, until cancelled."""
        self._broker.subscribe(self._states.topics)
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                async for message in self._broker.messages():
                    self._take(message)
            finally:
                self._tasks = None

    def ask(self, calls: Iterable[Call]) -> None:
        """Start carrying out the calls; returns at once.

        Each new call is answered once, by a ToolsDone in the inbox, unless it is cancelled before.
        """
        for call in calls:
            now = self._clock()
            verdict = self._ledger.enter(call, now)
            if verdict is Verdict.RUNNING:
                logger.info("call %s came again while it is being carried out", call.id)
                continue
            found = self._toolbox.resolve(call)
            self._report(CalledReport(call.id, call.name, _device_of(found), dict(call.arguments)))
            match verdict:
                case Verdict.ANSWERED | Verdict.DUPLICATE:
                    earlier = self._ledger.answer(call.id)
                    self._answer(call, now, outcomes.duplicate(earlier), Scheduling.SILENT)
                case Verdict.NEW:
                    self._begin(call, now, found)
                case _:
                    assert_never(verdict)

    def cancel(self, ids: Iterable[str]) -> None:
        """Answer these calls no more; what was published stays published."""
        for call_id in ids:
            running = self._running.pop(call_id, None)
            if running is None:
                continue
            self._conclude(running.call, running.asked, outcomes.cancelled(), Scheduling.SILENT)
            running.changed.set()

    def _begin(self, call: Call, now: float, found: Command | EndConversation | Refusal) -> None:
        match found:
            case EndConversation():
                self._answer(call, now, outcomes.ending(), Scheduling.SILENT)
                self._post(EndAsked())
            case Refusal():
                self._answer(call, now, outcomes.refused(found), Scheduling.WHEN_IDLE)
            case Command():
                label = self._toolbox.catalog.label(found.device)
                if self._tasks is None or len(self._running) >= MAX_RUNNING:
                    reason = "too many commands are on their way" if self._tasks is not None else "the hub is stopping"
                    outcome = outcomes.not_sent(label, reason, retryable=self._tasks is not None)
                    self._answer(call, now, outcome, self._toolbox.schedule(found).failed)
                    return
                running = _Running(call, now, found, label)
                self._running[call.id] = running
                self._tasks.create_task(self._carry_out(running), name=f"call {call.id}")
            case _:
                assert_never(found)

    def _take(self, message: InboundMessage) -> None:
        told = self._states.receive(message.topic, message.payload, self._clock(), stored=message.retained)
        for running in self._running.values():
            if running.command.device.id in told:
                running.changed.set()

    async def _carry_out(self, running: _Running) -> None:
        outcome = await self._outcome(running)
        if self._wanted(running):
            del self._running[running.call.id]
            scheduling = self._toolbox.schedule(running.command).of(outcome.status)
            self._answer(running.call, running.asked, outcome, scheduling)

    async def _outcome(self, running: _Running) -> Outcome:
        """Publish and wait for the device; what it returns for a call that was taken back means nothing."""
        command, label = running.command, running.label
        try:
            order = render(command)
        except TemplateError as error:
            return outcomes.not_sent(label, str(error), retryable=False)
        if not self._broker.connected:
            return outcomes.not_sent(label, "there is no connection to the MQTT broker", retryable=True)
        mark = self._states.mark()
        held = self._held(command, order.expectation)
        try:
            for publish in order.publishes:
                if not self._wanted(running):
                    return outcomes.cancelled()
                await self._publish(running, publish, running.asked + order.valid_for)
        except BrokerError as error:
            logger.warning("call %s: %s", running.call.id, error)
            return outcomes.not_sent(label, str(error).rstrip("."), retryable=True)
        if order.expectation is None:
            return outcomes.unconfirmable(label)
        return await self._confirmation(running, order, order.expectation, mark, held)

    async def _confirmation(
        self, running: _Running, order: Order, expectation: Expectation, mark: int, held: _Held
    ) -> Outcome:
        """Wait for the report; after ``within`` ask for it once, and wait as long again before it counts as failed."""
        command, label, device_id = running.command, running.label, running.command.device.id
        published = self._clock()

        def confirmed(status: CallStatus) -> Outcome:
            values = self._states.known(device_id, expectation.scope)
            return outcomes.confirmed(command, label, expectation, values, status)

        if held is not _Held.NO:
            if await self._reported(running, expectation, mark, published + min(GRACE, order.within)):
                return confirmed(CallStatus.DONE)
            if held is _Held.JUST_NOW and expectation.met_by(self._states.known(device_id, expectation.scope)):
                return confirmed(CallStatus.DONE)
            await self._poll(running, order)
        if await self._reported(running, expectation, mark, published + order.within):
            return confirmed(CallStatus.DONE)
        if held is _Held.NO:
            await self._poll(running, order)
        if await self._reported(running, expectation, mark, published + 2 * order.within):
            return confirmed(CallStatus.LATE)
        return outcomes.unconfirmed(command, label, expectation, self._states.since(device_id, mark, expectation.scope))

    async def _reported(self, running: _Running, expectation: Expectation, mark: int, deadline: float) -> bool:
        """Return whether the device reports what is expected before the deadline; False at once if nobody wants it."""
        device_id = running.command.device.id
        while self._wanted(running):
            if expectation.met_by(self._states.since(device_id, mark, expectation.scope)):
                return True
            running.changed.clear()
            try:
                async with asyncio.timeout(deadline - self._clock()):
                    await running.changed.wait()
            except TimeoutError:
                return expectation.met_by(self._states.since(device_id, mark, expectation.scope))
        return False

    async def _publish(self, running: _Running, publish: Publish, deadline: float) -> None:
        """Hand a command over; raises BrokerError if the broker has not taken it by the deadline."""
        valid_for = deadline - self._clock()
        if valid_for <= 0:
            raise BrokerError("it was not taken in time")
        await self._broker.publish(publish, valid_for)
        self._ledger.acted(running.call.id, self._clock())
        self._tell_of(publish, running.call.id)

    async def _poll(self, running: _Running, order: Order) -> None:
        """Ask the device for its state, if it can be asked; no answer is no fault of the call."""
        if order.poll is None or not self._wanted(running) or not self._broker.connected:
            return
        try:
            await self._broker.publish(order.poll, order.within)
        except BrokerError as error:
            logger.info("call %s: the device can't be asked for its state: %s", running.call.id, error)
        else:
            self._tell_of(order.poll, None)

    def _tell_of(self, publish: Publish, call_id: str | None) -> None:
        payload = publish.payload.decode(errors="replace")
        self._report(PublishedReport(call_id, publish.topic, payload, publish.qos))

    def _held(self, command: Command, expectation: Expectation | None) -> _Held:
        if expectation is None:
            return _Held.NO
        device_id, scope = command.device.id, expectation.scope
        if expectation.met_by(self._states.recent(device_id, self._clock() - FRESH, scope)):
            return _Held.JUST_NOW
        return _Held.ONCE if expectation.met_by(self._states.known(device_id, scope)) else _Held.NO

    def _wanted(self, running: _Running) -> bool:
        """Return whether the call's outcome is still wanted: cancel() takes it out."""
        return self._running.get(running.call.id) is running

    def _conclude(self, call: Call, asked: float, outcome: Outcome, scheduling: Scheduling) -> Answer:
        """Enter the outcome in the ledger, unless the call has one, and report it."""
        answer = outcome.answer(call, scheduling)
        if self._ledger.answer(call.id) is None:
            self._ledger.answered(answer)
        after_ms = round((self._clock() - asked) * 1000)
        self._report(AnsweredReport(call.id, outcome.status, scheduling, outcome.state, after_ms))
        return answer

    def _answer(self, call: Call, asked: float, outcome: Outcome, scheduling: Scheduling) -> None:
        self._post(ToolsDone((self._conclude(call, asked, outcome, scheduling),)))


def _device_of(found: Command | EndConversation | Refusal) -> str:
    """Return the id of the device that a call is for, or nothing."""
    match found:
        case Command():
            return found.device.id
        case Refusal():
            return found.device
        case EndConversation():
            return ""
        case _:
            assert_never(found)
