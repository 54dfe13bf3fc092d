from __future__ import annotations

import pytest

from hubd.offline.effects import Close, Hush
from tests.simulator.staging import Staged

INVALID = Close(1007, "Request contains an invalid argument.")
F = {"name": "f"}


def unknown(model: str, version: str) -> Close:
    """Return how a model is refused that does not exist."""
    reason = f"models/{model} is not found for API version {version}, or is not supported for bidiGenerateContent."
    return Close(1008, reason)


@pytest.mark.parametrize(
    ("model", "version", "refused"),
    [
        ("gemini-3.8-live", "v1beta", False),
        ("gemini-3.8-live", "v1", False),
        ("gemini-3.8-live", "v1alpha", True),
        ("gemini-2.5-flash-native-audio-preview-12-2025", "v1alpha", False),
        ("gemini-live-2.5-flash-preview", "v1beta", True),
        ("gemini-next", "v1alpha", False),
    ],
)
def test_a_model_exists_in_some_versions(model: str, version: str, refused: bool) -> None:  # noqa: FBT001 -- a table
    """Unknown ones are refused with 1008 (11; pitfall 16); a script can add more."""
    stage = Staged("model gemini-next", version=version)
    stage.open(model=f"models/{model}", tools=[])
    assert stage.ended == ([unknown(model, version)] if refused else [])


@pytest.mark.parametrize(
    ("key", "ending"),
    [
        ("swordfish", None),
        ("trout", Close(1007, "API key not valid. Please pass a valid API key.")),
        ("", Close(1008, "Method doesn't allow unregistered callers. Please use API Key.")),
    ],
)
def test_a_bad_key_is_told_after_the_set_up(key: str, ending: Close | None) -> None:
    """The upgrade passes, the set-up does not (1)."""
    stage = Staged('key "swordfish"', key=key)
    assert stage.dial() == 0
    stage.open()
    assert stage.ended == ([ending] if ending else [])
    assert Staged("", key=key).open()


@pytest.mark.parametrize(
    ("model", "version", "options", "ending"),
    [
        ("3.8-live", "v1beta", {"proactivity": {"proactiveAudio": True}}, None),
        ("3.8-live", "v1beta", {"proactivity": {}}, INVALID),
        ("3.8-live", "v1beta", {"generationConfig": {"thinkingConfig": {}}}, INVALID),
        ("3.8-live", "v1beta", {"generationConfig": {"enableAffectiveDialog": True}}, INVALID),
        ("3.8-live", "v1beta", {"tools": [{"functionDeclarations": [F, F]}]}, INVALID),
        ("3.8-live", "v1beta", {"tools": [{"functionDeclarations": [F]}, {"googleSearch": {}}]}, None),
        (
            "3.8-live",
            "v1beta",
            {"generationConfig": {"responseModalities": ["TEXT"]}},
            Close(1007, "The requested combination of response modalities is not supported by the model."),
        ),
        (
            "3.8-live-extended-thinking",
            "v1beta",
            {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}},
            None,
        ),
        (
            "3.8-live-extended-thinking",
            "v1beta",
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 9}}},
            INVALID,
        ),
        (
            "3.8-live-extended-thinking",
            "v1beta",
            {"tools": [{"functionDeclarations": [{**F, "behavior": "BLOCKING"}]}]},
            INVALID,
        ),
        (
            "3.1-flash-live-preview",
            "v1beta",
            {"tools": [{"functionDeclarations": [{**F, "behavior": "BLOCKING"}]}]},
            None,
        ),
        ("3.1-flash-live-preview", "v1beta", {"tools": [{"functionDeclarations": [F]}]}, None),
        (
            "3.1-flash-live-preview",
            "v1beta",
            {"tools": [{"functionDeclarations": [{**F, "behavior": "NON_BLOCKING"}]}]},
            INVALID,
        ),
        ("3.1-flash-live-preview", "v1beta", {"proactivity": {"proactiveAudio": True}}, Hush()),
        ("3.1-flash-live-preview", "v1beta", {"generationConfig": {"enableAffectiveDialog": True}}, Hush()),
        (
            "2.5-flash-native-audio-preview-12-2025",
            "v1alpha",
            {"generationConfig": {"enableAffectiveDialog": True}},
            None,
        ),
        (
            "2.5-flash-native-audio-preview-12-2025",
            "v1beta",
            {"generationConfig": {"enableAffectiveDialog": True}},
            INVALID,
        ),
        ("2.5-flash-native-audio-preview-12-2025", "v1alpha", {"proactivity": {"proactiveAudio": True}}, None),
        (
            "2.5-flash-native-audio-preview-12-2025",
            "v1beta",
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}},
            None,
        ),
        (
            "2.5-flash-native-audio-preview-12-2025",
            "v1beta",
            {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}},
            INVALID,
        ),
    ],
)
def test_a_model_takes_its_options_alone(model: str, version: str, options: dict[str, object], ending: object) -> None:
    """What a model refuses ends the session, or is never answered (3.1, 11; pitfalls 17, 19)."""
    stage = Staged("", version=version)
    stage.open(model=f"models/gemini-{model}", **{"tools": [], **options})
    assert stage.ended == ([ending] if ending else [])
    assert stage.visit.set_up is (ending is None)
