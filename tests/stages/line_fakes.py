"""A Live server of a few lines behind a fake network, with a line to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial

from hubd.audio.buffers import Uplink
from hubd.budget import Allowance
from hubd.errors import LinkError
from hubd.events import Backend, Event, LinkReady
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.reports import Report
from hubd.stages.carry_over import CarryOver
from hubd.stages.connection import Server
from hubd.stages.line import Line
from tests.running import running
from tests.virtual_time import now, pass_time, run

READY = '{"setupComplete":{}}'
SETUP_TIMEOUT = 15.0
# Ways to end (``live-protocol.md`` 12).
GONE = LinkError("", 1006)
BUSY = LinkError("The service is currently unavailable.", 1011)
BAD_KEY = LinkError("API key not valid. Please pass a valid API key.", 1007)
QUOTA = LinkError("You exceeded your current quota", 1011)
# When the fake world begins, s since 1970.
WALL = 1_795_000_000.0


def handle(value: str) -> str:
    """Return the frame that issues a handle."""
    return json.dumps({"sessionResumptionUpdate": {"newHandle": value, "resumable": True}})


class FakeLink:
    """One connection: what is sent is kept, what the server says is put in."""

    def __init__(self, said: Sequence[str | bytes | Exception] = (), *, close_takes: float = 0.0) -> None:
        self.sent: list[str] = []
        self.open = False
        self.free = asyncio.Event()
        self.free.set()
        self.taken = asyncio.Event()
        self._close_takes = close_takes
        self._inbound: asyncio.Queue[str | bytes | Exception] = asyncio.Queue()
        for each in said:
            self.say(each)

    def say(self, frame: str | bytes | Exception) -> None:
        """Let the server say this, or let the connection end so."""
        self._inbound.put_nowait(frame)

    async def send(self, text: str) -> None:
        """Keep what is sent, while the network is free."""
        await self.free.wait()
        self.sent.append(text)
        self.taken.set()

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield what the server says."""
        while True:
            frame = await self._inbound.get()
            if isinstance(frame, Exception):
                raise frame
            yield frame

    async def close(self) -> None:
        """Close, after some time if the server is slow; at once if nobody waits for it any more."""
        try:
            if self._close_takes:
                await pass_time(self._close_takes)
        finally:
            self.open = False

    @property
    def handle(self) -> str | None:
        """The handle that the set-up went on from."""
        found: str | None = json.loads(self.sent[0])["setup"]["sessionResumption"].get("handle")
        return found


@dataclass
class Street:
    """A line in virtual time: what it dials comes from links, in order; what it posts is kept in posted."""

    manual: bool = False
    links: list[FakeLink | Exception | None] = field(default_factory=list)
    posted: list[Event] = field(default_factory=list)
    reported: list[Report] = field(default_factory=list)
    dialled: list[float] = field(default_factory=list)
    backends: list[Backend] = field(default_factory=list)
    open_at_dialling: list[int] = field(default_factory=list)
    uplink: Uplink = field(default_factory=Uplink)
    dialled_links: list[FakeLink] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    announced: list[str] = field(default_factory=list)
    fallback: list[FakeLink | Exception | None] | None = None
    persona: str = "p"
    allowance: Allowance | None = None
    prepared: list[float] = field(default_factory=list)
    ahead: bool = False

    def __post_init__(self) -> None:
        self.carry_over = CarryOver(None, wall=lambda: WALL + now())
        servers = [self.server(Backend.GEMINI)]
        if self.fallback is not None:
            servers.append(self.server(Backend.OFFLINE))
        self.line = Line(
            servers,
            carry_over=self.carry_over,
            report=self.reported.append,
            announce=self.announced.append,
            allowance=self.allowance,
            prepare=lambda: self.prepared.append(now()),
        )

    def server(self, backend: Backend) -> Server:
        """Return how a server is dialled."""
        return Server(
            backend,
            partial(self._dial, backend),
            partial(self._make_mouth, backend),
            lambda: self.persona,
            ahead=self.ahead,
        )

    @property
    def handle(self) -> str | None:
        """The handle from which the next conversation would go on."""
        return self.carry_over.handle(Backend.GEMINI, self.persona)

    @handle.setter
    def handle(self, handle: str) -> None:
        self.carry_over.good(Backend.GEMINI, handle, self.persona)

    async def _dial(self, backend: Backend) -> FakeLink:
        """Take the next of links: a link, an error to raise, or None for a network that never answers."""
        self.dialled.append(now())
        self.backends.append(backend)
        self.open_at_dialling.append(sum(link.open for link in self.dialled_links))
        links = self.links if backend is Backend.GEMINI else self.fallback or []
        link = links.pop(0) if links else LinkError("nobody is there")
        if isinstance(link, Exception):
            raise link
        if link is None:
            await asyncio.Event().wait()
            raise AssertionError
        link.open = True
        self.dialled_links.append(link)
        return link

    def _make_mouth(self, backend: Backend, handle: str | None) -> Mouth:
        settings = SessionSettings(model="m", manual_activity=self.manual)
        return Mouth(LiveSession(Opening(settings, ()), handle, backend), self.uplink, manual=self.manual)

    async def post(self, event: Event) -> None:
        """Keep an event."""
        self.posted.append(event)
        self.more.set()

    async def connect(self) -> None:
        """Open the line; return when the first session is ready."""
        self.line.open(self.post)
        await self.until(LinkReady)

    async def until(self, kind: type[Event]) -> Event:
        """Return the newest event of a kind, once there is one."""
        while not (found := [event for event in self.posted if isinstance(event, kind)]):
            self.more.clear()
            await self.more.wait()
        return found[-1]


def on_the_street(
    scenario: Callable[[Street], Coroutine[None, None, None]],
    *,
    manual: bool = False,
    fallback: bool = False,
    allowance: Allowance | None = None,
    ahead: bool = False,
) -> None:
    """Run the scenario with a running line, in virtual time.

    fallback: whether there is a second server. ahead: whether a connection may be opened on a mere guess.
    """

    async def main() -> None:
        street = Street(manual, fallback=[] if fallback else None, allowance=allowance, ahead=ahead)
        async with running(street.line.run()):
            await scenario(street)

    run(main())
