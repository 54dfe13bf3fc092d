"""A connection that is opened before the wake word is certain."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.budget import Budget, WhenSpent
from hubd.effects import Source
from hubd.errors import LinkError
from hubd.events import Backend, GoingAway, HandleIssued, LinkLost, LinkReady, TokensUsed
from hubd.guesses import MOST, PAUSE
from hubd.hunches import FellBack, Rising
from hubd.stages.connection import Server
from hubd.stages.head_start import KEPT
from hubd.usage import TokenCount
from tests.stages.line_fakes import BAD_KEY, BUSY, GONE, READY, SETUP_TIMEOUT, FakeLink, Street, handle, on_the_street
from tests.virtual_time import now, pass_time, settle

RISING: Final = Rising("hey_jarvis")
GOING: Final = '{"goAway":{"timeLeft":"50s"}}'
USED: Final = '{"usageMetadata":{"totalTokenCount":7,"promptTokenCount":7}}'


def ahead(scenario: Callable[[Street], Coroutine[None, None, None]], *, fallback: bool = False) -> None:
    """Run the scenario with a line that may open connections ahead."""
    on_the_street(scenario, fallback=fallback, ahead=True)


async def rise(street: Street) -> None:
    """Let a score rise, and the line do what it can do at once."""
    street.line.hear(RISING)
    await settle()


async def fall(street: Street) -> None:
    """Let it have been nothing."""
    street.line.hear(FellBack())
    await settle()


async def wake(street: Street) -> None:
    """Let the wake word be certain."""
    street.line.open(street.post)
    await settle()


def kinds(link: FakeLink) -> list[str]:
    """Return what was sent, in order."""
    return [next(iter(json.loads(text))) for text in link.sent]


def nothing_happened(street: Street) -> None:
    """Check that nobody was told anything."""
    assert (street.posted, street.reported, street.announced) == ([], [], [])


class TestTaken:
    def test_while_open(self) -> None:
        """The conversation is open at once: one connection, one set-up, what the server said meanwhile in order."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY, handle("h1")])
            street.links = [link]
            await rise(street)
            assert kinds(link) == ["setup"]
            nothing_happened(street)
            await pass_time(0.4)
            street.line.open(street.post)
            await settle()
            assert now() == 0.4
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False), HandleIssued("h1")]
            link.say(GOING)
            await settle()
            assert street.posted[-1] == GoingAway(50.0)
            assert (kinds(link), link.open) == (["setup"], True)
            assert street.dialled == [0.0]
            assert street.handle == "h1"

        ahead(scenario)

    def test_while_it_is_being_set_up(self) -> None:
        """The set-up is sent once; its answer opens the conversation."""

        async def scenario(street: Street) -> None:
            link = FakeLink()
            street.links = [link]
            await rise(street)
            await pass_time(0.2)
            await wake(street)
            assert street.posted == []
            link.say(READY)
            await settle()
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]
            assert kinds(link) == ["setup"]
            assert street.dialled == [0.0]

        ahead(scenario)

    def test_while_the_set_up_is_on_its_way(self) -> None:
        """A set-up that the network takes slowly is sent whole, and once."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY])
            link.free.clear()
            street.links = [link]
            await rise(street)
            await wake(street)
            await pass_time(1)
            link.free.set()
            await settle()
            assert kinds(link) == ["setup"]
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]

        ahead(scenario)

    def test_while_dialling(self) -> None:
        """The call that is on its way is the conversation's."""

        async def scenario(street: Street) -> None:
            link, reached = FakeLink([READY]), asyncio.Event()
            dial = slow(street, reached)
            street.links = [link]
            await rise(street)
            await pass_time(KEPT - 1)
            await wake(street)
            await rise(street)
            await fall(street)
            await pass_time(KEPT)
            reached.set()
            await settle()
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]
            assert kinds(link) == ["setup"]
            assert dial == [0.0]

        ahead(scenario)

    def test_before_dialling(self) -> None:
        """A rise that is certain at once is one connection."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY])]
            street.line.hear(RISING)
            street.line.open(street.post)
            await settle()
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]
            assert street.dialled == [0.0]

        ahead(scenario)

    def test_talks_as_any_other(self) -> None:
        """What is said over it is the sound after the wake word, from its first sample on, and nothing before."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY])
            street.links = [link]
            await rise(street)
            street.uplink.push(bytes(UPLINK_RATE * SAMPLE_BYTES))
            street.line.sound_arrived()
            await settle()
            assert kinds(link) == ["setup"]
            await wake(street)
            street.line.feed(Source.MICROPHONE, UPLINK_RATE // 2)
            await settle()
            assert kinds(link) == ["setup", *["realtimeInput"] * 12]

        ahead(scenario)

    def test_and_closed_at_once(self) -> None:
        """A conversation that is over before the call was answered takes the call with it."""

        async def scenario(street: Street) -> None:
            street.links = [None]
            await rise(street)
            await wake(street)
            street.line.close()
            await pass_time(100)
            assert street.dialled == [0.0]
            assert street.posted == []
            street.links = [FakeLink([READY])]
            await wake(street)
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]

        ahead(scenario)

    @pytest.mark.parametrize("at_dialling", [False, True])
    def test_failure_afterwards(self, *, at_dialling: bool) -> None:
        """It is the conversation's first attempt, with a second one after half a second."""

        async def scenario(street: Street) -> None:
            reached = asyncio.Event()
            first = FakeLink()
            if at_dialling:
                slow(street, reached)
            street.links = [LinkError("no route") if at_dialling else first, FakeLink([READY])]
            await rise(street)
            await wake(street)
            reached.set()
            first.say(GONE)
            await street.until(LinkReady)
            assert now() == 0.5
            assert len(street.dialled) == 2
            street.line.close()
            await settle()
            await rise(street)
            assert len(street.dialled) == 3

        ahead(scenario)


