"""The server's end of the Live protocol."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, assert_never

from hubd.audio.pcm import UPLINK_RATE, milliseconds_of
from hubd.errors import RemoteProtocolError
from hubd.live import codec
from hubd.live.content import Blob
from hubd.live.messages import (
    ClientContent,
    RealtimeInput,
    ServerContent,
    ServerMessage,
    SetupComplete,
    ToolResponse,
    Transcription,
)
from hubd.live.setup import ActivityHandling, Modality, RealtimeInputConfig, Setup
from hubd.offline.ear import Began, Ear, Ended, Heard, Paused
from hubd.offline.effects import Close, Effect, Prepare, Recognise, Send
from hubd.offline.grammar import without_wake_word
from hubd.offline.interpreter import Calls, Interpreter
from hubd.offline.memory import Handles, Memory, tokens_of_sound, tokens_of_text
from hubd.offline.talk import Talk
from hubd.offline.words import spoken

# The close codes (``live-protocol.md`` 12).
_INVALID: Final = 1007
_REFUSED: Final = 1008
_MIME_TYPE: Final = re.compile(r"audio/pcm(?:;\s*rate=(\d+))?")
# Speech that fits no sentence is answered; a cough or the rest of a wake word is not speech.
_SHORTEST_SPEECH_MS: Final = 900
# The sound of a conversation may begin with as much of the wake word, its margins included.
_LONGEST_WAKE_WORD_MS: Final = 1400


class Host:
    """One connection, without the connection; used once, then thrown away.

    Feed every frame to receive(), every result to recognised() and voiced(); call wake() when deadline has passed; do
    what effects() returns after each call. It sees what the service would see, no more: the set-up, then sound, text
    and outcomes. handles: the conversations that can be resumed; the same for all connections of a server. on_audio:
    called with each piece of sound, whether it is listened to or not.
    """

    def __init__(self, handles: Handles, *, on_audio: Callable[[bytes], None] | None = None) -> None:
        self._handles = handles
        self._on_audio = on_audio
        self._outbox: list[Effect] = []
        self._session: _Session | None = None
        self._closed = False

    @property
    def deadline(self) -> float | None:
        """When to call wake(): monotonic seconds; None if there is nothing to wait for."""
        return None if self._session is None or self._closed else self._session.talk.deadline

    def effects(self) -> list[Effect]:
        """Return what is to be done now, in order; each effect is returned once."""
        outbox, self._outbox[:] = list(self._outbox), []
        return outbox

    def receive(self, frame: str | bytes) -> None:
        """Take a frame; one that breaks the protocol closes the connection with the service's wording."""
        if self._closed:
            return
        try:
            self._receive(frame)
        except RemoteProtocolError as error:
            self._close(_INVALID, str(error))

    def recognised(self, number: int, words: tuple[str, ...] | None) -> None:
        """Take the words of a Recognise; None if the utterance fits no sentence."""
        if self._session is not None and not self._closed:
            self._session.recognised(number, words)

    def voiced(self, number: int, pcm: bytes, now: float) -> None:
        """Take the speech of a Speak (signed 16-bit mono at 24 kHz), empty if there is none."""
        if self._session is not None and not self._closed:
            self._session.talk.voiced(number, pcm, now)

    def wake(self, now: float) -> None:
        """Take that time has passed."""
        if self._session is not None and not self._closed:
            self._session.talk.wake(now)

    def _receive(self, frame: str | bytes) -> None:
        message = codec.decode_client(frame)
        session = self._session
        if message.setup is not None:
            if session is not None:
                raise RemoteProtocolError("setup must be sent once, as the first message.")
            self._set_up(message.setup)
        elif session is None:
            raise RemoteProtocolError("setup must be the first message and only the first.")
        elif message.realtime_input is not None:
            if self._on_audio is not None and message.realtime_input.audio is not None:
                self._on_audio(message.realtime_input.audio.data)
            session.realtime_input(message.realtime_input)
        elif message.client_content is not None:
            session.client_content(message.client_content)
        elif message.tool_response is not None:
            session.tool_response(message.tool_response)

    def _set_up(self, setup: Setup) -> None:
        if not setup.model.startswith("models/"):
            raise RemoteProtocolError("Invalid value at 'setup.model': models/<id> is wanted")
        if setup.generation_config and {*setup.generation_config.response_modalities} - {Modality.AUDIO}:
            raise RemoteProtocolError("The requested combination of response modalities is not supported by the model.")
        memory = Memory()
        if setup.session_resumption is not None and setup.session_resumption.handle:
            resumed = self._handles.resume(setup.session_resumption.handle)
            if resumed is None:
                self._close(_REFUSED, "Requested entity was not found.")
                return
            memory = resumed
        self._session = _Session(setup, memory, self._handles, self._outbox)

    def _close(self, code: int, reason: str) -> None:
        self._closed = True
        self._outbox.append(Close(code, reason))


@dataclass(frozen=True, slots=True)
class _Result:
    """The words of an utterance, or None if it fits no sentence."""

    words: tuple[str, ...] | None


