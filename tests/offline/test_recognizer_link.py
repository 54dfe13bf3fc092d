from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
from collections.abc import Sequence
from dataclasses import replace

import pytest

from hubd.errors import MissingPartError
from hubd.offline import recognizer_link
from hubd.offline.automaton import Arc
from hubd.offline.grammar import Grammar
from hubd.offline.recognizer_link import RecognizerLink
from hubd.reports import Report, TroubleReport
from tests.offline.house import HOUSE, devices, function
from tests.offline.speaking import say

ARCS = Grammar(HOUSE).arcs
OTHER = Grammar(
    [function("set_switch", "Plug.", ["device", "on"], device=devices("Thermomix"), on={"type": "BOOLEAN"})]
).arcs


async def test_words_come_back() -> None:
    """A grammar is loaded when it is needed, another one in its place; strange names are given a pronunciation."""
    async with RecognizerLink() as link:
        await link.prepare(ARCS)
        assert await link.recognise(ARCS, say("turn off the lights")) == ("turn", "off", "the", "lights")
        assert await link.recognise(OTHER, say("turn off the Thermomix")) == ("turn", "off", "the", "thermomix")
        assert await link.recognise(ARCS, say("what a lovely day")) is None


async def test_a_process_that_dies_is_replaced() -> None:
    """What is said next is understood all the same; that it died is trouble, which is over then."""
    reports: list[Report] = []
    async with RecognizerLink(reports.append) as link:
        await link.prepare(ARCS)
        assert link.process_id is not None
        os.kill(link.process_id, signal.SIGKILL)
        assert await link.recognise(ARCS, say("turn off the lights")) == ("turn", "off", "the", "lights")
    trouble, over = reports
    assert isinstance(trouble, TroubleReport)
    assert trouble.advice
    assert "ended unexpectedly" in trouble.problem
    assert over == replace(trouble, cleared=True)


async def test_an_utterance_that_kills_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second process that dies of it is the last one; the next utterance is understood by the third."""
    reports: list[Report] = []
    async with RecognizerLink(reports.append) as link:
        await link.prepare(ARCS)
        work = link._work

        async def die(_arcs: Sequence[Arc], _pcm: bytes | None) -> tuple[str, ...] | None:
            raise EOFError

        monkeypatch.setattr(link, "_work", die)
        assert await link.recognise(ARCS, say("turn off the lights")) is None
        monkeypatch.setattr(link, "_work", work)
        assert await link.recognise(ARCS, say("turn off the lights")) == ("turn", "off", "the", "lights")
    assert len(reports) == 2


async def test_a_process_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The utterance is lost after a while, the next one is understood."""
    monkeypatch.setattr(recognizer_link, "_PATIENCE", 0.5)
    reports: list[Report] = []
    async with RecognizerLink(reports.append) as link:
        assert link.process_id is not None
        os.kill(link.process_id, signal.SIGSTOP)
        assert await link.recognise(ARCS, say("turn off the lights")) is None
        (trouble,) = reports
        assert isinstance(trouble, TroubleReport)
        assert "does not answer" in trouble.problem
        monkeypatch.undo()
        assert await link.recognise(ARCS, say("turn off the lights")) == ("turn", "off", "the", "lights")
    assert reports[1:] == [replace(trouble, cleared=True)]


async def test_a_request_that_is_given_up_leaves_nothing_behind() -> None:
    """A cancelled request's answer is never taken for another's."""
    async with RecognizerLink() as link:
        await link.prepare(ARCS)
        with pytest.raises(TimeoutError):
            # It begins, and is cancelled where it first waits.
            async with asyncio.timeout(0):
                await link.recognise(ARCS, say("turn on the lights"))
        assert await link.recognise(ARCS, say("open the garage door")) == ("open", "the", "garage", "door")


async def test_the_process_ends_with_the_link() -> None:
    """No program is left behind."""
    async with RecognizerLink() as link:
        process_id = link.process_id
    assert process_id is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


def test_a_missing_recogniser_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lacks pocketsphinx reads how to get it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPartError, match=r': .* -m pip install "pocketsphinx>=5\.0,<6"$'):
        RecognizerLink()
