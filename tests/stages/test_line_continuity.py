"""What one connection leaves to the next, and who is dialled (``live-protocol.md`` 8.5, 9, 12)."""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubd.continuation import GOOD_FOR
from hubd.effects import Manner, Source
from hubd.errors import LinkError
from hubd.events import Answer, Backend, Call, CallStatus, LinkLost, LinkReady, Scheduling, TokensUsed, ToolsAsked
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.reports import TroubleReport
from tests.stages.line_fakes import BAD_KEY, GONE, QUOTA, READY, SETUP_TIMEOUT, FakeLink, Street, handle, on_the_street
from tests.virtual_time import now, pass_time, settle

AWAY: Final = LinkError("can't reach it: no route")
NO_MODEL: Final = LinkError("models/x is not found for API version v1beta, or is not supported", 1008)
ASKED: Final = '{"toolCall":{"functionCalls":[{"id":"c1","name":"lamp","args":{}}]}}'
TURN_COMPLETE: Final = '{"serverContent":{"turnComplete":true}}'
SPOKEN: Final = np.arange(1, 30_001, dtype="<i2")


def outcome(scheduling: Scheduling = Scheduling.SILENT, call: str = "c1") -> Answer:
    """Return the outcome of the call that ASKED asks for."""
    return Answer(Call(call, "lamp"), CallStatus.DONE, scheduling, {"message": "The lamp is on."})


def messages(link: FakeLink) -> list[str]:
    """Return the kinds of messages that were sent after the set-up; for input, of what kind."""
    found = []
    for text in link.sent[1:]:
        ((kind, body),) = json.loads(text).items()
        found.append(next(iter(body)) if kind == "realtimeInput" else kind)
    return found


def sound(link: FakeLink) -> list[int]:
    """Return the samples that were sent."""
    blobs = [json.loads(text)["realtimeInput"]["audio"]["data"] for text in link.sent if '"audio"' in text]
    pcm = b"".join(base64.b64decode(blob) for blob in blobs)
    return [int(sample) for sample in np.frombuffer(pcm, "<i2")]


async def opened(street: Street, link: FakeLink, manner: Manner = Manner.NOTE) -> FakeLink:
    """Open a connection."""
    street.links = [link]
    street.posted.clear()
    street.line.open(street.post, manner)
    await street.until(LinkReady)
    return link


