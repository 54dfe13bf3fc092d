"""A hub that something befalls: what it says of it, what it does meanwhile, how soon it is well again."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from hubd.audio.pcm import UPLINK_RATE
from hubd.backoff import Backoff
from hubd.config import load
from hubd.demo.house import House
from hubd.demo.private_broker import HOST
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.live.messages import FunctionCall
from tests.edges.sound_system import FakeMicrophone, needs_tools
from tests.end_to_end.automation import Automation
from tests.end_to_end.daemon import Daemon
from tests.end_to_end.house import Tape, speech
from tests.end_to_end.program import CHECKOUT, environment
from tests.live_server import LiveServer, Visit
from tests.running import running

Write = Callable[[str], None]
Deed = Callable[[], Awaitable[object] | None]

DUMB: Final = '[speaker]\ndevice = "none"'
_ANSWER: Final = bytes(4_800)


def requests() -> Callable[[Visit], Awaitable[None]]:
    """Return a script that asks for the kitchen lights on each connection, each time otherwise."""
    numbers = itertools.count(1)

    async def ask(visit: Visit) -> None:
        number = next(numbers)
        values: dict[str, JsonValue] = {"device": "kitchen lights", "brightness": number % 100 + 1}
        await visit.call(FunctionCall(id=f"request {number}", name="set_light", args=values))
        await visit.end_turn()
        await visit.until(lambda: bool(visit.tool_responses) or visit.over)
        await visit.say(_ANSWER)

    return ask


@dataclass(frozen=True, slots=True)
class Rest:
    """What works while a part does not: how it is told in the table, how it is shown."""

    words: str
    show: Deed


class Ward:
    """A hub that runs, with what a fault is seen by. write: takes a line of the table of faults."""

    def __init__(self, hub: Daemon, write: Write) -> None:
        self.hub = hub
        self._write = write
        self._process = hub.process
        self._seen = 0

    async def undergo(  # noqa: PLR0913 -- a row of the table
        self,
        fault: str,
        part: str,
        words: str,
        *,
        breaks: Deed | None,
        rest: Rest,
        mends: Deed,
        then: Deed | None = None,
    ) -> None:
        """Have a fault come and pass, with all that is promised of it.

        words: what stands in the trouble. breaks, mends: what brings the fault about, None if it was there from the
        start; what ends it. rest: what works meanwhile. then: shows that the part works again.
        """
        began = time.monotonic()
        if breaks is not None:
            self._seen = len(self.hub.events)
            await do(breaks)
        await self.told(part, words)
        noticed = time.monotonic() - began
        await do(rest.show)
        began = time.monotonic()
        await do(mends)
        self._seen = await self.hub.event("trouble", self._seen, part=part, cleared=True)
        well = time.monotonic() - began
        if then is not None:
            await do(then)
        assert self.hub.process == self._process
        self._write(f"{fault}: told after {noticed:.1f} s; {rest.words}; over {well:.1f} s after it was mended")

    async def told(self, part: str, words: str) -> None:
        """Return when there is trouble with a part that has these words in it, and says what to do."""
        while True:
            self._seen = await self.hub.event("trouble", self._seen, part=part, cleared=False)
            trouble = self.hub.events[self._seen - 1]
            assert trouble["advice"].endswith((".", "!")), trouble
            if words in trouble["problem"]:
                return

    async def idle(self) -> None:
        """Return when the newest state is that nobody talks."""
        while [event["state"] for event in self.hub.events if event["event"] == "state"][-1:] not in ([], ["idle"]):
            await self.hub.event("state", len(self.hub.events), state="idle")

    async def wakes(self) -> None:
        """Return when a wake word has been heard since the fault came, or passed."""
        await self.hub.event("woke", self._seen)

    async def answers(self, status: str = "done") -> None:
        """Return when a request that was made since the fault came, or passed, is answered so."""
        place = await self.hub.event("called", self._seen)
        call = self.hub.events[place - 1]["call"]
        await self.hub.event("answered", place, call=call, status=status)


async def woken_after(deed: Deed, here: Ward, somebody: Automation) -> None:
    """Do it while nobody talks, then wake the hub."""
    await here.idle()
    await do(deed)
    await somebody.give("listen")


async def request(here: Ward, somebody: Automation) -> None:
    """Have the hub listen, and see it answer."""
    await woken_after(nothing, here, somebody)
    await here.answers()


def nothing() -> None:
    """Do nothing: it is so already."""


async def do(deed: Deed) -> None:
    """Do it, whether it takes a while or not."""
    if (waits := deed()) is not None:
        await waits


def configuration(folder: Path, *, live: str, mqtt: str, more: str = "") -> Path:
    """Write a configuration with the devices of the demo house; live, mqtt: lines of these tables. Return its file."""
    file = folder / "hubd.toml"
    file.write_text(f"""
include = ["{CHECKOUT / "hubd" / "demo" / "house.toml"}"]
[live]
connect_timeout = "2s"
setup_timeout = "2s"
{live}
[mqtt]
{mqtt}
[conversation]
chime = false
follow_up = "0s"
answer_timeout = "3s"
silence_timeout = "3s"
{more}
""")
    return file


def at(server: LiveServer) -> str:
    """Return the lines of [live] that lead to a server."""
    return f'backend = "gemini"\nurl = "{server.url}"'


def on(port: int) -> str:
    """Return the lines of [mqtt] that lead to a broker on this computer."""
    return f'host = "{HOST}"\nport = {port}'


class Ears:
    """A microphone for a hub, without a speaker: environment leads to it. hears: what is said there again and again.

    pause: how long nobody speaks in between, s. without: the error that the microphone gives while it is pulled.
    """

    def __init__(self, folder: Path, hears: str = "", *, pause: float = 1.5, without: str = "ENODEV") -> None:
        needs_tools()
        sound = folder / "room.s16"
        said = (speech(hears),) if hears else ()
        sound.write_bytes(Tape(*said, round(pause * UPLINK_RATE)).pcm)
        self.microphone = FakeMicrophone(folder, without=without)
        leads = {name: self.microphone.environment[name] for name in ("ALSA_CONFIG_PATH", "FAKE_MIC_UNPLUGGED")}
        self.environment = {**environment(folder), **leads, "FAKE_MIC_RAW": str(sound)}


@asynccontextmanager
async def house(config: Path, port: int) -> AsyncIterator[None]:
    """Have the devices of a configuration at home; they find the broker again sooner than any hub."""
    broker = PahoBroker(BrokerSettings(HOST, port, "house"), lambda _: None, backoff=Backoff(0.02, 0.2))
    devices = House(load(config).devices, broker)
    async with running(devices.run()):
        await devices.ready.wait()
        yield
