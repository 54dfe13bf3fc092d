"""The client's end of one Live connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE, bytes_of
from hubd.errors import LinkError, LocalProtocolError, RemoteProtocolError
from hubd.events import (
    Answer,
    AnswerKind,
    Backend,
    Call,
    CallsCancelled,
    CallStatus,
    Event,
    GoingAway,
    HandleIssued,
    LinkReady,
    TokensUsed,
    ToolsAsked,
)
from hubd.live import codec
from hubd.live.content import Content, Part
from hubd.live.history import history_message
from hubd.live.message import Empty
from hubd.live.messages import (
    ClientContent,
    ClientMessage,
    FunctionResponse,
    RealtimeInput,
    ServerMessage,
    SessionResumptionUpdate,
    ToolCall,
    ToolResponse,
)
from hubd.live.models import Option
from hubd.live.opening import Opening
from hubd.live.turn import Turn
from hubd.live.wire import to_struct

# Sound that has waited is sent in pieces of this length (``live-protocol.md`` 4).
_FRAME_BYTES: Final = bytes_of(40, UPLINK_RATE)
# One frame may hold a hundred thousand calls, and each is to be answered; a person asks for a handful.
_MOST_CALLS: Final = 64
# Names, ids, handles: what is kept of a connection for the next hub is no longer.
LONGEST: Final = 8192
_CARRIED_OUT: Final = frozenset({CallStatus.DONE, CallStatus.LATE, CallStatus.FAILED})
# WebSocket's "internal error", which an error message counts as (``live-protocol.md`` 7).
_INTERNAL_ERROR: Final = 1011


class State(Enum):
    """How far the connection is."""

    NEW = "waiting for the set-up"
    SETTING_UP = "setting up"
    OPEN = "open"
    CLOSED = "closed"


class Step(Enum):
    """What moves a connection on."""

    SETUP_TAKEN = "setup"
    SETUP_COMPLETE = "setupComplete"
    BROKEN = "a broken frame"


# A step without a row is the server's breach of the protocol, or a bug.
TRANSITIONS: Final[dict[State, dict[Step, State]]] = {
    State.NEW: {Step.SETUP_TAKEN: State.SETTING_UP, Step.BROKEN: State.CLOSED},
    State.SETTING_UP: {Step.SETUP_COMPLETE: State.OPEN, Step.BROKEN: State.CLOSED},
    State.OPEN: {Step.BROKEN: State.CLOSED},
    State.CLOSED: {Step.BROKEN: State.CLOSED},
}


class LiveSession:
    """What is said over one connection, without the connection; used once, then thrown away.

    Feed every frame to receive() in order, act on the events that it returns, and send what data_to_send() holds after
    each call of any method. The set-up is there from the start. Nothing may be said before LinkReady: that raises
    LocalProtocolError. After receive() has raised, the session is closed: it says nothing more and hears nothing more.

    opening: what opens it, the functions on offer among it. handle: where to go on from, or None for a fresh session.
    """

    def __init__(self, opening: Opening, handle: str | None, backend: Backend) -> None:
        self._settings = settings = opening.settings
        self._resuming = bool(handle) and settings.session_resumption
        self._backend = backend
        self._state = State.NEW
        self._outbox = [opening.text(handle)]
        self._turn = Turn(as_text=settings.answers_in_text)
        self._speaking = False
        self._open_calls: dict[str, Call] = {}
        self._seen_calls: set[str] = set()
        self._void_calls: set[str] = set()

    @property
    def state(self) -> State:
        """How far the connection is."""
        return self._state

    @property
    def open_calls(self) -> tuple[Call, ...]:
        """The calls that were asked for on this connection, and neither answered nor cancelled."""
        return tuple(self._open_calls.values())

    def data_to_send(self) -> list[str]:
        """Return the text frames to send now, in order; each is returned once."""
        if self._state is State.NEW:
            self._step(Step.SETUP_TAKEN)
        frames, self._outbox = self._outbox, []
        return frames

    def receive(self, frame: str | bytes) -> list[Event]:
        """Return the events of one frame, in the order of ``live-protocol.md`` 7.1.

        Raises RemoteProtocolError for what can't be read or comes out of order, LinkError for an error message; then
        close the connection. The text of neither quotes what was said.
        """
        if self._state is State.CLOSED:
            return []
        try:
            return list(self._events(codec.decode_server(frame)))
        except (RemoteProtocolError, LinkError):
            self._step(Step.BROKEN)
            raise

    def send_audio(self, pcm: bytes) -> None:
        """Say sound: whole samples at 16 kHz, signed 16-bit little-endian mono; any length, sent 40 ms a frame at most.

        With manual activity the server throws away what is not between begin_activity() and end_activity().
        """
        if len(pcm) % SAMPLE_BYTES:
            raise LocalProtocolError(f"{len(pcm)} bytes are no whole number of samples")
        for start in range(0, len(pcm), _FRAME_BYTES):
            self._put(codec.encode_sound(pcm[start : start + _FRAME_BYTES]))

    def begin_activity(self) -> None:
        """Mark the start of the user's speech; with manual activity only, and not within speech."""
        self._mark_activity(speaking=True)
        self._say(RealtimeInput(activity_start=Empty()))

    def end_activity(self) -> None:
        """Mark the end of the user's speech; with manual activity only, and within speech."""
        self._mark_activity(speaking=False)
        self._say(RealtimeInput(activity_end=Empty()))

    def end_audio_stream(self) -> None:
        """Say that the microphone pauses for more than 1 s; with the server's activity detection only."""
        if self._settings.manual_activity:
            raise LocalProtocolError("audioStreamEnd is not for manual activity")
        self._say(RealtimeInput(audio_stream_end=True))

    def send_text(self, text: str) -> None:
        """Say text as the user's input; the model answers at once."""
        self._say(RealtimeInput(text=text))

    def send_note(self, text: str) -> None:
        """Put text into the context, without asking for an answer (``live-protocol.md`` 4)."""
        turn = Content(role="user", parts=(Part(text=text),))
        self._queue(ClientMessage(client_content=ClientContent(turns=(turn,))))

    def respond(self, answers: Sequence[Answer]) -> tuple[Answer, ...]:
        """Answer calls, all in one frame; a first answer leaves its call open.

        Calls answered before are left out in silence. Returns the answers that the model would not listen to: those
        to calls of another connection, or cancelled meanwhile, and afterwords; say them as text (``live-protocol.md``
        8.5).
        """
        responses: list[FunctionResponse] = []
        unheard: list[Answer] = []
        for answer in answers:
            call_id, first = answer.call.id, answer.kind is AnswerKind.FIRST
            if answer.kind is AnswerKind.AFTERWORD:
                unheard.append(answer)
            elif call_id in self._open_calls:
                responses.append(_response(answer))
                if not first:
                    del self._open_calls[call_id]
            elif not first and call_id in self._void_calls:
                # Its answer was on the way already: what was done is known to the model no other way.
                self._void_calls.discard(call_id)
                unheard += [answer] if answer.status in _CARRIED_OUT else []
            elif not first and call_id not in self._seen_calls:
                unheard.append(answer)
        if responses:
            self._queue(ClientMessage(tool_response=ToolResponse(function_responses=tuple(responses))))
        return tuple(unheard)

    def _mark_activity(self, *, speaking: bool) -> None:
        if not self._settings.manual_activity:
            raise LocalProtocolError("activity marks are for manual activity")
        if self._speaking is speaking:
            raise LocalProtocolError("activity marks come in pairs")
        self._speaking = speaking

    def _say(self, realtime_input: RealtimeInput) -> None:
        self._queue(ClientMessage(realtime_input=realtime_input))

    def _queue(self, message: ClientMessage) -> None:
        self._put(codec.encode(message))

    def _put(self, frame: str) -> None:
        match self._state:
            case State.OPEN:
                self._outbox.append(frame)
            case State.CLOSED:
                pass
            case State.NEW | State.SETTING_UP:
                raise LocalProtocolError("nothing may be said before the session is set up")

    def _step(self, step: Step) -> None:
        target = TRANSITIONS[self._state].get(step)
        if target is None:
            raise RemoteProtocolError(f"the server sent {step.value} while {self._state.value}")
        self._state = target

    def _events(self, message: ServerMessage) -> Iterator[Event]:
        if message.error is not None:
            raise LinkError(message.error.message or message.error.status, _INTERNAL_ERROR)
        if message.setup_complete is not None:
            self._step(Step.SETUP_COMPLETE)
            self._tell_history()
            yield LinkReady(self._backend, self._resuming)
        elif self._state is not State.OPEN and (message.server_content is not None or message.tool_call is not None):
            raise RemoteProtocolError("the server spoke before the session was set up")
        if message.tool_call_cancellation is not None:
            yield from self._cancelled(message.tool_call_cancellation.ids)
        if message.tool_call is not None:
            yield from self._asked(message.tool_call)
        # Before the turn's end, after which nobody may be there to count.
        if (usage := message.usage_metadata) is not None:
            prompt, response = usage.prompt_token_count, usage.response_token_count or usage.candidates_token_count
            yield TokensUsed(usage.total_token_count or prompt + response, prompt, response, self._backend)
        if message.server_content is not None:
            yield from self._turn.events(message.server_content, message.interaction_status)
        # A model may send handles that nobody asked for (``live-protocol.md`` 9).
        if message.session_resumption_update is not None and self._settings.session_resumption:
            yield from _handle(message.session_resumption_update)
        if message.go_away is not None:
            yield GoingAway(max(0.0, message.go_away.time_left))

    def _tell_history(self) -> None:
        """Tell a fresh session what was said before; one that goes on from a handle knows it (pitfall 13)."""
        if not self._resuming and self._settings.may_send(Option.HISTORY):
            content = history_message(self._settings.history, seeds=self._settings.seeds_history)
            if content is not None:
                self._queue(ClientMessage(client_content=content))

    def _asked(self, tool_call: ToolCall) -> Iterator[Event]:
        fresh: dict[str, Call] = {}
        for call in tool_call.function_calls:
            if not call.id:
                raise RemoteProtocolError("a function call came without an id")
            if max(len(call.id), len(call.name)) > LONGEST:
                raise RemoteProtocolError(f"a function call came with a name or id of more than {LONGEST} characters")
            if call.id not in self._seen_calls:
                fresh[call.id] = Call(call.id, call.name, call.args)
                self._seen_calls.add(call.id)
        if len(fresh) > _MOST_CALLS:
            raise RemoteProtocolError(f"the server asked for {len(fresh)} functions at once")
        self._open_calls |= fresh
        if fresh:
            yield ToolsAsked(tuple(fresh.values()))

    def _cancelled(self, ids: Sequence[str]) -> Iterator[Event]:
        void = tuple(call_id for call_id in ids if self._open_calls.pop(call_id, None) is not None)
        self._void_calls.update(void)
        if void:
            yield CallsCancelled(void)


def _response(answer: Answer) -> FunctionResponse:
    return FunctionResponse(
        id=answer.call.id,
        name=answer.call.name,
        scheduling=answer.scheduling,
        will_continue=answer.kind is AnswerKind.FIRST,
        response=to_struct(answer.response),
    )


def _handle(update: SessionResumptionUpdate) -> Iterator[Event]:
    # Absent fields mean that the session can't be resumed from here; the older handle stays good.
    if update.resumable and 0 < len(update.new_handle) <= LONGEST:
        yield HandleIssued(update.new_handle)
