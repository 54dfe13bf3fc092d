"""A mind that follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE, milliseconds_of
from hubd.live.content import Part
from hubd.live.history import Role
from hubd.live.messages import FunctionCall, FunctionResponse, ServerContent, ServerMessage, VoiceActivity
from hubd.live.setup import GenerationConfig, Modality, RealtimeInputConfig, Setup
from hubd.offline import ear
from hubd.offline.brain import Began, Said, SaidNothing, Verdict
from hubd.offline.effects import Effect, Send
from hubd.offline.interpreter import outcome
from hubd.offline.memory import Memory
from hubd.offline.steps import Call, Plan, Ready, Show, Sound, Step, Transcribe
from hubd.simulator.hearing import Hearing
from hubd.simulator.record import UserTurn, Visit
from hubd.simulator.script import Ask, AskAgain, Hear, Line, Lines, Opening, Phrase, Script
from hubd.simulator.sound import speech, words_in


class ScriptedBrain:
    """Does what the script says (the contract is ``brain.Brain``'s).

    opening: the script's word on this connection. visit: where it writes down what it saw. new_id: makes the ids of
    calls, in order over all connections. setup: the client's.
    """

    def __init__(
        self,
        script: Script,
        opening: Opening,
        visit: Visit,
        new_id: Callable[[], str],
        setup: Setup,
    ) -> None:
        self.effects: list[Effect] = []
        self.taken: set[str] = set()  # the ids of the answers that were taken
        self._script = script
        self._opening = opening
        self._visit = visit
        self._new_id = new_id
        self._hearing = Hearing((setup.realtime_input_config or RealtimeInputConfig()).automatic_activity_detection)
        self._as_text = Modality.TEXT in (setup.generation_config or GenerationConfig()).response_modalities
        self._last_calls: tuple[FunctionCall, ...] = ()

    @property
    def automatic(self) -> bool:
        """Whether the turns are found in the sound."""
        return self._hearing.automatic

    @property
    def hears_user(self) -> bool:
        """Whether the user's turn goes on."""
        return self._hearing.hears_user

    def opening(self) -> Plan:
        """Do what the script says about this connection, then complete the set-up."""
        return (*self.plan(self._opening.lines), *((Ready(),) if self._opening.set_up else ()))

    def timers(self) -> Sequence[tuple[float, Plan]]:
        """Do what the script says about each connection's time."""
        return [(seconds, self.plan(lines)) for seconds, lines in self._script.timers]

    def audio(self, pcm: bytes, memory: Memory) -> list[Verdict]:
        """Take sound."""
        return self._take(self._hearing.audio(pcm), memory)

    def begin(self, memory: Memory) -> list[Verdict]:
        """Take the client's mark."""
        return self._take(self._hearing.begin(), memory)

    def end(self, memory: Memory) -> list[Verdict]:
        """Take the client's mark, or the end of the stream."""
        return self._take(self._hearing.end(), memory)

    def recognised(self, _number: int, _words: tuple[str, ...] | None) -> list[Verdict]:
        """Never asks for words."""
        return []

    def text(self, text: str, memory: Memory) -> Said:
        """Follow the script."""
        return self._answer(text, b"", memory)

    def outcome(self, response: FunctionResponse, *, going_on: bool) -> Plan:
        """Follow the script; without its word say the outcome, unless the turn goes on anyway."""
        self.taken.add(response.id)
        words = outcome(response.response)
        lines = self._script.answers.get(response.name)
        if lines is not None:
            return self.plan(lines, answer=words)
        return () if going_on or not words else self.plan((Phrase(words),))

    def plan(self, lines: Lines, **values: str) -> Plan:
        """Return the steps of a script's lines; values: what stands for {name} in a text."""
        return tuple(self._step(line, values) for line in lines)

    def _take(self, heard: Iterable[ear.Heard], memory: Memory) -> list[Verdict]:
        verdicts: list[Verdict] = []
        for event in heard:
            match event:
                case ear.Began():
                    self._tell("ACTIVITY_START")
                    verdicts.append(Began())
                case ear.Paused():
                    pass
                case ear.Ended(b""):
                    self._tell("ACTIVITY_END")
                    verdicts.append(SaidNothing())
                case ear.Ended(pcm):
                    self._tell("ACTIVITY_END")
                    verdicts.append(self._answer(words_in(pcm), pcm, memory))
                case _:
                    assert_never(event)
        return verdicts

    def _tell(self, activity: str) -> None:
        """Send what is outside the union of server messages, beside an empty member of it (``live-protocol.md`` 7)."""
        if self._script.voice_activity:
            message = ServerMessage(voice_activity=VoiceActivity(type=activity), server_content=ServerContent())
            self.effects.append(Send(message))

    def _answer(self, words: str | None, pcm: bytes, memory: Memory) -> Said:
        number = memory.user_turns + 1
        rule = self._script.rule(number, words)
        self._visit.turns.append(UserTurn(number, words, pcm))
        users = [turn.text for turn in memory.turns if turn.role is Role.USER]
        said = [text for text in users if text]
        plan = self.plan(
            rule.lines,
            turn=str(number),
            words=words or "",
            turns=str(len(users)),
            first=said[0] if said else "nothing",
            last=said[-1] if said else "nothing",
        )
        transcript = words if pcm else None
        return Said(transcript, milliseconds_of(len(pcm), UPLINK_RATE) / 1000, plan, counted=not rule.words)

    def _step(self, line: Line, values: dict[str, str]) -> Step:
        match line:
            case Phrase(text, seconds):
                text = _filled(text, values)
                if self._as_text:
                    return Show((Part(text=text),))
                return Sound(text, speech(text, DOWNLINK_RATE, seconds))
            case Hear(text):
                return Transcribe(_filled(text, values))
            case Ask(calls):
                self._last_calls = tuple(FunctionCall(id=self._new_id(), name=name, args=args) for name, args in calls)
                return Call(self._last_calls)
            case AskAgain():
                return Call(self._last_calls, again=True)
            case _:
                return line


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