class TestDropped:
    @pytest.mark.parametrize("link", [None, FakeLink, lambda: FakeLink([READY]), lambda: FakeLink([READY, USED])])
    @pytest.mark.parametrize("forgotten", [False, True])
    def test_in_silence(self, link: Callable[[], FakeLink] | None, *, forgotten: bool) -> None:
        """Wherever it stands it is closed, and nobody is told; the next conversation begins as ever."""

        async def scenario(street: Street) -> None:
            street.links = [link() if link else None]
            await rise(street)
            if forgotten:
                await pass_time(KEPT + 0.1)
            else:
                await fall(street)
            nothing_happened(street)
            assert not any(each.open for each in street.dialled_links)
            assert all(kinds(each) == ["setup"] for each in street.dialled_links)
            street.links = [FakeLink([READY])]
            await wake(street)
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]

        ahead(scenario)

    def test_no_handle_is_kept_of_it(self) -> None:
        """A session in which nothing was said is not gone on from."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY, handle("empty")])]
            await rise(street)
            await fall(street)
            assert street.handle is None

        ahead(scenario)

    @pytest.mark.parametrize(
        "failure", [BAD_KEY, BUSY, GONE, LinkError("no route"), LinkError("Too Many Requests", 429)], ids=str
    )
    @pytest.mark.parametrize("at_dialling", [False, True])
    def test_failure_before_anybody_wants_it(self, failure: LinkError, *, at_dialling: bool) -> None:
        """The next conversation tries the same server, as if nobody had tried before; another rise does not."""

        async def scenario(street: Street) -> None:
            street.links = [failure if at_dialling else FakeLink([failure])]
            await rise(street)
            nothing_happened(street)
            await fall(street)
            await rise(street)
            assert street.dialled == [0.0]
            street.links = [FakeLink([READY])]
            await wake(street)
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]
            assert street.backends == [Backend.GEMINI] * 2

        ahead(scenario, fallback=True)

    def test_failure_just_before_the_wake_word(self) -> None:
        """What failed before anybody wanted it does not count, even while it is still being closed."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([BAD_KEY], close_takes=1.5), FakeLink([READY])]
            await rise(street)
            await wake(street)
            assert await street.until(LinkReady) == LinkReady(Backend.GEMINI, resumed=False)

        ahead(scenario, fallback=True)

    @pytest.mark.parametrize("said", [["{"], [READY, GONE], [READY, BUSY], [b"\xff"], [READY, *["{}"] * 200]])
    def test_server_that_ends_it(self, said: list[str | bytes | Exception]) -> None:
        """A connection that ends while nobody wants it, or that nobody understands, is not given to anybody."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink(said), FakeLink([READY])]
            await rise(street)
            await rise(street)
            nothing_happened(street)
            assert [link.open for link in street.dialled_links] == [False]
            await wake(street)
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]
            assert len(street.dialled) == 2

        ahead(scenario)

    def test_closed_before_the_next_is_dialled(self) -> None:
        """A wake word while it is being closed waits for that: two sockets on one session end it."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY], close_takes=1.5), FakeLink([READY])]
            await rise(street)
            street.line.hear(FellBack())
            await pass_time(0.5)
            street.line.hear(RISING)
            await wake(street)
            assert street.posted == []
            await street.until(LinkReady)
            assert (street.dialled, street.open_at_dialling) == ([0.0, 1.5], [0, 0])

        ahead(scenario)

    def test_while_it_is_closed_the_conversation_is_called_off(self) -> None:
        """Nobody is dialled for a conversation that was over before its turn came."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY], close_takes=1.5)]
            await rise(street)
            street.line.hear(FellBack())
            await pass_time(0.5)
            await wake(street)
            street.line.close()
            await pass_time(100)
            assert (street.dialled, street.posted) == ([0.0], [])

        ahead(scenario)

    def test_hub_that_stops(self) -> None:
        """It is closed with the hub, and not waited for."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY])]
            await rise(street)
            await street.line.closed()
            assert now() == 0.0

        link_of: list[FakeLink] = []

        async def keep_link(street: Street) -> None:
            await scenario(street)
            link_of.extend(street.dialled_links)

        ahead(keep_link)
        assert [link.open for link in link_of] == [False]


