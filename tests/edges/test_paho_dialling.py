"""How the broker's socket is opened, with real sockets, names, certificates."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges import paho_connection
from hubd.edges.paho_broker import BrokerSettings
from hubd.edges.paho_dialling import Version, acknowledge, make_client, write_later
from tests.edges.mqtt_parts import ACCEPTED_5, SUBSCRIBE, Visit, fake_broker, running


@dataclass(frozen=True, slots=True)
class Resolver:
    """A name server that answers when it is allowed to."""

    answer: threading.Event
    asked: threading.Event


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """Make every name's look-up wait; let it go on in the end."""
    answer, asked = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow(*arguments: object, **options: object) -> object:
        asked.set()
        assert answer.wait(30)
        return real(*arguments, **options)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield Resolver(answer, asked)
    answer.set()


async def test_a_slow_name_server_does_not_hold_up_the_loop(resolver: Resolver) -> None:
    """While a name is looked up the loop goes on, and the edge can be cancelled at once."""
    async with running(BrokerSettings("localhost", 1), connected=False) as edge:
        await asyncio.to_thread(resolver.asked.wait)
        assert not edge.task.done()
    assert edge.task.done()


async def test_an_attempt_that_was_given_up_says_nothing_later(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up that comes to its end after the edge was cancelled opens no session with the broker."""
    closed = asyncio.Event()
    said: list[bytes] = []

    async def handle(visit: Visit) -> None:
        said.append(await visit.reader.read())
        closed.set()

    async with fake_broker(handle) as broker:
        async with running(broker, connected=False):
            await asyncio.to_thread(resolver.asked.wait)
        resolver.answer.set()
        await closed.wait()
    assert said == [b""]


async def test_a_look_up_without_end_is_a_trouble(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that does not answer within the connect timeout is reported; the next attempt can succeed."""
    monkeypatch.setattr(paho_connection, "CONNECT_TIMEOUT", 0.05)

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker, connected=False) as edge:
        await edge.reports.wait("does not answer")
        monkeypatch.setattr(paho_connection, "CONNECT_TIMEOUT", 10.0)
        resolver.answer.set()
        await edge.reports.wait("does not answer", cleared=True)


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("no-such-host.invalid", "can't be found"),
        ("a..b", "can't be found"),
        ("x" * 64, "can't be found"),
        ("127.0.0.1", "no MQTT broker listens"),
    ],
)
async def test_a_wrong_address_is_told_in_plain_words(
    host: str, problem: str, quiet_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that does not exist, one that can't be a name, and a port where nobody listens are told apart."""

    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if host.endswith(".invalid"):
        # Not every network has a name server, and not every name server is honest.
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with running(BrokerSettings(host, quiet_port), connected=False) as edge:
        await edge.reports.wait(problem)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate of 127.0.0.1, signed by itself."""
    folder = tmp_path_factory.mktemp("certificates")
    make_certificate(folder)
    return folder


def make_certificate(folder: Path) -> None:
    """Write cert.pem and key.pem."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=hub -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*command.split(), "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True,
        capture_output=True,
    )


def tls_lines(folder: Path) -> list[str]:
    """Return mosquitto's lines for TLS."""
    return [f"certfile {folder / 'cert.pem'}", f"keyfile {folder / 'key.pem'}"]


async def test_tls_carries_messages(authority: Path) -> None:
    """Over TLS, with the broker's authority, a message goes out and comes back."""
    async with PrivateBroker(further=tls_lines(authority)) as mosquitto:
        settings = BrokerSettings(HOST, mosquitto.port, tls=True, ca_file=str(authority / "cert.pem"))
        async with running(settings) as edge:
            messages = edge.broker.messages()
            edge.broker.subscribe(["a"])
            await edge.broker.publish(Publish("a", b"payload", 1), 5.0)
            assert (await anext(messages)).payload == b"payload"


async def test_messages_that_share_a_tls_record_all_arrive(authority: Path) -> None:
    """What is decrypted along with the first message is delivered, though the socket has nothing more to read."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(authority / "cert.pem", authority / "key.pem")

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        await visit.packet(SUBSCRIBE)
        visit.send(b"".join(bytes([0x30, 5, 0, 1, ord("a"), 0, number]) for number in range(100)))
        await visit.reader.read()

    async with (
        fake_broker(handle, tls) as broker,
        running(replace(broker, tls=True, ca_file=str(authority / "cert.pem"))) as edge,
    ):
        messages = edge.broker.messages()
        edge.broker.subscribe(["a"])
        assert [(await anext(messages)).payload for _ in range(100)] == [bytes([number]) for number in range(100)]


async def test_a_certificate_that_is_not_trusted_is_told(authority: Path) -> None:
    """Without its authority the broker's certificate is refused, with advice."""
    async with PrivateBroker(further=tls_lines(authority)) as mosquitto:
        settings = BrokerSettings(HOST, mosquitto.port, tls=True)
        async with running(settings, connected=False) as edge:
            assert "mqtt.ca_file" in (await edge.reports.wait("not trusted")).advice


async def test_tls_and_plain_do_not_meet(authority: Path, mosquitto: PrivateBroker) -> None:
    """TLS to a plain port, and plain to a TLS port, are troubles whose advice names the port."""
    tls = BrokerSettings(HOST, mosquitto.port, tls=True, ca_file=str(authority / "cert.pem"))
    async with running(tls, connected=False) as edge:
        assert "mqtt.port" in (await edge.reports.wait("TLS")).advice
    async with (
        PrivateBroker(further=tls_lines(authority)) as secret,
        running(BrokerSettings(HOST, secret.port), connected=False) as edge,
    ):
        # It closes the connection, before or after an alarm that is not MQTT.
        assert "mqtt.port" in (await edge.reports.wait("what listens at")).advice


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_an_unusable_authority_is_told(tmp_path: Path, content: str | None) -> None:
    """A ca_file that is missing, or that holds no certificate, is named in the trouble."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    settings = BrokerSettings(HOST, 1, tls=True, ca_file=str(file))
    async with running(settings, connected=False) as edge:
        assert str(file) in (await edge.reports.wait("mqtt.ca_file can't be used")).problem


def test_what_was_read_is_acknowledged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that waits for that sends a lamp's report 40 ms sooner; a connection that ended meanwhile is let be."""
    client = make_client(BrokerSettings(HOST, 1883, "test"), Version.MQTT5)
    with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname()) as connection:
        monkeypatch.setattr(client, "socket", lambda: connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        acknowledge(client)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK) == 1
        connection.close()
        acknowledge(client)


async def test_a_socket_that_is_closed_meanwhile_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """What still waits to be written when the connection has ended troubles nobody."""
    client = make_client(BrokerSettings(HOST, 1883, "test"), Version.MQTT5)
    monkeypatch.setattr(client, "want_write", lambda: True)
    loop, errors = asyncio.get_running_loop(), list[object]()
    loop.set_exception_handler(lambda _loop, context: errors.append(context))
    with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname()) as connection:
        write_later(client, connection)
    called = asyncio.Event()
    loop.call_soon(called.set)
    await called.wait()
    assert errors == []
