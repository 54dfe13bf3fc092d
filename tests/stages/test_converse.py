from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import date

import pytest

from hubd import effects, events
from hubd.conversation import Conversation
from hubd.effects import Source
from hubd.errors import LocalProtocolError
from hubd.events import Answer, Call, Event
from hubd.pace import Pace
from hubd.reports import Report, StateReport, UsageReport
from hubd.stages.converse import Converse
from hubd.states import State
from hubd.usage import TokenCount
from hubd.wishes import Fact, Sign
from tests.conversation_script import AUDIO, LAMP, LOST, READY, WOKE, answer, done
from tests.running import running
from tests.virtual_time import now, pass_time, run, settle

Post = Callable[[Event], Awaitable[None]]
MUTE = events.MuteChanged(muted=True)


class Log:
    """Line, voice and hands of a conversation: what they are told is kept, in one order.

    on_ask: what the hands do when they are asked.
    """

    def __init__(self, *, manual: bool = False) -> None:
        self.entries: list[tuple[object, ...]] = []
        self.posts: list[Post] = []
        self.on_ask: Callable[[Iterable[Call]], None] = lambda calls: None
        self.reports: list[Report] = []
        self.quiets: list[float] = []
        self.conversation = Conversation(Pace(manual_activity=manual))
        self.converse = Converse(
            conversation=self.conversation,
            line=self,
            voice=self,
            herald=self,
            hands=self,
            usage=TokenCount(lambda: date(2026, 11, 3)),
            report=self._report,
            clock=now,
            reply=lambda reply: self.entries.append(("reply", reply)),
            quiet=lambda: self.quiets.append(now()),
        )

    def _report(self, report: Report) -> None:
        self.reports.append(report)
        if isinstance(report, StateReport):
            self.entries.append(("state", report.state.value))

    def where(self) -> State:
        """Return the conversation's state."""
        return self.conversation.state

    def open(self, post: Post, _manner: effects.Manner) -> None:
        """Keep what the connection posts with."""
        self.posts.append(post)
        self.entries.append(("open",))

    def close(self) -> None:
        """Keep that the line was closed."""
        self.entries.append(("close",))

    def feed(self, source: Source, start: int | None) -> None:
        """Keep what is sent."""
        self.entries.append(("feed", source, start))

    def begin_activity(self) -> None:
        """Keep the mark."""
        self.entries.append(("begin",))

    def end_activity(self, position: int) -> None:
        """Keep the mark."""
        self.entries.append(("end", position))

    def nudge(self) -> None:
        """Keep the nudge."""
        self.entries.append(("nudge", now()))

    def respond(self, answers: Sequence[Answer]) -> None:
        """Keep the answers."""
        self.entries.append(("respond", *answers))

    def brief(self, manner: effects.Manner) -> None:
        """Keep how the rest is told."""
        self.entries.append(("brief", manner))

    def play(self, pcm: bytes, rate: int) -> None:
        """Keep the speech."""
        self.entries.append(("play", pcm, rate))

    def flush(self) -> None:
        """Keep the flush."""
        self.entries.append(("flush",))

    def sign(self, sign: Sign) -> None:
        """Keep the sign."""
        self.entries.append(("sign", sign))

    def learn(self, facts: Sequence[Fact]) -> None:
        """Keep what others told."""
        self.entries.append(("learn", *facts))

    def say(self, number: int, text: str, sign: Sign | None, volume: int | None) -> None:
        """Keep the announcement."""
        self.entries.append(("say", number, text, sign, volume))

    def silence(self) -> None:
        """Keep that it was cut."""
        self.entries.append(("silence",))

    def ask(self, calls: Iterable[Call]) -> None:
        """Keep the calls."""
        calls = tuple(calls)
        self.entries.append(("ask", *calls))
        self.on_ask(calls)

    def cancel(self, ids: Iterable[str]) -> None:
        """Keep what is taken back."""
        self.entries.append(("cancel", *ids))

    async def hears(self, *happened: Event) -> None:
        """Let the newest connection bring these, and the conversation take them."""
        for event in happened:
            await self.posts[-1](event)
        await settle()

    async def opened(self) -> None:
        """Wake the hub, and connect it."""
        self.converse.post(WOKE)
        await settle()
        await self.hears(READY)


def with_a_log(scenario: Callable[[Log], Coroutine[None, None, None]], *, manual: bool = False) -> None:
    """Run the scenario with a running stage, in virtual time."""

    async def main() -> None:
        log = Log(manual=manual)
        async with running(log.converse.run()) as task:
            await scenario(log)
            assert not task.done()

    run(main())


