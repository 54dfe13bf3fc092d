"""The Live link over a WebSocket; the only importer of websockets on the client's side."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import re
import ssl
import time
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websockets_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.frames import CloseCode

from hubd.edges.tls_trust import Trust
from hubd.errors import LinkError

# ``live-protocol.md`` 10. Pongs were measured 8 to 30 s late, so the library's 20 s would end good sessions.
CONNECT_TIMEOUT: Final = 10.0
PING_INTERVAL: Final = 20.0
PING_TIMEOUT: Final = 60.0
MAX_SIZE: Final = 16 * 2**20
# A frame that the network has not taken by then is too late to be understood.
SEND_TIMEOUT: Final = 10.0
# An address that has answered is dialled again for so long without looking its name up, s: routers take their time.
_KNOWN_FOR: Final = 300.0
# It may have gone away since, s.
_KNOWN_TIMEOUT: Final = 3.0
# Together less than the 2 s of the port's contract.
_CLOSE_HANDSHAKE: Final = 1.0
_CLOSE_TIMEOUT: Final = 1.8
_BODY_MESSAGE: Final = re.compile(r'"message"\s*:\s*"([^"\\]{1,200})')
_KEY: Final = re.compile(r"[!-~]{1,512}")

# asyncio makes room for 256 kB with each TLS connection, and twice with each frame that comes, which malloc takes from
# the system and gives back every time. A record holds 16 kB (RFC 8446 5.1); a few at once make fewer turns of the loop.
SSLProtocol.max_size = 64 * 2**10


class Key(Protocol):
    """A key that shows itself to nobody by accident, such as pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        """Return the key."""
        ...


class _Discreet(logging.LoggerAdapter[logging.Logger]):
    """A logger that never takes debug records: with those the library writes down headers and frames."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 -- logging's own name
        return level > logging.DEBUG and super().isEnabledFor(level)


class _Direct(websockets_connect):
    """A connect that follows no redirect: the library would carry the key along to another host."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class LastAddress:
    """The address at which a server was reached last; each server has one of its own."""

    def __init__(self) -> None:
        self._address = ""
        # When its name was looked up, monotonic, s.
        self._since = 0.0

    async def dial(self, dial: Callable[..., _Direct], open_timeout: float) -> ClientConnection:
        """Dial the last address, if its name was looked up not long ago; else look the name up."""
        address, self._address = self._address, ""
        connection = None
        if address and time.monotonic() - self._since < _KNOWN_FOR:
            with contextlib.suppress(OSError):  # the name is looked up then
                connection = await dial(host=address, open_timeout=min(open_timeout, _KNOWN_TIMEOUT))
        if connection is None:
            self._since = time.monotonic()
            connection = await dial(open_timeout=open_timeout)
        self._address = connection.remote_address[0]
        return connection


async def connect(
    url: str,
    key: Key | None,
    *,
    last: LastAddress | None = None,
    open_timeout: float = CONNECT_TIMEOUT,
) -> WebsocketsLink:
    """Open a link to url, the service's full address without a key; return it ready for the first frame.

    key: sent as the header ``x-goog-api-key``; None for a server that wants none. last: where url was reached last; the
    same object, given to each connect, saves looking its name up again. open_timeout: s.
    The host of url is the only one that is contacted: proxies named in the environment are not used, redirects are not
    followed. Frames are not compressed: that would save a third of 340 kbit/s, for a turn of zlib with every frame.
    Raises LinkError: with the HTTP status if the server refuses, without a code if there was no answer.
    """
    secret = key.get_secret_value() if key is not None else ""
    if secret and _KEY.fullmatch(secret) is None:
        raise LinkError("the API key holds a character that no API key has")
    host = _host(url)
    try:
        dial = functools.partial(
            _Direct,
            url,
            additional_headers={"x-goog-api-key": secret} if secret else None,
            user_agent_header="hubd",
            proxy=None,
            compression=None,
            ping_interval=PING_INTERVAL,
            ping_timeout=PING_TIMEOUT,
            close_timeout=_CLOSE_HANDSHAKE,
            max_size=MAX_SIZE,
            logger=_Discreet(logging.getLogger(__name__), {}),
            ssl=_trust() if _encrypted(url) else None,
        )
        connection = await (last or LastAddress()).dial(dial, open_timeout)
    except InvalidStatus as refusal:
        raise LinkError(_without(secret, _refusal(refusal)), refusal.response.status_code) from None
    except TimeoutError:
        raise LinkError(f"no answer from {host} within {open_timeout:g} s") from None
    except ssl.SSLCertVerificationError as error:
        problem = f"the certificate of {host} is not trusted: {error.verify_message}; check the clock of this computer"
        raise LinkError(problem) from None
    except (ssl.SSLError, InvalidHandshake, EOFError):
        raise LinkError(f"{host} does not answer as a WebSocket server") from None
    except OSError as error:
        raise LinkError(f"can't reach {host}: {_cause(error)}") from None
    except (InvalidURI, ValueError):
        raise LinkError("the address in live.url is no WebSocket address") from None
    return WebsocketsLink(connection, secret)


