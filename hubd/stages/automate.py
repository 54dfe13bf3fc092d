"""The stage of automations: from the broker's messages to what the conversation is asked, what is published."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, assert_never

from hubd.actions import Ask, Deed, Listen, Say, Tell, answer
from hubd.automations import Automations, Due
from hubd.devices.render import Publish
from hubd.errors import BrokerError
from hubd.ports import Broker, InboundMessage
from hubd.reports import PublishedReport, ReportSink
from hubd.stages.filters import Filters
from hubd.wishes import AskAsked, ListenAsked, SayAsked, Told, WishStatus

# A message that the broker has not taken by then is out of date, s.
_VALID_FOR: Final = 5.0
# More than all automations publish within that time.
_MOST_WAITING: Final = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the conversation was asked for. answer_topic: where the answer goes; empty for nowhere."""

    rule: str
    answer_topic: str = ""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A message with the loop's time until which it may be handed over; shown: the payload in the event stream."""

    rule: str
    publish: Publish
    deadline: float
    shown: str


class Automate:
    """Carries automations out.

    post: puts an event into the conversation's inbox. local: the time of day. reply() has to be given the
    conversation's word on what is posted here; it may be given that on other requests too.
    """

    def __init__(
        self,
        automations: Automations,
        broker: Broker,
        *,
        post: Callable[[Told | SayAsked | AskAsked | ListenAsked], None],
        report: ReportSink,
        local: Callable[[], dt.time],
    ) -> None:
        self._automations = automations
        self._filters = Filters(broker)
        self._broker = broker
        self._post = post
        self._report = report
        self._local = local
        self._outgoing: asyncio.Queue[_Outgoing] = asyncio.Queue(_MOST_WAITING)
        self._numbers = itertools.count(1)
        self._inbox: AsyncIterator[InboundMessage] | None = None
        # Once there is an automation.
        self._needed = asyncio.Event()
        if automations.filters:
            self._needed.set()
        # By request.
        self._open: dict[str, _Wish] = {}
        # The last problem of each automation: in the log it stands once.
        self._problems: dict[str, str] = {}

    async def run(self) -> None:
        """Take messages until cancelled; where there is no automation none are taken."""
        await self._needed.wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch(), name="automate: watch")
            tasks.create_task(self._send(), name="automate: send")

    def adopt(self, automations: Automations) -> None:
        """Carry these out from now on; what is known of topics stays known."""
        unknown = automations.succeed(self._automations)
        self._automations = automations
        if automations.filters and not self._needed.is_set():
            # Before it is subscribed to: nothing is missed until somebody reads.
            self._inbox = self._broker.messages()
            self._needed.set()
        self._filters.need(automations.filters, anew=unknown)

    def reply(self, request: str, status: WishStatus, text: str) -> None:
        """Take the conversation's word on a request; those of others are passed over."""
        if (wish := self._open.pop(request, None)) is None:
            return
        if status is not WishStatus.DONE:
            logger.info("automation %s: %s: %s", wish.rule, status, text)
        if wish.answer_topic:
            # What a person said is for whoever listens to that topic.
            self._put(wish.rule, answer(wish.rule, wish.answer_topic, status, text), shown="")

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        inbox = self._inbox if self._inbox is not None else self._broker.messages()
        self._filters.need(self._automations.filters)
        while True:
            try:
                async with asyncio.timeout_at(self._automations.deadline):
                    message = await anext(inbox)
            except TimeoutError:
                due = self._automations.expire(loop.time(), self._local())
            else:
                due = self._automations.receive(
                    message.topic, message.payload, loop.time(), self._local(), retained=message.retained
                )
            for each in due:
                self._carry_out(each)

    def _carry_out(self, due: Due) -> None:
        if due.problem and self._problems.get(due.rule) != due.problem:
            self._problems[due.rule] = due.problem
            logger.warning("automation %s does nothing: %s", due.rule, due.problem)
        if due.deeds:
            logger.info("automation %s", due.rule)
        for deed in due.deeds:
            self._do(due, deed)

    def _do(self, due: Due, deed: Deed) -> None:
        match deed:
            case Tell(text, scheduling):
                self._post(Told(due.source, text, scheduling))
            case Say(text):
                self._post(SayAsked(self._request(due), text))
            case Ask(text, answer_topic):
                self._post(AskAsked(self._request(due, answer_topic), text))
            case Listen():
                self._post(ListenAsked(self._request(due)))
            case Publish():
                self._put(due.rule, deed, shown=deed.payload.decode(errors="replace"))
            case _:
                assert_never(deed)

    def _request(self, due: Due, answer_topic: str = "") -> str:
        request = f"automation/{next(self._numbers)}"
        self._open[request] = _Wish(due.rule, answer_topic)
        return request

    def _put(self, rule: str, publish: Publish, *, shown: str) -> None:
        deadline = asyncio.get_running_loop().time() + _VALID_FOR
        try:
            self._outgoing.put_nowait(_Outgoing(rule, publish, deadline, shown))
        except asyncio.QueueFull:
            logger.warning("automation %s: too many messages wait, that on %s is not sent", rule, publish.topic)

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            outgoing = await self._outgoing.get()
            publish = outgoing.publish
            try:
                await self._broker.publish(publish, outgoing.deadline - loop.time())
            except BrokerError as error:
                logger.warning("automation %s: the message on %s was not sent: %s", outgoing.rule, publish.topic, error)
            else:
                self._report(PublishedReport(None, publish.topic, outgoing.shown, publish.qos))
