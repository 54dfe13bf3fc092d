"""Which options each Live model takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Final

from hubd.events import Behavior
from hubd.live.setup import ThinkingLevel

DEFAULT_API_VERSION: Final = "v1beta"
ALPHA: Final = "v1alpha"
_SERVICE: Final = "google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
_PREFIX: Final = "models/"

# The prebuilt voices of the Live API (``live-protocol.md`` 3.1 has the first eight).
VOICES: Final = (
    *("Puck", "Charon", "Kore", "Fenrir", "Aoede", "Leda", "Orus", "Zephyr", "Callirrhoe", "Autonoe"),
    *("Enceladus", "Iapetus", "Umbriel", "Algieba", "Despina", "Erinome", "Algenib", "Rasalgethi", "Laomedeia"),
    *("Achernar", "Alnilam", "Schedar", "Gacrux", "Pulcherrima", "Achird", "Zubenelgenubi", "Vindemiatrix"),
    *("Sadachbia", "Sadaltager", "Sulafat"),
)


class Option(StrEnum):
    """An option beyond what all models take; its value is its key below [live]."""

    TEXT = "modality"
    AFFECTIVE_DIALOG = "affective_dialog"
    PROACTIVE_AUDIO = "proactive_audio"
    GOOGLE_SEARCH = "google_search"
    CODE_EXECUTION = "code_execution"
    URL_CONTEXT = "url_context"
    ACTIVITY_HANDLING = "activity_handling"
    TURN_COVERAGE = "turn_coverage"
    HISTORY = "history"
    TRANSCRIPTION_LANGUAGES = "transcription.languages"
    TRANSCRIPTION_VOCABULARY = "transcription.vocabulary"
    THINKING_BUDGET = "thinking.budget"
    THINKING_LEVEL = "thinking.level"
    INCLUDE_THOUGHTS = "thinking.include_thoughts"
    TEMPERATURE = "generation.temperature"
    TOP_P = "generation.top_p"
    TOP_K = "generation.top_k"
    MAX_OUTPUT_TOKENS = "generation.max_output_tokens"
    CANDIDATE_COUNT = "generation.candidate_count"
    SEED = "generation.seed"
    PRESENCE_PENALTY = "generation.presence_penalty"
    FREQUENCY_PENALTY = "generation.frequency_penalty"
    MEDIA_RESOLUTION = "generation.media_resolution"
    START_SENSITIVITY = "speech_detection.start_sensitivity"
    END_SENSITIVITY = "speech_detection.end_sensitivity"
    PREFIX_PADDING = "speech_detection.prefix_padding"
    SILENCE = "speech_detection.silence"


class Verdict(Enum):
    """What becomes of an option that is sent to a model."""

    TAKEN = auto()
    IGNORED = auto()
    REFUSED = auto()
    ALWAYS_ON = auto()
    UNKNOWN = auto()

    @property
    def sent(self) -> bool:
        """Whether the option may be sent: it does something, or no harm."""
        return self in (Verdict.TAKEN, Verdict.IGNORED)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What may be sent to a model; an option that it refuses ends the session, or is never answered.

    behaviors: what its functions may declare. verdicts: on options, by name; otherwise: on all others.
    thinking_levels: those that it knows. alpha_only: options for which api_version has to be v1alpha.
    seeds_history: whether the first clientContent is taken as history if the set-up says so. output_tokens: the most
    that it says (``live-protocol.md`` 10).
    input_during_blocking_call: whether sound may be sent while a BLOCKING call is open
    (``live-protocol.md`` 13, pitfall 6). answers_together: whether parallel calls have to be answered in one frame
    (pitfall 36).
    """

    behaviors: frozenset[Behavior] = frozenset(Behavior)
    verdicts: Mapping[Option, Verdict] = field(default_factory=dict)
    otherwise: Verdict = Verdict.TAKEN
    thinking_levels: frozenset[ThinkingLevel] = frozenset(ThinkingLevel)
    api_versions: frozenset[str] = frozenset({"v1beta", "v1"})
    alpha_only: frozenset[Option] = frozenset()
    seeds_history: bool = True
    output_tokens: int = 65_536
    input_during_blocking_call: bool = True
    answers_together: bool = False

    def verdict(self, option: Option) -> Verdict:
        """Return what the model does with an option."""
        return self.verdicts.get(option, self.otherwise)

    def behavior(self, wanted: Behavior) -> Behavior:
        """Return the behavior to declare: the wanted one, or the only one that the model knows."""
        if wanted in self.behaviors:
            return wanted
        (only,) = self.behaviors
        return only


