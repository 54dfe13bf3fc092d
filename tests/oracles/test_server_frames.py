from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from hubd.live import codec
from hubd.live.messages import ServerMessage
from hubd.simulator.server import Simulator
from tests.offline.hosting import TURN, Driven, answer, audio, set_up, tool_response
from tests.oracles.emitted import fields_in
from tests.oracles.made_up import made_up
from tests.oracles.reading import SERVED_UNPUBLISHED, Reader, Unpublished, without_unpublished


@given(message=made_up(ServerMessage))
@settings(max_examples=1_000, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_server_says(reader: Reader, message: ServerMessage) -> None:
    """Any message that our servers can put together is Google's message, printed as Google prints it."""
    assert reader.complaints_about_server(codec.encode(message)) == []


def conversation() -> Driven:
    """Return the offline server after a conversation in which all happens that can happen."""
    driven = Driven()
    driven(set_up(contextWindowCompression={"slidingWindow": {}}))
    driven(audio(TURN))
    driven.words("turn off the lights")
    for scheduling in ("SILENT", "WHEN_IDLE", "INTERRUPT"):
        (call,) = driven.asked("turn off the lights")
        for more in (True, False):
            driven(tool_response(answer(call, scheduling, more=more, message="They are off.")))
            if driven.speaks:
                driven.voice()
            driven.after(10)
    (call,) = driven.asked("open the garage door")
    driven.asked("what a lovely day")  # the open call is cancelled
    driven.voice()
    driven.asked("what a lovely day")  # the speech is cut short
    driven.voice()
    driven.after(10)
    return driven


def test_the_offline_server_s_frames(reader: Reader) -> None:
    """All that it says in a long conversation is Google's message, printed as Google prints it."""
    sent = conversation().sent
    assert [fault for frame in sent for fault in reader.complaints_about_server(json.dumps(frame))] == []
    fields = {field for frame in sent for field in fields_in(frame, ServerMessage)}
    assert fields >= {
        *("ServerMessage.setupComplete", "ServerMessage.toolCall", "ServerMessage.toolCallCancellation"),
        *(
            "ServerMessage.sessionResumptionUpdate",
            "SessionResumptionUpdate.newHandle",
            "UsageMetadata.totalTokenCount",
        ),
        *("ServerContent.modelTurn", "ServerContent.outputTranscription", "ServerContent.inputTranscription"),
        *("ServerContent.generationComplete", "ServerContent.turnComplete", "ServerContent.interrupted"),
    }


def nested(path: str) -> dict[str, Any]:
    """Return a frame with one field."""
    name, _, rest = path.partition(".")
    return {name: nested(rest) if rest else "1"}


@pytest.mark.parametrize("unpublished", SERVED_UNPUBLISHED, ids=lambda each: each.path)
def test_exceptions_are_needed(reader: Reader, unpublished: Unpublished) -> None:
    """Each field that is kept from the published proto would be refused by it."""
    frame = json.dumps(nested(unpublished.path))
    assert without_unpublished(frame, SERVED_UNPUBLISHED)[1] == [unpublished]
    fault, _ = reader.read("server", frame)
    assert fault is not None
    assert "no field named" in fault


# Every step of a script that puts something on the wire which is the service's own.
EVERY_STEP = """
turn 1:
  hear "turn off the lights"
  think "Which lights?"
  text "The lights in the kitchen."
  code "print(1)"
  result "1"
  result "no such file" failed
  search "weather" found "https://weather.example" "Weather"
  sound 1s
  call set_light {"device": "kitchen lights", "on": false}
  also set_heater {"temperature": 21.5}
  again
  cancel set_heater
  empty
  say "Done." for 1s
turn 2:
  goaway 1h
  goaway 3000.5s
  say "Soon."
turn 3:
  say "Cut short."
  interrupt
"""


async def test_the_simulator_s_frames(reader: Reader) -> None:
    """Whatever a script has the simulator say is Google's message, printed as Google prints it."""
    async with Simulator(EVERY_STEP, pace=50.0, listen=False) as simulator:
        link = await simulator.connect()
        await link.send(json.dumps(set_up(contextWindowCompression={"slidingWindow": {}})))
        frames = link.messages()
        for _ in range(3):
            await link.send('{"realtimeInput":{"text":"Go on."}}')
            while "turnComplete" not in str(await anext(frames)):
                pass
        await link.close()
        sent = simulator.record.visits[0].sent
    assert [fault for frame in sent for fault in reader.complaints_about_server(frame)] == []
    fields = {field for frame in sent for field in fields_in(json.loads(frame), ServerMessage)}
    assert fields >= {
        *("GoAway.timeLeft", "ToolCallCancellation.ids", "GroundingChunk.web", "ServerContent.interrupted"),
        *("Part.thought", "Part.text", "Part.executableCode", "Part.codeExecutionResult", "Part.inlineData"),
    }
