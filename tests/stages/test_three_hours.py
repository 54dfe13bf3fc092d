"""A conversation of three hours in virtual time: nobody in the kitchen notices that sessions end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import json
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pytest

from hubd import events
from hubd.audio.buffers import Uplink
from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.conversation import Conversation
from hubd.errors import LinkError
from hubd.events import Answer, Backend, Call, CallStatus, Scheduling
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.pace import Pace
from hubd.reports import Report, SessionChange, SessionReport
from hubd.stages.carry_over import CarryOver
from hubd.stages.connection import Server
from hubd.stages.converse import Converse
from hubd.stages.line import Line
from hubd.states import State
from hubd.usage import TokenCount
from hubd.wishes import Sign
from tests.virtual_time import now, pass_time, run

WAKES: Final = 40
BETWEEN_WAKES: Final = 270.0
REQUESTS: Final = 25  # of each wake: one every 10 s
EVERY: Final = 10.0
GO_AWAY_EVERY: Final = 540.0
TIME_LEFT: Final = 50.0
SPOKEN: Final = UPLINK_RATE * 8 // 5
CHUNK: Final = UPLINK_RATE // 5
SILENCE: Final = UPLINK_RATE // 2
# One second of the model's speech.
ANSWER: Final = base64.b64encode(bytes(48_000)).decode()
# Blocks of memory for each request: pydantic keeps short texts that it reads, up to 16,384 of them; so does this test.
MOST_MORE_BLOCKS: Final = 5
# What is kept of a conversation when its context is compressed.
REMEMBERED: Final = 300


@dataclass
class Service:
    """The Live service: requests are sounds of one value, which is their number; a handle holds all of them so far."""

    manual: bool
    handles: dict[str, tuple[int, ...]] = field(default_factory=dict)
    links: list[SessionLink] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    most_open: int = 0
    answered: int = 0

    async def dial(self) -> SessionLink:
        """Open a connection; there may be but one."""
        link = SessionLink(self)
        self.links.append(link)
        self.most_open = max(self.most_open, sum(each.open for each in self.links))
        self.links = [each for each in self.links if each.open]
        return link

    async def go_away(self) -> None:
        """Announce the end of the open connection every 9 minutes, and bring it about."""
        await pass_time(GO_AWAY_EVERY - BETWEEN_WAKES / 2)
        while True:
            await pass_time(GO_AWAY_EVERY)
            for link in [each for each in self.links if each.open]:
                link.say({"goAway": {"timeLeft": f"{TIME_LEFT:g}s"}})
                asyncio.get_running_loop().call_later(TIME_LEFT, link.end, 1008, "The operation was aborted.")


class SessionLink:
    """One connection with its session."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._inbound: asyncio.Queue[str | LinkError] = asyncio.Queue()
        self._memory: tuple[int, ...] = ()
        self._heard = bytearray()
        self._quiet = 0
        self.open = True

    def say(self, message: object) -> None:
        """Let the server say this."""
        self._inbound.put_nowait(json.dumps(message))

    def end(self, code: int, reason: str) -> None:
        """Let the server close the connection, if it is still open."""
        if self.open:
            self._inbound.put_nowait(LinkError(reason, code))

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield what the server says."""
        while True:
            frame = await self._inbound.get()
            if isinstance(frame, LinkError):
                raise frame
            yield frame

    async def close(self) -> None:
        """Close."""
        self.open = False

    async def send(self, text: str) -> None:
        """Take a frame."""
        assert self.open
        ((kind, body),) = json.loads(text).items()
        if kind == "setup":
            self._set_up(body["sessionResumption"].get("handle"))
        elif kind == "realtimeInput":
            ((what, value),) = body.items()
            if what == "audio":
                self._hear(base64.b64decode(value["data"]))
            elif what == "activityEnd":
                self._understand()

    def _set_up(self, handle: str | None) -> None:
        if handle is not None:
            self._service.attempts.append(handle)
            if handle not in self._service.handles:
                self.end(1008, "Requested entity was not found.")
                return
            self._memory = self._service.handles[handle]
        self.say({"setupComplete": {}})

    def _hear(self, pcm: bytes) -> None:
        self._heard += pcm
        if self._service.manual:
            return
        self._quiet = 0 if any(pcm) else self._quiet + len(pcm) // SAMPLE_BYTES
        if self._quiet >= SILENCE:
            self._understand()

    def _understand(self) -> None:
        samples = np.frombuffer(bytes(self._heard), "<i2")
        self._heard.clear()
        spoken = samples[samples != 0]
        if not len(spoken):
            return
        assert len(spoken) == SPOKEN, f"{len(spoken)} of {SPOKEN} samples came"
        (number,) = np.unique(spoken).tolist()
        self._memory = (*self._memory, number)[-REMEMBERED:]
        assert list(self._memory) == list(range(max(1, number - REMEMBERED + 1), number + 1)), "not all is recalled"
        self._service.answered += 1
        if number % 5 == 0:
            self.say({"toolCall": {"functionCalls": [{"id": f"c{number}", "name": "lamp", "args": {}}]}})
        blob = {"mimeType": "audio/pcm;rate=24000", "data": ANSWER}
        self.say({"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}})
        self.say({"serverContent": {"generationComplete": True}})
        asyncio.get_running_loop().call_later(1.0, self._end_turn, number)

    def _end_turn(self, number: int) -> None:
        handle = f"handle {number}"
        self._service.handles = {handle: self._memory}
        self.say({"serverContent": {"turnComplete": True}, "usageMetadata": {"totalTokenCount": 1}})
        self.say({"sessionResumptionUpdate": {"newHandle": handle, "resumable": True}})


@dataclass
class House:
    """A hub with its person, its speaker and its lamp."""

    service: Service
    uplink: Uplink = field(default_factory=Uplink)
    sessions: list[SessionChange] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    _plays: int = 0
    _silent_at: float = 0.0

    def __post_init__(self) -> None:
        carry_over = CarryOver(None, wall=lambda: 1_795_000_000.0 + now())
        server = Server(Backend.GEMINI, self.service.dial, self._mouth, lambda: "persona")
        self.line = Line([server], carry_over=carry_over, report=self._report, announce=_nothing)
        self.converse = Converse(
            conversation=Conversation(Pace(manual_activity=self.service.manual)),
            line=self.line,
            voice=self,
            herald=self,
            hands=self,
            usage=TokenCount(lambda: date(2026, 11, 3)),
            report=self._report,
            clock=now,
        )

    def _mouth(self, handle: str | None) -> Mouth:
        settings = SessionSettings(model="m", manual_activity=self.service.manual)
        return Mouth(
            LiveSession(Opening(settings, ()), handle, Backend.GEMINI), self.uplink, manual=self.service.manual
        )

    def _report(self, report: Report) -> None:
        if isinstance(report, SessionReport):
            self.sessions.append(report.change)

    def play(self, pcm: bytes, rate: int) -> None:
        """Play speech, in its own time."""
        self._plays += 1
        self._silent_at = max(now(), self._silent_at) + len(pcm) / SAMPLE_BYTES / rate
        drained = events.Drained(self._plays)
        asyncio.get_running_loop().call_at(self._silent_at, self.converse.post, drained)

    def flush(self) -> None:
        """Fall silent."""

    def sign(self, sign: Sign) -> None:
        """Keep the sign."""
        self.signs.append(sign)

    def say(self, number: int, text: str, sign: Sign | None, volume: int | None) -> None:
        """Nothing is announced in these hours."""
        raise AssertionError(text)

    def silence(self) -> None:
        """There is nothing to cut."""

    def ask(self, calls: Iterable[Call]) -> None:
        """Switch the lamp, which takes no time."""
        for call in calls:
            self.converse.post(
                events.ToolsDone((Answer(call, CallStatus.DONE, Scheduling.SILENT, {"status": "done"}),))
            )

    def cancel(self, ids: Iterable[str]) -> None:
        """Nothing is ever taken back."""

    async def hear(self, seconds: float, value: int = 0) -> None:
        """Let the microphone bring so much sound of one value, in real time."""
        for _ in range(round(seconds * 5)):
            await pass_time(0.2)
            self.uplink.push(np.full(CHUNK, value, "<i2").tobytes())
            self.line.sound_arrived()

    async def request(self, number: int, *, woken: bool) -> None:
        """Say a request, with or without a wake word before it."""
        if woken:
            self.converse.post(events.Woke("hey_jarvis", 0.9, end=self.uplink.end, end_ms=0))
        began = self.uplink.end
        await self.hear(0.2, number)
        self.converse.post(events.SpeechBegan(began))
        await self.hear(1.4, number)
        ended = self.uplink.end
        await self.hear(0.6)
        self.converse.post(events.SpeechEnded(ended))


def _nothing(_text: str) -> None:
    """Say nothing aloud: there is never a reason."""
    raise AssertionError(_text)


@contextlib.asynccontextmanager
async def living(house: House) -> AsyncIterator[None]:
    """Run the hub and the service while the block lasts."""
    tasks = [asyncio.create_task(each) for each in (house.line.run(), house.converse.run(), house.service.go_away())]
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.mark.parametrize("manual", [True, False])
def test_three_hours(*, manual: bool) -> None:
    """Forty wake words, a thousand requests, a connection that ends every nine minutes.

    Each request is heard whole and once, by a session that recalls all before it; every connection but the first goes
    on from a handle that is used once; one connection at a time; no failure is heard; memory does not grow.
    """

    async def scenario() -> None:
        house = House(Service(manual))
        service, number, sizes = house.service, 0, list[int]()
        async with living(house):
            for wake in range(WAKES):
                for turn in range(REQUESTS):
                    number += 1
                    began = now()
                    await house.request(number, woken=turn == 0)
                    await house.hear(EVERY - (now() - began))
                    assert service.answered == number, f"request {number} was not answered, at {now():g} s"
                await house.hear(BETWEEN_WAKES * (wake + 1) - now())
                assert house.converse._conversation.state is State.IDLE
                gc.collect()
                sizes.append(sys.getallocatedblocks())
        assert now() >= 3 * 3600 - 1
        reconnects = len(house.sessions) // 2 - 1
        assert reconnects > WAKES + 10
        assert house.sessions == [
            SessionChange.OPENED,
            SessionChange.CLOSED,
            *[SessionChange.RESUMED, SessionChange.CLOSED] * reconnects,
        ]
        assert len(service.attempts) == reconnects
        assert len(set(service.attempts)) == reconnects
        assert service.most_open == 1
        assert set(house.signs) == {Sign.WOKE}
        growth = sizes[-1] - sizes[WAKES // 2]
        assert growth < MOST_MORE_BLOCKS * REQUESTS * WAKES // 2, f"{growth} blocks"

    run(scenario())


@pytest.mark.parametrize("manual", [True, False])
@pytest.mark.parametrize("cut_after", [0.0, 0.3, 1.0, 1.5, 1.7, 2.1, 5.0])
def test_cut_within_requests(cut_after: float, *, manual: bool) -> None:
    """Cut off within request after request, and just after, the hub is answered each time as if nothing had been."""

    async def scenario() -> None:
        house = House(Service(manual))
        async with living(house):
            for number in range(1, 13):
                asyncio.get_running_loop().call_later(cut_after, _cut, house.service)
                began = now()
                await house.request(number, woken=number == 1)
                await house.hear(EVERY - (now() - began))
                assert house.service.answered == number
        assert set(house.signs) == {Sign.WOKE}

    run(scenario())


def _cut(service: Service) -> None:
    for link in service.links:
        link.end(1006, "")
