"""What a session is asked to be: settings into the set-up message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubd.live.content import Content, Part
from hubd.live.declarations import FunctionDeclaration, Tool
from hubd.live.models import Capabilities, ProactiveAudio, Thinking, capabilities, wire_name
from hubd.live.setup import (
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    ContextWindowCompression,
    GenerationConfig,
    Modality,
    PrebuiltVoiceConfig,
    Proactivity,
    RealtimeInputConfig,
    SessionResumption,
    Setup,
    SlidingWindow,
    SpeechConfig,
    ThinkingConfig,
    ThinkingLevel,
    VoiceConfig,
)


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How a session is to be; what the chosen model refuses is left out (``live-protocol.md`` 11).

    model: its id. voice: its name, such as Kore; empty for the model's own. language: in words, such as ``German``,
    put into the system instruction; empty for whatever the person speaks.
    manual_activity: we mark where the user's speech begins and ends; else the server finds out.
    trigger_tokens, target_tokens: the context that starts a compression, and what it leaves; values below 10,000
    break resumption (``live-protocol.md`` 3.3).
    thinking_level is for models that know levels, thinking_budget (tokens, 0 off, -1 automatic) for those before.
    """

    model: str
    system_instruction: str = ""
    voice: str = ""
    language: str = ""
    temperature: float | None = None
    manual_activity: bool = False
    trigger_tokens: int = 25_000
    target_tokens: int = 8_000
    thinking_level: ThinkingLevel | None = None
    thinking_budget: int | None = None
    proactive_audio: bool = False


def setup_message(settings: SessionSettings, declarations: Sequence[FunctionDeclaration], handle: str | None) -> Setup:
    """Return the first message of a connection; a handle goes on from an earlier one."""
    takes = capabilities(settings.model)
    return Setup(
        model=wire_name(settings.model),
        generation_config=_generation_config(settings, takes),
        system_instruction=_system_instruction(settings),
        tools=_tools(declarations, takes),
        realtime_input_config=_realtime_input_config(settings),
        session_resumption=SessionResumption(handle=handle or ""),
        context_window_compression=ContextWindowCompression(
            trigger_tokens=settings.trigger_tokens, sliding_window=SlidingWindow(target_tokens=settings.target_tokens)
        ),
        input_audio_transcription=AudioTranscriptionConfig(),
        output_audio_transcription=AudioTranscriptionConfig(),
        proactivity=_proactivity(settings, takes),
    )


def _generation_config(settings: SessionSettings, takes: Capabilities) -> GenerationConfig:
    voice = VoiceConfig(prebuilt_voice_config=PrebuiltVoiceConfig(voice_name=settings.voice))
    return GenerationConfig(
        response_modalities=(Modality.AUDIO,),
        speech_config=SpeechConfig(voice_config=voice) if settings.voice else None,
        temperature=settings.temperature,
        thinking_config=_thinking_config(settings, takes),
    )


def _thinking_config(settings: SessionSettings, takes: Capabilities) -> ThinkingConfig | None:
    match takes.thinking:
        case Thinking.LEVEL if settings.thinking_level is not None:
            return ThinkingConfig(thinking_level=settings.thinking_level)
        case Thinking.BUDGET if settings.thinking_budget is not None:
            return ThinkingConfig(thinking_budget=settings.thinking_budget)
        case _:
            return None


def _system_instruction(settings: SessionSettings) -> Content | None:
    # speechConfig.languageCode is ignored or refused by native-audio models (``live-protocol.md`` 13, pitfall 18).
    language = f"Always speak {settings.language}." if settings.language else ""
    text = "\n\n".join(part for part in (settings.system_instruction.strip(), language) if part)
    return Content(parts=(Part(text=text),)) if text else None


def _tools(declarations: Sequence[FunctionDeclaration], takes: Capabilities) -> tuple[Tool, ...]:
    fitting = tuple(
        declaration.model_copy(update={"behavior": takes.behavior(declaration.behavior)})
        for declaration in declarations
    )
    return (Tool(function_declarations=fitting),) if fitting else ()


def _realtime_input_config(settings: SessionSettings) -> RealtimeInputConfig | None:
    if not settings.manual_activity:
        return None
    return RealtimeInputConfig(automatic_activity_detection=AutomaticActivityDetection(disabled=True))


def _proactivity(settings: SessionSettings, takes: Capabilities) -> Proactivity | None:
    if settings.proactive_audio and takes.proactive_audio is ProactiveAudio.OPTIONAL:
        return Proactivity(proactive_audio=True)
    return None
