"""The hub's tree on MQTT, kept up to date, with its commands taken."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

from hubd.devices.dialects import command_topics
from hubd.devices.model import Device
from hubd.devices.render import Publish
from hubd.errors import BrokerError
from hubd.events import Event, MuteChanged, StopAsked
from hubd.mqtt import orders, results
from hubd.mqtt.entities import Identity
from hubd.mqtt.filters import first_level
from hubd.mqtt.gate import Gate
from hubd.mqtt.orders import Declined, Fault, Order, Turned
from hubd.mqtt.outbox import Outbox
from hubd.mqtt.reading import read
from hubd.mqtt.tree import Tree
from hubd.ports import Broker, InboundMessage, Wanted
from hubd.presence import ONLINE, Presence, Words
from hubd.reports import Report
from hubd.stages.filters import Filters
from hubd.wishes import NAMELESS, AskAsked, ListenAsked, SayAsked, Sign, Told, WishStatus

# So long a connected broker may take over one message, s.
_VALID_FOR: Final = 5.0
# So long while the hub stops, s.
_LEAVE: Final = 0.3
_LONGEST_CORRELATION: Final = 1024

logger = logging.getLogger(__name__)


class Commands(Enum):
    """Which commands are taken; ALL_BUT_UNMUTE: none that opens a muted microphone."""

    ALL = auto()
    ALL_BUT_UNMUTE = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class _Asker:
    """Where the result of a command goes."""

    topic: str
    correlation: bytes | None


class Tell:
    """Publishes what the hub is, what happens in it; takes the commands of others.

    post: puts an event into the conversation's inbox. set_volume: makes the speaker so loud, percent. clock: monotonic,
    s. wall: s since 1970, UTC. quiet: whether nothing is to be said aloud now that can wait. spread: for how
    long to wait before the next answer to Home Assistant's start, s, so that not all hubs of a house answer at once.
    """

    def __init__(  # noqa: PLR0913 -- a stage is given everything that it connects
        self,
        *,
        broker: Broker,
        tree: Tree,
        presence: Presence,
        commands: Commands,
        post: Callable[[Event], None],
        set_volume: Callable[[int], None],
        clock: Callable[[], float],
        wall: Callable[[], float],
        quiet: Callable[[], bool],
        spread: Callable[[], float],
    ) -> None:
        self._broker = broker
        self._tree = tree
        self._presence = presence
        self._commands = commands
        self._post = post
        self._set_volume = set_volume
        self._clock = clock
        self._wall = wall
        self._quiet = quiet
        self._spread = spread
        self._orders = Filters(broker, Wanted.ORDERS)
        self._gate = Gate()
        self._outbox = Outbox()
        self._more = asyncio.Event()
        self._numbers = itertools.count(1)
        # The commands that the conversation has not replied to, by its request.
        self._open: dict[str, tuple[Order, _Asker]] = {}
        self._announcing: asyncio.TimerHandle | None = None
        self._refusal = ""
        self._commanded: frozenset[str] = frozenset()

    def keep_from(self, devices: Iterable[Device]) -> None:
        """Send no result, from now on, to where one of these devices could take it for a command.

        That is each topic with the first level of one that a device is commanded on: besides the device's own there are
        those of what leads to it, as ``zigbee2mqtt/bridge/request/device/remove``.
        """
        self._commanded = frozenset(first_level(topic) for device in devices for topic in command_topics(device))

    def adopt(self, identity: Identity, words: Words, commands: Commands) -> None:
        """Go by another name, let words out or keep them back, take other commands, from now on."""
        self._put(*self._presence.adopt(identity, words))
        self._commands = commands
        self._orders.need(self._taken)

    def set_volume(self, percent: int) -> None:
        """Make the speaker so loud, and say so."""
        self._set_volume(percent)
        self._put(*self._presence.set_volume(percent))

    def report(self, report: Report) -> None:
        """Take a report; returns at once."""
        self._put(*self._presence.take(report, self._wall()))

    def reply(self, request: str, status: WishStatus, text: str) -> None:
        """Take the conversation's word on a request; those of others are passed over."""
        if (asked := self._open.pop(request, None)) is None:
            return
        order, asker = asked
        match order.wish:
            case orders.Ask(choices=choices) if status is WishStatus.DONE:
                self._answer(asker, results.answered(order, text, choices))
            case _:
                self._answer(asker, results.carried_out(order, status, text))

    async def take_leave(self) -> None:
        """Say that the hub goes; a broker that can't be told publishes its last will."""
        try:
            await self._broker.publish(self._presence.farewell(), _LEAVE)
        except BrokerError as error:
            logger.debug("the hub leaves without a word: %s", error)

    async def run(self) -> None:
        """Keep the tree and take commands until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._greet(), name="tell: greet")
                tasks.create_task(self._listen(), name="tell: listen")
                tasks.create_task(self._send(), name="tell: send")
        finally:
            if self._announcing is not None:
                self._announcing.cancel()

    async def _greet(self) -> None:
        connection = 0
        while True:
            connection = await self._broker.newer_connection(connection)
            # Before what has waited for the connection.
            for publish in reversed(self._presence.greeting()):
                self._outbox.put_back(publish, self._clock())
            self._more.set()

    async def _listen(self) -> None:
        inbox = self._broker.messages()
        self._orders.need(self._taken)
        if (birth := self._tree.birth) is not None:
            self._broker.subscribe([birth])
        async for message in inbox:
            command = None if self._commands is Commands.NONE else self._tree.command_in(message.topic)
            if command is not None:
                self._receive(command, message)
            elif message.topic == birth and message.payload == ONLINE and not message.retained:
                self._announce_soon()

    @property
    def _taken(self) -> tuple[str, ...]:
        """The topic filters of the commands that are taken."""
        return () if self._commands is Commands.NONE else self._tree.command_filters

    async def _send(self) -> None:
        while True:
            while not self._outbox:
                self._more.clear()
                await self._more.wait()
                await asyncio.sleep(0)  # a command that was begun in this turn is sent before word of it
            await self._broker.newer_connection(0)
            if (publish := self._outbox.take(self._clock())) is None:
                continue
            try:
                await self._broker.publish(publish, _VALID_FOR)
            except BrokerError as error:
                self._not_sent(publish, error)

    def _not_sent(self, publish: Publish, error: BrokerError) -> None:
        if not self._broker.connected:
            self._outbox.put_back(publish, self._clock())
        elif str(error) != self._refusal:
            self._refusal = str(error)
            logger.warning("a message on %s was not sent: %s", publish.topic, error)

    def _put(self, *messages: Publish) -> None:
        for publish in messages:
            self._outbox.put(publish, self._clock())
        self._more.set()

    def _announce_soon(self) -> None:
        if self._announcing is None:
            self._announcing = asyncio.get_running_loop().call_later(self._spread(), self._announce)

    def _announce(self) -> None:
        self._announcing = None
        self._put(*self._presence.announcement())

    def _receive(self, command: str, message: InboundMessage) -> None:
        asker = self._asker(command, message)
        order = read(command, message.payload)
        if isinstance(order, Order):
            now, wall = self._clock(), self._wall()
            refusal = self._gate.admit(order, retained=message.retained, now=now, wall=wall) or self._hushed(order)
        else:
            refusal = order
        if isinstance(order, Order) and refusal is None:
            self._carry_out(order, asker)
        elif refusal is not None:
            self._answer(asker, results.declined(refusal))

    def _hushed(self, order: Order) -> Declined | None:
        """Return that these are quiet hours, if they are and it is about that."""
        if not (order.wakes_sleepers and self._quiet()):
            return None
        problem = 'these are quiet hours (presence.quiet_hours): add "quiet": "ignore" for what can\'t wait'
        return Declined(order.command, Fault.QUIET, problem, order.id)

    def _asker(self, command: str, message: InboundMessage) -> _Asker:
        topic, correlation = message.answer_to, message.correlation
        free = self._tree.may_answer_on(topic) and first_level(topic) not in self._commanded
        if free and len(correlation or b"") <= _LONGEST_CORRELATION:
            return _Asker(topic, correlation)
        return _Asker(self._tree.result(results.name_of(command)), None)

    def _answer(self, asker: _Asker, result: results.Result) -> None:
        self._put(results.message(result, asker.topic, asker.correlation))

    def _carry_out(self, order: Order, asker: _Asker) -> None:
        request = f"mqtt/{next(self._numbers)}"
        match order.wish:
            case orders.Say() as say:
                sign = Sign.NOTICE if say.chime else None
                wish = SayAsked(
                    request, say.text, say.scheduling, sign, say.volume, say.then_listen, replaces=say.replaces
                )
                self._ask(wish, order, asker)
            case orders.Ask(text, timeout=timeout):
                self._ask(AskAsked(request, text, timeout), order, asker)
            case orders.Listen(timeout, silent, context):
                self._ask(ListenAsked(request, timeout, silent, context), order, asker)
            case orders.Tell(text, scheduling, source):
                self._do(Told(source or NAMELESS, text, scheduling), order, asker)
            case orders.Stop():
                self._do(StopAsked(), order, asker)
            case orders.Mute(turned):
                self._mute(turned, order, asker)
            case orders.Volume(percent):
                self.set_volume(percent)
                self._answer(asker, results.carried_out(order, WishStatus.DONE, ""))
            case _:
                assert_never(order.wish)

    def _ask(self, event: SayAsked | AskAsked | ListenAsked, order: Order, asker: _Asker) -> None:
        """Post what the conversation replies to."""
        self._open[event.request] = (order, asker)
        self._post(event)

    def _do(self, event: Told | StopAsked | MuteChanged, order: Order, asker: _Asker) -> None:
        """Post what happens at once."""
        self._post(event)
        self._answer(asker, results.carried_out(order, WishStatus.DONE, ""))

    def _mute(self, turned: Turned, order: Order, asker: _Asker) -> None:
        muted = self._presence.muted
        wanted = not muted if turned is Turned.OTHER else turned is Turned.ON
        if wanted == muted:
            self._answer(asker, results.carried_out(order, WishStatus.DONE, ""))
        elif muted and self._commands is Commands.ALL_BUT_UNMUTE:
            problem = (
                "the microphone is muted, and the configuration does not let MQTT open it (presence.may_unmute); "
                "hubd mute off, on the hub's own machine, does"
            )
            self._answer(asker, results.declined(Declined(order.command, Fault.NOT_ALLOWED, problem, order.id)))
        else:
            self._do(MuteChanged(wanted), order, asker)
