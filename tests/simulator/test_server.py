from __future__ import annotations

import asyncio
import json

import pytest
from pydantic import JsonValue
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hubd.errors import LinkError
from hubd.events import Scheduling
from hubd.simulator.record import Record
from hubd.simulator.server import Simulator
from hubd.simulator.sound import speech
from tests.offline.hosting import Frame, answer, audio, set_up, tool_response

SERVICE = "/ws/google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContent"
MANUAL: dict[str, JsonValue] = {"automaticActivityDetection": {"disabled": True}}


def service(simulator: Simulator, version: str = "v1beta") -> str:
    """Return the full address."""
    return simulator.url + SERVICE.format(version)


async def send(link: ClientConnection, *frames: Frame) -> None:
    """Send frames."""
    for frame in frames:
        await link.send(json.dumps(frame))


def text(words: str) -> Frame:
    """Return a frame of text."""
    return {"realtimeInput": {"text": words}}


def turns(record: Record) -> int:
    """Return how many of the model's turns are complete."""
    return sum('"turnComplete":true' in frame for visit in record.visits for frame in visit.sent)


async def closed(link: ClientConnection) -> tuple[int, str]:
    """Return how the server closes the connection."""
    try:
        while True:
            await link.recv()
    except ConnectionClosed as end:
        return (end.rcvd.code, end.rcvd.reason) if end.rcvd is not None else (1006, "")


async def test_what_a_client_did_is_on_record() -> None:
    """Frames, sound, turns, calls with their answers: all can be looked up, in order."""
    script = """
    turn 1:
      call set_light {"device": "kitchen lights", "on": true}
      also set_heater {"temperature": 21}
    """.replace("\n    ", "\n")
    async with Simulator(script) as simulator, connect(service(simulator)) as link:
        await send(link, set_up(realtimeInputConfig=MANUAL), {"realtimeInput": {"activityStart": {}}})
        sound = speech("make it cosy", 16_000)
        await send(link, audio(sound), {"realtimeInput": {"activityEnd": {}}})
        await simulator.until(lambda record: len(record.calls) == 2)
        first, second = simulator.record.calls
        assert (first.id, first.name, first.args) == ("call_1", "set_light", {"device": "kitchen lights", "on": True})
        late = answer({"id": "call_9", "name": "set_light"}, message="Late.")
        await send(link, tool_response(answer({"id": second.id, "name": second.name}, "SILENT"), late))
        await simulator.until(lambda record: len(record.answers) == 2)
    (visit,) = simulator.record.visits
    assert [turn.words for turn in visit.turns] == ["make it cosy"]
    assert visit.turns[0].pcm == bytes(visit.audio) == sound
    taken, ignored = visit.answers
    assert (taken.id, taken.scheduling, taken.taken) == ("call_2", Scheduling.SILENT, True)
    assert (ignored.id, ignored.scheduling, ignored.taken) == ("call_9", None, False)
    assert visit.set_up
    assert visit.over
    assert len(visit.received) == 5


async def test_a_conversation_is_restored() -> None:
    """A handle brings back the history and the count of turns; in use or forgotten it is refused."""
    script = 'otherwise:\n  say "Turn {turn}, first {first}." for 200ms\nconnection 4:\n  forget handles'
    async with Simulator(script, pace=20) as simulator:
        async with connect(service(simulator)) as link:
            await send(link, set_up(), text("swordfish"))
            await simulator.until(lambda record: turns(record) == 1 and '"resumable"' in record.visits[0].sent[-1])
            handle = json.loads(simulator.record.visits[0].sent[-1])["sessionResumptionUpdate"]["newHandle"]
            async with connect(service(simulator)) as second:
                await send(second, set_up(sessionResumption={"handle": handle}))
                assert await closed(second) == (1011, "Internal error encountered.")
        async with connect(service(simulator)) as link:
            await send(link, set_up(sessionResumption={"handle": handle}), text("again"))
            await simulator.until(lambda record: turns(record) == 2)
        async with connect(service(simulator)) as link:
            await send(link, set_up(sessionResumption={"handle": handle}))
            assert await closed(link) == (1008, "Requested entity was not found.")
    assert [visit.resumed for visit in simulator.record.visits] == [False, False, True, False]
    assert simulator.record.handles == [handle] * 3
    assert "Turn 2, first swordfish." in "".join(
        json.loads(frame).get("serverContent", {}).get("outputTranscription", {}).get("text", "")
        for frame in simulator.record.visits[2].sent
    )