def test_effects_in_order() -> None:
    """What is to be done is done at once, in order."""

    async def scenario(log: Log) -> None:
        await log.opened()
        log.converse.post(events.SpeechEnded(30_000))
        await log.hears(events.ToolsAsked((LAMP,)), AUDIO)
        log.converse.post(done(LAMP))
        await settle()
        await log.hears(events.Interrupted(), events.CallsCancelled(("c9",)))
        log.converse.post(MUTE)
        await settle()
        assert log.entries == [
            ("sign", Sign.WOKE),
            ("state", "opening"),
            ("open",),
            ("state", "listening"),
            ("feed", Source.MICROPHONE, WOKE.end),
            ("ask", LAMP),
            ("play", AUDIO.pcm, AUDIO.rate),
            ("state", "speaking"),
            ("feed", Source.SILENCE, None),
            ("respond", answer(LAMP)),
            ("flush",),
            ("state", "listening"),
            ("feed", Source.MICROPHONE, None),
            ("cancel", "c9"),
            ("brief", effects.Manner.ALOUD),
            ("feed", Source.NOTHING, None),
            ("close",),
            ("state", "muted"),
        ]
        assert log.converse.muted

    with_a_log(scenario)


def test_a_connections_event_has_its_effects_at_once() -> None:
    """What a connection brings is carried out before it brings more, unless something of the hub's own waits."""

    async def scenario(log: Log) -> None:
        await log.opened()
        await log.posts[-1](events.ToolsAsked((LAMP,)))
        assert log.entries[-1] == ("ask", LAMP)
        log.converse.post(MUTE)
        await log.posts[-1](events.CallsCancelled((LAMP.id,)))
        assert log.entries[-1] == ("ask", LAMP)
        await settle()
        assert log.where() is State.MUTED
        assert ("cancel", LAMP.id) not in log.entries

    with_a_log(scenario)


def test_a_deadline_that_a_connections_event_brings() -> None:
    """A deadline that was set by what a connection brought comes, though nothing else wakes the stage."""

    async def scenario(log: Log) -> None:
        await log.opened()
        assert log.conversation.deadline is not None
        await pass_time(log.conversation.deadline)
        await settle()
        assert log.where() is State.IDLE

    with_a_log(scenario)


def test_marks() -> None:
    """With manual activity the line is told where speech begins and ends."""

    async def scenario(log: Log) -> None:
        await log.opened()
        log.converse.post(events.SpeechEnded(30_000))
        await settle()
        assert log.entries[-3:] == [("begin",), ("feed", Source.MICROPHONE, WOKE.end), ("end", 30_000)]

    with_a_log(scenario, manual=True)


def test_deadlines() -> None:
    """When a deadline has come the conversation hears of it, each time."""

    async def scenario(log: Log) -> None:
        await log.opened()
        log.converse.post(events.SpeechEnded(30_000))
        waited = asyncio.Event()
        asyncio.get_running_loop().call_later(100, waited.set)
        await waited.wait()
        assert [entry for entry in log.entries if entry[0] == "nudge"] == [("nudge", 20.0)]
        assert log.entries[-1] == ("open",)
        assert log.where() is State.OPENING

    with_a_log(scenario)


def test_event_takes_a_deadline_back() -> None:
    """A deadline that an event has moved does not come."""

    async def scenario(log: Log) -> None:
        await log.opened()
        log.converse.post(events.SpeechEnded(30_000))
        waited = asyncio.Event()
        asyncio.get_running_loop().call_later(19, waited.set)
        await waited.wait()
        await log.hears(AUDIO)
        waited.clear()
        asyncio.get_running_loop().call_later(100, waited.set)
        await waited.wait()
        assert log.where() is State.SPEAKING

    with_a_log(scenario)


def test_closed_connection_is_not_heard() -> None:
    """What a connection still brings when it is closed, or when the next one is open, is passed over."""

    async def scenario(log: Log) -> None:
        await log.opened()
        log.converse.post(events.StopAsked())
        await settle()
        await log.hears(LOST, READY)
        log.converse.post(WOKE)
        await settle()
        assert log.where() is State.OPENING
        old, new = log.posts
        await old(LOST)
        await old(AUDIO)
        await settle()
        assert log.where() is State.OPENING
        await new(READY)
        await settle()
        assert log.where() is State.LISTENING

    with_a_log(scenario)


def test_tokens_are_counted() -> None:
    """The tokens of every turn are reported, with the day's sum."""

    async def scenario(log: Log) -> None:
        await log.opened()
        await log.hears(events.TokensUsed(30, 20, 10), events.TokensUsed(3, 2, 1))
        assert [report for report in log.reports if isinstance(report, UsageReport)] == [
            UsageReport(30, 20, 10, 30),
            UsageReport(3, 2, 1, 33),
        ]

    with_a_log(scenario)


def test_tokens_of_a_closed_connection_are_counted() -> None:
    """They come beside the turn's end, which may be the conversation's end, and they were spent all the same."""

    async def scenario(log: Log) -> None:
        await log.opened()
        log.converse.post(events.StopAsked())
        await settle()
        assert log.where() is State.IDLE
        await log.posts[0](events.TokensUsed(30, 20, 10))
        await settle()
        assert log.reports[-1] == UsageReport(30, 20, 10, 30)

    with_a_log(scenario)