class TestOutcomes:
    def test_pitfall_7_told_as_text(self) -> None:
        """An outcome whose connection is gone is told to the next one, not as the answer to a call it never made."""

        async def scenario(street: Street) -> None:
            link = await opened(street, FakeLink([READY, ASKED, GONE]))
            await street.until(LinkLost)
            street.line.respond((outcome(Scheduling.WHEN_IDLE),))
            link = await opened(street, FakeLink([READY]), Manner.ALOUD)
            await settle()
            assert messages(link) == ["text"]
            assert "The lamp is on." in link.sent[1]
            assert "Nobody said this" in link.sent[1]

        on_the_street(scenario)

    @pytest.mark.parametrize(
        ("scheduling", "manner", "message"),
        [
            (Scheduling.SILENT, Manner.ALOUD, "clientContent"),
            (Scheduling.INTERRUPT, Manner.NOTE, "clientContent"),
            (Scheduling.INTERRUPT, Manner.ALOUD, "text"),
            (Scheduling.SILENT, Manner.OWED, "text"),
        ],
    )
    def test_manner(self, scheduling: Scheduling, manner: Manner, message: str) -> None:
        """What need not be answered, or not yet, is put into the context; the rest is said."""

        async def scenario(street: Street) -> None:
            street.line.respond((outcome(scheduling),))
            link = await opened(street, FakeLink([READY]), manner)
            await settle()
            assert messages(link) == [message]
            if message == "clientContent":
                assert "turnComplete" not in link.sent[1]

        on_the_street(scenario)

    def test_ahead_of_the_speech(self) -> None:
        """It is told before anything else is said."""

        async def scenario(street: Street) -> None:
            street.uplink.push(bytes(2 * 1280))
            street.line.respond((outcome(),))
            link = await opened(street, FakeLink([READY]))
            street.line.feed(Source.MICROPHONE, 0)
            await settle()
            assert messages(link) == ["clientContent", "audio", "audio"]

        on_the_street(scenario)

    def test_answer_that_may_not_have_arrived(self) -> None:
        """What was answered just before the connection broke is told again; with a handle that holds it, it is not."""

        async def scenario(street: Street) -> None:
            link = await opened(street, FakeLink([READY, ASKED]))
            await street.until(ToolsAsked)
            street.line.respond((outcome(),))
            await settle()
            assert messages(link) == ["toolResponse"]
            link.say(GONE)
            await street.until(LinkLost)
            link = await opened(street, FakeLink([READY]))
            await settle()
            assert messages(link) == ["clientContent"]
            await pass_time(2)
            link.say(handle("h"))
            await settle()
            link.say(GONE)
            await street.until(LinkLost)
            link = await opened(street, FakeLink([READY]))
            await settle()
            assert messages(link) == []

        on_the_street(scenario)

    def test_in_the_middle_of_a_connection(self) -> None:
        """An outcome that the session does not listen to as an answer is told as text when that is asked for."""

        async def scenario(street: Street) -> None:
            link = await opened(street, FakeLink([READY]))
            street.line.respond((outcome(Scheduling.WHEN_IDLE, call="of the past"),))
            await settle()
            assert messages(link) == []
            street.line.brief(Manner.ALOUD)
            street.line.brief(Manner.ALOUD)
            await settle()
            assert messages(link) == ["text"]

        on_the_street(scenario)

    def test_offline(self) -> None:
        """The offline server takes every text for a request: the hub's own voice says it, when nobody listens."""

        async def scenario(street: Street) -> None:
            street.line.respond((outcome(Scheduling.WHEN_IDLE), outcome(call="c2")))
            street.links, street.fallback = [AWAY], [link := FakeLink([READY])]
            street.line.open(street.post, Manner.ALOUD)
            await street.until(LinkReady)
            await settle()
            assert messages(link) == ["clientContent"]
            announced = list(street.announced)
            street.line.close()
            assert announced == []
            assert street.announced[0] == "The lamp is on."

        on_the_street(scenario, fallback=True)


