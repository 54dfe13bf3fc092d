"""The model's side of the conversation: calls, their outcomes, when to speak."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, assert_never

from hubd.events import Behavior, Scheduling
from hubd.live.content import Content
from hubd.live.history import Role
from hubd.live.messages import (
    FunctionResponse,
    GoAway,
    ServerContent,
    ServerMessage,
    SetupComplete,
    ToolCall,
    ToolCallCancellation,
)
from hubd.offline import steps
from hubd.offline.brain import Brain
from hubd.offline.calls import Calls
from hubd.offline.effects import Break, Close, Effect, HoldPongs, Hush, SendText, Speak
from hubd.offline.memory import tokens_of_text
from hubd.offline.output import Output, Rules
from hubd.offline.state import SPEAKING, State
from hubd.offline.steps import Plan, Step, joined

# What takes time or belongs into a turn of the model's own; the rest is done at once, whatever else is going on.
_OF_A_TURN: Final = (steps.Say, steps.Sound, steps.Show, steps.Ground, steps.Pause, steps.LoseTurnComplete)


class Talk:
    """Decides what is said, and when (``live-protocol.md`` 8.2 to 8.4).

    outbox: where it puts what is to be done, in order. output: what it says goes through it. behaviors: of each
    declared function. Times are monotonic seconds.
    """

    def __init__(  # noqa: PLR0913 -- a model's parts
        self,
        outbox: list[Effect],
        output: Output,
        brain: Brain,
        *,
        rules: Rules,
        behaviors: Mapping[str, Behavior],
        now: float,
    ) -> None:
        self.state = State.SETTING_UP
        self._outbox = outbox
        self._output = output
        self._brain = brain
        self._rules = rules
        self._calls = Calls(behaviors)
        self._users_turn = False
        self._plan: deque[Step] = deque()
        self._until: float | None = None  # when a pause or the playing of speech is over
        self._playing_until = now
        self._later: list[tuple[float, Plan]] = []
        self._blocked: list[Plan] = []  # what is said about the outcomes of the BLOCKING calls of this turn
        self._urgent: list[Plan] = []  # what is said as soon as the user allows it
        self._waiting: list[Plan] = []  # what is said in the next pause
        self._spoken = 0
        self._lost = False  # whether the end of this turn goes unsaid

    def start(self, now: float) -> None:
        """Begin with what the brain does upon a set-up."""
        self._later += [(now + seconds, plan) for seconds, plan in self._brain.timers()]
        self._plan.extend(self._brain.opening())
        self._go_on(now)

    @property
    def deadline(self) -> float | None:
        """When to call wake(); None if there is nothing to wait for."""
        times = [when for when, _ in self._later]
        return min([*times, self._until] if self._until is not None else times, default=None)

    def listen(self) -> None:
        """Take that the user has begun a turn: what the model does is cut short (``live-protocol.md`` 8.3)."""
        self._users_turn = True
        if self.state in SPEAKING and not self._rules.interruptible:
            return
        if self.state in SPEAKING or self.state is State.WAITING:
            self._cut_short()
        self.state = State.LISTENING

    def reply(self, plan: Plan, now: float, *, complete: bool = False) -> None:
        """Answer the user's turn; complete: its end is told even if there is nothing to answer."""
        self._users_turn = False
        if self.state in SPEAKING:  # only where the client forbade interruption
            self.perform(plan, now)
        elif plan or complete:
            self._begin(joined([plan]), now)
        else:
            self._rest(now)

    def answer(self, responses: Iterable[FunctionResponse], now: float) -> None:
        """Take outcomes of calls; that of a call which is not open is ignored."""
        were_open = bool(self._calls)
        for response in responses:
            self._answer(response)
        if self.state is State.WAITING and not self._calls.blocking:
            plan = joined(self._blocked)
            self._blocked.clear()
            self._plan.extendleft(reversed(plan))
            self._go_on(now)
        elif self.state is State.IDLE:
            self._rest(now)
            if were_open and not self._calls and self.state is State.IDLE:
                self._output.offer_handle()

    def voiced(self, number: int, pcm: bytes, now: float) -> None:
        """Take the speech for the Speak with this number: it is sent at once, much faster than it plays."""
        if self.state is State.VOICING and number == self._spoken:
            self._play(pcm, "", now)
            self._go_on(now)

    def wake(self, now: float) -> None:
        """Take that time has passed."""
        for when, plan in [due for due in self._later if due[0] <= now]:
            self._later.remove((when, plan))
            self.perform(plan, now)
        if self._until is None or now < self._until:
            return
        self._until = None
        if self.state is State.DRAINING:
            self._complete()
            self._rest(now)
        else:
            self._go_on(now)

    def perform(self, plan: Plan, now: float) -> None:
        """Do at once what can be done at once; the rest waits for the next pause."""
        later = []
        for step in plan:
            if isinstance(step, _OF_A_TURN):
                later.append(step)
            elif (waiting_for := self._do(step, now)) is not None and self.state is State.IDLE:
                self.state = waiting_for
        if later:
            self._waiting.append(tuple(later))
        if self.state is State.IDLE:
            self._rest(now)
        elif self.state is State.WAITING and not self._calls.blocking:
            self._go_on(now)

    def _answer(self, response: FunctionResponse) -> None:
        behavior = self._calls.answer(response)
        if behavior is None:
            return
        self._output.remember(Role.MODEL, tokens_of_text(str(response.response)))
        blocking = behavior is Behavior.BLOCKING
        plan = self._brain.outcome(response, going_on=blocking and bool(self._plan))
        if blocking:
            self._blocked.append(plan)
        elif plan:
            self._schedule(plan, response.scheduling or Scheduling.WHEN_IDLE)

    def _schedule(self, plan: Plan, scheduling: Scheduling) -> None:
        match scheduling:
            case Scheduling.SILENT:
                pass  # it is remembered, no more
            case Scheduling.WHEN_IDLE:
                self._waiting.append(plan)
            case Scheduling.INTERRUPT:
                self._urgent.append(plan)
                if self.state in SPEAKING:
                    self._cut_short(cancel=False)
            case _:
                assert_never(scheduling)

    def _begin(self, plan: Sequence[Step], now: float) -> None:
        self.state = State.WORKING
        self._plan = deque(plan)
        self._playing_until = now
        self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Take the steps of the plan until one takes time, or the turn is over."""
        if self.state is not State.SETTING_UP:
            self.state = State.WORKING
        while self._plan:
            waiting_for = self._do(self._plan.popleft(), now)
            if waiting_for is not None:
                self.state = State.SETTING_UP if self.state is State.SETTING_UP else waiting_for
                return
        match self.state:
            case State.SETTING_UP:  # never completed
                return
            case State.WORKING:
                self._output.content(ServerContent(generation_complete=True))
                if self._playing_until > now:
                    self.state, self._until = State.DRAINING, self._playing_until
                    return
                self._complete()
            case _:  # set up, or broken off
                pass
        self._rest(now)

    def _do(self, step: Step, now: float) -> State | None:  # noqa: C901, PLR0912 -- one row for each kind of step
        """Take a step; return the state to wait in if it takes time."""
        match step:
            case steps.Ready():
                self.state = State.IDLE
                self._output.message(ServerMessage(setup_complete=SetupComplete()))
                self._output.offer_handle()
            case steps.Transcribe(text):
                self._output.heard(text)
            case steps.Say(text):
                self._output.generating()
                self._output.words(text)
                self._spoken += 1
                self._outbox.append(Speak(self._spoken, text))
                return State.VOICING
            case steps.Sound(text, pcm):
                self._output.generating()
                self._play(pcm, text, now)
            case steps.Show(parts):
                self._output.generating()
                self._output.content(ServerContent(model_turn=Content(role="model", parts=parts)))
            case steps.Ground(metadata):
                self._output.generating()
                self._output.content(ServerContent(grounding_metadata=metadata))
            case steps.Call(calls, again):
                self._output.message(ServerMessage(tool_call=ToolCall(function_calls=calls)))
                if not again and self._calls.make(calls):
                    return State.WAITING
            case steps.Cancel():
                self._cancel(step)
            case steps.Pause(seconds):
                self._until = now + seconds
                return State.WORKING
            case steps.Interrupt():
                self._interrupt()
            case steps.LoseTurnComplete():
                self._lost = True
            case steps.GoAway(seconds, ending):
                self._output.message(ServerMessage(go_away=GoAway(time_left=seconds)))
                self._later.append((now + seconds, (ending,)))
            case Close() | Break() | Hush() | HoldPongs() | SendText():
                self._outbox.append(step)
            case _:
                assert_never(step)
        return None

    def _interrupt(self) -> None:
        """Break off without the user: a turn ends, in a pause there is nothing to end."""
        if self.state in SPEAKING or self.state is State.WAITING:
            self._cut_short()
        else:
            self._output.content(ServerContent(interrupted=True))

    def _cut_short(self, *, cancel: bool = True) -> None:
        self._plan.clear()
        self._blocked.clear()
        self._output.content(ServerContent(interrupted=True))
        if cancel:
            self._cancel(steps.Cancel())
        self._complete()

    def _cancel(self, which: steps.Cancel) -> None:
        if ids := self._calls.cancel(which):
            self._output.message(ServerMessage(tool_call_cancellation=ToolCallCancellation(ids=ids)))

    def _play(self, pcm: bytes, text: str, now: float) -> None:
        self._playing_until = max(self._playing_until, now) + self._output.sound(pcm, text)

    def _complete(self) -> None:
        """End the model's turn."""
        self._output.complete(resumable=not self._calls, lost=self._lost)
        self.state = State.IDLE
        self._until = None
        self._lost = False

    def _rest(self, now: float) -> None:
        """Be idle, unless the user speaks or something waits to be said."""
        self.state = State.LISTENING if self._users_turn else State.IDLE
        plans = self._urgent + self._waiting
        if plans and self.state is State.IDLE:
            self._urgent.clear()
            self._waiting.clear()
            self._begin(joined(plans), now)