class TestHandle:
    def test_is_as_good_as_before(self) -> None:
        """A handle that the server took, and over whose session nothing was said, is used again, with its old age."""

        async def scenario(street: Street) -> None:
            street.handle = "h1"
            await pass_time(100 * 60)
            street.links = [FakeLink([READY, handle("h2")])]
            await rise(street)
            await fall(street)
            assert street.dialled_links[0].handle == "h1"
            assert not street.dialled_links[0].open
            assert street.handle == "h1"
            await pass_time(11 * 60)
            assert street.handle is None

        ahead(scenario)

    def test_goes_into_the_conversation(self) -> None:
        """The conversation goes on from it, over the connection that was opened ahead."""

        async def scenario(street: Street) -> None:
            street.handle = "h1"
            link = FakeLink([READY])
            street.links = [link]
            await rise(street)
            await wake(street)
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=True)]
            assert link.handle == "h1"
            street.line.close()
            await settle()
            assert street.handle == "h1"

        ahead(scenario)

    def test_pitfall_11_is_waited_for(self) -> None:
        """A set-up that goes on from a handle is not given up before the server has answered."""

        async def scenario(street: Street) -> None:
            street.handle = "h1"
            link = FakeLink()
            street.links = [link]
            await rise(street)
            await fall(street)
            await pass_time(SETUP_TIMEOUT - 1)
            assert (street.handle, [each.open for each in street.dialled_links]) == (None, [True])
            link.say(READY)
            await settle()
            assert (street.handle, [each.open for each in street.dialled_links]) == ("h1", [False])
            nothing_happened(street)

        ahead(scenario)

    def test_wake_word_meanwhile(self) -> None:
        """A connection that waits for its answer is the next conversation's."""

        async def scenario(street: Street) -> None:
            street.handle = "h1"
            link = FakeLink()
            street.links = [link]
            await rise(street)
            await fall(street)
            await wake(street)
            link.say(READY)
            await settle()
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=True)]
            assert street.dialled == [0.0]

        ahead(scenario)

    def test_pitfall_11_one_attempt(self) -> None:
        """A handle that the server does not take, or does not answer, is not tried again."""

        async def scenario(street: Street) -> None:
            for said in ([LinkError("Requested entity was not found.", 1008)], []):
                street.handle = "dead"
                street.links = [FakeLink(said)]
                await rise(street)
                await fall(street)
                await pass_time(SETUP_TIMEOUT)
                assert not street.dialled_links[-1].open
                assert street.handle is None
                await pass_time(PAUSE)
            assert len(street.dialled) == 2

        ahead(scenario)

    @pytest.mark.parametrize("failure", [None, LinkError("no route")])
    def test_server_that_never_saw_it(self, failure: LinkError | None) -> None:
        """A call that nobody answered costs no handle."""

        async def scenario(street: Street) -> None:
            street.handle = "h1"
            street.links = [failure]
            await rise(street)
            await fall(street)
            assert street.handle == "h1"

        ahead(scenario)

    def test_refusal_of_one_that_was_taken(self) -> None:
        """A conversation whose head start was refused its handle starts afresh."""

        async def scenario(street: Street) -> None:
            street.handle = "dead"
            first = FakeLink()
            street.links = [first, FakeLink([READY])]
            await rise(street)
            await wake(street)
            first.say(LinkError("Requested entity was not found.", 1008))
            ready = await street.until(LinkReady)
            assert ready == LinkReady(Backend.GEMINI, resumed=False)
            assert [link.handle for link in street.dialled_links] == ["dead", None]

        ahead(scenario)