class TestSound:
    @settings(max_examples=60)
    @given(before=st.integers(0, 5000), said=st.integers(0, 9000), gap=st.integers(0, 9000), after=st.integers(0, 5000))
    def test_no_sample_lost_or_doubled(self, before: int, said: int, gap: int, after: int) -> None:
        """Changed in a pause, the connections together hear every sample from the start on, once, in order."""

        async def scenario(street: Street) -> None:
            def hear(samples: int) -> None:
                street.uplink.push(SPOKEN[street.uplink.end : street.uplink.end + samples].tobytes())
                street.line.sound_arrived()

            hear(before)
            first = await opened(street, FakeLink([READY]))
            street.line.feed(Source.MICROPHONE, None)
            hear(said)
            await settle()
            second = FakeLink()
            street.links = [second]
            street.posted.clear()
            street.line.open(street.post)
            hear(gap)
            await settle()
            second.say(READY)
            await street.until(LinkReady)
            street.line.feed(Source.MICROPHONE, None)
            hear(after)
            await settle()
            heard = sound(first) + sound(second)
            whole = (said // 640 + (said % 640 + gap + after) // 640) * 640
            assert heard == SPOKEN[before : before + whole].tolist()
            assert street.open_at_dialling == [0, 0]

        on_the_street(scenario)

    def test_request_is_said_again_whole(self) -> None:
        """Lost within a request, the next connection hears it from its beginning."""

        async def scenario(street: Street) -> None:
            street.uplink.push(SPOKEN[:6400].tobytes())
            first = await opened(street, FakeLink([READY]))
            street.line.feed(Source.MICROPHONE, 640)
            await settle()
            first.say(GONE)
            await street.until(LinkLost)
            street.uplink.push(SPOKEN[6400:9600].tobytes())
            second = await opened(street, FakeLink([READY]))
            street.line.feed(Source.MICROPHONE, 640)
            await settle()
            assert sound(second) == SPOKEN[640:9600].tolist()

        on_the_street(scenario)

    def test_next_conversation_begins_anew(self) -> None:
        """What was said after a conversation is nobody's business: the next one does not go on there."""

        async def scenario(street: Street) -> None:
            await opened(street, FakeLink([READY]))
            street.line.feed(Source.MICROPHONE, None)
            street.uplink.push(SPOKEN[:640].tobytes())
            street.line.close()
            await settle()
            street.uplink.push(SPOKEN[640:6400].tobytes())
            second = await opened(street, FakeLink([READY]))
            street.line.feed(Source.MICROPHONE, None)
            street.uplink.push(SPOKEN[6400:7040].tobytes())
            street.line.sound_arrived()
            await settle()
            assert sound(second) == SPOKEN[6400:7040].tolist()

        on_the_street(scenario)

    def test_pitfall_6_held(self) -> None:
        """What is held is said afterwards, whole."""

        async def scenario(street: Street) -> None:
            link = await opened(street, FakeLink([READY]))
            street.line.feed(Source.MICROPHONE, None)
            street.line.feed(Source.HELD, None)
            street.uplink.push(SPOKEN[:1280].tobytes())
            street.line.sound_arrived()
            await pass_time(5)
            assert messages(link) == []
            street.line.feed(Source.MICROPHONE, None)
            await settle()
            assert sound(link) == SPOKEN[:1280].tolist()

        on_the_street(scenario)

    def test_pitfall_9_frames_of_the_old_connection(self) -> None:
        """What waited for a slow network when the connection was changed goes to neither of the two."""

        async def scenario(street: Street) -> None:
            old = await opened(street, FakeLink([READY]))
            street.uplink.push(bytes(2 * 6400))
            old.free.clear()
            street.line.feed(Source.MICROPHONE, 0)
            street.line.nudge()
            await settle()
            new = FakeLink([READY])
            street.links = [new]
            street.posted.clear()
            street.line.open(street.post)
            old.free.set()
            await street.until(LinkReady)
            await settle()
            assert messages(new) == []
            assert "audioStreamEnd" not in messages(old)

        on_the_street(scenario)


class TestHandle:
    @pytest.mark.parametrize(("seconds", "resumed"), [(60.0, True), (GOOD_FOR - 60, True), (GOOD_FOR + 60, False)])
    def test_age(self, seconds: float, *, resumed: bool) -> None:
        """A handle is used for 110 minutes after the connection's end."""

        async def scenario(street: Street) -> None:
            await opened(street, FakeLink([READY, handle("h")]))
            await settle()
            street.line.close()
            await pass_time(seconds)
            link = await opened(street, FakeLink([READY]))
            assert link.handle == ("h" if resumed else None)

        on_the_street(scenario)

    def test_comes_after_the_last_word(self) -> None:
        """The handle that holds the last turn is waited for when the conversation is over; then the line is closed."""

        async def scenario(street: Street) -> None:
            link = await opened(street, FakeLink([READY, handle("old"), TURN_COMPLETE]))
            street.line.feed(Source.MICROPHONE, None)
            await settle()
            street.line.close()
            street.uplink.push(bytes(2 * 6400))
            street.line.sound_arrived()
            await pass_time(0.5)
            open_then = link.open
            posted = list(street.posted)
            link.say(TURN_COMPLETE)
            link.say(handle("new"))
            await settle()
            assert (open_then, link.open) == (True, False)
            assert street.handle == "new"
            assert street.posted == posted
            assert messages(link) == []

        on_the_street(scenario)

    def test_tokens_come_after_the_last_word(self) -> None:
        """What the last turn has cost is told, though nobody listens to its words any more."""

        async def scenario(street: Street) -> None:
            link = await opened(street, FakeLink([READY, TURN_COMPLETE]))
            await settle()
            street.line.close()
            posted = list(street.posted)
            link.say('{"serverContent":{"turnComplete":true},"usageMetadata":{"totalTokenCount":30}}')
            await settle()
            assert street.posted[len(posted) :] == [TokensUsed(30, 0, 0)]

        on_the_street(scenario)

    def test_never_comes(self) -> None:
        """It is waited for 1.5 s, and not at all if somebody talks again."""

        async def scenario(street: Street) -> None:
            link = await opened(street, FakeLink([READY, TURN_COMPLETE]))
            await settle()
            street.line.close()
            await pass_time(1.4)
            open_then = link.open
            await pass_time(0.2)
            assert (open_then, link.open) == (True, False)
            link = await opened(street, FakeLink([READY, TURN_COMPLETE]))
            await settle()
            street.line.close()
            await opened(street, FakeLink([READY]))
            assert not link.open
            assert street.open_at_dialling == [0, 0, 0]
            await pass_time(10)
            assert street.dialled_links[-1].open

        on_the_street(scenario)

    def test_lost_while_it_is_waited_for(self) -> None:
        """A server that goes first is not dialled again."""

        async def scenario(street: Street) -> None:
            link = await opened(street, FakeLink([READY, TURN_COMPLETE]))
            await settle()
            street.line.close()
            link.say(GONE)
            await pass_time(100)
            assert len(street.dialled) == 1

        on_the_street(scenario)

    def test_other_persona(self) -> None:
        """A changed persona, or changed tools, begin a fresh session."""

        async def scenario(street: Street) -> None:
            await opened(street, FakeLink([READY, handle("h")]))
            await settle()
            street.line.close()
            street.persona = "other"
            link = await opened(street, FakeLink([READY]))
            assert link.handle is None

        on_the_street(scenario)

    def test_secret(self, caplog: pytest.LogCaptureFixture) -> None:
        """No handle gets into the log or a report, whatever becomes of it."""

        async def scenario(street: Street) -> None:
            street.handle = "hush-hush"
            unknown = LinkError("Requested entity hush-hush was not found.", 1008)
            for link in (FakeLink([unknown]), FakeLink([READY, handle("hush-new"), GONE]), FakeLink([READY])):
                street.links = [link]
                street.line.open(street.post)
                await pass_time(5)
                street.line.close()
                await settle()
            assert "hush" not in caplog.text + repr(street.reported) + repr(street.posted)

        with caplog.at_level(logging.DEBUG):
            on_the_street(scenario)
        assert caplog.records

    def test_pitfall_11_dead_handle(self) -> None:
        """A handle that kills every session is tried once, also in conversations to come."""

        async def scenario(street: Street) -> None:
            street.handle = "dead"
            for _ in range(5):
                street.links = [FakeLink([GONE]) for _ in range(3)]
                street.line.open(street.post)
                await street.until(LinkLost)
                street.posted.clear()
            assert [link.handle for link in street.dialled_links].count("dead") == 1

        on_the_street(scenario)

    @pytest.mark.parametrize("end", [GONE, LinkError("Internal error encountered.", 1011)])
    def test_pitfall_11_handle_that_kills_what_it_opened(self, end: LinkError) -> None:
        """A conversation that the server takes up, and drops before a word, twice in a row is not taken up again."""

        async def scenario(street: Street) -> None:
            street.handle = "dead"
            for _ in range(3):
                await opened(street, FakeLink([READY, handle("dead as well"), end]))
                await street.until(LinkLost)
            assert [link.handle for link in street.dialled_links] == ["dead", "dead as well", None]

        on_the_street(scenario)

    def test_handle_of_a_session_that_came_to_something(self) -> None:
        """With a word of the model in between, the handle stays good however often the connection is lost."""

        async def scenario(street: Street) -> None:
            street.handle = "h"
            for number in range(6):
                said = [TURN_COMPLETE] if number % 2 else []
                link = await opened(street, FakeLink([READY, *said, GONE]))
                await street.until(LinkLost)
                assert link.handle == "h"

        on_the_street(scenario)


class TestFallback:
    """Two servers: Gemini, and the offline one."""

    @pytest.mark.parametrize("failure", [AWAY, GONE, BAD_KEY, QUOTA, NO_MODEL, LinkError("", 503), LinkError("", 403)])
    @pytest.mark.parametrize("at_dialling", [False, True])
    def test_steps_in(self, failure: LinkError, *, at_dialling: bool) -> None:
        """One attempt that fails for any reason, and the offline server answers."""

        async def scenario(street: Street) -> None:
            street.links = [failure if at_dialling else FakeLink([failure])]
            street.fallback = [FakeLink([READY])]
            street.line.open(street.post)
            ready = await street.until(LinkReady)
            assert ready == LinkReady(Backend.OFFLINE, resumed=False)
            assert street.backends == [Backend.GEMINI, Backend.OFFLINE]
            assert now() == 0.0

        on_the_street(scenario, fallback=True)

    def test_server_that_says_nothing(self) -> None:
        """A set-up that is never answered is given up once, after its time."""

        async def scenario(street: Street) -> None:
            street.links, street.fallback = [FakeLink()], [FakeLink([READY])]
            await street.connect()
            assert now() == SETUP_TIMEOUT
            assert not street.dialled_links[0].open

        on_the_street(scenario, fallback=True)

    def test_dead_handle_is_no_reason(self) -> None:
        """A handle that is refused costs a second attempt, not the conversation."""

        async def scenario(street: Street) -> None:
            street.handle = "dead"
            street.links = [FakeLink([LinkError("Requested entity was not found.", 1008)]), FakeLink([READY])]
            street.line.open(street.post)
            ready = await street.until(LinkReady)
            assert ready == LinkReady(Backend.GEMINI, resumed=False)

        on_the_street(scenario, fallback=True)

    def test_is_said_once(self) -> None:
        """After the conversation it is said that Gemini could not be reached; not again until that has changed."""

        async def scenario(street: Street) -> None:
            for _ in range(3):
                street.fallback = [FakeLink([READY])]
                street.posted.clear()
                await street.connect()
                assert len(street.announced) <= 1
                street.line.close()
                await settle()
            assert street.announced == ["The Live server can't be reached. Check the network. I answered without it."]
            assert [report.problem for report in street.reported if isinstance(report, TroubleReport)] == [
                "The Live server can't be reached"
            ]
            await pass_time(1000)
            await opened(street, FakeLink([READY]))
            assert isinstance(street.reported[-1], TroubleReport)
            assert street.reported[-1].cleared
            street.line.close()
            await pass_time(10)
            street.fallback = [FakeLink([READY])]
            street.line.open(street.post)
            await pass_time(1)
            street.line.close()
            assert len(street.announced) == 2

        on_the_street(scenario, fallback=True)

    def test_goes_back_by_itself(self) -> None:
        """For half a minute nobody waits for Gemini again; then it is tried with the next wake word."""

        async def scenario(street: Street) -> None:
            for seconds in (10.0, 21.0, 10.0):
                street.fallback = [FakeLink([READY])]
                street.line.open(street.post)
                await settle()
                street.line.close()
                await pass_time(seconds)
            assert street.backends == [
                *(Backend.GEMINI, Backend.OFFLINE),
                Backend.OFFLINE,
                *(Backend.GEMINI, Backend.OFFLINE),
            ]

        on_the_street(scenario, fallback=True)

    def test_handles_are_kept_apart(self) -> None:
        """Neither server sees the other's handle."""

        async def scenario(street: Street) -> None:
            street.handle = "gemini's"
            street.fallback = [FakeLink([READY, handle("local")])]
            street.line.open(street.post)
            await settle()
            street.line.close()
            await pass_time(60)
            link = await opened(street, FakeLink([READY]))
            assert link.handle == "gemini's"
            street.line.close()
            street.links, street.fallback = [], [FakeLink([READY])]
            street.line.open(street.post)
            await settle()
            assert street.dialled_links[-1].handle == "local"

        on_the_street(scenario, fallback=True)

    @pytest.mark.parametrize("failure", [BAD_KEY, QUOTA])
    def test_lost_for_good_within_a_conversation(self, failure: LinkError) -> None:
        """What ends Gemini for now does not end the conversation: the next attempt is the offline server's."""

        async def scenario(street: Street) -> None:
            await opened(street, FakeLink([READY, failure]))
            lost = await street.until(LinkLost)
            assert isinstance(lost, LinkLost)
            assert not lost.fatal
            assert not lost.wait
            street.fallback = [FakeLink([READY])]
            street.posted.clear()
            await street.connect()
            assert street.backends[-1] is Backend.OFFLINE

        on_the_street(scenario, fallback=True)

    def test_neither(self) -> None:
        """With no server at all it is the offline one's failure, after three attempts."""

        async def scenario(street: Street) -> None:
            street.line.open(street.post)
            lost = await street.until(LinkLost)
            assert street.backends == [Backend.GEMINI, *[Backend.OFFLINE] * 3]
            assert isinstance(lost, LinkLost)
            assert lost.backend is Backend.OFFLINE

        on_the_street(scenario, fallback=True)


class TestAloud:
    @pytest.mark.parametrize("failure", [BAD_KEY, NO_MODEL, QUOTA, LinkError("Forbidden", 403)])
    @pytest.mark.parametrize("opens", [False, True])
    def test_once_for_each_reason(self, failure: LinkError, *, opens: bool) -> None:
        """What a person has to do something about is said aloud once, in plain words, and is trouble."""

        async def scenario(street: Street) -> None:
            for _ in range(3):
                street.posted.clear()
                street.links = [FakeLink([READY, failure] if opens else [failure])]
                street.line.open(street.post)
                await street.until(LinkLost)
                await pass_time(4000)
            words = street.announced[0]
            troubles = [report for report in street.reported if isinstance(report, TroubleReport)]
            assert f"{troubles[0].problem}. {troubles[0].advice}" == words
            if not opens:
                assert street.announced == [words]
                assert troubles == [troubles[0]]

        on_the_street(scenario)

    def test_not_for_a_network_that_is_away(self) -> None:
        """What passes by itself is a sign, not a speech."""

        async def scenario(street: Street) -> None:
            street.line.open(street.post)
            await street.until(LinkLost)
            await settle()
            assert street.announced == []

        on_the_street(scenario)

    def test_another_reason(self) -> None:
        """Another reason is said; the first one again after a session that worked."""

        async def scenario(street: Street) -> None:
            for failure in (BAD_KEY, NO_MODEL, NO_MODEL):
                street.posted.clear()
                street.links = [FakeLink([failure])]
                street.line.open(street.post)
                await street.until(LinkLost)
                await settle()
            await opened(street, FakeLink([READY]))
            street.posted.clear()
            street.links = [FakeLink([NO_MODEL])]
            street.line.open(street.post)
            await street.until(LinkLost)
            await settle()
            assert [words.partition(".")[0] for words in street.announced] == [
                "The Live server refuses the API key",
                "The Live server has no such model",
                "The Live server has no such model",
            ]

        on_the_street(scenario)

    def test_quota_is_waited_for(self) -> None:
        """Not before 60 s, then twice as long; meanwhile a wake word gets its sign at once."""

        async def scenario(street: Street) -> None:
            street.links = [FakeLink([QUOTA])]
            street.line.open(street.post)
            first = await street.until(LinkLost)
            assert isinstance(first, LinkLost)
            assert (first.fatal, first.wait) == (False, 60.0)
            await pass_time(30)
            street.posted.clear()
            street.line.open(street.post)
            second = await street.until(LinkLost)
            assert second == replace(first, wait=30.0)
            assert len(street.dialled) == 1
            await pass_time(31)
            street.links = [FakeLink([QUOTA])]
            street.posted.clear()
            street.line.open(street.post)
            third = await street.until(LinkLost)
            assert third == replace(first, wait=120.0)
            assert len(street.dialled) == 2

        on_the_street(scenario)


def test_other_servers_between_two_conversations() -> None:
    """The next conversation is set up by them, with a handle only if persona and tools are the same."""

    async def scenario(street: Street) -> None:
        await opened(street, FakeLink([READY, handle("h1"), TURN_COMPLETE]))
        await settle()
        street.line.close()
        await pass_time(2)
        street.persona = "another"
        made: list[str] = []

        def make_mouth(given: str | None) -> Mouth:
            made.append("made anew")
            assert given is None
            return Mouth(
                LiveSession(Opening(SessionSettings(model="m"), ()), given, Backend.GEMINI), street.uplink, manual=False
            )

        server = street.line._servers[Backend.GEMINI]
        street.line.adopt([replace(server, make_mouth=make_mouth)])
        link = await opened(street, FakeLink([READY]))
        assert made == ["made anew"]
        assert link.handle is None

    on_the_street(scenario)