class _Session:
    """What goes on between a set-up and the end of its connection."""

    def __init__(self, setup: Setup, memory: Memory, handles: Handles, outbox: list[Effect]) -> None:
        declarations = [function for tool in setup.tools for function in tool.function_declarations]
        realtime = setup.realtime_input_config or RealtimeInputConfig()
        self._setup = setup
        self._outbox = outbox
        self._interpreter = Interpreter(declarations)
        self._ear = Ear(realtime.automatic_activity_detection)
        self._seeding = setup.history_config is not None and setup.history_config.initial_history_in_client_content
        self.talk = Talk(
            outbox,
            {declaration.name: declaration.behavior for declaration in declarations},
            memory,
            handles=handles if setup.session_resumption is not None else None,
            compression=setup.context_window_compression,
            interruptible=realtime.activity_handling is not ActivityHandling.NO_INTERRUPTION,
            transcribe=setup.output_audio_transcription is not None,
        )
        self._utterances = 0
        self._asked = 0  # the number of the last Recognise
        self._asked_for = b""  # its sound
        self._result: _Result | None = None  # its result, if that came before the turn was over
        self._over = False  # whether the turn is over, and only its words are awaited
        outbox += [Prepare(self._interpreter.grammar), Send(ServerMessage(setup_complete=SetupComplete()))]
        self.talk.offer_handle()

    def realtime_input(self, message: RealtimeInput) -> None:
        """Take sound, text, or marks; several in one frame in the order in which they make sense."""
        if message.activity_start is not None:
            self._need_manual("activity_start")
            self._take(self._ear.begin())
        for blob in (*message.media_chunks, *((message.audio,) if message.audio is not None else ())):
            self._sound(blob)
        if message.text:
            self._text(message.text)
        if message.audio_stream_end:
            if not self._ear.automatic:
                raise RemoteProtocolError("audio_stream_end needs automatic activity detection.")
            self._take(self._ear.end())
        if message.activity_end is not None:
            self._need_manual("activity_end")
            self._take(self._ear.end())

    def client_content(self, message: ClientContent) -> None:
        """Take turns for the history; with turn_complete the last of the user's is answered."""
        said = ""
        for turn in message.turns:
            if turn.role not in ("", "user", "model"):
                raise RemoteProtocolError("Please use a valid role: user, model.")
            text = " ".join(part.text for part in turn.parts)
            if turn.role == "model":
                self.talk.remember(tokens_of_text(text), user=False)
            else:
                said = text
                self.talk.remember(tokens_of_text(text), user=True)
        seeding, self._seeding = self._seeding, False
        if message.turn_complete and not seeding:
            self.talk.listen()
            self.talk.reply(self._interpreter.reply(spoken(said)))

    def tool_response(self, message: ToolResponse) -> None:
        """Take outcomes of calls."""
        self.talk.answer(message.function_responses)

    def recognised(self, number: int, words: tuple[str, ...] | None) -> None:
        """Take the words of a Recognise; they count once the turn is over, and if nothing was said since."""
        if number != self._asked:
            return
        self._result = _Result(words)
        if self._over:
            self._answer(words)

    def _need_manual(self, mark: str) -> None:
        if self._ear.automatic:
            raise RemoteProtocolError(f"{mark} needs automatic activity detection to be disabled.")

    def _sound(self, blob: Blob) -> None:
        if blob.mime_type.startswith("image/"):
            return
        match = _MIME_TYPE.fullmatch(blob.mime_type)
        if match is None or int(match[1] or UPLINK_RATE) != UPLINK_RATE:
            raise RemoteProtocolError(f"Unsupported audio format: audio/pcm;rate={UPLINK_RATE} is wanted.")
        self._take(self._ear.audio(blob.data))

    def _text(self, text: str) -> None:
        self.talk.listen()
        self.talk.remember(tokens_of_text(text), user=True)
        self.talk.reply(self._interpreter.reply(spoken(text)))

    def _take(self, heard: list[Heard]) -> None:
        for event in heard:
            match event:
                case Began():
                    self._over = False
                    self.talk.listen()
                case Paused(pcm):
                    self._ask(pcm)
                case Ended(b""):
                    self._pass_over()
                case Ended(pcm):
                    self._over = True
                    if pcm != self._asked_for:
                        self._ask(pcm)
                    elif self._result is not None:
                        self._answer(self._result.words)
                case _:
                    assert_never(event)

    def _ask(self, pcm: bytes) -> None:
        self._asked += 1
        self._asked_for = pcm
        self._result = None
        self._outbox.append(Recognise(self._asked, pcm))

    def _answer(self, words: tuple[str, ...] | None) -> None:
        """Answer a turn whose words are known; what was no speech, or only the rest of a wake word, has no answer."""
        milliseconds = milliseconds_of(len(self._asked_for), UPLINK_RATE)
        self._over, self._asked_for = False, b""
        shortest = _SHORTEST_SPEECH_MS if self._utterances else _LONGEST_WAKE_WORD_MS
        self._utterances += 1
        reply = self._interpreter.reply(words)
        if reply == Calls(()) or (words is None and milliseconds < shortest):
            self._pass_over()
            return
        self.talk.remember(tokens_of_sound(milliseconds / 1000), user=True)
        if words is not None and self._setup.input_audio_transcription is not None:
            heard = Transcription(text=" ".join(without_wake_word(words)), finished=True)
            self._outbox.append(Send(ServerMessage(server_content=ServerContent(input_transcription=heard))))
        self.talk.reply(reply)

    def _pass_over(self) -> None:
        """Answer nothing; a client that marks its turns itself is told that this one is over."""
        self._over = False
        self.talk.reply(None, complete=not self._ear.automatic)
