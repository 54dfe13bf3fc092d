"""The Live link against a real WebSocket server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pathlib
import shutil
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.utils import accept_key

from hubd.config import LiveSettings
from hubd.edges import websockets_link
from hubd.edges.tls_trust import Trust
from hubd.edges.websockets_link import LastAddress, connect, warm_up
from hubd.errors import LinkError
from hubd.fittings import dial
from hubd.ports import LiveLink

KEY: Final = SecretStr("swordfish-0123456789")
Handler = Callable[[ServerConnection], Awaitable[None]]
ProcessRequest = Callable[[ServerConnection, Request], Response | None]


@contextlib.asynccontextmanager
async def server(
    handler: Handler, process_request: ProcessRequest | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Run a server on loopback; yield its URL."""
    async with serve(
        handler, "127.0.0.1", 0, process_request=process_request, ssl=tls, max_size=None, close_timeout=0.1
    ) as running:
        port = running.sockets[0].getsockname()[1]
        yield f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/ws/service"


@contextlib.asynccontextmanager
async def raw_server(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Run a TCP server that need not speak WebSocket; yield its URL. Its connections end with the block."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(ConnectionError):  # a client may leave at any time
            await handle(reader, writer)

    running = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{running.sockets[0].getsockname()[1]}/"
    finally:
        running.close()
        for writer in writers:
            writer.transport.abort()
        await running.wait_closed()


async def echo(connection: ServerConnection) -> None:
    """Send back what comes."""
    async for frame in connection:
        await connection.send(frame)


async def idle(connection: ServerConnection) -> None:
    """Wait for the end."""
    await connection.wait_closed()


async def lost(link: LiveLink) -> LinkError:
    """Return the error that the link's messages end with."""
    with pytest.raises(LinkError) as caught:
        async for _ in link.messages():
            pass
    return caught.value


def refuse(status: int, body: str = "", **headers: str) -> ProcessRequest:
    """Return a server's refusal of the upgrade."""

    def process(connection: ServerConnection, _request: Request) -> Response:
        response = connection.respond(status, body)
        response.headers.update(Headers(**headers))
        return response

    return process


async def test_pitfall_1_text_goes_out_and_both_kinds_of_frame_come_in() -> None:
    """Text is sent as a text frame; text and binary frames arrive as they were sent."""
    received: list[str | bytes] = []

    async def handler(connection: ServerConnection) -> None:
        received.append(await connection.recv())
        await connection.send("täxt")
        await connection.send(b'{"setupComplete":{}}')
        await connection.wait_closed()

    async with server(handler) as url:
        link: LiveLink = await connect(url, None)
        await link.send('{"setup":{}}')
        messages = link.messages()
        assert [await anext(messages), await anext(messages)] == ["täxt", b'{"setupComplete":{}}']
        await link.close()
    assert received == ['{"setup":{}}']


async def test_pitfall_34_the_key_is_in_a_header_only() -> None:
    """The server sees the key as x-goog-api-key; its request line is the URL's path alone."""
    seen: list[tuple[str, str | None]] = []

    def look(_connection: ServerConnection, request: Request) -> None:
        seen.append((request.path, request.headers.get("x-goog-api-key")))

    async with server(idle, look) as url:
        for key in (KEY, None):
            await (await connect(url, key)).close()
    assert seen == [("/ws/service", KEY.get_secret_value()), ("/ws/service", None)]


async def test_nothing_logs_the_key_or_what_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Even at debug level no header and no frame gets into a log of ours or of the library."""
    caplog.set_level(logging.DEBUG, logger=websockets_link.__name__)
    caplog.set_level(logging.DEBUG, logger="websockets.client")
    async with server(echo) as url:
        link = await connect(url, KEY)
        await link.send("my secret wish")
        assert await anext(link.messages()) == "my secret wish"
        await link.close()
    mine = [record for record in caplog.records if not record.name.startswith("websockets.server")]
    assert not [record for record in mine if "swordfish" in record.getMessage() or "wish" in record.getMessage()]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
async def test_a_refused_upgrade_carries_its_status(status: int) -> None:
    """A refusal is LinkError with the HTTP status, without the key."""
    async with server(idle, refuse(status)) as url:
        with pytest.raises(LinkError) as caught:
            await connect(url, KEY)
    assert caught.value.code == status
    assert caught.value.reason
    assert "swordfish" not in str(caught.value)


async def test_a_refusal_is_told_in_the_servers_words() -> None:
    """The message of the error's body is the reason; a server that repeats the key is not quoted with it."""
    body = (
        '{"error": {"code": 400, "message": "API key swordfish-0123456789 not valid.", "status": "INVALID_ARGUMENT"}}'
    )
    async with server(idle, refuse(400, body)) as url:
        with pytest.raises(LinkError) as caught:
            await connect(url, KEY)
    assert str(caught.value) == "400 API key (key) not valid."


async def test_a_redirect_is_not_followed() -> None:
    """The key does not travel to where a server points."""
    visited: list[str] = []

    def note(_connection: ServerConnection, request: Request) -> None:
        visited.append(request.path)

    async with server(idle, note) as elsewhere, server(idle, refuse(302, Location=elsewhere)) as url:
        with pytest.raises(LinkError) as caught:
            await connect(url, KEY)
    assert caught.value.code == 302
    assert visited == []


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host but the configured one is contacted, whatever the environment says (promise P4)."""
    contacted = asyncio.Event()

    async def proxy(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        contacted.set()

    async with raw_server(proxy) as address, server(echo) as url:
        for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "socks_proxy"):
            monkeypatch.setenv(name, address.replace("ws:", "http:"))
        monkeypatch.delenv("no_proxy", raising=False)
        link = await connect(url, KEY)
        await link.send("x")
        assert await anext(link.messages()) == "x"
        await link.close()
    assert not contacted.is_set()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1000, ""),
        (1001, "going away"),
        (1007, "API key not valid. Please pass a valid API key."),
        (1008, "Requested entity was not found."),
        (1011, "The service is currently unavailable."),
    ],
)
async def test_the_end_carries_code_and_reason(code: int, reason: str) -> None:
    """However the server closes, the messages end with LinkError, also after 1000; and so does sending."""

    async def handler(connection: ServerConnection) -> None:
        await connection.send("last words")
        await connection.close(code, reason)

    async with server(handler) as url:
        link = await connect(url, None)
        messages = link.messages()
        assert await anext(messages) == "last words"
        with pytest.raises(LinkError) as caught:
            await anext(messages)
        assert (caught.value.code, caught.value.reason) == (code, reason)
        with pytest.raises(LinkError) as caught:
            await link.send("too late")
        assert (caught.value.code, caught.value.reason) == (code, reason)
        await link.close()


async def test_a_close_reason_that_repeats_the_key_is_not_quoted() -> None:
    """The key is taken out of the server's words, and control characters with it."""

    async def handler(connection: ServerConnection) -> None:
        await connection.close(1008, "no swordfish-0123456789\nfor you")

    async with server(handler) as url:
        link = await connect(url, KEY)
        assert (await lost(link)).reason == "no (key) for you"
        await link.close()


async def test_a_cut_connection_is_1006() -> None:
    """Without a close frame the code is 1006."""

    async def handler(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with server(handler) as url:
        link = await connect(url, None)
        assert (await lost(link)).code == 1006
        await link.close()


async def test_a_big_frame_comes_whole() -> None:
    """Far more than the library's own limit of 1 MiB is let in."""
    frame = bytes(15 * 2**20)

    async def handler(connection: ServerConnection) -> None:
        await connection.send(frame)
        await connection.wait_closed()

    async with server(handler) as url:
        link = await connect(url, None)
        assert await anext(link.messages()) == frame
        await link.close()


async def test_a_frame_beyond_the_limit_is_1009() -> None:
    """More than 16 MiB ends the connection from our side."""

    async def handler(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionError):  # the client goes while it is sent
            await connection.send(bytes(websockets_link.MAX_SIZE + 1))
        await connection.wait_closed()

    async with server(handler) as url:
        link = await connect(url, None)
        assert (await lost(link)).code == 1009
        await link.close()


async def test_text_that_is_not_utf8_is_the_servers_fault() -> None:
    """It is not reported as 1007, which would blame a message of ours."""

    async def handler(connection: ServerConnection) -> None:
        await connection.send(b"\xff", text=True)
        await connection.wait_closed()

    async with server(handler) as url:
        link = await connect(url, None)
        assert (await lost(link)).code == 1002
        await link.close()


async def half_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept the upgrade, then neither read nor write."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
    accept = accept_key(key)
    writer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
    )


async def test_pitfall_21_pongs_may_be_late() -> None:
    """A server whose pongs come half a minute late is well: only a whole minute without one ends the session."""
    async with server(idle) as url:
        link = await connect(url, None)
        assert (link._connection.ping_interval, link._connection.ping_timeout) == (20.0, 60.0)
        await link.close()


async def test_pitfall_22_a_half_open_connection_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers no ping is given up, as 1011 with the library's words for it."""
    monkeypatch.setattr(websockets_link, "PING_INTERVAL", 0.01)
    monkeypatch.setattr(websockets_link, "PING_TIMEOUT", 0.05)
    monkeypatch.setattr(websockets_link, "_CLOSE_HANDSHAKE", 0.05)
    async with raw_server(half_open) as url:
        link = await connect(url, None)
        error = await lost(link)
        assert (error.code, error.reason) == (1011, "keepalive ping timeout")
        await link.close()


async def test_closing_does_not_wait_for_a_dead_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes nothing more, unsent data included, is left behind; closing twice is closing once."""
    monkeypatch.setattr(websockets_link, "_CLOSE_TIMEOUT", 0.05)
    sending_began = asyncio.Event()

    async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await half_open(reader, writer)
        await reader.readexactly(1)
        sending_began.set()

    async with raw_server(stuck) as url:
        link = await connect(url, None)
        sending = asyncio.ensure_future(link.send("x" * 2**25))
        await sending_began.wait()
        await link.close()
        assert (await lost(link)).code == 1000
        with contextlib.suppress(LinkError):  # or it went out before the close
            await sending
        await link.close()


async def test_sending_does_not_wait_for_a_dead_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the network takes no more data, sending ends with LinkError, and so do the messages."""
    monkeypatch.setattr(websockets_link, "SEND_TIMEOUT", 0.05)
    async with raw_server(half_open) as url:
        link = await connect(url, None)
        with pytest.raises(LinkError) as caught:
            await link.send("x" * 2**25)
        assert caught.value.code == 1006
        assert (await lost(link)).code == 1006
        await link.close()


async def test_a_server_that_never_answers_is_given_up() -> None:
    """Without an answer to the upgrade there is LinkError without a code."""

    async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(silence) as url:
        with pytest.raises(LinkError, match=r"no answer from 127\.0\.0\.1 within 0\.05 s") as caught:
            await connect(url, KEY, open_timeout=0.05)
    assert caught.value.code is None


async def test_a_server_of_another_kind_is_told_as_such() -> None:
    """What speaks no HTTP is LinkError in plain words."""

    async def telnet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 welcome\r\n\r\n")
        writer.close()

    async with raw_server(telnet) as url:
        with pytest.raises(LinkError, match="does not answer as a WebSocket server"):
            await connect(url, KEY)


async def test_a_server_without_tls_is_told_as_such() -> None:
    """What answers in plain text where TLS is spoken, as a login page does, is no lost network."""

    async def login_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with raw_server(login_page) as url:
        with pytest.raises(LinkError, match="does not answer as a WebSocket server"):
            await connect(url.replace("ws://", "wss://"), KEY)


async def test_nobody_there() -> None:
    """A refused connection is LinkError without a code."""
    async with server(idle) as url:
        pass
    with pytest.raises(LinkError, match=r"can't reach 127\.0\.0\.1: Connection refused$") as caught:
        await connect(url, KEY)
    assert caught.value.code is None


@pytest.mark.parametrize("url", ["", "http://localhost/", "ws://", "ws://[", "ws://localhost:99999/", "nonsense"])
async def test_an_address_that_is_none(url: str) -> None:
    """An address that can't be used is LinkError, never another error."""
    with pytest.raises(LinkError):
        await connect(url, KEY)


@pytest.mark.parametrize("key", ["two\r\nlines", "Schlüssel", "with space"])
async def test_a_key_that_no_header_can_hold(key: str) -> None:
    """A key with odd characters is refused before anything is sent, and not quoted."""
    async with server(idle) as url:
        with pytest.raises(LinkError, match="API key") as caught:
            await connect(url, SecretStr(key))
    assert key not in str(caught.value)


def server_context(folder: pathlib.Path) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate of its own for ``localhost``, made in a folder."""
    openssl = shutil.which("openssl")
    assert openssl, "openssl is missing: sudo apt-get install openssl"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"]
    command += ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return loaded(folder)


def loaded(folder: pathlib.Path) -> ssl.SSLContext:
    """Return a server's TLS context with the certificate in a folder; it knows no session of another context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.fixture
def self_signed(tmp_path: pathlib.Path) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate that nobody trusts."""
    return server_context(tmp_path)


async def test_a_certificate_that_nobody_trusts(self_signed: ssl.SSLContext) -> None:
    """It is told in one plain line, with the usual cause on a Pi."""
    async with server(idle, tls=self_signed) as url:
        with pytest.raises(LinkError, match=r"certificate of 127\.0\.0\.1 is not trusted.*check the clock") as caught:
            await connect(url, KEY)
    assert caught.value.code is None


async def test_cancelling_a_connect_leaves_nothing_behind() -> None:
    """A connect that is given up closes its socket."""
    gone = asyncio.Event()
    there = asyncio.Event()

    async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        there.set()
        await reader.read()
        gone.set()

    async with raw_server(silence) as url:
        connecting = asyncio.ensure_future(connect(url, KEY))
        await there.wait()
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await gone.wait()


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that are looked up from now on."""
    looked_up: list[str] = []
    look_up = asyncio.BaseEventLoop.getaddrinfo

    async def getaddrinfo(loop: asyncio.BaseEventLoop, host: str, port: int, **options: int) -> object:
        looked_up.append(host)
        return await look_up(loop, host, port, **options)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return looked_up


async def visit(url: str, last: LastAddress | None = None) -> None:
    """Connect by name, and leave."""
    await (await connect(url.replace("127.0.0.1", "localhost"), None, last=last)).close()


def known(address: str, age: float) -> LastAddress:
    """Return an address whose name was looked up so many seconds ago."""
    last = LastAddress()
    last._address, last._since = address, time.monotonic() - age
    return last


async def test_a_name_is_not_looked_up_again_at_once(lookups: list[str]) -> None:
    """An address that answered is dialled again for five minutes, counted from when it was looked up."""
    last = LastAddress()
    async with server(idle) as url:
        await visit(url, last)
        since = last._since
        await visit(url, last)
        assert (lookups, last._since) == (["localhost"], since)
        for age, times in ((290.0, 1), (310.0, 2)):
            await visit(url, known("127.0.0.1", age))
            assert lookups == ["localhost"] * times


async def test_the_hub_keeps_the_address(lookups: list[str]) -> None:
    """What opens the hub's links looks its server's name up once."""
    async with server(idle) as url:
        open_link = dial(LiveSettings(), url.replace("127.0.0.1", "localhost"), None)
        for _ in range(2):
            await (await open_link()).close()
    assert lookups == ["localhost"]


async def test_an_address_that_answers_no_more(lookups: list[str]) -> None:
    """The name is looked up once more; a server that has moved costs an attempt, not the conversation."""
    async with server(idle) as url:
        last = known("127.0.0.9", 1.0)
        await visit(url, last)
        await visit(url, last)
    assert lookups == ["localhost"]


async def test_a_certificate_is_that_of_the_name(lookups: list[str], self_signed: ssl.SSLContext) -> None:
    """A known address is asked for the same certificate as the name: it is no way round the check."""
    async with server(idle, tls=self_signed) as url:
        with pytest.raises(LinkError, match="the certificate of localhost is not trusted"):
            await visit(url, known("127.0.0.1", 1.0))
    assert lookups == ["localhost"]


@pytest.fixture
def trusted(
    self_signed: ssl.SSLContext, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ssl.SSLContext]:
    """Return a server's TLS context with a certificate that this computer trusts for ``localhost``."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    websockets_link._trust.cache_clear()
    yield self_signed
    websockets_link._trust.cache_clear()


async def test_a_tls_session_goes_on(trusted: ssl.SSLContext) -> None:
    """From the second connection to a host on, the certificate that it has shown once is not checked again."""
    went_on: list[bool] = []

    async def look(connection: ServerConnection) -> None:
        went_on.append(connection.transport.get_extra_info("ssl_object").session_reused)
        await echo(connection)

    async with server(look, tls=trusted) as url:
        for _ in range(3):
            link = await connect(url.replace("127.0.0.1", "localhost"), None)
            await link.send("still me")
            assert await anext(link.messages()) == "still me"
            await link.close()
        with pytest.raises(LinkError, match=r"certificate of 127\.0\.0\.1 is not trusted"):  # a session is one host's
            await connect(url, None)
    assert went_on == [False, True, True]


async def test_a_tls_connection_is_small(trusted: ssl.SSLContext) -> None:
    """A connection takes a few records' room, at both its ends, until sound comes."""
    async with server(idle, tls=trusted) as address:
        url = address.replace("127.0.0.1", "localhost")
        await (await connect(url, None)).close()
        tracemalloc.start()
        try:
            link = await connect(url, None)
            taken, _most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await link.close()
    assert taken < 2**18


async def test_a_tls_session_has_one_user(trusted: ssl.SSLContext) -> None:
    """A second connection beside one that goes on with a session begins one of its own."""
    went_on: list[bool] = []

    async def look(connection: ServerConnection) -> None:
        went_on.append(connection.transport.get_extra_info("ssl_object").session_reused)
        await echo(connection)

    async with server(look, tls=trusted) as url:
        host = url.replace("127.0.0.1", "localhost")
        await (await connect(host, None)).close()
        for link in [await connect(host, None) for _ in range(2)]:
            await link.close()
    assert went_on == [False, True, False]


async def test_a_tls_session_is_read_once(
    trusted: ssl.SSLContext, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read again only once the server takes it no more: each time costs memory that never comes back."""
    read: list[ssl.SSLObject] = []

    class Watched(ssl.SSLObject):
        @property
        def session(self) -> ssl.SSLSession | None:  # type: ignore[override]  # nothing here writes it
            read.append(self)
            return super().session

    monkeypatch.setattr(Trust, "sslobject_class", Watched)
    readings = []
    for context in (trusted, loaded(tmp_path)):
        async with server(echo, tls=context) as url:
            for _ in range(4):
                await visit(url)
                readings.append(len(read))
    assert readings == [1, 1, 1, 1, 2, 2, 2, 2]


async def test_a_tls_session_that_the_server_has_forgotten(trusted: ssl.SSLContext, tmp_path: pathlib.Path) -> None:
    """The certificate is checked then, as at first: it lets nobody in whose certificate is not trusted."""
    for context in (trusted, loaded(tmp_path)):
        async with server(idle, tls=context) as url:
            await visit(url)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    async with server(idle, tls=server_context(elsewhere)) as url:
        with pytest.raises(LinkError, match="certificate of localhost is not trusted"):
            await visit(url)


async def test_certificates_are_read_before_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warming up reads them for an encrypted connection, in another thread, and for no other."""
    threads: list[int] = []
    monkeypatch.setattr(websockets_link, "_trust", lambda: threads.append(threading.get_ident()))
    await warm_up("ws://127.0.0.1:1/")
    assert threads == []
    await warm_up("wss://127.0.0.1:1/")
    (thread,) = threads
    assert thread != threading.get_ident()
