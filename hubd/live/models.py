"""Which options each Live model takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from hubd.events import Behavior

DEFAULT_API_VERSION: Final = "v1beta"
_SERVICE: Final = "google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
_PREFIX: Final = "models/"


class Thinking(Enum):
    """How a model is told how long to think."""

    REFUSED = auto()
    BUDGET = auto()
    LEVEL = auto()


class ProactiveAudio(StrEnum):
    """Whether a model may decide by itself to stay silent."""

    REFUSED = "refused"
    OPTIONAL = "optional"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What may be sent to a model; an option that it refuses ends the session, or is never answered.

    behaviors: what its functions may declare. proactive_audio: ALWAYS means that naming the option is an error.
    language_code: whether speechConfig takes one. input_during_blocking_call: whether sound may be sent while a
    BLOCKING call is open (``live-protocol.md`` 13, pitfall 6).
    """

    behaviors: frozenset[Behavior] = frozenset(Behavior)
    thinking: Thinking = Thinking.REFUSED
    proactive_audio: ProactiveAudio = ProactiveAudio.REFUSED
    language_code: bool = False
    input_during_blocking_call: bool = True
    api_version: str = DEFAULT_API_VERSION

    def behavior(self, wanted: Behavior) -> Behavior:
        """Return the behavior to declare: the wanted one, or the only one that the model knows."""
        if wanted in self.behaviors:
            return wanted
        (only,) = self.behaviors
        return only


# A model that is not listed gets what all of them take (``live-protocol.md`` 11).
COMMON_SUBSET: Final = Capabilities()

MODELS: Final[dict[str, Capabilities]] = {
    "gemini-3.8-live": Capabilities(proactive_audio=ProactiveAudio.ALWAYS),
    "gemini-3.8-live-extended-thinking": Capabilities(
        behaviors=frozenset({Behavior.NON_BLOCKING}), thinking=Thinking.LEVEL
    ),
    "gemini-3.1-flash-live-preview": Capabilities(behaviors=frozenset({Behavior.BLOCKING})),
    "gemini-2.5-flash-native-audio-preview-12-2025": Capabilities(
        thinking=Thinking.BUDGET,
        # The model has it in v1alpha only, where an ordinary key finds no model (pitfall 16).
        proactive_audio=ProactiveAudio.REFUSED,
        input_during_blocking_call=False,
    ),
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
