"""Reports → what everybody can see of the hub on MQTT."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from pydantic import JsonValue

from hubd.devices.render import Publish
from hubd.events import Backend
from hubd.mqtt.entities import Identity
from hubd.mqtt.tree import Tree
from hubd.presence import Presence, Words
from hubd.reports import (
    HeardReport,
    NearMissReport,
    Part,
    PublicState,
    Report,
    SaidReport,
    SessionChange,
    SessionReport,
    StateReport,
    TroubleReport,
    UsageReport,
    WokeReport,
    to_json,
)

TREE = Tree("hubd", "kitchen", "homeassistant")
START = 1_795_000_000.0


def presence(words: Words = Words.PUBLISHED, tree: Tree = TREE) -> Presence:
    """Return the face of a hub that has just started."""
    return Presence(Identity("Kitchen hub", "Kitchen", "0.1.0"), tree, words=words, volume=80, started=START)


def body(publish: Publish) -> dict[str, JsonValue]:
    """Return what a message says."""
    found: dict[str, JsonValue] = json.loads(publish.payload)
    return found


def state(face: Presence) -> dict[str, JsonValue]:
    """Return the state that a broker would be told."""
    return body(next(each for each in face.greeting() if each.topic == TREE.state))


def test_a_broker_is_greeted_with_all_of_it() -> None:
    """Announcement, state, diagnostics, availability: retained with QoS 1, nothing that expires."""
    greeting = presence().greeting()
    assert [each.topic for each in greeting] == [
        "homeassistant/device/hubd_kitchen/config",
        "hubd/kitchen/state",
        "hubd/kitchen/diag",
        "hubd/kitchen/availability",
    ]
    assert all(each.retain and each.qos == 1 and each.expiry is None for each in greeting)
    assert greeting[-1].payload == b"online"


def test_without_home_assistant_nothing_is_announced() -> None:
    """The rest of the tree is there."""
    face = presence(tree=Tree("hubd", "kitchen"))
    assert face.announcement() == ()
    assert len(face.greeting()) == 3


def test_a_hub_that_has_just_started_is_idle() -> None:
    """The state has the members of ``mqtt-devices.md`` 5."""
    assert state(presence()) == {
        "state": "idle",
        "since": START,
        "muted": False,
        "volume": 80,
        "cloud": None,
        "session": None,
        "last_error": None,
        "version": "0.1.0",
    }


def test_an_event_is_the_event_stream_s_own_line() -> None:
    """The same JSON as ``hubd run --json`` prints, on the topic of its kind, good for a minute, never stored."""
    report = WokeReport("hey_jarvis", 0.9, 80)
    assert presence().take(report, START) == (
        Publish("hubd/kitchen/event/woke", to_json(report, START).encode(), qos=1, expiry=60),
    )


def test_every_state_is_told_with_its_time() -> None:
    """The state topic follows the conversation; muted is a member of its own."""
    face = presence()
    for number, each in enumerate(PublicState):
        _, told = face.take(StateReport(each), START + number)
        assert told.retain
        assert (body(told)["state"], body(told)["since"]) == (each, START + number)
        assert body(told)["muted"] is (each is PublicState.MUTED)
        assert face.muted is (each is PublicState.MUTED)


def test_the_session_says_whom_the_hub_talks_to() -> None:
    """Backend while it is open; cloud keeps how it was the last time."""
    face = presence()
    face.take(SessionReport(SessionChange.OPENED, Backend.GEMINI), START)
    assert (state(face)["session"], state(face)["cloud"]) == ("gemini", True)
    face.take(SessionReport(SessionChange.CLOSED, Backend.GEMINI), START)
    assert (state(face)["session"], state(face)["cloud"]) == (None, True)
    face.take(SessionReport(SessionChange.FAILED, Backend.GEMINI), START)
    assert (state(face)["session"], state(face)["cloud"]) == (None, False)
    face.take(SessionReport(SessionChange.RESUMED, Backend.OFFLINE), START)
    assert (state(face)["session"], state(face)["cloud"]) == ("offline", False)


def test_troubles_are_told_until_each_is_over() -> None:
    """The newest one first; a part's next trouble takes the place of the one before."""
    face = presence()
    face.take(TroubleReport(Part.SPEAKER, "no speaker", ""), START)
    face.take(TroubleReport(Part.MICROPHONE, "no microphone", ""), START)
    face.take(TroubleReport(Part.MICROPHONE, "a mute microphone", ""), START)
    assert state(face)["last_error"] == "a mute microphone"
    face.take(TroubleReport(Part.MICROPHONE, "a mute microphone", "", cleared=True), START)
    assert state(face)["last_error"] == "no speaker"
    face.take(TroubleReport(Part.SPEAKER, "no speaker", "", cleared=True), START)
    assert state(face)["last_error"] is None


def test_tokens_are_told_as_a_number_of_the_day() -> None:
    """Diagnostics follow each count."""
    _, told = presence().take(UsageReport(10, 6, 4, today_tokens=500), START)
    assert told.topic == "hubd/kitchen/diag"
    assert told.retain
    assert (body(told)["started"], body(told)["tokens_today"]) == ("2026-11-18T11:06:40+00:00", 500)


def test_near_misses_are_counted() -> None:
    """Diagnostics have how many there were since the start, and the last one; before the first there is none."""
    face = presence()
    (diagnostics,) = (each for each in face.greeting() if each.topic == TREE.diagnostics)
    assert (body(diagnostics)["near_misses"], body(diagnostics)["last_near_miss"]) == (0, None)
    face.take(NearMissReport("alexa", 0.4, 0.5), START)
    event, told = face.take(NearMissReport("hey_jarvis", 0.31, 0.6), START)
    assert (event.topic, told.topic) == ("hubd/kitchen/event/near_miss", "hubd/kitchen/diag")
    assert told.retain
    assert body(told)["near_misses"] == 2
    assert body(told)["last_near_miss"] == {"model": "hey_jarvis", "score": 0.31, "threshold": 0.6}


def test_the_volume_is_told_as_soon_as_it_changes() -> None:
    """With the rest of the state."""
    (told,) = presence().set_volume(30)
    assert body(told)["volume"] == 30


def test_words_go_out_only_if_they_may() -> None:
    """Last heard, last said: together on the transcript, or not at all and nowhere."""
    heard, said = HeardReport("lights on", final=True), SaidReport("They are on.", interrupted=False)
    open_face, closed = presence(), presence(Words.KEPT_BACK)
    open_face.take(HeardReport("lights", final=False), START)
    open_face.take(heard, START)
    _, told = open_face.take(said, START + 1)
    assert (told.topic, told.retain) == ("hubd/kitchen/transcript", False)
    assert body(told) == {"ts": START + 1, "user": "lights on", "assistant": "They are on."}
    messages = (*closed.take(heard, START), *closed.take(said, START), *closed.greeting())
    assert not any(b"lights" in each.payload or b"They" in each.payload for each in messages)
    assert [each.topic for each in messages][:2] == ["hubd/kitchen/event/heard", "hubd/kitchen/event/said"]


def test_half_a_character_stops_nothing() -> None:
    """A model may send what can't be written in UTF-8."""
    event, transcript = presence().take(SaidReport("half \ud83d", interrupted=False), START)
    assert body(event)["text"] == body(transcript)["assistant"] == "half ?"


@pytest.mark.parametrize("kind", [each.kind for each in get_args(Report)])
def test_every_kind_has_a_topic_of_its_own(kind: str) -> None:
    """One level below event, so that event/+ brings them all."""
    assert TREE.event(kind) == f"hubd/kitchen/event/{kind}"
