"""The first client message: how a session is set up."""

from enum import StrEnum

from hubd.live.content import Content
from hubd.live.declarations import Tool
from hubd.live.message import Wire, field
from hubd.live.wire import Bool, Int32, Int64, Number


class Modality(StrEnum):
    """What the model answers with; current Live models know AUDIO only (``live-protocol.md`` 3.1)."""

    TEXT = "TEXT"
    IMAGE = "IMAGE"
    AUDIO = "AUDIO"


class MediaResolution(StrEnum):
    """How closely pictures are looked at."""

    LOW = "MEDIA_RESOLUTION_LOW"
    MEDIUM = "MEDIA_RESOLUTION_MEDIUM"
    HIGH = "MEDIA_RESOLUTION_HIGH"


class ThinkingLevel(StrEnum):
    """How long a 3.x model thinks."""

    MINIMAL = "MINIMAL"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class PrebuiltVoiceConfig(Wire):
    """A voice by name, such as Kore."""

    voice_name: str


class VoiceConfig(Wire):
    """Which voice speaks."""

    prebuilt_voice_config: PrebuiltVoiceConfig | None = None


class SpeechConfig(Wire):
    """How the model speaks."""

    voice_config: VoiceConfig | None = None
    language_code: str = ""


class ThinkingConfig(Wire):
    """Whether the model thinks: a budget for 2.5 models, a level for 3.x, never both."""

    include_thoughts: Bool = False
    thinking_budget: Int32 | None = None
    thinking_level: ThinkingLevel | None = None


class GenerationConfig(Wire):
    """How the model generates (``live-protocol.md`` 3.1)."""

    response_modalities: tuple[Modality, ...] = ()
    speech_config: SpeechConfig | None = None
    temperature: Number | None = None
    top_p: Number | None = None
    top_k: Int32 | None = None
    max_output_tokens: Int32 | None = None
    candidate_count: Int32 | None = None
    seed: Int32 | None = None
    presence_penalty: Number | None = None
    frequency_penalty: Number | None = None
    media_resolution: MediaResolution | None = None
    thinking_config: ThinkingConfig | None = None
    enable_affective_dialog: Bool = False


class StartSensitivity(StrEnum):
    """How readily the server takes sound for the start of speech."""

    HIGH = "START_SENSITIVITY_HIGH"
    LOW = "START_SENSITIVITY_LOW"


class EndSensitivity(StrEnum):
    """How readily the server takes a pause for the end of speech."""

    HIGH = "END_SENSITIVITY_HIGH"
    LOW = "END_SENSITIVITY_LOW"


class ActivityHandling(StrEnum):
    """Whether a person who starts to speak cuts the model short."""

    INTERRUPTS = "START_OF_ACTIVITY_INTERRUPTS"
    NO_INTERRUPTION = "NO_INTERRUPTION"


class TurnCoverage(StrEnum):
    """Which input belongs to the user's turn."""

    ONLY_ACTIVITY = "TURN_INCLUDES_ONLY_ACTIVITY"
    ALL_INPUT = "TURN_INCLUDES_ALL_INPUT"
    AUDIO_ACTIVITY_AND_ALL_VIDEO = "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO"


class AutomaticActivityDetection(Wire):
    """The server's voice activity detection; disabled, the client marks speech (``live-protocol.md`` 3.2)."""

    disabled: Bool = False
    start_of_speech_sensitivity: StartSensitivity | None = None
    end_of_speech_sensitivity: EndSensitivity | None = None
    prefix_padding_ms: Int32 | None = None
    silence_duration_ms: Int32 | None = None


class RealtimeInputConfig(Wire):
    """How the server finds the user's turns."""

    automatic_activity_detection: AutomaticActivityDetection | None = None
    activity_handling: ActivityHandling | None = None
    turn_coverage: TurnCoverage | None = None


class SessionResumption(Wire):
    """Asks for handles; with a handle, a secret, goes on from it."""

    handle: str = field(default="", repr=False)


class SlidingWindow(Wire):
    """Compression that forgets the oldest turns."""

    target_tokens: Int64 | None = None


class ContextWindowCompression(Wire):
    """When the context is cut, down to what (``live-protocol.md`` 3.3)."""

    trigger_tokens: Int64 | None = None
    sliding_window: SlidingWindow | None = None


class AudioTranscriptionConfig(Wire):
    """Switches a transcription on."""

    language_codes: tuple[str, ...] = ()
    custom_vocabulary: tuple[str, ...] = ()


class Proactivity(Wire):
    """Whether the model may decide to stay silent."""

    proactive_audio: Bool = False


class HistoryConfig(Wire):
    """Whether the first clientContent is history only."""

    initial_history_in_client_content: Bool = False


class Setup(Wire):
    """The first client message, sent once (``live-protocol.md`` 3); model is ``models/<id>``."""

    model: str
    generation_config: GenerationConfig | None = None
    system_instruction: Content | None = None
    tools: tuple[Tool, ...] = ()
    realtime_input_config: RealtimeInputConfig | None = None
    session_resumption: SessionResumption | None = None
    context_window_compression: ContextWindowCompression | None = None
    input_audio_transcription: AudioTranscriptionConfig | None = None
    output_audio_transcription: AudioTranscriptionConfig | None = None
    proactivity: Proactivity | None = None
    history_config: HistoryConfig | None = None
