"""The offline server, started when it is first needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from pydantic import SecretStr

from hubd.errors import HubdError, LinkError

# The recogniser's process takes memory that a hub with internet wants for other things.
_IDLE: Final = 1800.0
# Somebody has said the wake word, and waits, s.
_STARTS_WITHIN: Final = 30.0

logger = logging.getLogger(__name__)


class LiveServer(Protocol):
    """A server with an address, and the key that it wants to see."""

    url: str
    key: SecretStr


class Standby:
    """Runs a server from the first time that somebody asks for it until nobody has for half an hour.

    make: makes a server, which runs while it is entered; it may raise HubdError or OSError, when made or entered.
    """

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[LiveServer]]) -> None:
        self._make = make
        self._asked = asyncio.Event()
        self._answer: asyncio.Future[LiveServer] | None = None

    async def server(self) -> LiveServer:
        """Return the server once it runs; raises LinkError if it can't be started, within 30 s."""
        if self._answer is None:
            self._answer = asyncio.get_running_loop().create_future()
        self._asked.set()
        try:
            async with asyncio.timeout(_STARTS_WITHIN):
                return await asyncio.shield(self._answer)
        except TimeoutError:
            raise LinkError(f"the offline server did not start within {_STARTS_WITHIN:g} s") from None

    async def run(self) -> None:
        """Own the server until cancelled."""
        while True:
            await self._asked.wait()
            try:
                async with self._make() as server:
                    self._reply().set_result(server)
                    await self._until_idle()
                    # Whoever asks from now on waits for the next one.
                    self._answer = None
            except (HubdError, OSError) as error:
                answer = self._reply()
                answer.set_exception(LinkError(f"the offline server can't be started: {error}"))
                answer.exception()  # whoever asked may have gone
                self._asked.clear()
                self._answer = None

    async def _until_idle(self) -> None:
        while True:
            self._asked.clear()
            try:
                async with asyncio.timeout(_IDLE):
                    await self._asked.wait()
            except TimeoutError:
                return

    def _reply(self) -> asyncio.Future[LiveServer]:
        if self._answer is None or self._answer.done():
            self._answer = asyncio.get_running_loop().create_future()
        return self._answer
