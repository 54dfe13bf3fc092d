"""What the hub makes of anything in any order, held up to what it promises in any case."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from hubd import events
from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.events import CallStatus, Scheduling
from hubd.ledger import Ledger
from hubd.news import MOST
from hubd.pace import BargeIn, Pace
from hubd.states import State
from hubd.wishes import AskAsked, ListenAsked, SayAsked, Told
from tests.promises.chaos import (
    ANSWERED_WITHIN,
    AUDIO,
    CALLS,
    ENDS,
    MOST_DIALS,
    QUIET,
    QUIET_PIECE,
    REFUSALS,
    REPORTS,
    TAKES_A_CONNECTION,
    TOLD_WITHIN,
    WAKE,
    Chaos,
    Move,
    What,
    Wire,
)
from tests.promises.kitchen import MODEL, Kitchen
from tests.promises.stories import DEVICES
from tests.virtual_time import now, pass_time, run

_AT_REST: Final = frozenset({State.IDLE, State.MUTED})
_NO_OUTCOME: Final = frozenset({CallStatus.ON_ITS_WAY, CallStatus.DUPLICATE, CallStatus.CANCELLED})


async def _settle() -> None:
    """Let what was said come to the conversation, and be decided about."""
    for _ in range(8):
        await pass_time(0)


@dataclass(frozen=True, slots=True)
class Manner:
    """How the hub is configured."""

    pace: Pace
    model: str = MODEL


MANNERS: Final = (
    Manner(Pace()),
    Manner(Pace(manual_activity=True)),
    Manner(Pace(manual_activity=True, barge_in=BargeIn.SPEECH, chime=False)),
    Manner(Pace(barge_in=BargeIn.OFF, follow_up=0.0)),
    Manner(Pace(), "gemini-2.5-flash-native-audio-preview-12-2025"),
    Manner(Pace(manual_activity=True), "gemini-2.5-flash-native-audio-preview-12-2025"),
    Manner(Pace(barge_in=BargeIn.SPEECH), "gemini-3.1-flash-live-preview"),
)


def play(moves: Sequence[Move], manner: Manner, ledger: Ledger | None = None) -> list[str]:
    """Let these things happen to a hub; return what it did wrong."""
    found: list[str] = []

    async def scenario() -> None:
        trial = Trial(manner, ledger)
        try:
            async with trial.kitchen.open():
                for move in moves:
                    await trial.pause(move.pause)
                    if trial.kitchen.state is State.IDLE and move.what in TAKES_A_CONNECTION:
                        trial.do(WAKE)
                        await _settle()
                    trial.do(move)
                    await _settle()
                found.extend(await trial.come_to_rest())
                found.extend(await trial.begin_again())
        except* Exception as faults:  # noqa: BLE001 -- whatever stops the hub is told with the moves that led to it
            found.extend(f"the hub stopped: {fault!r}" for fault in faults.exceptions)
        found.extend(trial.judge())

    run(scenario())
    return found


class Trial:
    """A kitchen in which anything happens."""

    def __init__(self, manner: Manner, ledger: Ledger | None) -> None:
        self.service = Chaos()
        self._kept: dict[str, float] = {}
        self._numbers = itertools.count()
        self._facts: list[str] = []
        self._requests = Counter[str]()
        self._last_wire: Wire | None = None
        self.kitchen = Kitchen(self.service.dial, DEVICES, pace=manner.pace, model=manner.model, ledger=ledger)

    async def pause(self, seconds: float) -> None:
        """Let the time pass, in which the microphone brings silence."""
        if seconds:
            await pass_time(seconds)
            self.kitchen.uplink.push(bytes(round(seconds * UPLINK_RATE) * SAMPLE_BYTES))
            self.kitchen.line.sound_arrived()
        self._look_for_news()

    def _look_for_news(self) -> None:
        """Note outcomes that are kept back in the pause after an answer, where there is somebody to tell."""
        wire, waiting = self.service.wire, {item.call for item in self.kitchen.carry_over.waiting}
        free = wire is not None and wire is self._last_wire and self.kitchen.state is State.FOLLOWING_UP
        self._kept = {call: self._kept.get(call, now()) for call in waiting if free}
        self._last_wire = wire
        for call, since in self._kept.items():
            if now() - since > TOLD_WITHIN:
                self.service.faults.append(f"what became of {call} is kept back for {now() - since:g} s")

    def do(self, move: Move) -> None:  # noqa: C901, PLR0912 -- one case a move
        """Let it happen."""
        post, end = self.kitchen.post, self.kitchen.uplink.end
        match move.what:
            case What.WAKE:
                post(events.Woke("hey_jarvis", 0.9, end=end, end_ms=0))
            case What.SPEECH_BEGINS:
                post(events.SpeechBegan(end))
            case What.SPEECH_ENDS:
                post(events.SpeechEnded(end))
            case What.STOP:
                post(events.StopAsked())
            case What.MUTE | What.UNMUTE:
                post(events.MuteChanged(muted=move.what is What.MUTE))
            case What.TOLD | What.SAY | What.ASK | What.LISTEN:
                self._wish(move)
            case What.END:
                if self.service.wires:
                    self.service.wires[-1].end(*ENDS[move.which % len(ENDS)])
            case What.SILENCE:
                if self.service.wires:
                    self.service.wires[-1].hush()
            case What.REFUSE_NEXT:
                self.service.refuse.append(REFUSALS[move.which % len(REFUSALS)])
            case What.NO_SETUP_NEXT:
                self.service.mute_set_ups += 1
            case What.REPORT:
                self.kitchen.broker.say(*REPORTS[move.which % len(REPORTS)])
            case What.BROKER_AWAY | What.BROKER_BACK | What.BROKER_DEAF:
                self.kitchen.broker.connected = move.what is not What.BROKER_AWAY
                self.kitchen.broker.refuses = move.what is What.BROKER_DEAF
            case _:
                self._say(move)

    def _wish(self, move: Move) -> None:
        """Let an automation want something."""
        number = next(self._numbers)
        scheduling = tuple(Scheduling)[move.which % len(Scheduling)]
        request = f"{move.what.name} {number}"
        match move.what:
            case What.TOLD:
                self._facts.append(f"Fact {number}.")
                self.kitchen.post(Told(f"sensor {number}", self._facts[-1], scheduling))
                return
            case What.SAY:
                self.kitchen.post(SayAsked(request, "Dinner is ready.", scheduling))
            case What.ASK:
                self.kitchen.post(AskAsked(request, "Shall I?"))
            case _:
                self.kitchen.post(ListenAsked(request))
        self._requests[request] += 1

    def _say(self, move: Move) -> None:  # noqa: C901, PLR0912 -- one case a move
        """Let the server say something, if there is a connection."""
        wire = self.service.wire
        if wire is None:
            return
        match move.what:
            case What.CALL:
                wire.ask(move.which % len(CALLS))
            case What.PARALLEL_CALLS:
                wire.ask(move.which % len(CALLS), (move.which + 1) % len(CALLS))
            case What.CANCEL:
                wire.cancel(move.which)
            case What.AUDIO:
                wire.say({"serverContent": AUDIO})
            case What.WORDS:
                wire.say({"serverContent": {"outputTranscription": {"text": "Well. "}}})
            case What.HEARD:
                wire.say({"serverContent": {"inputTranscription": {"text": "lamp", "finished": move.which % 2 == 1}}})
            case What.GENERATED:
                wire.say({"serverContent": {"generationComplete": True}})
            case What.COMPLETE:
                wire.say({"serverContent": {"turnComplete": True}})
            case What.UNFINISHED:
                wire.say({"serverContent": {"turnComplete": True, "interactionStatus": "IN_PROGRESS"}})
            case What.INTERRUPTED:
                wire.say({"serverContent": {"interrupted": True}})
            case What.HANDLE:
                self.service.handles += 1
                update: JsonValue = {"newHandle": f"handle {self.service.handles}", "resumable": True}
                wire.say({"sessionResumptionUpdate": update})
            case What.NO_HANDLE:
                wire.say({"sessionResumptionUpdate": {}})
            case What.GO_AWAY:
                wire.say({"goAway": {"timeLeft": f"{(0, 3, 12, 50)[move.which % 4]}s"}})
            case _:
                raise AssertionError(move)

    async def come_to_rest(self) -> list[str]:
        """Let nothing happen for long; return what is wrong then."""
        kitchen, dials = self.kitchen, self.service.dials
        kitchen.broker.connected, kitchen.broker.refuses = True, False
        ends = now() + QUIET
        while now() < ends:
            await self.pause(QUIET_PIECE)
        found = [] if kitchen.state in _AT_REST else [f"with nobody there the hub stays {kitchen.state}"]
        if (more := self.service.dials - dials) > MOST_DIALS:
            found.append(f"with nobody there it dialled {more} times")
        if any(wire.over_at is None for wire in self.service.wires):
            found.append("with nobody there a connection stays open")
        return found

    async def begin_again(self) -> list[str]:
        """Say a wake word and something else, in a world where all is well; return what is wrong then."""
        kitchen, service = self.kitchen, self.service
        service.behave()
        kitchen.post(events.MuteChanged(muted=False))
        await self.pause(0.2)
        wires, states = len(service.wires), set[State]()
        self.do(WAKE)
        await self.pause(0.5)
        self.do(Move(0, What.SPEECH_BEGINS))
        await self.pause(1.0)
        self.do(Move(0, What.SPEECH_ENDS))
        for _ in range(80):
            await self.pause(0.5)
            states.add(kitchen.state)
        found = [] if len(service.wires) > wires else ["a wake word opens no connection"]
        if State.SPEAKING not in states:
            found.append("an answer is not played")
        if kitchen.state is not State.IDLE:
            found.append(f"after an answer the hub stays {kitchen.state}")
        return found

    def judge(self) -> list[str]:
        """Return what went wrong, once it is over."""
        found = list(self.service.faults)
        by_call = Counter(str(each.call) for each in self.kitchen.published)
        found += [f"call {call} was published {count} times" for call, count in by_call.items() if count > 1]
        for number, wire in enumerate(self.service.wires, 1):
            for call, asked in wire.asked.items():
                if asked.answers > 1:
                    found.append(f"connection {number}: {call} was answered {asked.answers} times")
                over = now() if wire.over_at is None else wire.over_at
                if not asked.void and not asked.answers and over - asked.at > ANSWERED_WITHIN:
                    found.append(f"connection {number}: {call} was left without an answer for {over - asked.at:g} s")
        found += [f"{fact!r} was never told" for fact in self._facts[-MOST:] if not self._learned(fact)]
        replies = Counter(reply.request for reply in self.kitchen.replies if reply.request)
        if replies != self._requests:
            found.append(f"replies to {dict(replies)}, wishes were {dict(self._requests)}")
        statuses = {each.call: each.status for each in self.kitchen.answered if each.status not in _NO_OUTCOME}
        found += [
            f"nobody was told that {call} is {statuses.get(call)}"
            for call in by_call
            if call not in statuses or not self._told(call, statuses[call])
        ]
        return found

    def _learned(self, fact: str) -> bool:
        """Return whether the model knows a fact."""
        return any(fact in text for text in self.service.texts)

    def _told(self, call: str, status: CallStatus) -> bool:
        """Return whether the model was told what became of a call."""
        name, said = CALLS[int(call[1:])][0], re.compile(rf"status\W+{status}\W")
        return any(name in text and said.search(text) for text in self.service.texts)
