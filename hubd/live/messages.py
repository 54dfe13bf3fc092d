"""What the wire carries, both ways."""

from typing import Annotated

from hubd.events import Scheduling
from hubd.live.content import Blob, Content
from hubd.live.message import Empty, Readable, Wire, field
from hubd.live.setup import Setup
from hubd.live.wire import Bool, Duration, EnumName, Int32, Int64, Struct, enum_name

# Client to server


class RealtimeInput(Wire):
    """One of: sound, a picture, text, the end of the sound stream, or the user's own activity marks.

    The fields are not ordered among each other, so a frame carries one (``live-protocol.md`` 4).
    """

    audio: Blob | None = None
    video: Blob | None = None
    text: str = ""
    audio_stream_end: Bool = False
    activity_start: Empty | None = None
    activity_end: Empty | None = None
    media_chunks: tuple[Blob, ...] = ()


class ClientContent(Wire):
    """Turns for the history; turn_complete starts generation with everything so far."""

    turns: tuple[Content, ...] = ()
    turn_complete: Bool = False


class FunctionResponse(Wire):
    """The outcome of one call.

    scheduling is a sibling of response: inside it the service would not look (``live-protocol.md`` 5).
    will_continue: more answers for the same id follow.
    """

    id: str
    name: str
    scheduling: Scheduling | None = None
    will_continue: Bool = False
    response: Struct
    parts: tuple[Struct, ...] = ()


class ToolResponse(Wire):
    """Answers to calls: several, in any order."""

    function_responses: tuple[FunctionResponse, ...] = ()


class ClientMessage(Wire):
    """One client frame: exactly one of its fields is set."""

    setup: Setup | None = None
    client_content: ClientContent | None = None
    realtime_input: RealtimeInput | None = None
    tool_response: ToolResponse | None = None

    def problem(self) -> str:
        """Return what is wrong if there is not exactly one."""
        members = [each.name for each in self.wire_fields.values() if getattr(self, each.name) is not None]
        if not members:
            return "One of setup, clientContent, realtimeInput, toolResponse is wanted."
        if len(members) > 1:
            return f"oneof field 'message_type' is already set to '{members[0]}'. Cannot set '{members[1]}'."
        return ""


# Server to client


class SetupComplete(Wire):
    """The session is open."""

    session_id: str = ""


class Transcription(Wire):
    """A fragment of what was said; finished if it is a whole utterance."""

    text: str = ""
    finished: Bool = False
    language_code: str = ""


class WebChunk(Wire):
    """A page of the web."""

    uri: str = ""
    title: str = ""


class GroundingChunk(Wire):
    """A source of what was said."""

    web: WebChunk | None = None


class GroundingMetadata(Wire):
    """Where Google Search found what was said; the rest of it is about layout."""

    grounding_chunks: tuple[GroundingChunk, ...] = ()
    web_search_queries: tuple[str, ...] = ()


class UrlMetadata(Wire):
    """A page that was fetched, or was to be."""

    retrieved_url: str = ""
    url_retrieval_status: Annotated[str, enum_name("URL_RETRIEVAL_STATUS_SUCCESS")] = ""


class UrlContextMetadata(Wire):
    """The pages that the URL context tool fetched."""

    url_metadata: tuple[UrlMetadata, ...] = ()


class ServerContent(Wire):
    """Everything that the model says; a frame may set several fields (``live-protocol.md`` 7.1)."""

    model_turn: Content | None = None
    output_transcription: Transcription | None = None
    input_transcription: Transcription | None = None
    interim_input_transcription: Transcription | None = None
    generation_complete: Bool = False
    turn_complete: Bool = False
    interrupted: Bool = False
    waiting_for_input: Bool = False
    turn_complete_reason: EnumName = ""
    interaction_status: EnumName = ""
    grounding_metadata: Readable[GroundingMetadata] = None
    url_context_metadata: Readable[UrlContextMetadata] = None


class FunctionCall(Wire):
    """A call that the model wants carried out."""

    id: str = ""
    name: str
    args: Struct = field(default={})


class ToolCall(Wire):
    """Calls; several at once are parallel."""

    function_calls: tuple[FunctionCall, ...] = ()


class ToolCallCancellation(Wire):
    """Calls that are void: they are not to be answered."""

    ids: tuple[str, ...] = ()


class GoAway(Wire):
    """The server will close the connection in time_left seconds."""

    time_left: Duration = 0.0


class SessionResumptionUpdate(Wire):
    """A handle, a secret; worth keeping only if resumable and not empty (``live-protocol.md`` 9)."""

    new_handle: str = field(default="", repr=False)
    resumable: Bool = False
    last_consumed_client_message_index: Int64 | None = None


class VoiceActivity(Wire):
    """ACTIVITY_START or ACTIVITY_END; for display only."""

    type: EnumName = ""


class ModalityTokenCount(Wire):
    """Tokens of one modality."""

    modality: Annotated[str, enum_name("TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT")] = ""
    token_count: Int32 = 0


class UsageMetadata(Wire):
    """Tokens of one turn (``live-protocol.md`` 7.2); candidates is the sister cloud's word for response."""

    prompt_token_count: Int32 = 0
    cached_content_token_count: Int32 = 0
    response_token_count: Int32 = 0
    candidates_token_count: Int32 = 0
    tool_use_prompt_token_count: Int32 = 0
    thoughts_token_count: Int32 = 0
    total_token_count: Int32 = 0
    prompt_tokens_details: tuple[ModalityTokenCount, ...] = ()
    response_tokens_details: tuple[ModalityTokenCount, ...] = ()


class ErrorStatus(Wire):
    """The server's complaint; it counts as the end of the connection (``live-protocol.md`` 7)."""

    code: Int32 = 0
    message: str = ""
    status: EnumName = ""


class ServerMessage(Wire):
    """One server frame; every field is looked at for itself, for the set of them grows (``live-protocol.md`` 2)."""

    setup_complete: SetupComplete | None = None
    server_content: ServerContent | None = None
    tool_call: ToolCall | None = None
    tool_call_cancellation: ToolCallCancellation | None = None
    go_away: GoAway | None = None
    session_resumption_update: SessionResumptionUpdate | None = None
    voice_activity: Readable[VoiceActivity] = None
    usage_metadata: Readable[UsageMetadata] = None
    interaction_status: EnumName = ""
    error: ErrorStatus | None = None
