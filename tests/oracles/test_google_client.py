"""google-genai, Google's own client, talks to the servers of this project."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubd.audio.pcm import UPLINK_RATE
from hubd.events import Scheduling
from hubd.offline.server import OfflineServer
from hubd.simulator.server import Simulator
from hubd.simulator.sound import speech
from tests.offline.hosting import declared
from tests.offline.house import HOUSE
from tests.offline.speaking import in_a_room
from tests.oracles.google_client import GoogleClient, Message, behind_tls, google_client
from tests.oracles.reading import Reader

CONFIG = {
    "tools": [{"function_declarations": declared(HOUSE)}],
    "session_resumption": {},
    "input_audio_transcription": {},
    "output_audio_transcription": {},
}


@dataclass(frozen=True, slots=True)
class Service:
    """A server that Google's client talks to.

    url: its own address. speech: text to sound that it understands. sent: what it sent so far. key: its own.
    """

    url: str
    speech: Callable[[str], bytes]
    sent: Callable[[], list[str]]
    key: str = "no-key"


@asynccontextmanager
async def offline_server() -> AsyncIterator[Service]:
    """Yield the server that the hub uses without internet."""
    sent: list[str] = []
    async with OfflineServer(on_sent=sent.append) as server:
        yield Service(server.url, in_a_room, lambda: sent, server.key.get_secret_value())


# What the offline server makes of the sentences below.
SCRIPT = """
words "lights":
  call turn_off_the_lights
words "heater":
  call set_heater {"temperature": 21}
words "garage":
  call open_garage_door
otherwise:
  say "I only know devices." for 3s
"""


@asynccontextmanager
async def simulator() -> AsyncIterator[Service]:
    """Yield the simulator of Google's service."""
    async with Simulator(SCRIPT, pace=2.0) as server:
        yield Service(
            server.url,
            lambda text: speech(text, UPLINK_RATE) + bytes(2 * UPLINK_RATE),
            lambda: [frame for visit in server.record.visits for frame in visit.sent],
        )


@pytest.fixture(params=[offline_server, simulator])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[Service]:
    """Yield one server after the other."""
    async with request.param() as served:
        yield served


@pytest.fixture
async def client(service: Service, tls: tuple[Path, ssl.SSLContext], reader: Reader) -> AsyncIterator[GoogleClient]:
    """Yield Google's client before the server; afterwards all that it was sent is held up to the proto."""
    certificate, context = tls
    async with behind_tls(service.url, context) as url, google_client(url, certificate, key=service.key) as google:
        yield google
    assert service.sent()
    assert [fault for frame in service.sent() for fault in reader.complaints_about_server(frame)] == []


def said(messages: list[Message]) -> str:
    """Return the transcript of what the model says."""
    contents = [message.get("server_content", {}) for message in messages]
    return "".join(content.get("output_transcription", {}).get("text", "") for content in contents)


def spoken(messages: list[Message]) -> int:
    """Return how many bytes of sound the model says."""
    contents = [message.get("server_content", {}) for message in messages]
    parts = [part for content in contents for part in content.get("model_turn", {}).get("parts", [])]
    return sum(len(base64.urlsafe_b64decode(part["inline_data"]["data"])) for part in parts)


def interrupted(messages: list[Message]) -> bool:
    """Return whether the model was cut short."""
    return any(message.get("server_content", {}).get("interrupted") for message in messages)


def outcome(call: Message, scheduling: str, text: str) -> Message:
    """Return the answer to a call."""
    return {"id": call["id"], "name": call["name"], "scheduling": scheduling, "response": {"message": text}}


@pytest.mark.parametrize("way", ["text", "content"])
async def test_a_text_turn(client: GoogleClient, way: str) -> None:
    """What is typed, in either way, is answered in speech with its transcript."""
    await client.open(**CONFIG)
    await getattr(client, way)("what a lovely day")
    turn = await client.turn()
    assert said(turn)
    assert spoken(turn) > 24_000
    assert "usage_metadata" in turn[-1]
    await client.close()


