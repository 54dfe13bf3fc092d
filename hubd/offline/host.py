"""The server's end of the Live protocol."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hubd.errors import RemoteProtocolError
from hubd.live import codec
from hubd.live.setup import Modality, Setup
from hubd.offline.brain import Brain
from hubd.offline.dialogue import Dialogue
from hubd.offline.effects import Close, Effect, Ending, Hush
from hubd.offline.memory import Conversation, Handles, Memory, Refusal, Resumed
from hubd.offline.steps import Plan

# The close codes (``live-protocol.md`` 12).
INVALID = 1007
REFUSED = 1008
ABORTED = Close(REFUSED, "The operation was aborted.")


def _always() -> bool:
    return True


def only_sound(setup: Setup) -> Close | None:
    """Refuse what every Live model refuses: an answer that is not sound (``live-protocol.md`` 3.1)."""
    if setup.generation_config and {*setup.generation_config.response_modalities} - {Modality.AUDIO}:
        return Close(INVALID, "The requested combination of response modalities is not supported by the model.")
    return None


class Host:
    """One connection, without the connection; used once, then thrown away.

    Feed every frame to receive(), every result to recognised() and voiced(); call wake() when deadline has passed and
    lost() when the connection is gone; do what effects() returns after each call. It sees what the service would see,
    no more: the set-up, then sound, text and outcomes. Times are monotonic seconds.

    handles: the conversations that can be resumed; the same for all connections of a server. mind: makes its brain.
    admit: says how a set-up is refused, None if it is not. connected: whether the connection still stands; while it
    does, its handles are in use. idle: a session is aborted after so many seconds without a frame
    (``live-protocol.md`` 10), None for never.
    """

    def __init__(
        self,
        handles: Handles,
        mind: Callable[[Setup], Brain],
        *,
        admit: Callable[[Setup], Close | Hush | None] = only_sound,
        connected: Callable[[], bool] = _always,
        idle: float | None = None,
    ) -> None:
        self._handles = handles
        self._mind = mind
        self._admit = admit
        self._connected = connected
        self._idle = idle
        self._idle_until: float | None = None
        self._outbox: list[Effect] = []
        self._dialogue: Dialogue | None = None
        self._conversation: Conversation | None = None
        self._closed = False
        self._now = 0.0
        self.resumption: Resumed | Refusal | None = None  # what became of the client's handle, if it had one

    @property
    def deadline(self) -> float | None:
        """When to call wake(); None if there is nothing to wait for."""
        if self._dialogue is None or self._closed:
            return None
        return min((each for each in (self._dialogue.deadline, self._idle_until) if each is not None), default=None)

    def effects(self) -> list[Effect]:
        """Return what is to be done now, in order; each effect is returned once, and none after the end."""
        outbox, self._outbox[:] = list(self._outbox), []
        if self._closed:
            return []
        for at, effect in enumerate(outbox):
            if isinstance(effect, Ending):
                self._closed = True
                self._leave(broken=isinstance(effect, Close) and effect.code == INVALID)
                return outbox[: at + 1]
        return outbox

    def receive(self, frame: str | bytes, now: float) -> None:
        """Take a frame; one that breaks the protocol closes the connection with the service's wording."""
        if self._closed:
            return
        self._now = now
        self._idle_until = None if self._idle is None else now + self._idle
        try:
            self._receive(frame, now)
        except RemoteProtocolError as error:
            self._outbox.append(Close(INVALID, str(error)))

    def recognised(self, number: int, words: tuple[str, ...] | None, now: float) -> None:
        """Take the words of a Recognise; None if the utterance fits no sentence."""
        self._now = now
        if self._dialogue is not None and not self._closed:
            self._dialogue.recognised(number, words, now)

    def voiced(self, number: int, pcm: bytes, now: float) -> None:
        """Take the speech of a Speak (signed 16-bit mono at 24 kHz), empty if there is none."""
        self._now = now
        if self._dialogue is not None and not self._closed:
            self._dialogue.talk.voiced(number, pcm, now)

    def wake(self, now: float) -> None:
        """Take that time has passed."""
        self._now = now
        if self._dialogue is not None and not self._closed:
            self._dialogue.talk.wake(now)
            if self._idle_until is not None and now >= self._idle_until:
                self._outbox.append(ABORTED)

    def perform(self, plan: Plan, now: float) -> None:
        """Do this now, in a session that is set up; what takes time waits for the next pause."""
        self._now = now
        if self._dialogue is not None and not self._closed:
            self._dialogue.talk.perform(plan, now)

    def lost(self, now: float) -> None:
        """Take that the connection is gone: from now on its conversation can be resumed."""
        self._now = now
        self._closed = True
        self._leave(broken=False)

    def _receive(self, frame: str | bytes, now: float) -> None:
        message = codec.decode_client(frame)
        dialogue = self._dialogue
        if message.setup is not None:
            if dialogue is not None:
                raise RemoteProtocolError("setup must be sent once, as the first message.")
            self._set_up(message.setup, now)
        elif dialogue is None:
            raise RemoteProtocolError("setup must be the first message and only the first.")
        elif not dialogue.ready:
            self._outbox.append(Close(REFUSED, "Operation is not implemented, or supported, or enabled."))
        elif message.realtime_input is not None:
            dialogue.realtime_input(message.realtime_input, now)
        elif message.client_content is not None:
            dialogue.client_content(message.client_content, now)
        elif message.tool_response is not None:
            dialogue.talk.answer(message.tool_response.function_responses, now)

    def _set_up(self, setup: Setup, now: float) -> None:
        if not setup.model.startswith("models/"):
            raise RemoteProtocolError("Invalid value at 'setup.model': models/<id> is wanted")
        refusal = self._admit(setup)
        if refusal is not None:
            self._outbox.append(refusal)
            return
        conversation, memory = Conversation(self._connected, setup.model), Memory()
        if setup.session_resumption is not None and setup.session_resumption.handle:
            resumed = self.resumption = self._handles.resume(setup.session_resumption.handle, now, setup.model)
            if isinstance(resumed, Refusal):
                self._outbox.append(Close(*resumed.value))
                return
            conversation, memory = resumed.conversation, resumed.memory
            conversation.connected = self._connected
        self._conversation = conversation
        issue = partial(self._handles.issue, conversation) if setup.session_resumption is not None else None
        self._dialogue = Dialogue(setup, self._mind(setup), memory, self._outbox, issue=issue, now=now)

    def _leave(self, *, broken: bool) -> None:
        if self._conversation is not None:
            self._conversation.end(self._now, broken=broken)
            self._conversation = None
