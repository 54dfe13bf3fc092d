"""What others told, and what wants to be spoken about, over one connection after the other."""

from __future__ import annotations

import json
from typing import Final

import pytest

from hubd.effects import Manner
from hubd.events import Answer, Backend, Call, CallStatus, LinkLost, LinkReady, Scheduling, ToolsAsked, TurnComplete
from hubd.wishes import Fact, Standing
from tests.stages.line_fakes import BUSY, GONE, READY, FakeLink, Street, on_the_street
from tests.virtual_time import pass_time, settle

ASKED: Final = '{"toolCall":{"functionCalls":[{"id":"c1","name":"lamp","args":{}}]}}'
TURN_COMPLETE: Final = '{"serverContent":{"turnComplete":true}}'
FACT: Final = Fact("washing machine", "It has finished.", Standing.KNOWN)


def said(link: FakeLink) -> list[tuple[str, str]]:
    """Return the texts that were sent after the set-up, each with the way it was sent."""
    found = []
    for frame in link.sent[1:]:
        ((kind, body),) = json.loads(frame).items()
        if kind == "realtimeInput":
            found.append(("asks", body["text"]))
        elif kind == "clientContent":
            assert not body.get("turnComplete", False)
            found.append(("notes", body["turns"][0]["parts"][0]["text"]))
    return found


async def opened(street: Street, link: FakeLink, manner: Manner = Manner.NOTE) -> FakeLink:
    """Open a connection."""
    street.links = [link]
    street.posted.clear()
    street.line.open(street.post, manner)
    await street.until(LinkReady)
    await settle()
    return link


@pytest.mark.parametrize(
    ("standing", "way"),
    [(Standing.KNOWN, "notes"), (Standing.SAID, "notes"), (Standing.ASKED, "notes"), (Standing.WANTED, "asks")],
)
def test_learned_in_a_conversation(standing: Standing, way: str) -> None:
    """A fact is a note that asks for no answer, unless the model is wanted to speak about it."""

    async def scenario(street: Street) -> None:
        link = await opened(street, FakeLink([READY]))
        street.line.learn([Fact("washing machine", "It has finished.", standing)])
        await settle()
        ((how, text),) = said(link)
        assert how == way
        assert 'washing machine, 0 s ago: "It has finished."' in text

    on_the_street(scenario)


def test_learned_between_conversations() -> None:
    """Without a connection it is kept, and told to the next one with its age, before anything else."""

    async def scenario(street: Street) -> None:
        street.line.learn([FACT])
        await pass_time(300)
        link = await opened(street, FakeLink([READY]))
        ((how, text),) = said(link)
        assert how == "notes"
        assert 'washing machine, 5 min ago: "It has finished."' in text

    on_the_street(scenario)


def test_learned_again() -> None:
    """A connection that no handle of this one leads to is told again, and does not speak about it a second time."""

    async def scenario(street: Street) -> None:
        link = await opened(street, FakeLink([READY]))
        street.line.learn([Fact("washing machine", "It has finished.", Standing.WANTED)])
        await settle()
        link.say(TURN_COMPLETE)
        await street.until(TurnComplete)
        again = await opened(street, FakeLink([READY]), Manner.ALOUD)
        assert [how for how, _ in said(link)] == ["asks"]
        assert [how for how, _ in said(again)] == ["notes"]

    on_the_street(scenario)


@pytest.mark.parametrize(("spoken", "way"), [(False, "asks"), (True, "notes")])
def test_outcome_that_wants_to_be_spoken_about(way: str, *, spoken: bool) -> None:
    """Nothing is owed to the person, but an outcome of meanwhile: the next connection speaks about it, once."""

    async def scenario(street: Street) -> None:
        link = await opened(street, FakeLink([READY, ASKED]))
        await street.until(ToolsAsked)
        answer = Answer(Call("c1", "lamp"), CallStatus.DONE, Scheduling.WHEN_IDLE, {"message": "It is on."})
        street.line.respond([answer])
        await settle()
        if spoken:
            link.say(TURN_COMPLETE)
            await street.until(TurnComplete)
        again = await opened(street, FakeLink([READY]), Manner.ALOUD)
        assert [how for how, _ in said(again)] == [way]

    on_the_street(scenario)


def test_sessions_that_die_before_a_word() -> None:
    """A server whose sessions end one after the other before the model does anything is as good as none."""

    async def scenario(street: Street) -> None:
        for _ in range(2):
            street.links = [FakeLink([READY, BUSY])]
            street.posted.clear()
            street.line.open(street.post)
            lost = await street.until(LinkLost)
            assert isinstance(lost, LinkLost)
            assert not lost.wait
        street.fallback = [FakeLink([READY])]
        street.posted.clear()
        street.line.open(street.post)
        assert await street.until(LinkReady) == LinkReady(Backend.OFFLINE, resumed=False)
        street.line.close()
        assert len(street.announced) == 1

    on_the_street(scenario, fallback=True)


def test_session_with_a_word_in_between() -> None:
    """A session over which the model said something ends the series."""

    async def scenario(street: Street) -> None:
        for words in ((), (TURN_COMPLETE,), ()):
            street.links = [FakeLink([READY, *words, GONE])]
            street.posted.clear()
            street.line.open(street.post)
            await street.until(LinkLost)
        await opened(street, FakeLink([READY]))
        assert street.backends == [Backend.GEMINI] * 4

    on_the_street(scenario, fallback=True)
