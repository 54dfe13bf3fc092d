"""What a session is asked to be: settings into the set-up message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hubd.events import Behavior
from hubd.live.content import Content, Part
from hubd.live.declarations import FunctionDeclaration, Tool
from hubd.live.history import HistoryTurn
from hubd.live.models import Capabilities, Option, capabilities, wire_name
from hubd.live.setup import (
    ActivityHandling,
    AudioTranscriptionConfig,
    AutomaticActivityDetection,
    ContextWindowCompression,
    EndSensitivity,
    GenerationConfig,
    HistoryConfig,
    MediaResolution,
    Modality,
    PrebuiltVoiceConfig,
    Proactivity,
    RealtimeInputConfig,
    SessionResumption,
    Setup,
    SlidingWindow,
    SpeechConfig,
    StartSensitivity,
    ThinkingConfig,
    ThinkingLevel,
    TurnCoverage,
    VoiceConfig,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Generation:
    """How the model chooses its words (``live-protocol.md`` 3.1); None for the model's own way."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_output_tokens: int | None = None
    candidate_count: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    media_resolution: MediaResolution | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """How the model thinks: a budget (tokens; 0 off, -1 automatic) for 2.5 models, a level for 3.x, never both."""

    budget: int | None = None
    level: ThinkingLevel | None = None
    include_thoughts: bool = False


@dataclass(frozen=True, slots=True)
class SpeechDetection:
    """How the server finds the user's turns (``live-protocol.md`` 3.2); None for the server's choice."""

    start_sensitivity: StartSensitivity | None = None
    end_sensitivity: EndSensitivity | None = None
    prefix_padding_ms: int | None = None
    silence_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Transcription:
    """Which side's words come as text; languages (BCP 47) with vocabulary are hints about the user's."""

    input: bool = True
    output: bool = True
    languages: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How a session is to be; what the chosen model refuses is left out (``live-protocol.md`` 11).

    model: its id. model_takes: options that it takes whatever the table of models says.
    voice: its name, such as Kore; empty for the model's own. language: in words, such as ``German``, put into the
    system instruction; empty for whatever the person speaks.
    manual_activity: we mark where the user's speech begins and ends; else the server finds out.
    trigger_tokens, target_tokens: the context that starts a compression, and what it leaves; values below 10,000
    break resumption (``live-protocol.md`` 3.3). proactive_audio: None for the model's own way.
    history: what a fresh session knows of before.
    """

    model: str
    model_takes: frozenset[Option] = frozenset()
    system_instruction: str = ""
    voice: str = ""
    language: str = ""
    modality: Modality = Modality.AUDIO
    generation: Generation = field(default_factory=Generation)
    thinking: Thinking = field(default_factory=Thinking)
    transcription: Transcription = field(default_factory=Transcription)
    affective_dialog: bool = False
    proactive_audio: bool | None = None
    google_search: bool = False
    code_execution: bool = False
    url_context: bool = False
    manual_activity: bool = False
    speech_detection: SpeechDetection = field(default_factory=SpeechDetection)
    activity_handling: ActivityHandling | None = None
    turn_coverage: TurnCoverage | None = None
    compression: bool = True
    trigger_tokens: int = 25_000
    target_tokens: int = 8_000
    session_resumption: bool = True
    history: tuple[HistoryTurn, ...] = ()

    @property
    def seeds_history(self) -> bool:
        """Whether a fresh session's set-up announces the history."""
        return bool(self.history) and self.may_send(Option.HISTORY) and capabilities(self.model).seeds_history

    @property
    def answers_in_text(self) -> bool:
        """Whether the model answers in text, not in sound."""
        return self.modality is Modality.TEXT and self.may_send(Option.TEXT)

    def may_send(self, option: Option) -> bool:
        """Return whether the model takes an option, or ignores it without harm."""
        return option in self.model_takes or capabilities(self.model).verdict(option).sent


def setup_message(settings: SessionSettings, declarations: Sequence[FunctionDeclaration], handle: str | None) -> Setup:
    """Return the first message of a connection; a handle goes on from an earlier one."""
    return _Assembly(settings).setup(declarations, handle)


