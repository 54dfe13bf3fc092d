from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from hubd.offline.server import OfflineServer
from tests.offline.hosting import Frame, answer, audio, set_up, tool_response
from tests.offline.speaking import in_a_room

SERVICE = "/ws/google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContent"


def dial(server: OfflineServer, version: str = "v1beta") -> connect:
    """Return a connection to the server, with its key."""
    headers = {"x-goog-api-key": server.key.get_secret_value()}
    return connect(server.url + SERVICE.format(version), additional_headers=headers, max_size=2**24)


@asynccontextmanager
async def opened(server: OfflineServer, **more: object) -> AsyncIterator[ClientConnection]:
    """Yield a connection that is set up."""
    async with dial(server) as link:
        await link.send(json.dumps(set_up(**more)))
        await until(link, "setupComplete")
        yield link


async def receive(link: ClientConnection) -> Frame:
    """Return the next frame."""
    frame: Frame = json.loads(await link.recv())
    return frame


async def until(link: ClientConnection, key: str) -> list[Frame]:
    """Return the frames up to one that has this key, at its root or in its serverContent."""
    frames: list[Frame] = []
    while not frames or (key not in frames[-1] and key not in frames[-1].get("serverContent", {})):
        frames.append(await receive(link))
    return frames


async def speak(link: ClientConnection, text: str) -> None:
    """Send speech in frames of 40 ms, as fast as they go."""
    pcm = in_a_room(text)
    for start in range(0, len(pcm), 1280):
        await link.send(json.dumps(audio(pcm[start : start + 1280])))


async def test_a_spoken_command_is_called_and_answered() -> None:
    """Speech in, a call out; its outcome in, speech out; then the turn is complete."""
    async with OfflineServer() as server, opened(server) as link:
        await speak(link, "set the heater to twenty one degrees")
        frames = await until(link, "toolCall")
        (call,) = frames[-1]["toolCall"]["functionCalls"]
        assert (call["name"], call["args"]) == ("set_heater", {"temperature": 21})
        await until(link, "turnComplete")
        await link.send(json.dumps(tool_response(answer(call, "WHEN_IDLE", message="It gets warm."))))
        frames = await until(link, "turnComplete")
        said = [
            frame["serverContent"]["outputTranscription"]["text"]
            for frame in frames
            if "outputTranscription" in str(frame)
        ]
        assert said == ["It gets warm."]
        assert any("modelTurn" in frame.get("serverContent", {}) for frame in frames)


async def test_other_speech_is_answered_without_a_call() -> None:
    """Somebody who says what is no command hears so."""
    async with OfflineServer() as server, opened(server) as link:
        await speak(link, "what a lovely day")
        frames = await until(link, "outputTranscription")
        assert not any("toolCall" in frame for frame in frames)


async def test_frames_are_binary() -> None:
    """JSON comes in binary frames, as from the service (``live-protocol.md`` 2)."""
    async with OfflineServer() as server, dial(server, "v1") as link:
        await link.send(json.dumps(set_up()))
        assert await link.recv() == b'{"setupComplete":{}}'


@pytest.mark.parametrize("version", ["v1beta", "v1", "v1alpha"])
async def test_the_path_is_the_services(version: str) -> None:
    """Each version of the service's path is served, with the key in a header or in the query."""
    async with OfflineServer() as server:
        async with dial(server, version):
            pass
        async with connect(f"{server.url}{SERVICE.format(version)}?key={server.key.get_secret_value()}"):
            pass


@pytest.mark.parametrize("key", ["", "AIza", "ä"])
async def test_nobody_without_its_key_is_served(key: str) -> None:
    """Another user of this computer, who can reach loopback as well, is refused; so is yesterday's key."""
    async with OfflineServer() as yesterday:
        pass
    async with OfflineServer() as server:
        for shown in (key, yesterday.key.get_secret_value()):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{server.url}{SERVICE.format('v1beta')}?key={quote(shown)}")
            assert refused.value.response.status_code == 403
        assert server.key.get_secret_value() not in f"{server.key!r} {server.url} {vars(server)}"


@pytest.mark.parametrize("path", ["/", "/ws", SERVICE.format("v2"), SERVICE.format("v1beta") + "Constrained"])
async def test_another_path_is_not_found(path: str) -> None:
    """Whatever else is asked for gets HTTP 404 at the upgrade."""
    async with OfflineServer() as server:
        with pytest.raises(InvalidStatus) as refused:
            await connect(server.url + path)
    assert refused.value.response.status_code == 404