class TestChange:
    def test_other_devices_meanwhile(self) -> None:
        """A connection that was set up otherwise than the conversation would be is closed first."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY]), FakeLink([READY])]
            await rise(street)
            street.persona = "another"
            await wake(street)
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]
            assert [link.open for link in street.dialled_links] == [False, True]
            assert street.open_at_dialling == [0, 0]

        ahead(scenario)

    def test_other_servers(self) -> None:
        """A changed configuration closes what was opened by the old one."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY]), FakeLink([READY])]
            await rise(street)
            street.line.adopt([replace(server_of(street), setup_timeout=3.0)])
            await settle()
            assert not street.dialled_links[0].open
            await wake(street)
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]

        ahead(scenario)

    def test_other_servers_in_the_same_moment(self) -> None:
        """A conversation does not go over what was opened by the old configuration, even if it is still there."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY]), FakeLink([READY])]
            await rise(street)
            street.line.adopt([replace(server_of(street), setup_timeout=3.0)])
            street.line.open(street.post)
            await settle()
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]
            assert [link.open for link in street.dialled_links] == [False, True]

        ahead(scenario)

    def test_what_is_offered_is_the_newest(self) -> None:
        """The house is prepared before the set-up goes out, and again before the conversation."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY])]
            await rise(street)
            assert street.prepared == [0.0]
            await wake(street)
            assert street.prepared == [0.0, 0.0]

        ahead(scenario)


class TestNotAtAll:
    def test_switched_off(self) -> None:
        """Without leave nothing is opened ahead."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY])]
            await rise(street)
            assert street.dialled == []

        on_the_street(scenario)

    def test_within_a_conversation(self) -> None:
        """There is a connection already, or there was one and the conversation itself asks for the next."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY, GONE]), FakeLink([READY])]
            street.line.open(street.post)
            await rise(street)
            await street.until(LinkLost)
            await rise(street)
            assert len(street.dialled) == 1

        ahead(scenario)

    def test_while_the_last_handle_is_waited_for(self) -> None:
        """The old connection is still there."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY, '{"serverContent":{"turnComplete":true}}']), FakeLink([READY])]
            await wake(street)
            street.line.close()
            await rise(street)
            assert len(street.dialled) == 1
            await wake(street)
            assert len(street.dialled) == 2

        ahead(scenario)

    def test_a_server_that_rests(self) -> None:
        """While another server stands in, a rise dials neither of them."""

        async def scenario(street: Street) -> None:
            street.fallback = [FakeLink([READY])]
            await wake(street)
            street.line.close()
            await settle()
            await rise(street)
            assert street.backends == [Backend.GEMINI, Backend.OFFLINE]
            await fall(street)
            await pass_time(31)
            await rise(street)
            assert street.backends == [Backend.GEMINI, Backend.OFFLINE, Backend.GEMINI]

        ahead(scenario, fallback=True)

    @pytest.mark.parametrize("when_spent", [WhenSpent.REFUSE, WhenSpent.OFFLINE])
    def test_the_days_tokens_are_spent(self, when_spent: WhenSpent) -> None:
        """Who may not talk to the server does not dial it either."""
        count = TokenCount(lambda: date(2026, 11, 3))
        count.add(TokensUsed(100, 100, 0))

        async def scenario(street: Street) -> None:
            await rise(street)
            assert street.dialled == []
            nothing_happened(street)

        on_the_street(scenario, fallback=True, allowance=Budget(100, when_spent, count), ahead=True)

    @pytest.mark.parametrize(
        ("when_spent", "opened"),
        [(WhenSpent.REFUSE, LinkLost), (WhenSpent.OFFLINE, LinkReady)],
    )
    def test_budget_that_is_spent_meanwhile(self, when_spent: WhenSpent, opened: type[LinkLost | LinkReady]) -> None:
        """A connection to a server that the conversation does not get any more is closed."""
        count = TokenCount(lambda: date(2026, 11, 3))

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY])]
            street.fallback = [FakeLink([READY])]
            await rise(street)
            count.add(TokensUsed(100, 100, 0))
            await wake(street)
            assert [type(event) for event in street.posted] == [opened]
            assert [link.open for link in street.dialled_links] == [False, True][: len(street.dialled)]

        on_the_street(scenario, fallback=True, allowance=Budget(100, when_spent, count), ahead=True)


class TestHowOften:
    def test_television(self) -> None:
        """A room in which scores rise all day costs six connections at once, then one every four minutes."""

        async def scenario(street: Street) -> None:
            for _ in range(600):
                street.links = [FakeLink([READY])]
                await rise(street)
                await fall(street)
                await pass_time(60)
            assert len(street.dialled) == pytest.approx(MOST + 36_000 / PAUSE, abs=1)

        ahead(scenario)

    def test_wake_word_makes_good(self) -> None:
        """After a conversation there are six again, also where none was left for it."""

        async def scenario(street: Street) -> None:
            for _ in range(2):
                for _ in range(2 * MOST):
                    street.links = [FakeLink([READY])]
                    await rise(street)
                    await fall(street)
                street.links = [FakeLink([READY])]
                await wake(street)
                street.line.close()
                await settle()
            assert len(street.dialled) == 2 * (MOST + 1)

        ahead(scenario)

    def test_rises_close_together(self) -> None:
        """While one connection is there no other is opened, and it is kept for another while."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY]), FakeLink([READY])]
            await rise(street)
            await pass_time(KEPT - 1)
            await rise(street)
            await pass_time(KEPT - 1)
            assert [link.open for link in street.dialled_links] == [True]
            await pass_time(2)
            assert [link.open for link in street.dialled_links] == [False]

        ahead(scenario)


