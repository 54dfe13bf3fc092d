"""One MQTT connection by way of paho, its socket in the event loop."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from functools import partial
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, error_string
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hubd.devices.render import Publish
from hubd.edges.paho_dialling import Version, acknowledge, dial, holds_more, make_client, silently, write_later
from hubd.edges.paho_packets import in_packets, inbound, outbound_properties, subscriptions
from hubd.edges.paho_window import Window
from hubd.errors import BrokerError
from hubd.mqtt import faults
from hubd.mqtt.faults import Fault
from hubd.mqtt.settings import BrokerSettings
from hubd.ports import InboundMessage, Wanted

# From the first look at the broker's name to its greeting, s.
CONNECT_TIMEOUT: Final = 10.0
# ``mqtt-devices.md`` 4, topic safety.
INBOUND_LIMIT: Final = 256 * 1024
# What a packet may hold besides the payload: a topic of 65,535 bytes, properties.
_PACKET_LIMIT: Final = INBOUND_LIMIT + 128 * 1024
# QoS 1 messages under way at once; a broker may allow fewer (MQTT 5, 3.2.2.3.3).
_WINDOW: Final = 20
# So many are read in one turn of the loop: a hub whose turns are long must not fall behind a flood.
_MESSAGES_AT_ONCE: Final = 32
_HOUSEKEEPING: Final = 1.0
# paho's own verdicts in MQTT's reason codes, unless they come from the server.
_PROTOCOL_BROKEN: Final = 0x82
_KEEPALIVE_PASSED: Final = 0x8D

logger = logging.getLogger(__name__)


class _Phase(Enum):
    DIALLING = auto()
    GREETING = auto()
    UP = auto()
    ENDED = auto()


class PahoConnection:
    """One connection; run() is its life.

    Its paho client is thrown away with it, and what that still holds is never sent: paho would after a reconnect.
    on_up: called when the broker has accepted the connection. on_message: called with each message of at most 256 KiB.
    on_unreadable: called with the fault of each topic that may not be subscribed to. None of them may raise.
    wants_other_version: whether it did not come about because of the version of MQTT, as far as one can tell.
    acts_by: by when run() does something more, on the loop's clock.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        version: Version,
        *,
        on_up: Callable[[], None],
        on_message: Callable[[InboundMessage], None],
        on_unreadable: Callable[[Fault], None],
    ) -> None:
        self._settings, self._version = settings, version
        self._on_up, self._on_message, self._on_unreadable = on_up, on_message, on_unreadable
        self._loop = asyncio.get_running_loop()
        self._phase, self._received_count = _Phase.DIALLING, 0
        self._greeted = asyncio.Event()
        self._ended: asyncio.Future[Fault] = self._loop.create_future()
        # By message number: the broker's reason code, None if the connection ended before.
        self._receipts: dict[int, asyncio.Future[int | None]] = {}
        self._asked: dict[int, Sequence[str]] = {}
        self._window = Window(_WINDOW)
        self.wants_other_version = False
        self.acts_by = self._loop.time() + CONNECT_TIMEOUT
        self._client = make_client(settings, version)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._received
        self._client.on_publish = self._published
        self._client.on_subscribe = self._subscribed

    @property
    def up(self) -> bool:
        """Whether the broker has accepted the connection, and it has not ended since."""
        return self._phase is _Phase.UP

    async def run(self) -> Fault:
        """Connect and hold the connection; return why it did not come about, or why it ended.

        Cancelled, it takes leave of the broker; a last will is published then.
        """
        try:
            await self._greet()
            while not self._ended.done():
                self.acts_by = self._loop.time() + _HOUSEKEEPING
                await asyncio.wait({self._ended}, timeout=_HOUSEKEEPING)
                self._client.loop_misc()
        finally:
            self._take_leave()
        return self._ended.result()

    def hand_over(self, publish: Publish, valid_for: float) -> Callable[[], Awaitable[None]]:
        """Hand a message with a valid topic over, as hubd.ports.Broker promises.

        It is written to the socket before this returns, unless too many of QoS 1 are under way. One that is not taken
        in time is withdrawn by cutting the connection, for the kernel may still hold it.
        """
        deadline = self._loop.time() + valid_for
        if publish.qos > 0 and not self._window.take():
            return partial(self._queue_up, publish, deadline)
        return partial(self._taken, self._write(publish), deadline)

    def subscribe(self, topics: Sequence[str], wanted: Wanted) -> None:
        """Subscribe to topic filters with QoS 1."""
        for some in in_packets(topics):
            _, number = self._client.subscribe(subscriptions(some, wanted, self._version))
            if number is not None:
                self._asked[number] = some

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Take back subscriptions to topic filters."""
        for some in in_packets(topics):
            self._client.unsubscribe(list(some))

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                match await dial(self._client, self._settings, _PACKET_LIMIT):
                    case Fault() as fault:
                        self._end(fault)
                    case sock:
                        self._take_over(sock)
                await self._greeted.wait()
        except TimeoutError:
            self._end(faults.no_answer(self._settings.where))

    async def _queue_up(self, publish: Publish, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._window.wait()
        except TimeoutError:
            raise BrokerError("the MQTT broker has not confirmed earlier messages") from None
        await self._taken(self._write(publish), deadline)

    async def _taken(self, receipt: asyncio.Future[int | None], deadline: float) -> None:
        if not receipt.done():
            try:
                await asyncio.wait({receipt}, timeout=deadline - self._loop.time())
            except asyncio.CancelledError:
                # Nobody wants it any more, but paho would write it once the socket takes bytes again.
                if self._client.want_write():
                    self._end(faults.unconfirmed(self._settings.where), reset=True)
                raise
        if not receipt.done():
            self._end(faults.unconfirmed(self._settings.where), reset=True)
            raise BrokerError("the MQTT broker did not take the message in time")
        reason = receipt.result()
        if reason is None:
            raise BrokerError("the connection to the MQTT broker broke off before it confirmed the message")
        if reason >= faults.FIRST_FAILURE:
            raise BrokerError(f"the MQTT broker refused the message: {faults.words(reason)}")

    def _write(self, publish: Publish) -> asyncio.Future[int | None]:
        if not self.up:
            raise BrokerError("there is no connection to the MQTT broker")
        properties = outbound_properties(publish) if self._version is Version.MQTT5 else None
        info = self._client.publish(publish.topic, publish.payload, publish.qos, publish.retain, properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError(f"the message can't be sent: {error_string(info.rc)}")
        receipt = self._receipts[info.mid] = self._loop.create_future()
        if publish.qos > 0:
            receipt.add_done_callback(lambda _receipt: self._window.give_back())
        # paho would leave the writing to the loop's next iteration.
        self._client.loop_write()
        return receipt

    def _take_over(self, sock: socket.socket) -> None:
        client, loop = self._client, self._loop
        client.on_socket_register_write = lambda _client, _data, _sock: write_later(client, sock)
        client.on_socket_unregister_write = lambda _client, _data, _sock: self._rest(sock)
        client.on_socket_close = lambda _client, _data, _sock: self._release(sock)
        loop.add_reader(sock, self._read)
        self._phase = _Phase.GREETING
        self._client.loop_write()

    def _read(self) -> None:
        if self._phase is _Phase.ENDED:
            return
        try:
            for _ in range(_MESSAGES_AT_ONCE):
                before = self._received_count
                self._client.loop_read()
                if self._received_count == before:
                    break
        except Exception as error:  # noqa: BLE001 - whatever a peer's bytes do to the library ends this connection only
            logger.warning("paho stumbled over what the broker sent: %s", type(error).__name__)
            self._end(faults.not_mqtt(self._settings.where))
            return
        acknowledge(self._client)
        if holds_more(self._client):
            self._loop.call_soon(self._read)

    def _rest(self, sock: socket.socket) -> None:
        self._loop.remove_writer(sock)

    def _release(self, sock: socket.socket) -> None:
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)

    def _end(self, fault: Fault, *, reset: bool = False) -> None:
        """Close the socket, once; reset: along with what the kernel has not sent yet."""
        if self._phase is _Phase.ENDED:
            return
        self._phase = _Phase.ENDED
        self._ended.set_result(fault)
        self._greeted.set()
        for receipt in self._receipts.values():
            receipt.set_result(None)
        self._receipts.clear()
        client = self._client
        # Never None: without this callback paho writes by itself, here from a thread that may still be dialling.
        client.on_socket_register_write = client.on_socket_unregister_write = silently
        client.on_socket_close = None
        sock = client.socket()
        # Dialled in vain, it is closed already.
        if isinstance(sock, socket.socket) and sock.fileno() >= 0:
            self._release(sock)
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()

    def _take_leave(self) -> None:
        with_will = ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message")
        if self.up and (self._settings.will is None or self._version is Version.MQTT5):
            self._client.disconnect(with_will if self._settings.will is not None else None)
            self._client.loop_write()
        self._end(faults.broke_off(self._settings.where))

    # paho's callbacks: they run with a lock of paho's that must not be taken again, so they write nothing themselves.

    def _connected(
        self, _client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self.wants_other_version = reason.value == faults.UNSUPPORTED_VERSION
            self._end(faults.refused(self._settings.where, reason.value))
            return
        self._window = Window(min(getattr(properties, "ReceiveMaximum", _WINDOW), _WINDOW))
        self._phase = _Phase.UP
        self._greeted.set()
        self._on_up()

    def _disconnected(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _more: object
    ) -> None:
        if self._phase is _Phase.ENDED:
            return
        where = self._settings.where
        if reason.value == _PROTOCOL_BROKEN and not flags.is_disconnect_packet_from_server:
            self.wants_other_version = self._phase is _Phase.GREETING
            self._end(faults.not_mqtt(where))
        elif self._phase is _Phase.GREETING:
            self.wants_other_version = True
            self._end(faults.hung_up(where))
        elif reason.value == _KEEPALIVE_PASSED and not flags.is_disconnect_packet_from_server:
            self._end(faults.no_answer(where))
        elif reason.is_failure and flags.is_disconnect_packet_from_server:
            self._end(faults.dismissed(where, reason.value))
        else:
            self._end(faults.broke_off(where))

    def _received(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._received_count += 1
        if (taken := inbound(message, INBOUND_LIMIT)) is not None:
            self._on_message(taken)

    def _published(self, _client: Client, _data: object, number: int, reason: ReasonCode, _more: object) -> None:
        if (receipt := self._receipts.pop(number, None)) is not None:
            receipt.set_result(reason.value)

    def _subscribed(
        self, _client: Client, _data: object, number: int, reasons: Sequence[ReasonCode], _more: object
    ) -> None:
        for topic, reason in zip(self._asked.pop(number, ()), reasons, strict=False):
            if reason.is_failure:
                self._on_unreadable(faults.unreadable_topic(topic, reason.value))