async def test_a_broken_frame_closes_with_the_services_words() -> None:
    """The close carries code and reason."""
    async with OfflineServer() as server, opened(server) as link:
        await link.send('{"realtimeInput":{"volume":11}}')
        with pytest.raises(ConnectionClosedError) as closed:
            await until(link, "nothing")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007
    assert closed.value.rcvd.reason.startswith('Invalid JSON payload received. Unknown name "volume"')


async def test_a_long_reason_is_cut_at_a_letter() -> None:
    """A close frame holds 123 bytes (RFC 6455, 5.5)."""
    async with OfflineServer() as server, dial(server) as link:
        await link.send(json.dumps({"setup": {"x" * 64: 1, "model": "models/x", "generationConfig": {"ä": 1}}}))
        with pytest.raises(ConnectionClosedError) as closed:
            await link.recv()
    assert closed.value.rcvd is not None
    assert len(closed.value.rcvd.reason.encode()) <= 123


async def test_the_seam_shows_frames() -> None:
    """Tests see every frame that goes out."""
    sent: list[str] = []
    async with OfflineServer(on_sent=sent.append) as server, opened(server) as link:
        await speak(link, "turn off the lights")
        received = await until(link, "turnComplete")
    assert [json.loads(text) for text in sent[1 : 1 + len(received)]] == received


async def test_a_conversation_is_resumed_over_a_new_connection() -> None:
    """A handle works for as long as the server lives; an unknown one is refused with 1008."""
    async with OfflineServer() as server:
        async with opened(server) as link:
            handle = (await until(link, "sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]["newHandle"]
        async with opened(server, sessionResumption={"handle": handle}):
            pass
        async with dial(server) as link:
            await link.send(json.dumps(set_up(sessionResumption={"handle": "gone"})))
            with pytest.raises(ConnectionClosedError, match="Requested entity was not found"):
                await link.recv()


async def test_a_handle_in_use_is_refused() -> None:
    """A second connection to one conversation ends with 1011 while the first stands (``live-protocol.md`` 8.5)."""
    async with OfflineServer() as server:
        async with opened(server) as link:
            handle = (await until(link, "sessionResumptionUpdate"))[-1]["sessionResumptionUpdate"]["newHandle"]
            async with dial(server) as second:
                await second.send(json.dumps(set_up(sessionResumption={"handle": handle})))
                with pytest.raises(ConnectionClosedError, match=r"1011 .* Internal error encountered\."):
                    await second.recv()
            link.transport.abort()
            await link.wait_closed()
        async with opened(server, sessionResumption={"handle": handle}):
            pass


async def test_two_clients_are_kept_apart() -> None:
    """Each has its own functions; one recogniser serves both in turn."""
    async with OfflineServer() as server, opened(server) as one, opened(server) as other:
        await asyncio.gather(speak(one, "open the garage door"), speak(other, "turn off the lights"))
        first = (await until(one, "toolCall"))[-1]["toolCall"]["functionCalls"][0]
        second = (await until(other, "toolCall"))[-1]["toolCall"]["functionCalls"][0]
        assert (first["name"], second["name"]) == ("open_garage_door", "turn_off_the_lights")


async def test_no_request_is_lost_on_a_busy_machine() -> None:
    """Three requests that come faster than they are recognised are all carried out, in order."""
    asked = {
        "open the garage door": "open_garage_door",
        "turn off the lights": "turn_off_the_lights",
        "close the garage door": "close_garage_door",
    }
    async with OfflineServer() as server, opened(server) as link:
        for text in asked:
            await speak(link, text)
        called: list[str] = []
        while len(called) < len(asked):
            calls = (await until(link, "toolCall"))[-1]["toolCall"]["functionCalls"]
            called += [call["name"] for call in calls]
            await link.send(json.dumps(tool_response(*(answer(call) for call in calls))))
        assert called == list(asked.values())


async def test_a_client_that_goes_leaves_nothing() -> None:
    """A connection that is cut in the middle of a sentence ends, and the next is served."""
    async with OfflineServer() as server:
        link = await dial(server)
        await link.send(json.dumps(set_up()))
        await speak(link, "open the garage door")
        link.transport.abort()
        await link.wait_closed()
        async with opened(server) as again:
            await again.send(json.dumps({"realtimeInput": {"text": "turn off the lights"}}))
            await until(again, "toolCall")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])  # noqa: S104 -- must be refused
def test_only_this_machine_is_served(host: str) -> None:
    """Nobody from outside has any business there."""
    with pytest.raises(ValueError, match="not a loopback address"):
        OfflineServer(host)


async def test_the_other_loopback_is_served_too() -> None:
    """IPv6's loopback has a URL of its own form."""
    async with OfflineServer("::1") as server, opened(server):
        assert server.url.startswith("ws://[::1]:")
