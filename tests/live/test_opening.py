from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.events import Behavior
from hubd.live import codec, opening
from hubd.live.declarations import FunctionDeclaration
from hubd.live.history import HistoryTurn, Role
from hubd.live.messages import ClientMessage
from hubd.live.opening import Opening
from hubd.live.settings import SessionSettings, setup_message
from hubd.live.setup import Setup

LAMP: Final = FunctionDeclaration(name="set_lamp", behavior=Behavior.NON_BLOCKING)
SETTINGS: Final = SessionSettings("gemini-3.8-live", history=(HistoryTurn(Role.USER, "Good night."),))
HANDLES: Final = st.none() | st.text(st.characters(exclude_categories=[]))


@given(HANDLES, st.booleans(), st.sampled_from(["gemini-3.8-live", "gemini-2.5-flash-native-audio-preview-12-2025"]))
def test_text(handle: str | None, resumption: bool, model: str) -> None:  # noqa: FBT001 -- hypothesis gives it by place
    """It is the set-up with that handle, whatever is in it; none is told where sessions are not gone on with."""
    settings = replace(SETTINGS, model=model, session_resumption=resumption)
    whole = setup_message(settings, (LAMP,), handle if resumption else None)
    assert json.loads(Opening(settings, (LAMP,)).text(handle)) == json.loads(codec.encode(ClientMessage(setup=whole)))


def test_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sessions are opened, the set-up is put together once for fresh ones, once for those that go on."""
    made: list[str | None] = []

    def counted(settings: SessionSettings, functions: Sequence[FunctionDeclaration], handle: str | None) -> Setup:
        made.append(handle)
        return setup_message(settings, functions, handle)

    monkeypatch.setattr(opening, "setup_message", counted)
    ours = Opening(SETTINGS, (LAMP,))
    texts = [ours.text(handle) for handle in (None, "one", None, "two", "one")]
    assert len(made) == 2
    assert [json.loads(text)["setup"]["sessionResumption"].get("handle") for text in texts] == [
        *(None, "one", None, "two", "one")
    ]
