from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hubd.live import codec
from hubd.live.messages import ClientMessage
from hubd.live.models import ALPHA, MODELS, Option, Verdict, capabilities
from hubd.live.settings import SessionSettings, Thinking, setup_message
from hubd.live.setup import Modality, ThinkingLevel
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


def wishes(model: str) -> dict[Option, SessionSettings]:
    """Return sessions that ask for one option each, whether the model is said to take it or not."""
    any_of = SessionSettings(model)
    wanted = {
        Option.TEXT: replace(any_of, modality=Modality.TEXT),
        Option.AFFECTIVE_DIALOG: replace(any_of, affective_dialog=True),
        Option.PROACTIVE_AUDIO: replace(any_of, proactive_audio=True),
        Option.GOOGLE_SEARCH: replace(any_of, google_search=True),
        Option.CODE_EXECUTION: replace(any_of, code_execution=True),
        Option.URL_CONTEXT: replace(any_of, url_context=True),
        Option.THINKING_BUDGET: replace(any_of, thinking=Thinking(budget=0)),
        Option.THINKING_LEVEL: replace(any_of, thinking=Thinking(level=ThinkingLevel.LOW)),
        Option.INCLUDE_THOUGHTS: replace(any_of, thinking=Thinking(include_thoughts=True)),
    }
    return {option: replace(settings, model_takes=frozenset({option})) for option, settings in wanted.items()}


def is_refused(settings: SessionSettings, version: str = "v1beta") -> bool:
    """Whether the simulator has a session end that is set up like this."""
    stage = Staged("model gemini-next", version=version)
    message = ClientMessage(setup=setup_message(settings, (), None))
    stage.open(**{"sessionResumption": None, "tools": [], **json.loads(codec.encode(message))["setup"]})
    return bool(stage.ended)


@pytest.mark.parametrize("model", [*MODELS, "gemini-next"])
@pytest.mark.parametrize("option", wishes("any"))
def test_what_hubd_says_of_a_model_is_so(model: str, option: Option) -> None:
    """What `hubd check` refuses is refused, what it lets pass is taken; with an unknown model all may be tried."""
    settings, known = wishes(model)[option], capabilities(model)
    alpha = option in known.alpha_only
    assert is_refused(settings, ALPHA if alpha else "v1beta") is (known.verdict(option) is Verdict.REFUSED)
    if alpha:
        assert is_refused(settings)


@pytest.mark.parametrize("level", ThinkingLevel)
def test_levels_of_thinking(level: ThinkingLevel) -> None:
    """A model is refused the levels that hubd does not know of it."""
    for model, known in MODELS.items():
        if known.verdict(Option.THINKING_LEVEL).sent:
            settings = SessionSettings(
                model, model_takes=frozenset({Option.THINKING_LEVEL}), thinking=Thinking(level=level)
            )
            assert is_refused(settings) is (level not in known.thinking_levels)
