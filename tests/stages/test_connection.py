from __future__ import annotations

import asyncio

from hubd.audio.buffers import Uplink
from hubd.errors import LinkError
from hubd.events import Backend, Event
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.stages.connection import Calls, Connection, Server
from tests.stages.line_fakes import GONE, READY, FakeLink
from tests.virtual_time import run


def test_a_failure_leaves_its_holder_as_it_was() -> None:
    """A task whose connection failed can still be timed out: nothing of the failure's cancelling is left on it."""

    async def dial() -> FakeLink:
        return FakeLink([READY, GONE])

    def make_mouth(handle: str | None) -> Mouth:
        return Mouth(
            LiveSession(Opening(SessionSettings("gemini-3.8-live"), ()), handle, Backend.GEMINI), Uplink(), manual=False
        )

    async def post(event: Event) -> None:
        pass

    async def scenario() -> None:
        server = Server(Backend.GEMINI, dial, make_mouth, lambda: "")
        calls = Calls(
            sent=lambda: None,
            ready=lambda mouth: None,
            handle=lambda secret: None,
            turn_over=lambda: None,
            post=post,
        )
        failure = await Connection(server, None, None, calls).hold()
        assert isinstance(failure, LinkError)
        holder = asyncio.current_task()
        assert holder is not None
        assert holder.cancelling() == 0

    run(scenario())
