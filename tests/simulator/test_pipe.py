from __future__ import annotations

import asyncio
import json

import pytest

from hubd.errors import LinkError
from hubd.simulator.pipe import Pipe
from hubd.simulator.server import Simulator
from tests import virtual_time
from tests.offline.hosting import set_up


async def test_both_ends_hear_each_other() -> None:
    """Text goes up, binary comes down, in order."""
    pipe = Pipe()
    frames = pipe.frames()
    await pipe.link.send("a")
    await pipe.link.send("b")
    assert [await anext(frames), await anext(frames)] == ["a", "b"]
    await pipe.send("{}")
    assert await anext(pipe.link.messages()) == b"{}"
    assert pipe.open


@pytest.mark.parametrize(("code", "reason"), [(1008, "no"), (1006, "the connection broke off")], ids=["close", "cut"])
async def test_the_server_ends_it(code: int, reason: str) -> None:
    """What was sent before still arrives; then every use is a LinkError with the code."""
    pipe = Pipe()
    await pipe.send("{}")
    if code == 1006:
        pipe.cut()
    else:
        await pipe.close(code, reason)
    assert await anext(pipe.link.messages()) == b"{}"
    for _ in range(2):
        with pytest.raises(LinkError) as ended:
            await anext(pipe.link.messages())
        assert (ended.value.code, ended.value.reason) == (code, reason)
    with pytest.raises(LinkError):
        await pipe.link.send("a")
    assert [frame async for frame in pipe.frames()] == []
    assert not pipe.open


async def test_the_client_ends_it() -> None:
    """The server reads what came before, then nothing more."""
    pipe = Pipe()
    await pipe.link.send("a")
    await pipe.link.close()
    assert [frame async for frame in pipe.frames()] == ["a"]
    assert not pipe.open


async def test_a_held_pipe_is_half_open() -> None:
    """Nothing is read and nothing ends, until the client gives up."""
    pipe = Pipe()
    pipe.hold(None)
    await pipe.link.send("a")
    reading = asyncio.ensure_future(anext(pipe.frames()))
    done, _ = await asyncio.wait([reading], timeout=0.05)
    assert not done
    await pipe.link.close()
    assert await reading == "a"


def test_a_simulation_runs_in_virtual_time() -> None:
    """Without a port the simulator keeps the loop's time: ten minutes of goAway and its end pass at once."""

    async def scenario() -> None:
        async with Simulator("after 9m:\n  goaway 50s", listen=False) as simulator:
            link = await simulator.connect()
            await link.send(json.dumps(set_up()))
            frames = link.messages()
            while await anext(frames) != b'{"goAway":{"timeLeft":"50s"}}':
                pass
            assert virtual_time.now() == pytest.approx(540.0, abs=0.1)
            with pytest.raises(LinkError, match="1008 The operation was aborted"):
                await anext(frames)
            assert virtual_time.now() == pytest.approx(590.0, abs=0.1)

    virtual_time.run(scenario())


def test_reading_may_pause() -> None:
    """What is sent meanwhile arrives when the pause is over."""

    async def scenario() -> None:
        pipe = Pipe()
        pipe.hold(20.0)
        await pipe.link.send("a")
        assert await anext(pipe.frames()) == "a"
        assert virtual_time.now() == pytest.approx(20.0, abs=0.1)
        pipe.hold(20.0)
        pipe.hold(None)
        await pipe.link.send("b")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(pipe.frames()), 100.0)

    virtual_time.run(scenario())
