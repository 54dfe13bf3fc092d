"""Calls → device commands → outcomes: between the inbox, the broker, the ledger."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import assert_never

from hubd import findings, outcomes
from hubd.allowance import Allowance
from hubd.batches import Batches
from hubd.confirmation import Confirmations
from hubd.devices.model import Command, Device
from hubd.devices.queries import Query
from hubd.devices.state import StateStore
from hubd.events import Answer, AnswerKind, Call, EndAsked, Event, Scheduling, ToolsDone
from hubd.ledger import Ledger, Verdict
from hubd.outcomes import Outcome
from hubd.own_functions import OwnCall
from hubd.ports import Broker, InboundMessage
from hubd.reports import AnsweredReport, CalledReport, ReportSink
from hubd.requests import EarlyAnswer, EndConversation, Refusal, Resolved, Several, device_of
from hubd.stages.errand import Means
from hubd.stages.filters import Filters
from hubd.stages.round import errand_of, label_of
from hubd.stages.running import Keeper, Running, Standing
from hubd.tools import Toolbox
from hubd.vigil import Vigil

MAX_RUNNING = 64
# What the broker has not taken by this part of the time in which a call has to be answered is withdrawn: then the
# answer says that nothing was sent.
_SENDING = 0.8

logger = logging.getLogger(__name__)


class Act:
    """The stage that carries out calls, each as a task of its own.

    toolbox: checks calls. broker: takes the messages. states: fed here from the broker's messages. ledger: outlives
    connections. report: the public event stream. post: the conversation's inbox. together: whether the model listens to
    one frame of answers only (``live/models.py``). keeper: None if nothing outlives the hub. allowance: how many
    messages may go out, the usual one unless given. confirmations: without them nobody can say yes. own: carries out,
    at once, what the toolbox offers of the hub's own. clock: monotonic, s, in step with the event loop's.
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
        together: bool = False,
        keeper: Keeper | None = None,
        allowance: Allowance | None = None,
        confirmations: Confirmations | None = None,
        own: Callable[[OwnCall], Outcome] = outcomes.nobody,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._toolbox = toolbox
        self._means = Means(broker, states, ledger, allowance or Allowance(), report, clock)
        self._ledger = ledger
        self._report = report
        self._post = post
        self._clock = clock
        self._running: dict[str, Running] = {}
        self._filters = Filters(broker)
        self._watched: tuple[Device, ...] = ()
        # Whether reports are taken only for a call that is being carried out.
        self._lingering = False
        self._vigil = Vigil(states)
        self._batches = Batches(together=together)
        self._keeper = keeper
        self._confirmations = confirmations
        self._own = own
        self._sending: asyncio.TimerHandle | None = None
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Take the devices' reports and own the calls' tasks, until cancelled."""
        self._filters.need(self._means.states.topics)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                async for message in self._means.broker.messages():
                    self._take(message)
        finally:
            self._tasks = None
            for running in self._running.values():
                running.rest()
            if self._sending is not None:
                self._sending.cancel()

    def watch(self, devices: Iterable[Device]) -> None:
        """Take the reports of these devices from now on; a call that is being carried out keeps its own."""
        self._watched = tuple(devices)
        kept = {device.id: device for device in self._watched}
        own = [
            each for running in self._running.values() for each in running.errand.devices if kept.get(each.id) != each
        ]
        fresh = self._means.states.watch((*self._watched, *own))
        self._filters.need(self._means.states.topics, anew=fresh)
        self._lingering = bool(own)

    def adopt(self, toolbox: Toolbox, allowance: Allowance, *, together: bool) -> None:
        """Check calls by another toolbox from now on, with other limits; called between conversations.

        A call that is being carried out goes on as it began.
        """
        self._toolbox = toolbox
        self._means = replace(self._means, allowance=allowance)
        self._batches.together = together

    def ask(self, calls: Iterable[Call]) -> None:
        """Start carrying out the calls of one frame; returns at once.

        Each new call is answered by a ToolsDone in the inbox, unless it is cancelled before. A slow one may have a
        first answer before; what becomes known after a call was answered, or cancelled, comes as an afterword.
        """
        now = self._clock()
        entered = [(call, self._ledger.enter(call, now)) for call in calls]
        # A call that came again while it is carried out has its answer on the way.
        fresh = [(call, verdict) for call, verdict in entered if verdict is not Verdict.RUNNING]
        self._batches.ask((call.id for call, _ in fresh), now)
        ending = False
        for call, verdict in fresh:
            found = self._toolbox.resolve(call)
            match verdict:
                case Verdict.DUPLICATE if isinstance(found, Query):
                    # How something is may be asked as often as one likes.
                    self._begin(call, now, found)
                case Verdict.ANSWERED | Verdict.DUPLICATE:
                    self._tell_of(call, found)
                    earlier = self._ledger.answer(call.id) or self._ledger.earlier(call)
                    self._answer(call, now, outcomes.duplicate(earlier), Scheduling.SILENT)
                case Verdict.NEW:
                    self._begin(call, now, found)
                    ending = ending or isinstance(found, EndConversation)
                case _:
                    assert_never(verdict)
        self._send()
        if ending:
            self._post(EndAsked())

    def cancel(self, ids: Iterable[str]) -> None:
        """Answer these calls no more; what was published stays so, and is told as an afterword once it is known."""
        for call_id in ids:
            running = self._running.get(call_id)
            if running is None or running.standing is not Standing.OPEN:
                continue
            running.leave(Standing.TAKEN_BACK)
            running.errand.take_back()
            self._batches.drop(call_id, self._clock())
            self._conclude(running.errand.call, running.errand.asked, outcomes.cancelled(), Scheduling.SILENT)
        self._send()

    def _begin(self, call: Call, now: float, found: Resolved) -> None:
        """Carry out as a task what takes one; answer everything else at once."""
        scheduling = Scheduling.WHEN_IDLE
        match found:
            case EndConversation():
                outcome, scheduling = outcomes.ending(), Scheduling.SILENT
            case Refusal():
                outcome = outcomes.refused(found)
            case Query():
                outcome = findings.told(self._toolbox.catalog, found, self._means.states, now)
            case OwnCall():
                outcome = self._own(found)
            case Command() if found.needs_yes and not (self._confirmations and self._confirmations.admit(found, now)):
                asks = outcomes.to_confirm if self._confirmations else outcomes.nobody_to_confirm
                outcome = asks(found, label_of(found, self._toolbox.catalog))
            case Command() | Several():
                if self._tasks is not None and len(self._running) < MAX_RUNNING:
                    self._start(call, now, found, self._tasks)
                    return
                reason = "too many commands are on their way" if self._tasks is not None else "the hub is stopping"
                label = label_of(found, self._toolbox.catalog)
                outcome = outcomes.not_sent(label, reason, retryable=self._tasks is not None)
                scheduling = self._toolbox.schedule(found).failed
            case _:
                assert_never(found)
        self._tell_of(call, found)
        self._answer(call, now, outcome, scheduling)

    def _start(self, call: Call, now: float, found: Command | Several, tasks: asyncio.TaskGroup) -> None:
        early = self._toolbox.early_answer(found)
        sent_within = early.after * _SENDING if early is not None and early.kind is AnswerKind.OUTCOME else None
        errand = errand_of(self._means, call, found, self._toolbox.catalog, asked=now, sent_within=sent_within)
        running = self._running[call.id] = Running(errand, self._toolbox.schedule(found))
        if self._keeper is not None:
            # Before anything is sent: a hub that is killed in between does not know whether it was.
            self._keeper.begun(call, errand.label, running.schedule.failed)
        errand.start()
        self._vigil.drop({device.id for device in errand.devices})
        self._tell_of(call, found)
        if early is not None:
            loop = asyncio.get_running_loop()
            running.timer = loop.call_later(early.after, self._answer_early, running, early)
        tasks.create_task(self._carry_out(running), name=f"call {call.id}")

    def _tell_of(self, call: Call, found: Resolved) -> None:
        self._report(CalledReport(call.id, call.name, device_of(found), dict(call.arguments)))

    def _take(self, message: InboundMessage) -> None:
        states = self._means.states
        told = states.receive(message.topic, message.payload, self._clock(), stored=message.retained)
        for running in self._running.values():
            running.errand.heed(told)
        for watch, outcome in self._vigil.heed(told, self._clock()):
            scheduling = watch.schedule.of(outcome.status)
            self._answer(watch.call, watch.asked, outcome, scheduling, AnswerKind.AFTERWORD)
            self._send()

    def _answer_early(self, running: Running, early: EarlyAnswer) -> None:
        """Say that there is no outcome yet."""
        errand = running.errand
        outcome = outcomes.early(errand.label, early.status, early.after)
        scheduling = running.schedule.of(early.status)
        if early.kind is AnswerKind.OUTCOME:
            running.leave(Standing.EXPIRED)
        self._answer(errand.call, errand.asked, outcome, scheduling, early.kind)
        self._send()

    async def _carry_out(self, running: Running) -> None:
        errand = running.errand
        outcome = await errand.run()
        running.rest()
        del self._running[errand.call.id]
        if self._lingering:
            self.watch(self._watched)
        if outcome is None:
            if self._keeper is not None:
                self._keeper.dropped(errand.call.id)
            return
        scheduling = running.schedule.of(outcome.status)
        match running.standing:
            case Standing.OPEN:
                self._answer(errand.call, errand.asked, outcome, scheduling)
            case Standing.TAKEN_BACK:
                told = outcomes.taken_back_too_late(outcome)
                self._answer(errand.call, errand.asked, told, scheduling, AnswerKind.AFTERWORD)
            case Standing.EXPIRED:
                heard = self._ledger.answer(errand.call.id)
                # That nothing was heard from the device is no news after it was said once.
                if heard is None or heard.status is not outcome.status:
                    self._answer(errand.call, errand.asked, outcome, scheduling, AnswerKind.AFTERWORD)
            case _:
                assert_never(running.standing)
        self._vigil.keep(errand.call, errand.asked, running.schedule, errand.settled, self._clock())
        self._send()

    def _conclude(
        self,
        call: Call,
        asked: float,
        outcome: Outcome,
        scheduling: Scheduling,
        kind: AnswerKind = AnswerKind.OUTCOME,
    ) -> Answer:
        """Enter the outcome in the ledger, unless it is about a call that came again, and report it."""
        answer = outcome.answer(call, scheduling, kind)
        if kind is not AnswerKind.OUTCOME or self._ledger.answer(call.id) is None:
            self._ledger.answered(answer)
        after_ms = round((self._clock() - asked) * 1000)
        self._report(AnsweredReport(call.id, outcome.status, scheduling, outcome.state, after_ms))
        return answer

    def _answer(
        self,
        call: Call,
        asked: float,
        outcome: Outcome,
        scheduling: Scheduling,
        kind: AnswerKind = AnswerKind.OUTCOME,
    ) -> None:
        self._batches.ready(self._conclude(call, asked, outcome, scheduling, kind), self._clock())

    def _send(self) -> None:
        """Post the answers that are due, and come again when others are."""
        for answers in self._batches.take(self._clock()):
            self._post(ToolsDone(answers))
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        if (deadline := self._batches.deadline) is not None:
            loop = asyncio.get_running_loop()
            self._sending = loop.call_later(max(0.0, deadline - self._clock()), self._send)
