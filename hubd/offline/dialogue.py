"""What goes on once a connection is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import assert_never

from hubd.errors import RemoteProtocolError
from hubd.live.content import Blob
from hubd.live.history import Role
from hubd.live.messages import ClientContent, RealtimeInput
from hubd.live.setup import ActivityHandling, RealtimeInputConfig, Setup
from hubd.offline.brain import Began, Brain, Said, SaidNothing, Verdict
from hubd.offline.calls import undeclared_behavior
from hubd.offline.effects import Effect
from hubd.offline.memory import Memory, tokens_of_sound, tokens_of_text
from hubd.offline.output import Output, Rules
from hubd.offline.rates import Rates
from hubd.offline.state import State
from hubd.offline.talk import Talk


class Dialogue:
    """The user's side of a session: what is said goes to the brain, what the brain makes of it to the model's side.

    memory: the conversation so far. issue: makes a handle, None if the client wants none. outbox: where everything goes
    that is to be done, in order. Times are monotonic seconds. Raises RemoteProtocolError for what the service refuses.
    """

    def __init__(  # noqa: PLR0913 -- everything comes together here
        self,
        setup: Setup,
        brain: Brain,
        memory: Memory,
        outbox: list[Effect],
        *,
        issue: Callable[[Memory], str] | None,
        now: float,
    ) -> None:
        realtime = setup.realtime_input_config or RealtimeInputConfig()
        instruction = setup.system_instruction.parts if setup.system_instruction is not None else ()
        rules = Rules(
            issue=issue,
            compression=setup.context_window_compression,
            interruptible=realtime.activity_handling is not ActivityHandling.NO_INTERRUPTION,
            hear=setup.input_audio_transcription is not None,
            transcribe=setup.output_audio_transcription is not None,
            fixed=sum(tokens_of_text(part.text) for part in instruction),
        )
        declared = (each for tool in setup.tools for each in tool.function_declarations)
        behaviors = {each.name: each.behavior or undeclared_behavior(setup.model) for each in declared}
        self._outbox = outbox
        self._brain = brain
        self._rates = Rates()
        self._output = Output(outbox, memory, rules)
        self._seeding = setup.history_config is not None and setup.history_config.initial_history_in_client_content
        self.talk = Talk(outbox, self._output, brain, rules=rules, behaviors=behaviors, now=now)
        self._fetch()
        self.talk.start(now)

    @property
    def ready(self) -> bool:
        """Whether the set-up is complete."""
        return self.talk.state is not State.SETTING_UP

    @property
    def deadline(self) -> float | None:
        """When something is to be done without a frame."""
        return self.talk.deadline

    def realtime_input(self, message: RealtimeInput, now: float) -> None:
        """Take sound, text, or marks; several in one frame in the order in which they make sense."""
        if message.activity_start is not None:
            self._need_manual("activity_start")
            self._take(self._brain.begin(self._output.memory), now)
        for blob in (*message.media_chunks, *((message.audio,) if message.audio is not None else ())):
            self._sound(blob, now)
        if message.text:
            self._text(message.text, now)
        if message.audio_stream_end:
            if not self._brain.automatic:
                raise RemoteProtocolError("audio_stream_end needs automatic activity detection.")
            self._end(now)
        if message.activity_end is not None:
            self._need_manual("activity_end")
            self._end(now)

    def client_content(self, message: ClientContent, now: float) -> None:
        """Take turns for the history; with turn_complete the last of the user's is answered."""
        if any(turn.role not in ("", *Role) for turn in message.turns):
            raise RemoteProtocolError("Please use a valid role: user, model.")
        texts = [(Role(turn.role or Role.USER), " ".join(part.text for part in turn.parts)) for turn in message.turns]
        parts = [part for turn in message.turns for part in turn.parts]
        if any(part.function_call is not None or part.function_response is not None for part in parts):
            raise RemoteProtocolError("Request contains an invalid argument.")
        seeding, self._seeding = self._seeding, False
        answering = message.turn_complete and not seeding
        # The last turn of the user's is remembered when it is answered.
        last = max((at for at, (role, _) in enumerate(texts) if role is Role.USER and answering), default=len(texts))
        for at, (role, text) in enumerate(texts):
            if at != last:
                self._output.remember(role, tokens_of_text(text), text)
        if answering:
            self.talk.listen()
            self._reply(texts[last][1] if last < len(texts) else "", now)

    def recognised(self, number: int, words: tuple[str, ...] | None, now: float) -> None:
        """Take the words of a Recognise."""
        self._take(self._brain.recognised(number, words), now)

    def _need_manual(self, mark: str) -> None:
        if self._brain.automatic:
            raise RemoteProtocolError(f"{mark} needs automatic activity detection to be disabled.")

    def _sound(self, blob: Blob, now: float) -> None:
        if blob.mime_type.startswith("image/"):
            return
        self._take(self._brain.audio(self._rates.take(blob), self._output.memory), now)

    def _end(self, now: float) -> None:
        """Take the end of the user's sound."""
        if rest := self._rates.finish():
            self._take(self._brain.audio(rest, self._output.memory), now)
        self._take(self._brain.end(self._output.memory), now)

    def _text(self, text: str, now: float) -> None:
        if not self._brain.automatic and self._brain.hears_user:
            # Inside an activity it was never answered (``live-protocol.md`` 4).
            self._output.remember(Role.USER, tokens_of_text(text), text)
            return
        self.talk.listen()
        self._reply(text, now)

    def _reply(self, text: str, now: float) -> None:
        said = self._brain.text(text, self._output.memory)
        self._output.remember(Role.USER, tokens_of_text(text), text)
        self._answer(said, now)
        self._fetch()

    def _answer(self, said: Said, now: float, *, over: bool = True) -> None:
        if said.counted:
            self._output.memory = self._output.memory.with_user_turn()
        if said.words is not None:
            self._output.heard(said.words)
        if over:
            self.talk.reply(said.plan, now, complete=True)
        else:
            self.talk.perform(said.plan, now)

    def _take(self, verdicts: Iterable[Verdict], now: float) -> None:
        for verdict in verdicts:
            match verdict:
                case Began():
                    self.talk.listen()
                case SaidNothing():
                    if not self._brain.hears_user:
                        # A client that marks its turns itself is told that this one is over.
                        self.talk.reply((), now, complete=not self._brain.automatic)
                case Said(words, seconds):
                    self._output.remember(Role.USER, tokens_of_sound(seconds), words or "")
                    # What was said before is done, though the user speaks again; words about it have to wait.
                    self._answer(verdict, now, over=not self._brain.hears_user)
                case _:
                    assert_never(verdict)
        self._fetch()

    def _fetch(self) -> None:
        """Take over what the brain wants done."""
        self._outbox += self._brain.effects
        self._brain.effects.clear()
