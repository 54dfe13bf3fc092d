from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from hubd.effects import Source
from hubd.errors import LinkError, RemoteProtocolError
from hubd.events import (
    Answer,
    Backend,
    Call,
    CallStatus,
    HandleIssued,
    LinkLost,
    LinkReady,
    ModelAudio,
    Scheduling,
    ToolsAsked,
)
from hubd.reports import Part, TroubleReport
from tests.stages.line_fakes import (
    BAD_KEY,
    BUSY,
    GONE,
    QUOTA,
    READY,
    SETUP_TIMEOUT,
    FakeLink,
    Street,
    handle,
    on_the_street,
)
from tests.virtual_time import now, pass_time, run, settle

SOUND: Final = json.dumps(
    {
        "serverContent": {
            "modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAABAA=="}}]}
        }
    }
)
ASKED: Final = '{"toolCall":{"functionCalls":[{"id":"c1","name":"lamp","args":{}}]}}'


def inputs(link: FakeLink) -> list[str]:
    """Return the kinds of input that were sent, in order."""
    return [next(iter(json.loads(text)["realtimeInput"])) for text in link.sent[1:] if "realtimeInput" in text]


class TestOpening:
    def test_ready(self) -> None:
        """The set-up is the first thing that is sent; its answer opens the line; then what the model does is posted."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY, SOUND])
            street.links = [link]
            street.line.open(street.post)
            await street.until(ModelAudio)
            assert street.posted == [LinkReady(Backend.GEMINI, resumed=False), ModelAudio(b"\0\0\1\0", 24_000)]
            assert list(json.loads(link.sent[0])) == ["setup"]
            assert street.dialled == [0.0]

        on_the_street(scenario)

    def test_what_is_offered_stays_during_a_conversation(self) -> None:
        """The house is prepared before a conversation's first connection, not before those with which it goes on."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY]), FakeLink([READY]), FakeLink([READY])]
            for _ in range(2):
                await street.connect()
            assert street.prepared == [0.0]
            street.line.close()
            await pass_time(1)
            await street.connect()
            assert street.prepared == [0.0, 1.0]

        on_the_street(scenario)

    def test_three_attempts(self) -> None:
        """With somebody waiting the line is dialled three times, then given up with one word about it."""

        async def scenario(street: Street) -> None:
            street.line.open(street.post)
            lost = await street.until(LinkLost)
            assert street.dialled == [0.0, 0.5, 1.5]
            assert street.posted == [lost]
            assert lost == LinkLost(Backend.GEMINI, "The Live server can't be reached. Check the network.", fatal=False)

        on_the_street(scenario)

    def test_second_attempt(self) -> None:
        """A server that is busy once costs half a second."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([BUSY]), FakeLink([READY])]
            await street.connect()
            assert now() == 0.5
            assert street.open_at_dialling == [0, 0]

        on_the_street(scenario)

    @pytest.mark.parametrize(("refusal", "fatal"), [(BAD_KEY, True), (QUOTA, False)])
    @pytest.mark.parametrize("at_dialling", [False, True])
    def test_no_use_to_try_again(self, refusal: LinkError, *, fatal: bool, at_dialling: bool) -> None:
        """A refusal that a second attempt can't help is told at once, once."""

        async def scenario(street: Street) -> None:
            street.links = [refusal if at_dialling else FakeLink([refusal])]
            street.line.open(street.post)
            lost = await street.until(LinkLost)
            await pass_time(60)
            assert len(street.dialled) == 1
            assert street.posted == [lost]
            assert isinstance(lost, LinkLost)
            assert lost.fatal is fatal

        on_the_street(scenario)

    def test_server_that_says_nothing(self) -> None:
        """A server that does not answer the set-up is given up after the set-up timeout, three times."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink(), FakeLink(), FakeLink()]
            street.line.open(street.post)
            await street.until(LinkLost)
            assert now() == 3 * SETUP_TIMEOUT + 1.5
            assert not any(link.open for link in street.dialled_links)

        on_the_street(scenario)

    def test_set_up_has_no_timeout_once_it_is_there(self) -> None:
        """An open line may be silent for as long as it likes."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY])]
            street.line.open(street.post)
            await pass_time(20 * SETUP_TIMEOUT)
            assert len(street.posted) == 1

        on_the_street(scenario)

    def test_set_up_in_the_last_moment(self) -> None:
        """An answer that comes with the timeout is too late, and nothing worse."""

        async def scenario(street: Street) -> None:
            late = FakeLink()
            street.links = [late, FakeLink([READY])]
            street.line.open(street.post)
            asyncio.get_running_loop().call_at(SETUP_TIMEOUT, late.say, READY)
            await street.until(LinkReady)
            await settle()
            assert [type(event) for event in street.posted] == [LinkReady]
            assert [link.open for link in street.dialled_links] in ([True], [False, True])

        on_the_street(scenario)

    def test_server_that_breaks_the_protocol(self) -> None:
        """What can't be read ends the connection, and counts as any other failure."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink(["{"]), FakeLink([READY, b"\xff"])]
            street.line.open(street.post)
            await street.until(LinkLost)
            assert [type(event) for event in street.posted] == [LinkReady, LinkLost]
            assert not any(link.open for link in street.dialled_links)

        on_the_street(scenario)

    def test_nobody_talks(self) -> None:
        """Nothing is dialled without being asked for, nor again after a line that was open is lost."""

        async def scenario(street: Street) -> None:
            await pass_time(1000)
            assert street.dialled == []
            street.links = [FakeLink([READY, GONE]), FakeLink([READY])]
            street.line.open(street.post)
            await street.until(LinkLost)
            await pass_time(1000)
            assert len(street.dialled) == 1

        on_the_street(scenario)


class TestTrouble:
    def test_is_told_once_until_it_is_over(self) -> None:
        """A server that can't be reached is trouble, told once; a session that opens ends it."""

        async def scenario(street: Street) -> None:
            for _ in range(2):
                street.line.open(street.post)
                await street.until(LinkLost)
                street.posted.clear()
            (trouble,) = street.reported
            assert isinstance(trouble, TroubleReport)
            assert (trouble.part, trouble.cleared) == (Part.LIVE, False)
            assert trouble.problem == "The Live server can't be reached"
            assert trouble.advice == "Check the network."
            street.links = [FakeLink([READY])]
            await street.connect()
            assert street.reported == [trouble, replace(trouble, cleared=True)]

        on_the_street(scenario)

    def test_end_of_a_session_is_none(self) -> None:
        """A session that opened and was lost is no trouble with opening one."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY, GONE])]
            street.line.open(street.post)
            await street.until(LinkLost)
            assert street.reported == []

        on_the_street(scenario)


class TestHandle:
    def test_next_conversation_goes_on_from_it(self) -> None:
        """The newest handle outlives the line that issued it."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY, handle("old"), handle("new")]), FakeLink([READY])]
            street.line.open(street.post)
            while street.posted[-1:] != [HandleIssued("new")]:
                await settle()
            street.line.close()
            street.line.open(street.post)
            while len(street.dialled_links) < 2:
                await settle()
            await settle()
            assert street.dialled_links[1].handle == "new"
            assert street.posted[-1] == LinkReady(Backend.GEMINI, resumed=True)

        on_the_street(scenario)

    @pytest.mark.parametrize("refusal", [GONE, BUSY, LinkError("Requested entity was not found.", 1008)])
    def test_pitfall_11_one_attempt(self, refusal: LinkError) -> None:
        """A handle that the server did not take is not tried twice: the next attempt is a fresh start."""

        async def scenario(street: Street) -> None:
            street.handle = "dead"
            street.links = [FakeLink([refusal]), FakeLink([READY])]
            street.line.open(street.post)
            ready = await street.until(LinkReady)
            assert [link.handle for link in street.dialled_links] == ["dead", None]
            assert ready == LinkReady(Backend.GEMINI, resumed=False)
            assert street.handle is None

        on_the_street(scenario)

    def test_server_that_never_saw_it(self) -> None:
        """A network that is away costs no handle."""

        async def scenario(street: Street) -> None:
            street.handle = "good"
            street.links = [LinkError("no route"), LinkError("no route"), FakeLink([READY])]
            await street.connect()
            assert street.dialled_links[0].handle == "good"

        on_the_street(scenario)

    def test_no_network_at_all(self) -> None:
        """Three attempts in vain leave the handle for the next conversation."""

        async def scenario(street: Street) -> None:
            street.handle = "good"
            street.line.open(street.post)
            await street.until(LinkLost)
            assert street.handle == "good"

        on_the_street(scenario)

    def test_closed_while_dialling(self) -> None:
        """A conversation that is over before the server was reached leaves the handle as it was."""

        async def scenario(street: Street) -> None:
            street.handle = "good"
            street.links = [None]
            street.line.open(street.post)
            await settle()
            street.line.close()
            await settle()
            assert street.handle == "good"

        on_the_street(scenario)

    def test_closed_before_a_new_one_came(self) -> None:
        """A handle that the server took stays good until it issues the next."""

        async def scenario(street: Street) -> None:
            street.handle = "good"
            street.links = [FakeLink([READY])]
            await street.connect()
            street.line.close()
            await settle()
            assert street.handle == "good"

        on_the_street(scenario)

    def test_closed_while_it_is_being_set_up(self) -> None:
        """A handle that the server may have refused is not tried again."""

        async def scenario(street: Street) -> None:
            street.handle = "perhaps dead"
            street.links = [FakeLink()]
            street.line.open(street.post)
            await settle()
            street.line.close()
            await settle()
            assert street.handle is None

        on_the_street(scenario)

    def test_pitfall_15_session_that_can_not_be_resumed(self) -> None:
        """After a 1007 inside a session its handles are dead (``live-protocol.md`` 9)."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY, handle("h"), LinkError("Request contains an invalid argument.", 1007)])]
            street.line.open(street.post)
            await street.until(LinkLost)
            assert street.handle is None

        on_the_street(scenario)


class TestClosing:
    @pytest.mark.parametrize("link", [None, FakeLink, lambda: FakeLink([READY])])
    def test_whatever_it_is_doing(self, link: Callable[[], FakeLink] | None) -> None:
        """Dialling, waiting for the set-up, or silent: it is closed, and says nothing of it."""

        async def scenario(street: Street) -> None:
            street.links = [link() if link else None]
            street.line.open(street.post)
            await settle()
            said = list(street.posted)
            street.line.close()
            await settle()
            assert not any(each.open for each in street.dialled_links)
            assert street.posted == said
            await pass_time(100)
            assert len(street.dialled) == 1

        on_the_street(scenario)

    def test_before_it_began(self) -> None:
        """Opened and closed in one breath, nothing is dialled."""

        async def scenario(street: Street) -> None:
            street.line.open(street.post)
            street.line.close()
            await pass_time(10)
            assert street.dialled == []

        on_the_street(scenario)

    def test_between_two_attempts(self) -> None:
        """A line that is closed in the pause is not dialled again."""

        async def scenario(street: Street) -> None:
            street.line.open(street.post)
            await pass_time(0.2)
            street.line.close()
            await pass_time(100)
            assert (street.dialled, street.posted) == ([0.0], [])

        on_the_street(scenario)

    @pytest.mark.parametrize("closes", [0, 1, 3])
    def test_pitfall_10_old_one_first(self, closes: int) -> None:
        """The next one is dialled when the one before is closed, however slow the server is, however often asked."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY], close_takes=1.5), FakeLink([READY])]
            await street.connect()
            for _ in range(closes):
                street.line.close()
                await settle()
            street.line.open(street.post)
            while len(street.posted) < 2:
                await pass_time(0.25)
            assert street.open_at_dialling == [0, 0]
            assert street.dialled == [0.0, 1.5]

        on_the_street(scenario)

    def test_nothing_is_said_any_more(self) -> None:
        """What waited for a slow network when the line was closed never leaves, but for the frame on its way."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY])
            street.links = [link]
            street.uplink.push(bytes(2 * 16_000))
            await street.connect()
            link.free.clear()
            street.line.feed(Source.MICROPHONE, 0)
            await settle()
            link.free.set()
            street.line.close()
            await settle()
            assert inputs(link) == ["audio"]

        on_the_street(scenario)

    def test_words_to_a_closed_line(self) -> None:
        """What is said to a line that is closed is lost, without harm."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([READY])]
            await street.connect()
            street.line.close()
            street.line.feed(Source.MICROPHONE, 0)
            street.line.begin_activity()
            street.line.end_activity(0)
            street.line.nudge()
            street.line.respond(())
            street.line.sound_arrived()
            await settle()
            assert len(street.dialled_links[0].sent) == 1

        on_the_street(scenario)

    def test_event_that_nobody_takes(self) -> None:
        """A line whose inbox is full can be closed."""

        async def scenario(street: Street) -> None:
            async def full(event: object) -> None:
                await asyncio.Event().wait()

            street.links = [FakeLink([READY])]
            street.line.open(full)
            await settle()
            street.line.close()
            await settle()
            assert not street.dialled_links[0].open

        on_the_street(scenario)