async def warm_up(url: str) -> None:
    """Do ahead, beside the loop, what the first connect() to url would do: it reads the trusted certificates."""
    if _encrypted(url):
        await asyncio.to_thread(_trust)


class WebsocketsLink:
    """One open WebSocket, as hubd.ports.LiveLink wants it."""

    def __init__(self, connection: ClientConnection, secret: str) -> None:
        self._connection = connection
        self._secret = secret

    async def send(self, text: str) -> None:
        """Send one text frame; raises LinkError if the connection is gone or takes nothing for 10 s."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._connection.send(text)
        except TimeoutError:
            self._connection.transport.abort()
            raise LinkError("the network takes no more data", CloseCode.ABNORMAL_CLOSURE) from None
        except ConnectionClosed as closed:
            raise self._lost(closed) from None

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield text and binary frames; raises LinkError with the close code when the connection ends."""
        while True:
            try:
                frame = await self._connection.recv()
            except ConnectionClosed as closed:
                raise self._lost(closed) from None
            yield frame

    async def close(self) -> None:
        """Close with code 1000; returns within 2 s whatever the server does."""
        tls: ssl.SSLObject | None = self._connection.transport.get_extra_info("ssl_object")
        if tls is not None:
            _trust().keep(tls)
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self._connection.close()
        except TimeoutError:
            pass  # the connection is cut below
        finally:
            self._connection.transport.abort()

    def _lost(self, closed: ConnectionClosed) -> LinkError:
        ours_first = closed.sent is not None and not closed.rcvd_then_sent
        close = closed.sent if ours_first else closed.rcvd
        if close is None:
            return LinkError("the connection broke off", CloseCode.ABNORMAL_CLOSURE)
        if ours_first and close.code == CloseCode.INVALID_DATA:
            # The library's verdict on the server's text; as 1007 it would pass for the server's verdict on ours.
            return LinkError("the server sent text that is not UTF-8", CloseCode.PROTOCOL_ERROR)
        return LinkError(_without(self._secret, close.reason), close.code)


def _encrypted(url: str) -> bool:
    return url.lower().startswith("wss:")


@functools.cache
def _trust() -> Trust:
    """Return the system's trusted certificates; read once, for it takes a Pi a good part of the connect time."""
    return Trust(ssl.PROTOCOL_TLS_CLIENT)


def _host(url: str) -> str:
    """Return the host of the URL for an error's text; the rest might hold what nobody should read."""
    try:
        return urlsplit(url).hostname or "the Live server"
    except ValueError:
        return "the Live server"


def _cause(error: OSError) -> str:
    """Return why there is no connection: asyncio's own words quote Python, the system's don't."""
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return error.strerror or str(error)


def _refusal(refusal: InvalidStatus) -> str:
    body = (refusal.response.body or b"")[:4096].decode("utf-8", "replace")
    message = _BODY_MESSAGE.search(body)
    return message[1] if message else refusal.response.reason_phrase


def _without(secret: str, text: str) -> str:
    """Return the server's words without the key, and without what does not belong into a line of text."""
    words = text.replace(secret, "(key)") if secret else text
    return "".join(character if character.isprintable() else " " for character in words)
