"""What is allowed in [live] but probably not meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hubd.config.live_rules import surprises
from hubd.config.live_section import BackendChoice, LiveSettings
from hubd.config.loading import Config
from hubd.config.sections import BargeInChoice, TurnEnd
from hubd.config.suggestions import quoted, suggestion
from hubd.live.models import MODELS, VOICES
from hubd.live.setup import ActivityHandling

# A code such as de or pt-BR, not the name of a language.
_LANGUAGE_CODE = re.compile(r"[a-z]{2}|[a-zA-Z]{2,3}([-_][A-Za-z0-9]{2,8})+", re.ASCII)
# What the offline server makes nothing of.
_NOT_OFFLINE = frozenset(
    {"url", "api_version", "model", "model_takes", "voice", "language", "modality", "affective_dialog"}
    | {"proactive_audio", "google_search", "code_execution", "url_context", "generation", "thinking", "head_start"}
)


def live_notices(config: Config) -> Iterator[str]:
    """Yield one sentence for each oddity of [live], beginning with its key."""
    live = config.live
    if live.voice not in VOICES:
        yield f"live.voice: {quoted(live.voice)} is no voice known to hubd; {_meant(live.voice, VOICES)}"
    if live.model not in MODELS:
        meant = _meant(live.model, tuple(MODELS))
        yield f"live.model: {quoted(live.model)} is no model known to hubd, it gets the common options only; {meant}"
    if live.backend is not BackendChoice.OFFLINE:
        yield from surprises(live.model, live.asked())
    if not live.may_carry_key and live.backend is not BackendChoice.OFFLINE:
        yield "live.url: the connection would not be encrypted, so no key is sent there; use wss://"
    if live.backend is BackendChoice.OFFLINE and (unused := sorted(_NOT_OFFLINE & live.model_fields_set)):
        yield f'live.{", live.".join(unused)}: not used with backend = "offline"'
    if _LANGUAGE_CODE.fullmatch(live.language):
        yield f'live.language: the model is told {quoted(live.language)} as it stands; write words, as in "German"'
    yield from _unused(live)
    yield from _turn_notices(config)


def _meant(word: str, known: Sequence[str]) -> str:
    meant = suggestion(word, known)
    return f"did you mean {quoted(meant)}?" if meant else f"known are {', '.join(known)}"


def _unused(live: LiveSettings) -> Iterator[str]:
    """Yield what another option of [live] leaves without effect, or not quite safe."""
    if not live.compression:
        for key in sorted({"compression_trigger_tokens", "compression_target_tokens"} & live.model_fields_set):
            yield f"live.{key}: not used with compression = false"
    hints = [key for key in ("languages", "vocabulary") if getattr(live.transcription, key)]
    if hints and not live.transcription.input:
        yield f"live.transcription.{', live.transcription.'.join(hints)}: not used with input = false"
    elif hints and live.model in MODELS:
        named = ", ".join(f"live.transcription.{key}" for key in hints)
        yield f"{named}: the service takes it, but does not document it; take it out if sessions fail"


def _turn_notices(config: Config) -> Iterator[str]:
    """Yield what [conversation] leaves without effect."""
    live, conversation = config.live, config.conversation
    detection = sorted(live.speech_detection.model_fields_set)
    if detection and conversation.turn_end is TurnEnd.LOCAL:
        named = ", ".join(f"live.speech_detection.{key}" for key in detection)
        yield f'{named}: not used with conversation.turn_end = "local"'
    if live.activity_handling is ActivityHandling.NO_INTERRUPTION and conversation.barge_in is not BargeInChoice.OFF:
        yield 'live.activity_handling: "no-interruption" needs conversation.barge_in = "off"'
