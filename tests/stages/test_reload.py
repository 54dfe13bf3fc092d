"""The stage that takes a changed configuration over."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from hubd.control import Reply
from hubd.errors import Complaint, ConfigError, HubdError
from hubd.stages.reload import Change, Reload
from tests.running import running
from tests.virtual_time import settle

WRONG = ConfigError([Complaint("hubd.toml", "hub.id", "wrong", 3), Complaint("lamp.toml", "", "worse")])


class Desk:
    """What is prepared, one after the other; story tells what happened, in order."""

    def __init__(self, *prepared: tuple[str, ...] | HubdError) -> None:
        self._prepared = list(prepared)
        self.story: list[object] = []
        self.gate = threading.Event()
        self.gate.set()
        self.reading = threading.Event()
        self.reload = Reload(self)

    def prepare(self) -> Change:
        """Read the next configuration."""
        assert threading.current_thread() is not threading.main_thread()
        self.reading.set()
        assert self.gate.wait(10)
        prepared = self._prepared.pop(0)
        if isinstance(prepared, HubdError):
            raise prepared
        return Change(prepared, lambda: self.story.append("taken"))

    def reloading(self) -> None:
        """Note the beginning."""
        self.story.append("reloading")

    def reloaded(self, refusal: str, waiting: tuple[str, ...]) -> None:
        """Note the end."""
        self.story.append((refusal, waiting))


async def test_a_good_one_is_taken() -> None:
    """It is read beside the loop, taken within it, between the two notes to whoever looks after the hub."""
    desk = Desk(("mqtt.host",))
    async with running(desk.reload.run(desk.prepare)):
        assert await desk.reload.answer() == Reply(waiting=("mqtt.host",))
    assert desk.story == ["reloading", "taken", ("", ("mqtt.host",))]


async def test_a_broken_one_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Every mistake is in the reply and in the log; the next one, which is right, is taken."""
    desk = Desk(WRONG, HubdError("the model is missing"), ())
    async with running(desk.reload.run(desk.prepare)):
        reply = await desk.reload.answer()
        assert reply.complaints == WRONG.complaints
        assert "hubd.toml:3: hub.id: wrong, and 1 more" in caplog.text
        assert "lamp.toml: worse" in caplog.text
        assert await desk.reload.answer() == Reply(problem="the model is missing")
        assert await desk.reload.answer() == Reply()
    assert desk.story == [
        "reloading",
        ("hubd.toml:3: hub.id: wrong, and 1 more", ()),
        "reloading",
        ("the model is missing", ()),
        "reloading",
        "taken",
        ("", ()),
    ]


async def test_two_at_once_get_the_same_answer() -> None:
    """One reading is enough for all who asked before it began."""
    desk = Desk(("mqtt.host",))
    async with running(desk.reload.run(desk.prepare)), asyncio.TaskGroup() as tasks:
        several = [tasks.create_task(desk.reload.answer()) for _ in range(3)]
    assert {each.result() for each in several} == {Reply(waiting=("mqtt.host",))}
    assert desk.story.count("taken") == 1


async def test_who_asks_during_the_reading_is_answered_by_the_next() -> None:
    """What they may have written meanwhile is read as well."""
    desk = Desk(WRONG, ())
    desk.gate.clear()
    async with running(desk.reload.run(desk.prepare)), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(desk.reload.answer())
        assert await asyncio.to_thread(desk.reading.wait, 10)
        second = tasks.create_task(desk.reload.answer())
        third = tasks.create_task(desk.reload.answer())
        tasks.create_task(asyncio.to_thread(desk.gate.set))
    assert first.result().complaints
    assert second.result() == third.result() == Reply()


async def test_nobody_needs_to_wait_for_it(caplog: pytest.LogCaptureFixture) -> None:
    """A signal that came before there was a hub is answered in the log; who asked and has gone holds nothing up."""
    caplog.set_level(logging.INFO)
    desk = Desk(("mqtt.host",), (), ())
    desk.reload.ask()
    desk.gate.clear()
    async with running(desk.reload.run(desk.prepare)):
        await asyncio.to_thread(desk.reading.wait, 10)
        asked = asyncio.create_task(desk.reload.answer())
        await settle()
        asked.cancel()
        desk.gate.set()
        assert await desk.reload.answer() == Reply()
    assert "take effect at the next start: mqtt.host" in caplog.text
    assert desk.story.count("taken") == 2