class TestSaying:
    def test_sound(self) -> None:
        """Sound leaves as it arrives, from the start that was asked for."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY])
            street.links = [link]
            street.uplink.push(bytes(2 * 1280))
            await street.connect()
            street.line.feed(Source.MICROPHONE, 640)
            await settle()
            assert inputs(link) == ["audio"]
            street.uplink.push(bytes(2 * 640))
            street.line.sound_arrived()
            await settle()
            assert inputs(link) == ["audio", "audio"]

        on_the_street(scenario)

    def test_marks(self) -> None:
        """With manual activity, speech leaves between its marks."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY])
            street.links = [link]
            street.uplink.push(bytes(2 * 1280))
            await street.connect()
            street.line.begin_activity()
            street.line.feed(Source.MICROPHONE, 0)
            street.line.end_activity(1280)
            await settle()
            assert inputs(link) == ["activityStart", "audio", "audio", "activityEnd"]

        on_the_street(scenario, manual=True)

    def test_speech_after_speech_on_a_slow_line(self) -> None:
        """A network that takes nothing for a while delays the marks, and breaks none."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY])
            street.links = [link]
            street.uplink.push(bytes(2 * 6400))
            await street.connect()
            link.free.clear()
            street.line.begin_activity()
            street.line.feed(Source.MICROPHONE, 0)
            await settle()
            street.line.end_activity(1280)
            street.line.begin_activity()
            street.line.feed(Source.MICROPHONE, 5120)
            street.line.end_activity(6400)
            link.free.set()
            await settle()
            assert [mark for mark in inputs(link) if mark != "audio"] == ["activityStart", "activityEnd"] * 2

        on_the_street(scenario, manual=True)

    def test_nudge(self) -> None:
        """The server is told at once that the person has finished."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY])
            street.links = [link]
            await street.connect()
            street.line.nudge()
            await settle()
            assert inputs(link) == ["audioStreamEnd"]

        on_the_street(scenario)

    def test_microphone_that_pauses(self) -> None:
        """A second after the last sound the server is told once that the stream has ended."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY])
            street.links = [link]
            await street.connect()
            street.line.feed(Source.MICROPHONE, 0)
            for _ in range(3):
                street.uplink.push(bytes(2 * 640))
                street.line.sound_arrived()
                await pass_time(0.9)
            assert inputs(link) == ["audio"] * 3
            await pass_time(0.2)
            assert inputs(link) == [*["audio"] * 23, "audioStreamEnd"]
            await pass_time(60.0)
            assert len(inputs(link)) == 24
            street.uplink.push(bytes(2 * 640))
            street.line.sound_arrived()
            await settle()
            assert inputs(link)[24:] == ["audio"]

        on_the_street(scenario)

    def test_answer(self) -> None:
        """An answer leaves at once."""

        async def scenario(street: Street) -> None:
            link = FakeLink([READY, ASKED])
            street.links = [link]
            street.line.open(street.post)
            asked = await street.until(ToolsAsked)
            assert asked == ToolsAsked((Call("c1", "lamp"),))
            street.line.respond((Answer(Call("c1", "lamp"), CallStatus.DONE, Scheduling.SILENT, {"status": "done"}),))
            await settle()
            assert list(json.loads(link.sent[1])) == ["toolResponse"]

        on_the_street(scenario)

    def test_line_that_breaks_while_speaking(self) -> None:
        """A line that takes no more is lost, once, whoever notices it first."""

        async def scenario(street: Street) -> None:
            class Broken(FakeLink):
                async def send(self, text: str) -> None:
                    if self.sent:
                        raise GONE
                    await super().send(text)

            link = Broken([READY])
            street.links = [link]
            await street.connect()
            street.line.nudge()
            await street.until(LinkLost)
            assert [type(event) for event in street.posted] == [LinkReady, LinkLost]

        on_the_street(scenario)


@pytest.mark.parametrize("fault", [ZeroDivisionError(), KeyError("bug")])
@pytest.mark.parametrize("at_dialling", [False, True])
def test_bug_is_not_hidden(fault: Exception, *, at_dialling: bool) -> None:
    """What is no fault of the server or the network ends the stage."""

    async def scenario() -> None:
        street = Street()
        street.links = [fault if at_dialling else FakeLink([READY, fault])]
        street.line.open(street.post)
        with pytest.raises(ExceptionGroup) as caught:
            await street.line.run()
        assert caught.group_contains(type(fault))
        assert not any(link.open for link in street.dialled_links)

    run(scenario())


def test_protocol_error_of_a_link() -> None:
    """A link that finds the server in breach of the protocol ends the connection, not the hub."""

    async def scenario(street: Street) -> None:
        street.links = [FakeLink([READY, RemoteProtocolError("nonsense")])]
        street.line.open(street.post)
        lost = await street.until(LinkLost)
        assert isinstance(lost, LinkLost)
        assert not lost.fatal

    on_the_street(scenario)