async def test_a_connection_ends_after_any_frame() -> None:
    """A cut after the n-th frame ends the connection right there, in either direction."""
    for direction in ("sent", "received"):
        script = f'cut after {direction} 2 by close 1011 "gone"\notherwise:\n  say "Yes."'
        async with Simulator(script) as simulator, connect(service(simulator)) as link:
            await send(link, set_up(), text("one"), text("two"))
            assert await closed(link) == (1011, "gone")
        (visit,) = simulator.record.visits
        assert len(visit.sent if direction == "sent" else visit.received) == 2


async def test_a_half_open_connection_says_nothing() -> None:
    """After silence neither frames nor pongs come, nor a close; the simulator ends all the same."""
    async with Simulator("turn 1:\n  silence") as simulator:
        link = await connect(service(simulator), ping_interval=None, close_timeout=0.1)
        await send(link, set_up(), text("one"))
        await simulator.until(lambda record: len(record.visits[0].received) == 2)
        pong = await link.ping()
        done, _ = await asyncio.wait([asyncio.ensure_future(pong)], timeout=0.2)
        assert not done
        link.transport.abort()
        await link.wait_closed()


@pytest.mark.parametrize("script", ["turn 1:\n  silence", "cut after received 2 by silence"])
async def test_a_half_open_conversation_can_be_resumed(script: str) -> None:
    """The service has given it up: its handle is free at once, though the socket stands."""
    async with (
        Simulator(script) as simulator,
        connect(service(simulator), ping_interval=None, close_timeout=0.1) as link,
    ):
        await send(link, set_up())
        await simulator.until(lambda record: bool(record.visits) and len(record.visits[0].sent) == 2)
        handle = json.loads(simulator.record.visits[0].sent[-1])["sessionResumptionUpdate"]["newHandle"]
        await send(link, text("one"))
        await simulator.until(lambda record: len(record.visits[0].received) == 2)
        async with connect(service(simulator)) as second:
            await send(second, set_up(sessionResumption={"handle": handle}))
            assert await second.recv() == b'{"setupComplete":{}}'


async def test_upgrades_are_refused_by_number() -> None:
    """A connection can be refused with any HTTP status, the next is served."""
    async with Simulator("connection 1:\n  http 503") as simulator:
        with pytest.raises(InvalidStatus) as refused:
            await connect(service(simulator))
        assert refused.value.response.status_code == 503
        async with connect(service(simulator)):
            pass
        assert (simulator.record.dialled, simulator.record.refused) == (2, [503])


async def test_steps_can_be_given_on_the_way() -> None:
    """A test may do what a script does, at a time of its choosing."""
    async with Simulator() as simulator, connect(service(simulator)) as link:
        with pytest.raises(LookupError):
            Simulator().act("interrupt")
        await send(link, set_up())
        await simulator.until(lambda record: bool(record.visits) and record.visits[0].set_up)
        simulator.act('goaway 9m\nsay "Hello."\nclose 1008')
        assert await closed(link) == (1008, "The operation was aborted.")
    assert '{"goAway":{"timeLeft":"540s"}}' in simulator.record.visits[0].sent


async def test_a_link_needs_no_network() -> None:
    """connect() gives a LiveLink straight into the simulator, refused upgrades included."""
    async with Simulator("connection 1:\n  http 409\nturn 1:\n  close 1008", listen=False) as simulator:
        with pytest.raises(LinkError) as refused:
            await simulator.connect()
        assert refused.value.code == 409
        link = await simulator.connect()
        await link.send(json.dumps(set_up()))
        frames = link.messages()
        assert await anext(frames) == b'{"setupComplete":{}}'
        await link.send(json.dumps(text("bye")))
        with pytest.raises(LinkError, match="1008 The operation was aborted"):
            async for _ in frames:
                pass


async def test_frames_are_binary_unless_the_script_wants_text() -> None:
    """Both opcodes carry JSON; binary is the service's own (``live-protocol.md`` 2)."""
    for script, kind in (("", bytes), ("frames text", str)):
        async with Simulator(script) as simulator, connect(service(simulator)) as link:
            await send(link, set_up())
            assert isinstance(await link.recv(), kind)


@pytest.mark.parametrize("path", ["/", SERVICE.format("v2"), SERVICE.format("v1beta") + "Constrained"])
async def test_another_path_is_not_found(path: str) -> None:
    """Whatever else is asked for gets HTTP 404 at the upgrade, and counts as no connection."""
    async with Simulator("connection 1:\n  close 1011") as simulator:
        with pytest.raises(InvalidStatus) as refused:
            await connect(simulator.url + path)
        assert refused.value.response.status_code == 404
        assert simulator.record.dialled == 0