class TestInbox:
    def test_server_that_talks_without_end(self) -> None:
        """A connection waits when its share is full; the rest of the hub still finds room, and comes first."""

        async def scenario() -> None:
            log = Log()
            log.converse.post(WOKE)
            life = asyncio.create_task(log.converse.run())
            await settle()
            await log.hears(READY)
            post, brought = log.posts[-1], 0

            async def flood() -> None:
                nonlocal brought
                while True:
                    await post(AUDIO)
                    brought += 1

            life.cancel()
            await asyncio.wait([life])
            flooding = asyncio.create_task(flood())
            await settle()
            assert brought == 500
            for _ in range(499):
                log.converse.post(events.SpeechBegan(0))
            log.converse.post(MUTE)
            life = asyncio.create_task(log.converse.run())
            await settle()
            assert log.converse.muted
            assert ("play", AUDIO.pcm, AUDIO.rate) not in log.entries
            assert brought > 500
            flooding.cancel()
            life.cancel()
            await asyncio.wait([life, flooding])

        run(scenario())

    def test_nobody_takes_anything(self) -> None:
        """An inbox that nobody empties is a bug, which is not hidden."""

        async def scenario() -> None:
            log = Log()
            for _ in range(1000):
                log.converse.post(MUTE)
            with pytest.raises(LocalProtocolError, match="inbox"):
                log.converse.post(MUTE)

        run(scenario())

    def test_answers_do_not_pile_up(self) -> None:
        """However many calls the server asks for, each frame's are answered before the next frame's are begun."""

        async def scenario(log: Log) -> None:
            def refuse(calls: Iterable[Call]) -> None:
                for call in calls:
                    log.converse.post(done(call))

            log.on_ask = refuse
            await log.opened()
            for batch in range(100):
                calls = tuple(Call(f"{batch}.{number}", "nonsense") for number in range(64))
                await log.posts[-1](events.ToolsAsked(calls))
            await settle()
            assert len([entry for entry in log.entries if entry[0] == "respond"]) == 6400

        with_a_log(scenario)


def test_impossible_event_ends_the_stage() -> None:
    """A bug is not hidden."""

    async def scenario() -> None:
        log = Log()
        log.converse.post(WOKE)
        log.converse.post(events.TurnComplete())
        with pytest.raises(LocalProtocolError, match="TurnComplete"):
            await log.converse.run()

    run(scenario())


def test_at_rest() -> None:
    """Who waits for the answer's end waits while somebody is spoken with, and not while the hub is silent."""

    async def main() -> None:
        log = Log()
        async with running(log.converse.run()):
            await log.converse.at_rest()
            log.converse.post(WOKE)
            await settle()
            resting = asyncio.create_task(log.converse.at_rest())
            await log.posts[-1](READY)
            await log.posts[-1](AUDIO)
            await settle()
            assert log.where() is State.SPEAKING
            assert not resting.done()
            await log.posts[-1](events.TurnComplete())
            log.converse.post(events.Drained(1))
            await settle()
            assert log.where() is State.FOLLOWING_UP
            await resting
            await log.posts[-1](events.ToolsAsked((LAMP,)))
            await settle()
            assert log.converse.unread_since is None
            resting = asyncio.create_task(log.converse.at_rest())
            await settle()
            assert not resting.done()
            resting.cancel()

    run(main())


def test_a_change_waits_for_the_end_of_the_conversation() -> None:
    """Made at once while nobody talks; else as soon as the conversation is over, and then the last one only."""
    made: list[str] = []

    async def scenario(log: Log) -> None:
        log.converse.between(lambda: made.append("idle"))
        assert made == ["idle"]
        log.converse.post(WOKE)
        await settle()
        log.converse.between(lambda: made.append("void"))
        log.converse.between(lambda: made.append("after"))
        await log.posts[0](READY)
        await settle()
        assert made == ["idle"]
        log.converse.post(events.StopAsked())
        await settle()
        assert log.where() is State.IDLE
        assert made == ["idle", "after"]
        log.converse.post(MUTE)
        await settle()
        log.converse.between(lambda: made.append("muted"))
        assert made == ["idle", "after", "muted"]

    with_a_log(scenario)


def test_end() -> None:
    """Whoever ends a conversation waits until it is over; where there is none nothing is stopped."""

    async def main() -> None:
        log = Log()
        async with running(log.converse.run()):
            await log.converse.end()
            log.converse.post(WOKE)
            await settle()
            await log.posts[-1](READY)
            await settle()
            assert log.quiets == [0]
            await log.converse.end()
            assert log.where() is State.IDLE
            assert log.entries[-2:] == [("close",), ("state", "idle")]

    run(main())
