"""The inbox, the conversation, its effects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Protocol, assert_never

from hubd import effects
from hubd.conversation import Conversation
from hubd.events import Answer, Call, Event, StopAsked, TokensUsed
from hubd.pace import Pace
from hubd.reports import ReportSink
from hubd.stages.inbox import Inbox
from hubd.states import State
from hubd.usage import TokenCount
from hubd.wishes import Fact, Sign

# In these nobody waits for an answer, unless outcomes are still to come.
_AT_REST = frozenset({State.IDLE, State.MUTED, State.FOLLOWING_UP})
_OVER = frozenset({State.IDLE, State.MUTED})
# Bounded, but never full while the hub is well: the busiest source, the Live connection, waits for room in its share.
_INBOX = 1000
_CONNECTION_SHARE = 500


class Line(Protocol):
    """The Live connection."""

    def open(self, post: Callable[[Event], Awaitable[None]], manner: effects.Manner) -> None:
        """Connect anew; post takes the events that follow, manner says how the model is told what waits to be told."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...

    def feed(self, source: effects.Source, start: int | None) -> None:
        """Send this from now on."""
        ...

    def begin_activity(self) -> None:
        """Mark the start of the person's speech."""
        ...

    def end_activity(self, position: int) -> None:
        """Mark its end, at a position in the uplink."""
        ...

    def nudge(self) -> None:
        """Say that the person has finished."""
        ...

    def respond(self, answers: Sequence[Answer]) -> None:
        """Answer calls."""
        ...

    def brief(self, manner: effects.Manner) -> None:
        """Tell what waits to be told."""
        ...

    def learn(self, facts: Sequence[Fact]) -> None:
        """Tell what others told."""
        ...


class Herald(Protocol):
    """The stage that says the hub's own words."""

    def say(self, number: int, text: str, sign: Sign | None, volume: int | None) -> None:
        """Play a sign, then say a text, as loud as that, percent; None for as loud as everything."""
        ...

    def silence(self) -> None:
        """Cut that."""
        ...


class Voice(Protocol):
    """The speaker's stage."""

    def play(self, pcm: bytes, rate: int) -> None:
        """Queue speech."""
        ...

    def flush(self) -> None:
        """Fall silent."""
        ...

    def sign(self, sign: Sign) -> None:
        """Queue a sign."""
        ...


class Hands(Protocol):
    """The stage that carries out calls."""

    def ask(self, calls: Iterable[Call]) -> None:
        """Start to carry calls out."""
        ...

    def cancel(self, ids: Iterable[str]) -> None:
        """Answer these calls no more."""
        ...


