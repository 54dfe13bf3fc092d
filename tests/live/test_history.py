"""What a fresh session is told of what was said before."""

from __future__ import annotations

import json
import pathlib
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.events import Backend, LinkReady
from hubd.live.codec import decode_client, encode
from hubd.live.content import Part
from hubd.live.history import HistoryTurn, Role, history_message
from hubd.live.messages import ClientMessage
from hubd.live.models import MODELS, Option
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings

FRAMES: Final = pathlib.Path(__file__).resolve().parents[2] / ".." / "shared" / "reference" / "live-frames"
NATIVE: Final = "gemini-2.5-flash-native-audio-preview-12-2025"
HISTORY: Final = (
    HistoryTurn(Role.USER, "What is the capital of France?"),
    HistoryTurn(Role.MODEL, "Paris."),
)
turns = st.lists(st.builds(HistoryTurn, st.sampled_from(Role), st.text(max_size=8)), max_size=8)


def sent(settings: SessionSettings, handle: str | None = None) -> list[JsonValue]:
    """Return the frames of a session that is set up, the set-up left out; nothing else was said."""
    session = LiveSession(Opening(settings, ()), handle, Backend.GEMINI)
    session.data_to_send()
    session.receive('{"setupComplete":{}}')
    return [json.loads(frame) for frame in session.data_to_send()]


def test_as_captured() -> None:
    """Without an announcement it is what Google's own client sends."""
    path = FRAMES / "client-content-history.json"
    if not path.exists():
        pytest.skip("the captured frames (../shared/reference/live-frames) are not there")
    assert decode_client(path.read_bytes()).client_content == history_message(HISTORY, seeds=False)


@pytest.mark.parametrize(("model", "seeds"), [("gemini-3.8-live", True), (NATIVE, False)])
def test_history_comes_first(model: str, *, seeds: bool) -> None:
    """It is said before anything else; where it is announced, turnComplete ends it, and starts no answer."""
    session = LiveSession(Opening(SessionSettings(model=model, history=HISTORY), ()), None, Backend.GEMINI)
    (setup,) = session.data_to_send()
    assert ("historyConfig" in json.loads(setup)["setup"]) is seeds
    assert session.receive('{"setupComplete":{}}') == [LinkReady(Backend.GEMINI, resumed=False)]
    session.send_text("And of Spain?")
    first, second = (json.loads(frame) for frame in session.data_to_send())
    assert [turn["role"] for turn in first["clientContent"]["turns"]] == ["user", "model"]
    assert first["clientContent"].get("turnComplete", False) is seeds
    assert list(second) == ["realtimeInput"]


@pytest.mark.parametrize("model", MODELS)
def test_pitfall_13_history_is_for_fresh_sessions(model: str) -> None:
    """A session that goes on from a handle is told nothing; nor is one without a history."""
    assert sent(SessionSettings(model=model, history=HISTORY), "handle") == []
    assert sent(SessionSettings(model=model)) == []
    assert len(sent(SessionSettings(model=model, history=HISTORY))) == 1


def test_a_model_that_nobody_knows() -> None:
    """It is told nothing, unless it is known to take it."""
    assert sent(SessionSettings(model="x", history=HISTORY)) == []
    assert len(sent(SessionSettings(model="x", history=HISTORY, model_takes=frozenset({Option.HISTORY})))) == 1


@given(said=turns, seeds=st.booleans())
def test_pitfall_14_a_history_is_text(said: list[HistoryTurn], *, seeds: bool) -> None:
    """No part of it is a call, or an outcome: that would end the session."""
    content = history_message(said, seeds=seeds)
    parts = [part for turn in content.turns for part in turn.parts] if content is not None else []
    assert all(part == Part(text=part.text) for part in parts)


@given(said=turns, seeds=st.booleans())
def test_any_history(said: list[HistoryTurn], *, seeds: bool) -> None:
    """Sides alternate, every word is there once, in order, and the frame is one that a strict server takes."""
    content = history_message(said, seeds=seeds)
    words = [(turn.role, turn.text) for turn in said if turn.text.strip()]
    if content is None:
        assert words == []
        return
    assert [(turn.role, part.text) for turn in content.turns for part in turn.parts] == words
    assert all(one.role != other.role for one, other in zip(content.turns, content.turns[1:], strict=False))
    assert decode_client(encode(ClientMessage(client_content=content))).client_content is not None


class TestResumptionSwitchedOff:
    def test_no_handle_is_asked_for(self) -> None:
        """A handle of before is not gone on from; the session says that it is fresh."""
        settings = SessionSettings(model="gemini-3.8-live", session_resumption=False, history=HISTORY)
        session = LiveSession(Opening(settings, ()), "handle", Backend.GEMINI)
        (setup,) = session.data_to_send()
        assert "handle" not in setup
        assert "sessionResumption" not in setup
        assert session.receive('{"setupComplete":{}}') == [LinkReady(Backend.GEMINI, resumed=False)]
        assert len(session.data_to_send()) == 1

    def test_a_handle_that_comes_all_the_same(self) -> None:
        """Some models send handles that nobody asked for."""
        settings = SessionSettings(model="gemini-3.8-live", session_resumption=False)
        session = LiveSession(Opening(settings, ()), None, Backend.GEMINI)
        session.data_to_send()
        session.receive('{"setupComplete":{}}')
        assert session.receive('{"sessionResumptionUpdate":{"newHandle":"h","resumable":true}}') == []