async def make(street: Street, move: str) -> None:
    """Make a move, while the microphone brings sound."""
    match move:
        case "rise":
            street.line.hear(RISING)
        case "fall":
            street.line.hear(FellBack())
        case "wake":
            street.posted.clear()
            street.line.open(street.post)
        case "close":
            street.line.close()
        case "answer" | "break" if street.dialled_links:
            street.dialled_links[-1].say(READY if move == "answer" else GONE)
        case _:
            await pass_time(2.0)
    street.uplink.push(bytes(1280))
    await settle()
    # As the conversation has it: within one, and only there, the microphone is listened to.
    if any(isinstance(event, LinkReady) for event in street.posted) and move != "close":
        street.line.feed(Source.MICROPHONE, None)
    street.line.sound_arrived()
    await settle()


MOVES: Final = st.sampled_from(("rise", "fall", "wake", "close", "answer", "break", "wait"))


@settings(max_examples=80, deadline=None)
@given(moves=st.lists(MOVES, max_size=25), kept=st.booleans(), close_takes=st.sampled_from((0.0, 1.5)))
def test_p4_no_sound_before_certainty(moves: list[str], *, kept: bool, close_takes: float) -> None:
    """In whatever order things happen: no sound but in a conversation, one connection at a time, none left at the end.

    The microphone brings sound all the while. Each conversation has what it was promised: a session, or word of none.
    """

    async def scenario(street: Street) -> None:
        talking = False
        if kept:
            street.handle = "h1"
        for move in moves:
            street.links = [FakeLink(close_takes=close_takes)]
            sent = {id(link): len(link.sent) for link in street.dialled_links}
            talking = move == "wake" or (talking and move != "close")
            await make(street, move)
            for link in street.dialled_links:
                assert talking or kinds(link)[sent.get(id(link), 0) :] in ([], ["setup"])
                assert kinds(link).count("setup") <= 1
        street.links = [FakeLink([READY], close_takes=close_takes)]
        await make(street, "wake")
        await pass_time(2 * SETUP_TIMEOUT)
        assert isinstance(street.posted[0], LinkReady | LinkLost)
        street.line.close()
        await pass_time(KEPT + SETUP_TIMEOUT + 2)
        assert set(street.open_at_dialling) == {0}
        assert not any(link.open for link in street.dialled_links)

    ahead(scenario)


def server_of(street: Street) -> Server:
    """Return the server that the line dials first."""
    return street.server(Backend.GEMINI)


def slow(street: Street, reached: asyncio.Event) -> list[float]:
    """Have the line's calls answered only after something was reached; return when they began."""
    began: list[float] = []
    server = server_of(street)

    async def dial() -> FakeLink:
        began.append(now())
        await reached.wait()
        link = await server.dial()
        assert isinstance(link, FakeLink)
        return link

    street.line.adopt([replace(server, dial=dial)])
    return began
