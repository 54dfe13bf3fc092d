"""Settings → a paho client whose socket is open, without holding up the loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from enum import Enum
from typing import Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hubd.mqtt import faults
from hubd.mqtt.faults import Fault
from hubd.mqtt.settings import BrokerSettings

# For each of the host's addresses, and for the TLS handshake, s.
_SOCKET_TIMEOUT: Final = 10.0
# The kernel gives up a connection whose peer has not acknowledged a byte for so long, ms. Without it, a command that
# was written just before the network went away is delivered when the network comes back.
_USER_TIMEOUT: Final = 5_000


class Version(Enum):
    """The versions of MQTT that the hub speaks."""

    MQTT5 = MQTTProtocolVersion.MQTTv5
    MQTT311 = MQTTProtocolVersion.MQTTv311


class _TidySocket(ssl.SSLSocket):
    """A TLS socket that closes itself when its handshake fails, for paho forgets it then."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 -- the library's own signature
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def silently(_client: Client, _userdata: object, _sock: object) -> None:
    """Be the callback of a socket that somebody else looks after."""


def make_client(settings: BrokerSettings, version: Version) -> Client:
    """Return a paho client for one connection, not connected yet."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        protocol=version.value,
        # paho's own reconnects block, and would send again what was withdrawn.
        reconnect_on_failure=False,
    )
    client.connect_timeout = _SOCKET_TIMEOUT
    # Where somebody else looks after the writing, paho only queues its greeting when it connects.
    client.on_socket_register_write = silently
    # No limit: paho would send what it holds back when nobody wants it any more.
    client.max_inflight_messages = 0
    if settings.username:
        password = settings.password.get_secret_value() if settings.password is not None else None
        client.username_pw_set(settings.username, password)
    if (will := settings.will) is not None:
        client.will_set(will.topic, will.payload, will.qos, will.retain)
    return client


async def dial(client: Client, settings: BrokerSettings, packet_limit: int) -> socket.socket | Fault:
    """Open the client's socket; return it, or why it can't be opened.

    The greeting waits in the client until its loop_write() is called. Resolving names, connecting and the TLS handshake
    block, so they run in a thread of their own; cancelled, this leaves the thread behind, which closes what it opens.
    """
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[socket.socket | Fault] = loop.create_future()

    def work() -> None:
        result: socket.socket | Fault | BaseException
        try:
            result = _open(client, settings, packet_limit)
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
            result = error
        with suppress(RuntimeError):  # a loop that is closed has nobody who waits
            loop.call_soon_threadsafe(settle, result)

    def settle(result: socket.socket | Fault | BaseException) -> None:
        match result:
            case socket.socket() if opened.cancelled():
                result.close()
            case _ if opened.cancelled():
                pass
            case BaseException():
                opened.set_exception(result)
            case _:
                opened.set_result(result)

    # A daemon, for a name server that does not answer must not keep the process from ending.
    threading.Thread(target=work, name="mqtt dial", daemon=True).start()
    return await opened


def acknowledge(client: Client) -> None:
    """Have the kernel acknowledge now what was read, not up to 40 ms later; it forgets this with the next data.

    mosquitto, unless set_tcp_nodelay is on, holds a message back until the one before it is acknowledged: a lamp's
    report until the receipt for the command.
    """
    opened = client.socket()
    # One that was closed while it was read is still there.
    if isinstance(opened, socket.socket) and opened.fileno() >= 0 and hasattr(socket, "TCP_QUICKACK"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def holds_more(client: Client) -> bool:
    """Whether TLS has decrypted more than was read: the loop sees no more of that on the socket."""
    opened = client.socket()
    return isinstance(opened, ssl.SSLSocket) and opened.pending() > 0


def write_later(client: Client, sock: socket.socket) -> None:
    """Write what waits in the client when the socket takes it, unless it was written in this turn of the loop.

    Nearly all is: to have the kernel look after the socket, then not any more, would cost more than to write.
    """
    loop = asyncio.get_running_loop()

    def look_after() -> None:
        if client.want_write() and sock.fileno() >= 0:
            loop.add_writer(sock, client.loop_write)

    loop.call_soon(look_after)


def _open(client: Client, settings: BrokerSettings, packet_limit: int) -> socket.socket | Fault:
    if settings.tls:
        try:
            context = ssl.create_default_context(cafile=settings.ca_file or None)
        except ssl.SSLError:
            return faults.no_authority(f"{settings.ca_file}: there is no certificate in it")
        except OSError as error:
            return faults.no_authority(f"{settings.ca_file}: {error.strerror}")
        context.sslsocket_class = _TidySocket
        client.tls_set_context(context)
    try:
        _connect(client, settings, packet_limit)
        opened = client.socket()
        if not isinstance(opened, socket.socket):
            raise ConnectionAbortedError
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT)
    except (OSError, UnicodeError) as error:
        return _fault_of(error, settings)
    return opened


def _fault_of(error: OSError | UnicodeError, settings: BrokerSettings) -> Fault:
    where = settings.where
    match error:
        case ssl.SSLCertVerificationError():
            fault = faults.untrusted(where, error.verify_message)
        case ssl.SSLError():
            fault = faults.no_tls(where)
        case ConnectionResetError() if settings.tls:
            # How a broker ends a handshake that it does not understand.
            fault = faults.no_tls(where)
        case socket.gaierror() | UnicodeError():
            fault = faults.unknown_host(where)
        case TimeoutError():
            fault = faults.no_answer(where)
        case ConnectionRefusedError():
            fault = faults.nothing_listens(where)
        case _:
            fault = faults.unreachable(where, error.strerror or type(error).__name__)
    return fault


def _connect(client: Client, settings: BrokerSettings, packet_limit: int) -> None:
    if client.protocol == MQTTProtocolVersion.MQTTv5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho gives it no types
        properties.MaximumPacketSize = packet_limit
        # The session's expiry is left at 0: nothing outlives the connection (``mqtt-devices.md`` 4).
        client.connect(settings.host, settings.port, settings.keepalive, clean_start=True, properties=properties)
    else:
        client.connect(settings.host, settings.port, settings.keepalive)