async def test_an_audio_turn(client: GoogleClient, service: Service) -> None:
    """What is said becomes a call."""
    await client.open(**CONFIG)
    await client.sound(service.speech("set the heater to twenty one degrees"))
    call = await client.call()
    assert (call["name"], call["args"]) == ("set_heater", {"temperature": 21})
    await client.close()


async def test_an_audio_turn_between_marks(client: GoogleClient, service: Service) -> None:
    """A client that marks speech itself is understood."""
    await client.open(**CONFIG, realtime_input_config={"automatic_activity_detection": {"disabled": True}})
    await client.mark("start")
    await client.sound(service.speech("turn off the lights"))
    await client.mark("end")
    assert (await client.call())["name"] == "turn_off_the_lights"
    await client.close()


async def test_an_audio_turn_before_a_pause(client: GoogleClient, service: Service) -> None:
    """The end of the stream ends the turn."""
    await client.open(**CONFIG)
    await client.sound(service.speech("turn off the lights")[:-32_000])
    await client.pause()
    assert (await client.call())["name"] == "turn_off_the_lights"
    await client.close()


async def called_while_speaking(client: GoogleClient) -> Message:
    """Return a call that is open while the model speaks of something else."""
    await client.open(**CONFIG)
    await client.text("turn off the lights")
    call = await client.call()
    await client.turn()
    await client.text("what a lovely day")
    await client.until(lambda message: "model_turn" in message.get("server_content", {}))
    return call


async def test_an_outcome_that_interrupts(client: GoogleClient) -> None:
    """INTERRUPT: what the model says ends at once, then the outcome is said."""
    call = await called_while_speaking(client)
    await client.answer(outcome(call, Scheduling.INTERRUPT, "The lights are off."))
    assert interrupted(await client.turn())
    assert said(await client.turn()) == "The lights are off."
    await client.close()


async def test_an_outcome_that_waits(client: GoogleClient) -> None:
    """WHEN_IDLE: what the model says goes on to its end, then the outcome is said."""
    call = await called_while_speaking(client)
    await client.answer(outcome(call, Scheduling.WHEN_IDLE, "The lights are off."))
    assert not interrupted(await client.turn())
    assert said(await client.turn()) == "The lights are off."
    await client.close()


async def test_an_outcome_that_is_not_said(client: GoogleClient) -> None:
    """SILENT: what the model says goes on to its end, and what comes next is about something else."""
    call = await called_while_speaking(client)
    await client.answer(outcome(call, Scheduling.SILENT, "The lights are off."))
    assert not interrupted(await client.turn())
    await client.text("what a lovely day")
    assert "lights are off" not in said(await client.turn())
    await client.close()


async def test_a_blocking_tool_call(client: GoogleClient) -> None:
    """The model waits for the outcome, then speaks."""
    await client.open(**CONFIG)
    await client.text("open the garage door")
    call = await client.call()
    await client.answer({"id": call["id"], "name": call["name"], "response": {"message": "It is open."}})
    assert said(await client.turn()) == "It is open."
    await client.close()


async def test_an_interruption(client: GoogleClient) -> None:
    """Speech while the model speaks cuts it short."""
    await client.open(**CONFIG, realtime_input_config={"automatic_activity_detection": {"disabled": True}})
    await client.text("what a lovely day")
    await client.until(lambda message: "model_turn" in message.get("server_content", {}))
    await client.mark("start")
    assert interrupted(await client.turn())
    await client.close()


async def test_a_resumption(client: GoogleClient) -> None:
    """A handle from one session opens the next."""
    await client.open(**CONFIG)
    update = await client.until(lambda message: message.get("session_resumption_update", {}).get("resumable"))
    await client.close()
    handle = update["session_resumption_update"]["new_handle"]
    await client.open(**CONFIG | {"session_resumption": {"handle": handle}})
    await client.text("what a lovely day")
    assert said(await client.turn())
    await client.close()
