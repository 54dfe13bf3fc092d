"""The whole hub as automations drive it by MQTT: what the speaker plays, what the Live server gets."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE
from hubd.audio.tones import render
from hubd.live.messages import ServerContent, ServerMessage, Transcription
from hubd.offline.espeak_voice import EspeakVoice
from hubd.reports import PublicState
from hubd.wishes import Sign
from tests.end_to_end.automation import Body, automation, ear_at
from tests.end_to_end.house import WARM_UP, Tape, home, saying, speech
from tests.live_server import LiveServer, Visit

pytestmark = pytest.mark.real_time

SECOND: Final = UPLINK_RATE
# Whatever is said is played as it is.
LOUD: Final = "[speaker]\nvolume = 100\n[privacy]\npublish_transcripts = true\n"
POST: Final = "The post is here."
WINDOW: Final = "The kitchen window is open."
WASHING: Final = "The washing machine has finished."
FIRE: Final = "Fire in the garage."
TEA: Final = "Would you like some tea?"
# What the model says, as no voice would: 40 s, which is longer than a busy machine needs for the rest, and 1 s.
LONG: Final = bytes([1, 2]) * (40 * DOWNLINK_RATE)
SHORT: Final = bytes([3, 4]) * DOWNLINK_RATE


def spoken(text: str) -> bytes:
    """Return a text as the hub's own voice says it."""
    return EspeakVoice().speak(text)


def says(text: str, body: Body) -> bool:
    """Return whether an event is about this text."""
    return body["text"] == text


async def given(visit: Visit, text: str) -> str:
    """Return the frame that gave the server this text, once it is there."""
    await visit.until(lambda: any(text in frame for frame in visit.frames))
    return next(frame for frame in visit.frames if text in frame)


def wants_an_answer(frame: str) -> bool:
    """Return whether a frame with a text asks the model to speak (``live-protocol.md`` 8.5)."""
    body = json.loads(frame)
    return "text" in body.get("realtimeInput", {}) or bool(body.get("clientContent", {}).get("turnComplete"))


async def test_while_nobody_talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of it opens a conversation; SILENT makes no sound, INTERRUPT comes with its sign."""
    async with (
        LiveServer() as server,
        home(tmp_path, server.url, LOUD, speed=4) as inside,
        automation(inside.port) as outside,
    ):
        ear = ear_at(inside.room, monkeypatch)
        result = await outside.ask("say", {"text": POST, "id": 1})
        assert (result["id"], result["ok"], ear.heard) == (1, True, [spoken(POST)])
        await outside.ask("tell", {"text": WINDOW, "source": "kitchen window"})
        for text, scheduling in ((WASHING, "WHEN_IDLE"), (FIRE, "INTERRUPT")):
            await outside.ask("tell", {"text": text, "scheduling": scheduling, "source": "an alarm"})
            await outside.message("hubd/hub/event/said", partial(says, text))
        assert ear.heard == [spoken(POST), spoken(WASHING), render(Sign.ALERT) + spoken(FIRE)]
        assert server.visits == []
        told = [json.loads(each.payload) for each in outside.seen if each.topic == "hubd/hub/event/told"]
    assert [(each["text"], each["scheduling"]) for each in told] == [
        (WINDOW, "SILENT"),
        (WASHING, "WHEN_IDLE"),
        (FIRE, "INTERRUPT"),
    ]


async def test_a_question_and_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked aloud, then listened to: the model knows the question, who asked gets the answer; then what was silent."""

    async def answer(visit: Visit) -> None:
        await visit.until(lambda: visit.samples > SECOND)
        heard = Transcription(text="Yes, please.", finished=True)
        await visit.send(ServerMessage(server_content=ServerContent(input_transcription=heard)))
        await visit.say(SHORT)

    async with (
        LiveServer(answer) as server,
        home(tmp_path, server.url, LOUD, speed=2) as inside,
        automation(inside.port) as outside,
    ):
        ear = ear_at(inside.room, monkeypatch)
        await outside.ask("tell", {"text": WINDOW, "source": "kitchen window"})
        result = await outside.ask("ask", {"text": TEA, "choices": ["yes", "no"]})
        visit = await server.visit()
        assert (result["ok"], result["text"], result["choice"]) == (True, "Yes, please.", "yes")
        assert ear.place(spoken(TEA)) == 0
        for text in (TEA, WINDOW):
            assert not wants_an_answer(await given(visit, text))
        since = len(outside.seen)
        assert (await outside.ask("stop", "PRESS"))["ok"]
        await outside.message("hubd/hub/state", lambda body: body["state"] == "idle", since)


async def test_while_the_microphone_is_muted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub speaks, but nothing opens the microphone, and MQTT does not lift the mute."""
    tape = Tape(WARM_UP, speech("hey jarvis"), SECOND)
    async with (
        LiveServer() as server,
        home(tmp_path, server.url, LOUD, speed=4) as inside,
        automation(inside.port) as outside,
    ):
        ear = ear_at(inside.room, monkeypatch)
        assert (await outside.ask("mute", "ON"))["ok"]
        await outside.message("hubd/hub/state", lambda body: body["muted"] is True)
        for command, payload in (("listen", "PRESS"), ("ask", TEA), ("mute", "OFF"), ("mute", "TOGGLE")):
            result = await outside.ask(command, payload)
            assert (result["ok"], "muted" in str(result["detail"])) == (False, True)
        assert (await outside.ask("say", POST))["ok"]
        await outside.ask("tell", {"text": FIRE, "scheduling": "INTERRUPT"})
        await outside.message("hubd/hub/event/said", partial(says, FIRE))
        await inside.room.speak(tape.pcm)
        assert ear.heard == [spoken(POST), render(Sign.ALERT) + spoken(FIRE)]
        assert server.visits == []
        assert inside.hub.converse.muted


async def test_while_the_model_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SILENT leaves it alone, INTERRUPT cuts it, WHEN_IDLE waits for its pause, then the model speaks of it."""
    speaks = asyncio.Event()
    tape = Tape(WARM_UP, speech("hey jarvis"), 12 * SECOND)

    async def talk(visit: Visit) -> None:
        await visit.until(lambda: visit.samples > 0)
        await visit.say(LONG)
        speaks.set()

    async with (
        LiveServer(talk) as server,
        home(tmp_path, server.url, LOUD, speed=2) as inside,
        automation(inside.port) as outside,
        saying(inside.room, tape.pcm),
    ):
        ear = ear_at(inside.room, monkeypatch)
        visit = await server.visit()
        await inside.diary.state(PublicState.SPEAKING)
        await speaks.wait()
        await outside.ask("tell", {"text": WINDOW, "source": "kitchen window"})
        silent = await given(visit, WINDOW)
        await outside.ask("tell", {"text": WASHING, "scheduling": "WHEN_IDLE", "source": "washing machine"})
        assert None not in ear.heard
        assert not any(WASHING in frame for frame in visit.frames)
        await outside.ask("tell", {"text": FIRE, "scheduling": "INTERRUPT", "source": "smoke alarm"})
        spoken_of = await given(visit, WASHING)
        fire = await given(visit, FIRE)
    cut, alarm = ear.heard.index(None), ear.place(render(Sign.ALERT) + spoken(FIRE))
    assert 0 <= cut < alarm
    assert ear.place(spoken(WASHING)) == ear.place(spoken(WINDOW)) == -1
    assert [wants_an_answer(frame) for frame in (silent, fire, spoken_of)] == [False, False, True]
