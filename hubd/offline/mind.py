"""The offline model's mind: a grammar of the declared functions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self, assert_never

from hubd.audio.pcm import UPLINK_RATE, milliseconds_of
from hubd.live.declarations import FunctionDeclaration
from hubd.live.messages import FunctionCall, FunctionResponse
from hubd.live.setup import AutomaticActivityDetection, Setup
from hubd.offline import ear
from hubd.offline.brain import Began, Said, SaidNothing, Verdict
from hubd.offline.effects import Effect, Prepare, Recognise
from hubd.offline.grammar import Grammar, Request, without_wake_word
from hubd.offline.interpreter import NOT_UNDERSTOOD, Calls, Interpreter, Reply, Spoken, outcome, wants_confirmation
from hubd.offline.memory import Memory
from hubd.offline.steps import Call, Plan, Ready, Say
from hubd.offline.words import spoken

# Speech that fits no sentence is answered; a cough or the rest of a wake word is not speech.
_SHORTEST_SPEECH_MS: Final = 900
# The sound of a conversation may begin with as much of the wake word, its margins included.
_LONGEST_WAKE_WORD_MS: Final = 1400
# Turns whose words are awaited; who says more than that to a busy machine is told that it was not understood.
_MOST_AWAITED: Final = 4


@dataclass(slots=True)
class _Utterance:
    """What was said, in a turn that goes on or is over; words: None for no sentence, or as long as known is false."""

    number: int
    pcm: bytes
    words: tuple[str, ...] | None = None
    known: bool = False

    @property
    def milliseconds(self) -> float:
        """Its length."""
        return milliseconds_of(len(self.pcm), UPLINK_RATE)


class OfflineBrain:
    """Knows the functions that were declared, nothing else (the contract is ``brain.Brain``'s).

    detection: how the user's turns are found (``live-protocol.md`` 3.2). before: a grammar to go on with, if the
    functions are those that it was made for.
    """

    def __init__(
        self,
        declarations: Sequence[FunctionDeclaration],
        detection: AutomaticActivityDetection | None,
        before: Grammar | None = None,
    ) -> None:
        self._interpreter = Interpreter(declarations, before)
        self._ear = ear.Ear(detection)
        self._answered = 0  # turns
        self._asked = 0  # the number of the last Recognise
        self._guess: _Utterance | None = None  # what was said so far in the turn that goes on, at its last pause
        self._awaited: dict[int, _Utterance] = {}  # of turns that are over, by the number of the Recognise
        self._made: dict[str, Request] = {}  # the last calls, by id
        self.effects: list[Effect] = [Prepare(self._interpreter.grammar)]

    @classmethod
    def of(cls, setup: Setup, before: Grammar | None = None) -> Self:
        """Return a brain that knows what a set-up declares."""
        realtime = setup.realtime_input_config
        return cls(
            [function for tool in setup.tools for function in tool.function_declarations],
            realtime.automatic_activity_detection if realtime is not None else None,
            before,
        )

    @property
    def automatic(self) -> bool:
        """Whether the turns are found in the sound."""
        return self._ear.automatic

    @property
    def hears_user(self) -> bool:
        """Whether the user's turn goes on."""
        return self._ear.hears_user

    def opening(self) -> Plan:
        """Complete the set-up."""
        return (Ready(),)

    def timers(self) -> tuple[()]:
        """Do nothing by the clock."""
        return ()

    def audio(self, pcm: bytes, _memory: Memory) -> list[Verdict]:
        """Take sound."""
        return self._take(self._ear.audio(pcm))

    def begin(self, _memory: Memory) -> list[Verdict]:
        """Take the client's mark."""
        return self._take(self._ear.begin())

    def end(self, _memory: Memory) -> list[Verdict]:
        """Take the client's mark, or the end of the stream."""
        return self._take(self._ear.end())

    def recognised(self, number: int, words: tuple[str, ...] | None) -> list[Verdict]:
        """Take the words of a Recognise: an answer if the turn is over, even if the user speaks again meanwhile."""
        utterance = self._awaited.pop(number, None)
        if utterance is not None:
            utterance.words = words
            return self._answer(utterance)
        if self._guess is not None and self._guess.number == number:
            self._guess.words, self._guess.known = words, True
        return []

    def text(self, text: str, _memory: Memory) -> Said:
        """Understand it as speech is understood; who types wants an answer, whatever it was."""
        return Said(None, 0.0, self._plan(self._interpreter.reply(spoken(text))) or (Say(NOT_UNDERSTOOD),))

    def outcome(self, response: FunctionResponse, *, going_on: bool) -> Plan:  # noqa: ARG002 -- never goes on
        """Say it in a sentence, if there is one; the answer to a question decides about the call."""
        if wants_confirmation(response.response):
            self._interpreter.in_doubt = self._made.get(response.id)
        text = outcome(response.response)
        return (Say(text),) if text else ()

    def _take(self, heard: list[ear.Heard]) -> list[Verdict]:
        verdicts: list[Verdict] = []
        for event in heard:
            match event:
                case ear.Began():
                    self._guess = None
                    verdicts.append(Began())
                case ear.Paused(pcm):
                    self._ask(pcm)
                case ear.Ended(b""):
                    verdicts.append(SaidNothing())
                case ear.Ended(pcm):
                    verdicts += self._end(pcm)
                case _:
                    assert_never(event)
        return verdicts

    def _ask(self, pcm: bytes) -> _Utterance:
        before = self._guess.number if self._guess is not None else 0
        self._asked += 1
        self._guess = _Utterance(self._asked, pcm)
        self.effects.append(Recognise(self._asked, pcm, before))
        return self._guess

    def _end(self, pcm: bytes) -> list[Verdict]:
        """Take that this is all; its words may be known from the last pause."""
        if len(self._awaited) >= _MOST_AWAITED:
            self._guess = None
            return self._answer(_Utterance(0, pcm))
        said = self._guess if self._guess is not None and self._guess.pcm == pcm else self._ask(pcm)
        self._guess = None
        if said.known:
            return self._answer(said)
        self._awaited[said.number] = said
        return []

    def _answer(self, said: _Utterance) -> list[Verdict]:
        """Answer a turn whose words are known; what was no speech, or only the rest of a wake word, has no answer.

        A yes to what nobody here has asked is passed on without one: it may be the client that has.
        """
        shortest = _SHORTEST_SPEECH_MS if self._answered else _LONGEST_WAKE_WORD_MS
        self._answered += 1
        plan = self._plan(self._interpreter.reply(said.words))
        heard = without_wake_word(said.words) if said.words is not None else None
        if (not plan and not heard) or (heard is None and said.milliseconds < shortest):
            return [SaidNothing()]
        transcript = None if heard is None else " ".join(heard)
        return [Said(transcript, said.milliseconds / 1000, plan)]

    def _plan(self, reply: Reply) -> Plan:
        match reply:
            case Calls(()):
                return ()
            case Calls(requests):
                self._made = {_new_id(): request for request in requests}
                calls = ((call_id, each.function, dict(each.arguments)) for call_id, each in self._made.items())
                return (Call(tuple(FunctionCall(id=call_id, name=name, args=given) for call_id, name, given in calls)),)
            case Spoken(text):
                return (Say(text),)
            case _:
                assert_never(reply)


def _new_id() -> str:
    return f"call_{uuid.uuid4().hex[:12]}"