@pytest.mark.parametrize("where", ["header", "query"])
async def test_a_key_may_come_either_way(where: str) -> None:
    """As a header or in the query (``live-protocol.md`` 1); the version is the path's."""
    async with Simulator('key "swordfish"') as simulator:
        query, headers = ("?key=swordfish", {}) if where == "query" else ("", {"x-goog-api-key": "swordfish"})
        async with connect(service(simulator, "v1") + query, additional_headers=headers) as link:
            await send(link, set_up())
            assert await link.recv() == b'{"setupComplete":{}}'
        (visit,) = simulator.record.visits
        assert (visit.key, visit.version) == ("swordfish", "v1")


async def test_pongs_come_late() -> None:
    """While nothing is read pings wait too; what the server says goes on, and afterwards all is as before."""
    script = 'turn 1:\n  pongs late 40s\n  empty\n  wait 2s\n  text "Still here."'
    async with Simulator(script, pace=20) as simulator, connect(service(simulator)) as link:
        await send(link, set_up(), text("one"))
        while await link.recv() != b"{}":
            pass
        pong = asyncio.ensure_future(await link.ping())
        while b"Still here." not in await link.recv(decode=False):
            assert not pong.done()
        assert not pong.done()
        await pong
        await send(link, text("two"))
        await simulator.until(lambda record: turns(record) == 2)


async def test_time_may_pass_faster() -> None:
    """With a pace of 100 a minute of speech is over in less than a second."""
    script = 'otherwise:\n  say "Well." for 60s'
    async with Simulator(script, pace=100) as simulator, connect(service(simulator), max_size=None) as link:
        await send(link, set_up(), text("one"))
        async with asyncio.timeout(30):
            while b"turnComplete" not in await link.recv(decode=False):
                pass


async def test_all_that_happens_is_told() -> None:
    """A line for each connection, frame and end, without what was said."""
    lines: list[str] = []
    script = "connection 1:\n  http 429\nturn 1:\n  drop\nturn 2:\n  silence"
    async with Simulator(script, tell=lines.append) as simulator:
        with pytest.raises(InvalidStatus):
            await connect(service(simulator))
        async with connect(service(simulator)) as link:
            await send(link, set_up(), text("swordfish"))
            assert await closed(link) == (1006, "")
            await simulator.until(lambda record: record.visits[0].over)
    assert lines == [
        "  1 ← HTTP 429 Too Many Requests",
        "  2   connected",
        "  2 → setup",
        "  2 → realtimeInput: text",
        "  2 ← setupComplete",
        "  2 ← sessionResumptionUpdate",
        "  2 ← cut",
        "  2   gone",
    ] or lines[-2:] == ["  2 ← cut", "  2   gone"]


async def test_a_client_that_is_gone_is_no_use() -> None:
    """Steps for a connection that has ended are a mistake of the test."""
    async with Simulator(listen=False) as simulator:
        link = await simulator.connect()
        await link.send(json.dumps(set_up()))
        await simulator.until(lambda record: bool(record.visits) and record.visits[0].set_up)
        await link.close()
        await simulator.until(lambda record: record.visits[0].over)
        with pytest.raises(LookupError, match="no client is connected"):
            simulator.act("interrupt")


async def test_what_does_not_come_is_not_waited_for() -> None:
    """A condition that is never met ends in a TimeoutError."""
    async with Simulator(listen=False) as simulator:
        with pytest.raises(TimeoutError):
            await simulator.until(lambda record: bool(record.calls), within=0.01)


async def test_a_simulator_may_forget() -> None:
    """For a server that runs for days nothing is kept, of a connection or after it; it does what it did."""
    script = 'otherwise:\n  say "Well." for 1s\n  call lock'
    async with Simulator(script, keep=False, pace=50) as simulator:
        async with connect(service(simulator)) as link:
            await send(link, set_up(), text("one"), audio(bytes(640)))
            while b"turnComplete" not in await link.recv(decode=False):
                pass
            (visit,) = simulator.record.visits
            assert not any((visit.received, visit.sent, visit.audio, visit.turns, visit.calls, visit.texts))
        await simulator.until(lambda record: not record.visits)


async def test_sound_of_a_browser() -> None:
    """Sound at 48 kHz is listened to like any other: a turn of so much speech is found in it, and answered."""
    async with Simulator('turn 1:\n  say "Yes."') as simulator, connect(service(simulator)) as link:
        await send(link, set_up(realtimeInputConfig=MANUAL), {"realtimeInput": {"activityStart": {}}})
        frame = audio(speech("", 48_000, 1.0))
        frame["realtimeInput"]["audio"]["mimeType"] = "audio/pcm;rate=48000"
        await send(link, frame, {"realtimeInput": {"activityEnd": {}}})
        await simulator.until(lambda record: turns(record) == 1)
        (turn,) = simulator.record.visits[0].turns
    assert len(turn.pcm) == pytest.approx(2 * 16_000, abs=64)
