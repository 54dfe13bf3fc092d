"""The Live service's address, served over WebSockets."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from hubd.offline.connection import Gone

# ``live-protocol.md`` 1.
_PATH: Final = re.compile(
    r"/ws/google\.ai\.generativelanguage\.(v1beta|v1|v1alpha)\.GenerativeService\.BidiGenerateContent(?:\?.*)?"
)
_MAX_SIZE: Final = 16 * 2**20
_CLOSE_TIMEOUT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Dialled:
    """What a client said while it dialled.

    number: counted over all that dialled the service's path, from 1. version: of the service, such as ``v1beta``.
    key: empty if it has none.
    """

    number: int
    version: str
    key: str


class Listener:
    """Listens on loopback while it is entered; ``url`` is its base address then.

    serve: runs each connection. key: what a client has to show, as the service wants it shown; empty for whoever comes.
    admit: returns the HTTP status to refuse an upgrade with, by its number; None to go on.
    text: whether frames go out as text instead of binary, as behind gateways. Raises ValueError for an address that is
    not of this machine's loopback, OSError if the port is taken.
    """

    def __init__(  # noqa: PLR0913 -- each has its default
        self,
        serve: Callable[[WebsocketEnd, Dialled], Awaitable[None]],
        host: str,
        port: int,
        *,
        key: str = "",
        admit: Callable[[int], HTTPStatus | None] = lambda _number: None,
        text: bool = False,
    ) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is not a loopback address: the offline server is for this machine alone")
        self._handle = serve
        self._address = (host, port)
        self._key = key.encode()
        self._admit = admit
        self._text = text
        self._server: Server | None = None
        self._ends: set[WebsocketEnd] = set()
        self._dialled = 0
        self._numbers: WeakKeyDictionary[ServerConnection, int] = WeakKeyDictionary()
        self.url = ""

    async def __aenter__(self) -> Self:
        host, port = self._address
        self._server = await serve(
            self._serve,
            host,
            port,
            process_request=self._upgrade,
            max_size=_MAX_SIZE,
            compression=None,
            close_timeout=_CLOSE_TIMEOUT,
        )
        self.url = _url(self._server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in self._ends:
            if end.held:
                end.cut()  # it would not hear that it is to be closed
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        path = "" if request is None else request.path
        match = _PATH.fullmatch(path)
        key = "" if request is None else _shown_key(request)
        end = WebsocketEnd(connection, text=self._text)
        self._ends.add(end)
        try:
            await self._handle(end, Dialled(self._numbers[connection], match[1] if match else "", key))
        finally:
            self._ends.discard(end)

    def _upgrade(self, connection: ServerConnection, request: Request) -> Response | None:
        if _PATH.fullmatch(request.path) is None:
            return connection.respond(HTTPStatus.NOT_FOUND, "Not Found\n")
        if self._key and not hmac.compare_digest(_shown_key(request).encode(), self._key):
            return connection.respond(HTTPStatus.FORBIDDEN, "Forbidden\n")
        self._dialled += 1
        self._numbers[connection] = self._dialled
        status = self._admit(self._dialled)
        return None if status is None else connection.respond(status, f"{status.phrase}\n")


class WebsocketEnd:
    """The server's end of a WebSocket, as ``connection.End`` wants it."""

    def __init__(self, connection: ServerConnection, *, text: bool) -> None:
        self._connection = connection
        self._text = text
        self.held = False

    @property
    def open(self) -> bool:
        """Whether neither side has closed it."""
        return self._connection.state is State.OPEN

    async def frames(self) -> AsyncIterator[str | bytes]:
        """Yield text and binary frames."""
        try:
            async for frame in self._connection:
                yield frame
        except ConnectionClosed:
            raise Gone from None

    async def send(self, text: str) -> None:
        """Send one frame."""
        try:
            await self._connection.send(text if self._text else text.encode())
        except ConnectionClosed:
            raise Gone from None

    async def close(self, code: int, reason: str) -> None:
        """Close with a close frame."""
        await self._connection.close(code, reason)

    def cut(self) -> None:
        """Cut the connection: whoever is at the other end sees a reset."""
        self._connection.transport.abort()

    def hold(self, seconds: float | None) -> None:
        """Read nothing for so long: pings go unanswered too."""
        transport = self._connection.transport
        if transport.is_closing():
            return
        transport.pause_reading()
        if seconds is None:
            self.held = True
        else:
            asyncio.get_running_loop().call_later(seconds, _resume, transport)


def _resume(transport: asyncio.Transport) -> None:
    if not transport.is_closing():
        transport.resume_reading()


def _shown_key(request: Request) -> str:
    query = parse_qs(urlsplit(request.path).query)
    return (query.get("key") or [""])[0] or request.headers.get("x-goog-api-key", "")


def _url(server: Server) -> str:
    address, port, *_ = next(iter(server.sockets)).getsockname()
    return f"ws://[{address}]:{port}" if ":" in address else f"ws://{address}:{port}"