class _Assembly:
    """Puts together what the model takes of the settings."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings

    def setup(self, declarations: Sequence[FunctionDeclaration], handle: str | None) -> Setup:
        settings = self._settings
        compression = ContextWindowCompression(
            trigger_tokens=settings.trigger_tokens, sliding_window=SlidingWindow(target_tokens=settings.target_tokens)
        )
        return Setup(
            model=wire_name(settings.model),
            generation_config=self._generation_config(),
            system_instruction=self._system_instruction(),
            tools=self._tools(declarations, capabilities(settings.model)),
            realtime_input_config=self._realtime_input_config(),
            session_resumption=SessionResumption(handle=handle or "") if settings.session_resumption else None,
            context_window_compression=compression if settings.compression else None,
            input_audio_transcription=self._input_transcription(),
            output_audio_transcription=AudioTranscriptionConfig() if settings.transcription.output else None,
            proactivity=self._fitting(Option.PROACTIVE_AUDIO, Proactivity(proactive_audio=True))
            if settings.proactive_audio
            else None,
            # What resumed sessions were seeded with, they know or have lost (pitfall 13).
            history_config=HistoryConfig(initial_history_in_client_content=True)
            if settings.seeds_history and not handle
            else None,
        )

    def _fitting(self, option: Option, value: _T | None) -> _T | None:
        """Return the value if the model takes the option."""
        return value if self._settings.may_send(option) else None

    def _generation_config(self) -> GenerationConfig:
        settings, wanted, fitting = self._settings, self._settings.generation, self._fitting
        voice = VoiceConfig(prebuilt_voice_config=PrebuiltVoiceConfig(voice_name=settings.voice))
        as_text = settings.answers_in_text
        return GenerationConfig(
            response_modalities=(Modality.TEXT if as_text else Modality.AUDIO,),
            speech_config=SpeechConfig(voice_config=voice) if settings.voice and not as_text else None,
            temperature=fitting(Option.TEMPERATURE, wanted.temperature),
            top_p=fitting(Option.TOP_P, wanted.top_p),
            top_k=fitting(Option.TOP_K, wanted.top_k),
            max_output_tokens=fitting(Option.MAX_OUTPUT_TOKENS, wanted.max_output_tokens),
            candidate_count=fitting(Option.CANDIDATE_COUNT, wanted.candidate_count),
            seed=fitting(Option.SEED, wanted.seed),
            presence_penalty=fitting(Option.PRESENCE_PENALTY, wanted.presence_penalty),
            frequency_penalty=fitting(Option.FREQUENCY_PENALTY, wanted.frequency_penalty),
            media_resolution=fitting(Option.MEDIA_RESOLUTION, wanted.media_resolution),
            thinking_config=self._thinking_config(),
            enable_affective_dialog=settings.affective_dialog and settings.may_send(Option.AFFECTIVE_DIALOG),
        )

    def _thinking_config(self) -> ThinkingConfig | None:
        wanted = self._settings.thinking
        levels = capabilities(self._settings.model).thinking_levels
        knows_level = wanted.level in levels or Option.THINKING_LEVEL in self._settings.model_takes
        config = ThinkingConfig(
            include_thoughts=wanted.include_thoughts and self._settings.may_send(Option.INCLUDE_THOUGHTS),
            thinking_budget=self._fitting(Option.THINKING_BUDGET, wanted.budget),
            thinking_level=self._fitting(Option.THINKING_LEVEL, wanted.level) if knows_level else None,
        )
        return config if config != ThinkingConfig() else None

    def _system_instruction(self) -> Content | None:
        # speechConfig.languageCode is ignored or refused by native-audio models (pitfall 18).
        language = f"Always speak {self._settings.language}." if self._settings.language else ""
        text = "\n\n".join(part for part in (self._settings.system_instruction.strip(), language) if part)
        return Content(parts=(Part(text=text),)) if text else None

    def _tools(self, declarations: Sequence[FunctionDeclaration], takes: Capabilities) -> tuple[Tool, ...]:
        functions = tuple(
            declaration.changed(behavior=takes.behavior(declaration.behavior or Behavior.NON_BLOCKING))
            for declaration in declarations
        )
        tools = [Tool(function_declarations=functions)] if functions else []
        if self._settings.google_search and self._settings.may_send(Option.GOOGLE_SEARCH):
            tools.append(Tool(google_search={}))
        if self._settings.code_execution and self._settings.may_send(Option.CODE_EXECUTION):
            tools.append(Tool(code_execution={}))
        if self._settings.url_context and self._settings.may_send(Option.URL_CONTEXT):
            tools.append(Tool(url_context={}))
        return tuple(tools)

    def _realtime_input_config(self) -> RealtimeInputConfig | None:
        config = RealtimeInputConfig(
            automatic_activity_detection=self._activity_detection(),
            activity_handling=self._fitting(Option.ACTIVITY_HANDLING, self._settings.activity_handling),
            turn_coverage=self._fitting(Option.TURN_COVERAGE, self._settings.turn_coverage),
        )
        return config if config != RealtimeInputConfig() else None

    def _activity_detection(self) -> AutomaticActivityDetection | None:
        if self._settings.manual_activity:
            return AutomaticActivityDetection(disabled=True)
        wanted = self._settings.speech_detection
        config = AutomaticActivityDetection(
            start_of_speech_sensitivity=self._fitting(Option.START_SENSITIVITY, wanted.start_sensitivity),
            end_of_speech_sensitivity=self._fitting(Option.END_SENSITIVITY, wanted.end_sensitivity),
            prefix_padding_ms=self._fitting(Option.PREFIX_PADDING, wanted.prefix_padding_ms),
            silence_duration_ms=self._fitting(Option.SILENCE, wanted.silence_ms),
        )
        return config if config != AutomaticActivityDetection() else None

    def _input_transcription(self) -> AudioTranscriptionConfig | None:
        wanted = self._settings.transcription
        if not wanted.input:
            return None
        return AudioTranscriptionConfig(
            language_codes=self._fitting(Option.TRANSCRIPTION_LANGUAGES, wanted.languages) or (),
            custom_vocabulary=self._fitting(Option.TRANSCRIPTION_VOCABULARY, wanted.vocabulary) or (),
        )
