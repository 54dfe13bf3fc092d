"""Which set-ups the service refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hubd.events import Behavior
from hubd.live.setup import GenerationConfig, Setup, ThinkingLevel
from hubd.offline.effects import Close, Hush
from hubd.offline.host import INVALID, REFUSED, only_sound

_INVALID_ARGUMENT: Final = Close(INVALID, "Request contains an invalid argument.")


@dataclass(frozen=True, slots=True)
class _Takes:
    """What a model takes beyond what all do (``live-protocol.md`` 3.1, 11, 14); none runs code or reads pages.

    This is written down apart from the client's own table, which it is to prove wrong where it is wrong.
    """

    budget: bool = False
    level: bool = False
    unknown_levels: frozenset[ThinkingLevel] = frozenset()
    behaviors: frozenset[Behavior] = frozenset(Behavior)
    alpha: bool = False  # whether v1alpha knows it, and then its affective and its proactive options
    proactive: bool = False  # whether proactive audio is always on
    never_answers: bool = False  # to affective or proactive options (pitfall 19)


_MODELS: Final = {
    "gemini-3.8-live": _Takes(proactive=True),
    "gemini-3.8-live-extended-thinking": _Takes(
        level=True,
        unknown_levels=frozenset({ThinkingLevel.MINIMAL}),
        behaviors=frozenset({Behavior.NON_BLOCKING}),
        proactive=True,
    ),
    "gemini-3.1-flash-live-preview": _Takes(level=True, behaviors=frozenset({Behavior.BLOCKING}), never_answers=True),
    "gemini-2.5-flash-native-audio-preview-12-2025": _Takes(budget=True, alpha=True),
}
MODELS: Final = frozenset(_MODELS)


def refusal(setup: Setup, *, models: frozenset[str], version: str, key: str, good_key: str) -> Close | Hush | None:
    """Return how a set-up is refused (``live-protocol.md`` 3.1, 11, 12), None if it is not; a Hush is no answer at all.

    models: the ids that exist; of one that is not in MODELS every option is taken. version: of the service, as in its
    path. key: what the client showed; good_key: the only one that is good, empty for any.
    """
    if good_key and not key:
        return Close(REFUSED, "Method doesn't allow unregistered callers. Please use API Key.")
    if good_key and key != good_key:
        return Close(INVALID, "API key not valid. Please pass a valid API key.")
    model = setup.model.removeprefix("models/")
    takes = _MODELS.get(model)
    if model not in models or (takes is not None and version == "v1alpha" and not takes.alpha):
        return Close(
            REFUSED,
            f"{setup.model} is not found for API version {version}, or is not supported for bidiGenerateContent.",
        )
    if (names := _names(setup)) and len(names) > len({*names}):
        return _INVALID_ARGUMENT
    if takes is None:
        return None
    return only_sound(setup) or _refused_option(setup, takes, alpha=version == "v1alpha")


def _refused_option(setup: Setup, takes: _Takes, *, alpha: bool) -> Close | Hush | None:
    config = setup.generation_config or GenerationConfig()
    affective, proactivity = config.enable_affective_dialog, setup.proactivity
    if takes.never_answers and (affective or proactivity is not None):
        return Hush()
    if affective and not (takes.alpha and alpha):
        return _INVALID_ARGUMENT
    if proactivity is not None and not (proactivity.proactive_audio if takes.proactive else takes.alpha and alpha):
        return _INVALID_ARGUMENT
    if any(tool.code_execution is not None or tool.url_context is not None for tool in setup.tools):
        return _INVALID_ARGUMENT
    if not _thinks(config, takes):
        return _INVALID_ARGUMENT
    behaviors = {each.behavior for tool in setup.tools for each in tool.function_declarations} - {None}
    return None if behaviors <= takes.behaviors else _INVALID_ARGUMENT


def _thinks(config: GenerationConfig, takes: _Takes) -> bool:
    """Whether the model can think as it is told: a budget or a level, whichever it knows, never both."""
    thinking = config.thinking_config
    if thinking is None:
        return True
    if thinking.thinking_level in takes.unknown_levels:
        return False
    if not (takes.budget or takes.level) or (thinking.thinking_budget is not None) & (
        thinking.thinking_level is not None
    ):
        return False
    return (takes.budget or thinking.thinking_budget is None) and (takes.level or thinking.thinking_level is None)


def _names(setup: Setup) -> list[str]:
    return [each.name for tool in setup.tools for each in tool.function_declarations]