# A model that is not listed gets what all of them take (``live-protocol.md`` 11).
COMMON_SUBSET: Final = Capabilities(otherwise=Verdict.UNKNOWN, api_versions=frozenset({"v1beta", "v1", ALPHA}))

# They speak, and no more than that (pitfall 17); their own tool is the search (Google's model pages, September 2026).
_NATIVE_AUDIO: Final = {
    Option.TEXT: Verdict.REFUSED,
    Option.CODE_EXECUTION: Verdict.REFUSED,
    Option.URL_CONTEXT: Verdict.REFUSED,
}
# Affective dialog was removed, levels took the place of budgets (``live-protocol.md`` 3.1).
_THREE: Final = {
    **_NATIVE_AUDIO,
    Option.AFFECTIVE_DIALOG: Verdict.REFUSED,
    Option.THINKING_BUDGET: Verdict.REFUSED,
}
_THREE_EIGHT: Final = {**_THREE, Option.PROACTIVE_AUDIO: Verdict.ALWAYS_ON}

# ``live-protocol.md`` 11.
MODELS: Final[dict[str, Capabilities]] = {
    "gemini-3.8-live": Capabilities(
        verdicts={**_THREE_EIGHT, Option.THINKING_LEVEL: Verdict.REFUSED, Option.INCLUDE_THOUGHTS: Verdict.REFUSED}
    ),
    "gemini-3.8-live-extended-thinking": Capabilities(
        behaviors=frozenset({Behavior.NON_BLOCKING}),
        verdicts=_THREE_EIGHT,
        thinking_levels=frozenset({ThinkingLevel.LOW, ThinkingLevel.MEDIUM, ThinkingLevel.HIGH}),
    ),
    "gemini-3.1-flash-live-preview": Capabilities(
        behaviors=frozenset({Behavior.BLOCKING}),
        # Pitfalls 19, 27.
        verdicts={**_THREE, Option.PROACTIVE_AUDIO: Verdict.REFUSED, Option.SILENCE: Verdict.IGNORED},
    ),
    "gemini-2.5-flash-native-audio-preview-12-2025": Capabilities(
        verdicts={**_NATIVE_AUDIO, Option.THINKING_LEVEL: Verdict.REFUSED},
        api_versions=frozenset({"v1beta", "v1", ALPHA}),
        alpha_only=frozenset({Option.AFFECTIVE_DIALOG, Option.PROACTIVE_AUDIO}),
        seeds_history=False,
        output_tokens=8_192,
        input_during_blocking_call=False,
        answers_together=True,
    ),
}

# Models that were shut down, with the day if it is known (``live-protocol.md`` 11).
GONE: Final[dict[str, str]] = {
    "gemini-live-2.5-flash-preview": "2025-12-09",
    "gemini-2.0-flash-live-001": "2025-12-09",
    "gemini-2.5-flash-preview-native-audio-dialog": "",
    "gemini-2.5-flash-exp-native-audio-thinking-dialog": "",
}


def capabilities(model: str) -> Capabilities:
    """Return what the model takes; the id may carry the prefix ``models/``."""
    return MODELS.get(model.removeprefix(_PREFIX), COMMON_SUBSET)


def wire_name(model: str) -> str:
    """Return the model's id with the prefix that the wire demands (``live-protocol.md`` 3)."""
    return _PREFIX + model.removeprefix(_PREFIX)


def endpoint(base_url: str, api_version: str) -> str:
    """Return the full URL of the Live service (``live-protocol.md`` 1).

    base_url: such as ``wss://generativelanguage.googleapis.com``. api_version: such as ``v1beta``.
    """
    return f"{base_url.rstrip('/')}/ws/{_SERVICE.format(version=api_version)}"
