from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from hubd.events import Backend
from hubd.reports import Part, PublicState, StateReport, TroubleReport, WokeReport
from hubd.stages.attend import Attend
from hubd.standing import Standing
from hubd.vitals import Signs
from tests.running import running
from tests.virtual_time import now, pass_time, run, settle

PLUG = TroubleReport(Part.MICROPHONE, "There is no microphone.", "Plug one in.")
LISTENING = 'Listening for "hey jarvis"; broker up; Gemini'


class Manager:
    """A service manager that keeps what it is told, with the time of each word."""

    def __init__(self, interval: float | None = 5.0) -> None:
        self.interval = interval
        self.told: list[str] = []
        self.pings: list[float] = []

    def ready(self) -> None:
        """Keep the word."""
        self.told.append("ready")

    def status(self, text: str) -> None:
        """Keep the line."""
        self.told.append(text)

    def reloading(self) -> None:
        """Keep the word."""
        self.told.append("reloading")

    def alive(self) -> None:
        """Keep when."""
        self.pings.append(now())

    def stopping(self) -> None:
        """Keep the word."""
        self.told.append("stopping")


class House:
    """A hub that is well, unless told otherwise; change makes its signs others."""

    def __init__(self) -> None:
        self.connected = True
        self.warm = asyncio.Event()
        self.up = asyncio.Event()
        self.change: Callable[[Signs], Signs] = lambda signs: signs

    def signs(self) -> Signs:
        """Return what a hub shows that is well."""
        well = Signs(now(), looks_by=None, unscored_since=None, broker_by=now() + 1, unread_since=None)
        return self.change(well)

    async def warmed_up(self) -> None:
        """Return when a test says so."""
        await self.warm.wait()

    async def newer_connection(self, than: int) -> int:
        """Return when a test says so."""
        await self.up.wait()
        self.up.clear()
        return than + 1


class Daemon:
    """The stage with its surroundings."""

    def __init__(self) -> None:
        self.manager, self.hub = Manager(), House()
        standing = Standing(["hey jarvis"])
        standing.server = Backend.GEMINI
        self.attend = Attend(self.manager, standing, clock=now)

    @asynccontextmanager
    async def attended(self, *, warm: bool = True) -> AsyncIterator[None]:
        """Run the stage beside a test."""
        if warm:
            self.hub.warm.set()
        async with running(self.attend.run(self.hub)):
            await settle()
            yield


def test_ready_when_it_hears() -> None:
    """The hub is ready as soon as the next wake word would be heard, and not before; its status is told by then."""

    async def main() -> None:
        daemon = Daemon()
        async with daemon.attended(warm=False):
            await pass_time(1)
            assert daemon.manager.told == ["Starting"]
            daemon.hub.warm.set()
            await settle()
            assert daemon.manager.told == ["Starting", LISTENING, "ready"]

    run(main())


def test_a_missing_microphone_delays_nothing() -> None:
    """Known to be missing, it makes the hub ready at once, and the status says so."""

    async def main() -> None:
        daemon = Daemon()
        daemon.hub.change = lambda signs: replace(signs, looks_by=now() + 1)
        async with daemon.attended(warm=False):
            daemon.attend.report(PLUG)
            await settle()
            assert now() == 0
            assert daemon.manager.told == ["Starting", "Degraded: There is no microphone; broker up; Gemini", "ready"]

    run(main())


def test_an_unwanted_microphone_delays_nothing() -> None:
    """A hub that is to have no microphone does not wait for one."""

    async def main() -> None:
        daemon = Daemon()
        daemon.hub.change = lambda signs: replace(signs, looks_by=math.inf)
        async with daemon.attended(warm=False):
            assert daemon.manager.told[-1] == "ready"
            assert now() == 0

    run(main())


def test_a_silent_microphone_delays_little() -> None:
    """One that neither brings sound nor fails is not waited for any longer than 3 s; it is not said to hear."""

    async def main() -> None:
        daemon = Daemon()
        daemon.hub.change = lambda signs: replace(signs, looks_by=now() + 20)
        async with daemon.attended(warm=False):
            await pass_time(3)
            await settle()
            assert daemon.manager.told == ["Starting", "Waiting for the microphone; broker up; Gemini", "ready"]

    run(main())


def test_it_is_vouched_for() -> None:
    """While every proof is there, systemd gets a sign of life at its interval."""

    async def main() -> None:
        daemon = Daemon()
        async with daemon.attended():
            await pass_time(16)
            assert daemon.manager.pings == [0, 5, 10, 15]

    run(main())


