"""The Unix socket by which a running hub is asked from its own machine."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, Self

from hubd.control import Reply, Request
from hubd.errors import HubdError

NAME: Final = "control.sock"
_LOCK: Final = "control.lock"
_PRIVATE: Final = 0o600
_FOLDER: Final = 0o700
# Where the unit of the system has it, for those who ask without its environment (``operations.md`` 2).
_OF_THE_SYSTEM: Final = Path("/run/hubd")
# Bytes. A request is a few words, a reply may hold 200 complaints.
_LONGEST_REQUEST: Final = 4096
_LONGEST_REPLY: Final = 4 * 1024 * 1024
# Those who ask are few: whoever comes on top is turned away.
_MOST_CLIENTS: Final = 8
# Within so many seconds a request has to be there, and a reply has to be taken.
_PATIENCE: Final = 5.0
# A thousand devices are read in a second on a Raspberry Pi.
_REPLY_WITHIN: Final = 60.0

logger = logging.getLogger(__name__)

Answer = Callable[[Request], Awaitable[Reply]]


def folder_of(environment: Mapping[str, str]) -> Path | None:
    """Return where a hub with this environment has its socket; None if there is no such place.

    $RUNTIME_DIRECTORY (systemd), else below $XDG_RUNTIME_DIR.
    """
    if given := environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    if own := environment.get("XDG_RUNTIME_DIR"):
        return Path(own) / "hubd"
    return None


class ControlSocket:
    """Answers one request a connection, for the hub's own user and root only; a context that holds its place.

    folder: where it is, for this hub alone; None for nowhere. answer: says what becomes of a request. Entering raises
    HubdError if another hub is there. Where there can be no socket nobody is answered, which is logged.
    """

    def __init__(self, folder: Path | None, answer: Answer) -> None:
        self._folder = folder
        self._answer = answer
        self._clients = 0
        self._place = ExitStack()
        self._listening: socket.socket | None = None

    def __enter__(self) -> Self:
        if self._folder is None:
            logger.info("without $RUNTIME_DIRECTORY and $XDG_RUNTIME_DIR there is no control socket; use SIGHUP")
            return self
        try:
            self._listening = self._place.enter_context(_place(self._folder))
        except OSError as error:
            logger.warning("there is no control socket in %s: %s", self._folder, error.strerror or error)
        return self

    def __exit__(self, *_error: object) -> None:
        self._listening = None
        self._place.close()

    async def run(self) -> None:
        """Answer until cancelled; to be called within the context."""
        if self._listening is not None:
            await self._serve(self._listening)

    async def _serve(self, listening: socket.socket) -> None:
        async with asyncio.TaskGroup() as tasks:

            def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tasks.create_task(self._attend(reader, writer), name="control client")

            server = await asyncio.start_unix_server(came, sock=listening, limit=_LONGEST_REQUEST)
            try:
                # Not serve_forever(): cancelled, that of Python 3.12 waits for clients who wait for their replies.
                await asyncio.Event().wait()
            finally:
                server.close()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            if self._clients <= _MOST_CLIENTS:
                await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            # Too slow, too long, gone before the reply: nothing of the hub's depends on it.
            logger.info("a client of the control socket was given up: %s", type(error).__name__)
        finally:
            self._clients -= 1
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_PATIENCE):
            line = await reader.readuntil()
        try:
            reply = await self._answer(Request.read(line))
        except HubdError as error:
            reply = Reply(problem=str(error))
        writer.write(reply.to_line())
        async with asyncio.timeout(_PATIENCE):
            await writer.drain()
            writer.close()
            await writer.wait_closed()


@contextmanager
def _place(folder: Path) -> Iterator[socket.socket]:
    """Yield a socket that listens in the folder, which it shares with no other hub; raises HubdError, OSError."""
    folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = folder / NAME
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HubdError(
                f"another hub runs here already ({path} is its control socket); stop that one, "
                "or give this one a $RUNTIME_DIRECTORY of its own."
            ) from None
        path.unlink(missing_ok=True)  # left behind by a hub that was killed: nobody holds the lock
        # Before it has a name: at no time may others connect.
        os.fchmod(listening.fileno(), _PRIVATE)
        listening.bind(str(path))
        listening.listen(_MOST_CLIENTS)
        try:
            yield listening
        finally:
            path.unlink(missing_ok=True)
    finally:
        listening.close()
        os.close(lock)


async def ask(request: Request, environment: Mapping[str, str]) -> Reply:
    """Ask the hub that runs on this machine; raises HubdError that says why there is no reply."""
    places = [folder for folder in (folder_of(environment), _OF_THE_SYSTEM) if folder is not None]
    async with _connected([folder / NAME for folder in dict.fromkeys(places)]) as (reader, writer):
        try:
            async with asyncio.timeout(_REPLY_WITHIN):
                writer.write(request.to_line())
                line = await reader.readuntil()
        except TimeoutError:
            raise HubdError(f"the hub has not answered within {_REPLY_WITHIN:g} s.") from None
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise HubdError("the hub broke the connection off; its journal may say why.") from None
    return Reply.read(line)


@asynccontextmanager
async def _connected(paths: Sequence[Path]) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to the first of these sockets on which somebody listens."""
    for path in paths:
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_REPLY)
        except PermissionError:
            raise HubdError(f"{path} is not yours to use; ask as the hub's own user, or as root.") from None
        except OSError:
            continue
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
        return
    looked = ", ".join(map(str, paths))
    raise HubdError(f"no hub runs here (nobody listens at {looked}).")