class Converse:
    """The one writer of the conversation's state.

    clock: monotonic, s, in step with the event loop's. reply: takes word of what others wished. quiet: called when
    somebody wants silence, for whatever rings again and again. Neither blocks nor raises.
    """

    def __init__(  # noqa: PLR0913 -- a stage is given everything that it connects
        self,
        *,
        conversation: Conversation,
        line: Line,
        voice: Voice,
        herald: Herald,
        hands: Hands,
        usage: TokenCount,
        report: ReportSink,
        clock: Callable[[], float],
        reply: Callable[[effects.Reply], None] = lambda _reply: None,
        quiet: Callable[[], None] = lambda: None,
    ) -> None:
        self._conversation = conversation
        self._line = line
        self._voice = voice
        self._herald = herald
        self._hands = hands
        self._usage = usage
        self._report = report
        self._clock = clock
        self._reply = reply
        self._quiet = quiet
        self._inbox = Inbox(asyncio.PriorityQueue(_INBOX), _CONNECTION_SHARE)
        self._connection = 0
        self._change: Callable[[], None] | None = None
        self._stepped = asyncio.Event()

    @property
    def unread_since(self) -> float | None:
        """Since when events wait and none is taken, monotonic, s; None if none waits."""
        return self._inbox.unread_since

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""
        return self._conversation.state is State.MUTED

    @property
    def over(self) -> bool:
        """Whether no conversation goes on."""
        return self._conversation.state in _OVER

    def adopt(self, pace: Pace) -> None:
        """Have the next conversation go at this pace; called between conversations."""
        self._conversation.adopt(pace)

    def between(self, change: Callable[[], None]) -> None:
        """Make a change between two conversations: now if none goes on, else at its end; of several the last one.

        It must not raise.
        """
        self._change = change
        self._make_change()

    def post(self, event: Event) -> None:
        """Put an event into the inbox; raises LocalProtocolError if the conversation does not get to it at all."""
        self._inbox.post(event)

    async def at_rest(self) -> None:
        """Return when nobody waits for an answer, or for its end."""
        while self._conversation.state not in _AT_REST or self._conversation.busy:
            await self._step()

    async def end(self) -> None:
        """End the conversation, if there is one."""
        if not self.over:
            self.post(StopAsked())
        while not self.over:
            await self._step()

    async def run(self) -> None:
        """Take event after event until cancelled."""
        while True:
            letter = await self._inbox.next(self._conversation.deadline)
            self._deal_with(letter.event, letter.connection)

    def _deal_with(self, event: Event, connection: int | None) -> None:
        """Take an event; one of a connection that is closed is passed over, but its tokens have been spent."""
        if connection not in (None, self._connection) and not isinstance(event, TokensUsed):
            return
        if isinstance(event, TokensUsed):
            self._report(self._usage.add(event))
        for effect in self._conversation.step(event, self._clock()):
            self._carry_out(effect)
        self._make_change()
        self._stepped.set()

    async def _take_from(self, connection: int, event: Event) -> None:
        """Take a connection's event, at once if nothing waits before it: else a lamp waits for a turn of the loop."""
        if self._inbox.waited_for:
            self._deal_with(event, connection)
            self._inbox.wait_until(self._conversation.deadline)
        else:
            await self._inbox.post_from(connection, event)

    async def _step(self) -> None:
        """Return when the next event has been dealt with."""
        self._stepped.clear()
        await self._stepped.wait()

    def _make_change(self) -> None:
        """Make the change that waits, if no conversation goes on."""
        if self._change is not None and self._conversation.state in {State.IDLE, State.MUTED}:
            change, self._change = self._change, None
            change()

    def _carry_out(self, effect: effects.Effect) -> None:  # noqa: C901, PLR0912 -- one case an effect
        match effect:
            case effects.OpenLine(manner):
                self._connection += 1
                self._line.open(self._poster(self._connection), manner)
            case effects.CloseLine():
                self._connection += 1
                self._line.close()
            case effects.Feed(source, start):
                self._line.feed(source, start)
            case effects.BeginActivity():
                self._line.begin_activity()
            case effects.EndActivity(position):
                self._line.end_activity(position)
            case effects.Nudge():
                self._line.nudge()
            case effects.Play(pcm, rate):
                self._voice.play(pcm, rate)
            case effects.Flush():
                self._voice.flush()
            case effects.Signal(sign):
                self._voice.sign(sign)
            case effects.Act(calls):
                self._hands.ask(calls)
            case effects.Abandon(ids):
                self._hands.cancel(ids)
            case effects.Respond(answers):
                self._line.respond(answers)
            case effects.Brief(manner):
                self._line.brief(manner)
            case effects.Announce(number, text, sign, volume):
                self._herald.say(number, text, sign, volume)
            case effects.Silence():
                self._herald.silence()
            case effects.Quiet():
                self._quiet()
            case effects.Learn(facts):
                self._line.learn(facts)
            case effects.Reply():
                self._reply(effect)
            case effects.Tell(report):
                self._report(report)
            case _:
                assert_never(effect)

    def _poster(self, connection: int) -> Callable[[Event], Awaitable[None]]:
        """Return what a connection posts with: its words are passed over once it is closed, its costs are not."""
        return partial(self._take_from, connection)