def test_a_deaf_hub_is_not(caplog: pytest.LogCaptureFixture) -> None:
    """Without a proof the signs of life end, status and log say why, and they begin again when it is back."""

    async def main() -> None:
        daemon = Daemon()
        async with daemon.attended():
            daemon.hub.change = lambda signs: replace(signs, unscored_since=0.0)
            await pass_time(21)
            assert daemon.manager.pings == [0, 5]
            assert daemon.manager.told[-1] == f"Hanging: the wake word engine takes no sound; l{LISTENING[1:]}"
            daemon.hub.change = lambda signs: signs
            await pass_time(5)
            assert len(daemon.manager.pings) == 3
            assert daemon.manager.told[-1] == LISTENING

    run(main())
    assert caplog.messages == ["the hub is not vouched for any more: the wake word engine takes no sound"]


def test_what_was_held_up_is_looked_at_again() -> None:
    """What was not read because the loop was held up is no proof that nothing comes."""

    async def main() -> None:
        daemon = Daemon()
        async with daemon.attended():
            looks = iter([True, False])
            daemon.hub.change = lambda signs: replace(signs, last_frame=now() - 3 * next(looks, False))
            await pass_time(6)
            assert daemon.manager.pings == [0, pytest.approx(5.05)]
            assert daemon.manager.told == ["Starting", LISTENING, "ready"]

    run(main())


def test_status_changes_are_told_once() -> None:
    """The status is told when it changes, not time and again; the broker's connection changes it too."""

    async def main() -> None:
        daemon = Daemon()
        daemon.hub.connected = False
        async with daemon.attended():
            await pass_time(60)
            daemon.attend.report(StateReport(PublicState.LISTENING))
            daemon.attend.report(StateReport(PublicState.SPEAKING))
            daemon.hub.connected = True
            daemon.hub.up.set()
            await settle()
            assert daemon.manager.told[1:] == [
                'Listening for "hey jarvis"; connecting to the broker; Gemini',
                "ready",
                "In conversation; connecting to the broker; Gemini",
                "In conversation; broker up; Gemini",
            ]

    run(main())


def test_reload_and_stop() -> None:
    """A reload is announced, with its end; why it was refused stays in the status until one is not; a stop is final."""

    async def main() -> None:
        daemon = Daemon()
        async with daemon.attended():
            for refusal in ("hubd.toml:7: no such room", ""):
                daemon.attend.reloading()
                daemon.attend.reloaded(refusal)
            assert daemon.manager.told[3:] == [
                "reloading", f"Reload failed: hubd.toml:7: no such room; l{LISTENING[1:]}", "ready",
                "reloading", LISTENING, "ready",
            ]  # fmt: skip
            daemon.attend.stopping()
            daemon.attend.report(PLUG)
            assert daemon.manager.told[9:] == ["stopping", "Stopping"]

    run(main())


def test_a_reload_before_the_start_is_over() -> None:
    """It does not make the hub ready: that is said when it is."""

    async def main() -> None:
        daemon = Daemon()
        async with daemon.attended(warm=False):
            daemon.attend.reloading()
            daemon.attend.reloaded("", ("mqtt.host",))
            assert daemon.manager.told == ["Starting"]
            daemon.hub.warm.set()
            await settle()
            assert "ready" in daemon.manager.told
            assert any(told.startswith("Restart to change mqtt.host; ") for told in daemon.manager.told)

    run(main())


def test_a_stop_before_the_start_is_over() -> None:
    """A hub that is told to stop before it is ready never says that it is."""

    async def main() -> None:
        daemon = Daemon()
        async with daemon.attended(warm=False):
            daemon.attend.stopping()
            daemon.hub.warm.set()
            await settle()
            assert daemon.manager.told == ["Starting", "stopping", "Stopping"]

    run(main())


def test_the_log_tells_the_story(caplog: pytest.LogCaptureFixture) -> None:
    """Every report is an entry of the log, with its fields; what was held back comes with the next look."""
    caplog.set_level(logging.INFO)

    async def main() -> None:
        daemon = Daemon()
        async with daemon.attended():
            daemon.attend.report(WokeReport("hey_jarvis", 0.9, 720))
            for cleared in (False, True) * 3:
                daemon.attend.report(replace(PLUG, cleared=cleared))
            await pass_time(61)

    run(main())
    ready, *story = caplog.records
    assert ready.getMessage() == f"ready: {LISTENING}"
    assert [record.getMessage() for record in story] == [
        "[1] woke: hey jarvis (score 0.90)",
        "[1] trouble: microphone: There is no microphone. Plug one in.",
        "[1] trouble over: microphone",
        "[1] trouble over: microphone (it came 2 more times in the last minute)",
    ]
    assert {record.__dict__["fields"]["HUBD_CONVERSATION"] for record in story} == {"1"}
