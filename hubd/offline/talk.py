"""The model's side of the conversation: calls, their outcomes, when to speak."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, assert_never

from hubd.audio.pcm import DOWNLINK_RATE, bytes_of, milliseconds_of
from hubd.events import Behavior, Scheduling
from hubd.live.content import Blob, Content, Part
from hubd.live.messages import (
    FunctionCall,
    FunctionResponse,
    ModalityTokenCount,
    ServerContent,
    ServerMessage,
    SessionResumptionUpdate,
    ToolCall,
    ToolCallCancellation,
    Transcription,
    UsageMetadata,
)
from hubd.live.setup import ContextWindowCompression
from hubd.offline.effects import Effect, Send, Speak
from hubd.offline.grammar import Request
from hubd.offline.interpreter import Calls, Reply, Spoken, outcome
from hubd.offline.memory import Handles, Memory, tokens_of_sound, tokens_of_text

_PIECE: Final = bytes_of(200, DOWNLINK_RATE)
_MIME_TYPE: Final = f"audio/pcm;rate={DOWNLINK_RATE}"


class State(Enum):
    """What the model does."""

    IDLE = "waits for the user"
    LISTENING = "hears the user, or looks for the words"
    WAITING = "waits for the answer to a BLOCKING call"
    VOICING = "has a sentence turned into speech"
    DRAINING = "has sent its speech, which is assumed to be playing"


_SPEAKING: Final = frozenset({State.VOICING, State.DRAINING})


class Talk:
    """Decides what is said, and when (``live-protocol.md`` 8.2 to 8.4).

    outbox: where it puts what is to be done, in order. behaviors: of each declared function. memory: the conversation
    so far. handles: who issues handles, or None if the client asked for none. compression: when the memory is cut.
    interruptible: whether the user may cut the model short. transcribe: whether what is said goes out as text too.
    """

    def __init__(  # noqa: PLR0913 -- a set-up has that many rules
        self,
        outbox: list[Effect],
        behaviors: Mapping[str, Behavior],
        memory: Memory,
        *,
        handles: Handles | None,
        compression: ContextWindowCompression | None,
        interruptible: bool,
        transcribe: bool,
    ) -> None:
        self.memory = memory
        self.state = State.IDLE
        self.deadline: float | None = None
        self._outbox = outbox
        self._behaviors = behaviors
        self._handles = handles
        self._compression = compression
        self._interruptible = interruptible
        self._transcribe = transcribe
        self._users_turn = False
        self._open: dict[str, Behavior] = {}
        self._blocking: list[str] = []  # outcomes of the BLOCKING calls of this turn
        self._waiting: list[str] = []  # outcomes and answers that are said in the next pause
        self._spoken = 0
        self._sent_tokens = 0

    def remember(self, tokens: int, *, user: bool) -> None:
        """Take that something was said, by the user or by the model."""
        if user:
            self.memory = self.memory.compressed(self._compression)
        self.memory = self.memory.with_turn(user=user, tokens=tokens)

    def listen(self) -> None:
        """Take that the user has begun a turn: what the model does is cut short (``live-protocol.md`` 8.3)."""
        self._users_turn = True
        if self.state in _SPEAKING and not self._interruptible:
            return
        if self.state in _SPEAKING or self.state is State.WAITING:
            self._send(ServerContent(interrupted=True))
            if self._open:
                cancelled = ToolCallCancellation(ids=tuple(self._open))
                self._outbox.append(Send(ServerMessage(tool_call_cancellation=cancelled)))
            self._open.clear()
            self._blocking.clear()
            self._complete()
        self.state = State.LISTENING

    def reply(self, reply: Reply | None, *, complete: bool = False) -> None:
        """Answer the user's turn; None if there is nothing to answer, and complete if that is to be said."""
        self._users_turn = False
        spoken_over = self.state in _SPEAKING  # only where the client forbade interruption
        match reply:
            case Calls(requests):
                behaviors = self._call(requests)
                if Behavior.BLOCKING in behaviors and not spoken_over:
                    self.state = State.WAITING
                elif not spoken_over:
                    self._finish_silently()
            case Spoken(text):
                self._waiting.append(text)
                if not spoken_over:
                    self._rest()
            case None if complete and not spoken_over:
                self._finish_silently()
            case None if not spoken_over:
                self._rest()
            case None:
                pass
            case _:
                assert_never(reply)

    def answer(self, responses: Iterable[FunctionResponse]) -> None:
        """Take outcomes of calls; that of a call which is not open is ignored."""
        for response in responses:
            self._answer(response)
        if self.state is State.WAITING and Behavior.BLOCKING not in self._open.values():
            self._say_outcomes()
        elif self.state is State.IDLE:
            self._rest()

    def _answer(self, response: FunctionResponse) -> None:
        behavior = self._open.get(response.id)
        if behavior is None:
            return
        if not response.will_continue:
            del self._open[response.id]
        text = outcome(response.response)
        self.remember(tokens_of_text(text), user=False)
        if behavior is Behavior.BLOCKING:
            self._blocking.append(text)
        elif text:
            self._schedule(text, response.scheduling or Scheduling.WHEN_IDLE)

    def voiced(self, number: int, pcm: bytes, now: float) -> None:
        """Take the speech for the Speak with this number: it is sent at once, much faster than it plays."""
        if self.state is not State.VOICING or number != self._spoken:
            return
        for start in range(0, len(pcm), _PIECE):
            blob = Blob(mime_type=_MIME_TYPE, data=pcm[start : start + _PIECE])
            self._send(ServerContent(model_turn=Content(role="model", parts=(Part(inline_data=blob),))))
        self._send(ServerContent(generation_complete=True))
        seconds = milliseconds_of(len(pcm), DOWNLINK_RATE) / 1000
        self._sent_tokens = tokens_of_sound(seconds)
        self.state = State.DRAINING
        self.deadline = now + seconds

    def wake(self, now: float) -> None:
        """Take that time has passed: when the speech has been played, the turn is complete."""
        if self.deadline is not None and now >= self.deadline:
            self._complete()
            self._rest()

    def offer_handle(self) -> None:
        """Send a handle from which the conversation so far can be resumed, if the client wants one."""
        if self._handles is not None:
            update = SessionResumptionUpdate(new_handle=self._handles.issue(self.memory), resumable=True)
            self._outbox.append(Send(ServerMessage(session_resumption_update=update)))

    def _call(self, requests: tuple[Request, ...]) -> set[Behavior]:
        calls = []
        behaviors = set()
        for request in requests:
            call = FunctionCall(id=f"call_{uuid.uuid4().hex[:12]}", name=request.function, args=dict(request.arguments))
            calls.append(call)
            self._open[call.id] = self._behaviors[request.function]
            behaviors.add(self._behaviors[request.function])
        self._outbox.append(Send(ServerMessage(tool_call=ToolCall(function_calls=tuple(calls)))))
        return behaviors

    def _schedule(self, text: str, scheduling: Scheduling) -> None:
        match scheduling:
            case Scheduling.SILENT:
                pass  # it is remembered, no more
            case Scheduling.WHEN_IDLE:
                self._waiting.append(text)
            case Scheduling.INTERRUPT:
                self._waiting.insert(0, text)
                if self.state in _SPEAKING:
                    self._send(ServerContent(interrupted=True))
                    self._complete()
            case _:
                assert_never(scheduling)

    def _say_outcomes(self) -> None:
        text = _joined(self._blocking)
        self._blocking.clear()
        if text:
            self._say(text)
        else:
            self._finish_silently()

    def _say(self, text: str) -> None:
        self.state = State.VOICING
        self._spoken += 1
        self._sent_tokens = 0
        if self._handles is not None:
            # Not resumable at this point, which is to say: nothing (``live-protocol.md`` 2, rule 5).
            self._outbox.append(Send(ServerMessage(session_resumption_update=SessionResumptionUpdate())))
        if self._transcribe:
            self._send(ServerContent(output_transcription=Transcription(text=text)))
        self._outbox.append(Speak(self._spoken, text))

    def _finish_silently(self) -> None:
        self._sent_tokens = 0
        self._send(ServerContent(generation_complete=True))
        self._complete()
        self._rest()

    def _complete(self) -> None:
        """End the model's turn: what was sent of it is remembered, whether it was heard or not."""
        prompt = self.memory.tokens
        self.remember(self._sent_tokens, user=False)
        usage = UsageMetadata(
            prompt_token_count=prompt,
            response_token_count=self._sent_tokens,
            total_token_count=prompt + self._sent_tokens,
            response_tokens_details=(ModalityTokenCount(modality="AUDIO", token_count=self._sent_tokens),)
            if self._sent_tokens
            else (),
        )
        self._outbox.append(Send(ServerMessage(server_content=ServerContent(turn_complete=True), usage_metadata=usage)))
        self.state = State.IDLE
        self.deadline = None
        self._sent_tokens = 0
        self.offer_handle()

    def _rest(self) -> None:
        """Be idle, unless the user speaks or something waits to be said."""
        self.state = State.LISTENING if self._users_turn else State.IDLE
        if self._waiting and self.state is State.IDLE:
            text = _joined(self._waiting)
            self._waiting.clear()
            self._say(text)

    def _send(self, content: ServerContent) -> None:
        self._outbox.append(Send(ServerMessage(server_content=content)))


def _joined(sentences: Iterable[str]) -> str:
    """Return sentences as one text; what two devices say alike is said once."""
    return " ".join(dict.fromkeys(filter(None, sentences)))
