"""How settings become a set-up that the model takes."""

from __future__ import annotations

import json
from typing import Final

import pytest

from hubd.events import Behavior
from hubd.live.codec import encode
from hubd.live.declarations import FunctionDeclaration
from hubd.live.messages import ClientMessage
from hubd.live.models import capabilities, endpoint
from hubd.live.settings import SessionSettings, setup_message
from hubd.live.setup import ThinkingLevel

UNKNOWN: Final = "gemini-9-live"
BOTH: Final = tuple(FunctionDeclaration(name=each.lower(), description="", behavior=each) for each in Behavior)


def wire(settings: SessionSettings, handle: str | None = None) -> dict[str, object]:
    """Return the set-up as the server sees it."""
    setup: dict[str, object] = json.loads(encode(ClientMessage(setup=setup_message(settings, BOTH, handle))))["setup"]
    return setup


def behaviors(model: str) -> dict[str, str]:
    """Return the behavior that each function is declared with."""
    setup = json.loads(encode(ClientMessage(setup=setup_message(SessionSettings(model=model), BOTH, None))))["setup"]
    return {each["name"]: each["behavior"] for each in setup["tools"][0]["functionDeclarations"]}


def test_the_whole_set_up() -> None:
    """What hubd asks for with everything set, on the recommended model."""
    settings = SessionSettings(
        model="gemini-3.8-live",
        system_instruction="Speak for the house.\n",
        voice="Leda",
        language="German",
        temperature=0.4,
        manual_activity=True,
        proactive_audio=True,
        thinking_level=ThinkingLevel.LOW,
    )
    setup = wire(settings, "h")
    del setup["tools"]
    assert setup == {
        "model": "models/gemini-3.8-live",
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Leda"}}},
            "temperature": 0.4,
        },
        "systemInstruction": {"parts": [{"text": "Speak for the house.\n\nAlways speak German."}]},
        "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}},
        "sessionResumption": {"handle": "h"},
        "contextWindowCompression": {"triggerTokens": "25000", "slidingWindow": {"targetTokens": "8000"}},
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
    }


def test_the_common_subset() -> None:
    """A model that nobody knows gets what all of them take, handles asked for."""
    setup = wire(
        SessionSettings(model=UNKNOWN, thinking_level=ThinkingLevel.LOW, thinking_budget=0, proactive_audio=True)
    )
    del setup["tools"]
    assert setup == {
        "model": f"models/{UNKNOWN}",
        "generationConfig": {"responseModalities": ["AUDIO"]},
        "sessionResumption": {},
        "contextWindowCompression": {"triggerTokens": "25000", "slidingWindow": {"targetTokens": "8000"}},
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
    }


def test_no_functions_are_no_tools() -> None:
    """A house without devices offers no empty list."""
    assert setup_message(SessionSettings(model=UNKNOWN), (), None).tools == ()


@pytest.mark.parametrize(
    ("model", "declared"),
    [
        ("gemini-3.8-live", {"blocking": "BLOCKING", "non_blocking": "NON_BLOCKING"}),
        ("gemini-3.8-live-extended-thinking", {"blocking": "NON_BLOCKING", "non_blocking": "NON_BLOCKING"}),
        ("models/gemini-3.1-flash-live-preview", {"blocking": "BLOCKING", "non_blocking": "BLOCKING"}),
        (UNKNOWN, {"blocking": "BLOCKING", "non_blocking": "NON_BLOCKING"}),
    ],
)
def test_a_model_gets_behaviors_that_it_knows(model: str, declared: dict[str, str]) -> None:
    """Where a model knows one behavior only, every function is declared with it."""
    assert behaviors(model) == declared


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-3.8-live", None),
        ("gemini-3.8-live-extended-thinking", {"thinkingLevel": "LOW"}),
        ("gemini-2.5-flash-native-audio-preview-12-2025", {"thinkingBudget": 0}),
        ("gemini-3.1-flash-live-preview", None),
    ],
)
def test_thinking_is_told_in_the_models_way(model: str, thinking: dict[str, object] | None) -> None:
    """A level, a budget or nothing, never two of them."""
    settings = SessionSettings(model=model, thinking_level=ThinkingLevel.LOW, thinking_budget=0)
    config = setup_message(settings, (), None).generation_config
    assert config is not None
    shown = (
        config.thinking_config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        if config.thinking_config
        else None
    )
    assert shown == thinking


def test_a_models_id_may_carry_its_prefix() -> None:
    """Both forms of the id mean the same model."""
    assert setup_message(SessionSettings(model="models/x"), (), None).model == "models/x"
    assert capabilities("models/gemini-3.8-live") is capabilities("gemini-3.8-live")


@pytest.mark.parametrize("base", ["wss://example.org", "wss://example.org/"])
def test_the_endpoint(base: str) -> None:
    """The address holds the version and the method, and no key."""
    assert endpoint(base, "v1beta") == (
        "wss://example.org/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
    )
