"""A hub of real stages in virtual time, with its devices, its speaker, the person who talks to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from pydantic import JsonValue

from hubd import events
from hubd.audio.buffers import Uplink
from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES, UPLINK_RATE, bytes_of
from hubd.conversation import Conversation
from hubd.devices.catalog import Catalog
from hubd.devices.model import Device
from hubd.devices.state import StateStore
from hubd.effects import Reply
from hubd.events import Backend, Behavior
from hubd.ledger import Ledger
from hubd.live.models import capabilities
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.pace import Pace
from hubd.ports import LiveLink
from hubd.reports import AnsweredReport, PublishedReport, Report
from hubd.stages.act import Act
from hubd.stages.announce import Announce
from hubd.stages.carry_over import CarryOver
from hubd.stages.connection import Server
from hubd.stages.converse import Converse
from hubd.stages.line import Line
from hubd.stages.speak import Speak
from hubd.states import State
from hubd.tools import Toolbox
from hubd.usage import TokenCount
from hubd.wishes import SayAsked
from tests.stages.act_fakes import FakeBroker
from tests.virtual_time import now, pass_time

MODEL: Final = "gemini-3.8-live"
# When the world begins, s since 1970.
WALL: Final = 1_795_000_000.0
_PIECE: Final = 0.04
# A letter takes 60 ms to say.
_LETTER: Final = bytes_of(60, DOWNLINK_RATE)
_QUIET_PIECE: Final = 0.2
_ONSET: Final = 0.12
_PAUSE: Final = 0.6


class Loudspeaker:
    """A speaker that plays in the loop's time."""

    def __init__(self) -> None:
        self._silent_at = 0.0
        self._flushed = asyncio.Event()

    def play(self, pcm: bytes) -> None:
        """Queue sound at 24 kHz."""
        self._silent_at = max(now(), self._silent_at) + len(pcm) / SAMPLE_BYTES / DOWNLINK_RATE

    def flush(self) -> None:
        """Fall silent."""
        self._silent_at = now()
        self._flushed.set()

    async def drained(self) -> None:
        """Return when all is played."""
        while self._silent_at > now():
            self._flushed.clear()
            with contextlib.suppress(TimeoutError):  # it has played to its end
                async with asyncio.timeout_at(self._silent_at):
                    await self._flushed.wait()


class Herald(Announce):
    """A voice of the hub's own that takes no time to find its words; said keeps them."""

    def __init__(
        self, voice: None, mouth: Speak, *, post: Callable[[events.Event], None], position: Callable[[], int]
    ) -> None:
        super().__init__(voice, mouth, post=post, position=position)
        self.said: list[str] = []

    async def _sound(self, text: str) -> bytes:
        self.said.append(text)
        return bytes(len(text) * _LETTER)


class Kitchen:
    """Everything that app.py wires around the conversation, with a broker and a speaker without hardware.

    dial: opens a link to the Live service. devices: tables as in a configuration. pace: as configured, without what
    follows from model, its id. ledger: the book of calls, the real one unless it is to be a broken one.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[LiveLink]],
        devices: Sequence[dict[str, JsonValue]],
        *,
        pace: Pace,
        model: str = MODEL,
        ledger: Ledger | None = None,
    ) -> None:
        house = tuple(Device.model_validate(table) for table in devices)
        takes, manual = capabilities(model), pace.manual_activity
        toolbox = Toolbox(Catalog(house), takes)
        declarations = toolbox.declarations()
        ledger = Ledger() if ledger is None else ledger
        self.reports: list[Report] = []
        self.replies: list[Reply] = []
        blocking = frozenset(each.name for each in declarations if each.behavior is Behavior.BLOCKING)
        manners = replace(pace, blocking=blocking, hold_while_acting=not takes.input_during_blocking_call)
        self.uplink = Uplink(round(manners.replay * 1000))
        self.broker = FakeBroker()
        self.speak = Speak(Loudspeaker(), volume=50, post=self.post)
        self.herald = Herald(None, self.speak, post=self.post, position=lambda: self.uplink.end)

        def mouth(handle: str | None) -> Mouth:
            settings = SessionSettings(model=model, manual_activity=manual)
            return Mouth(
                LiveSession(Opening(settings, declarations), handle, Backend.GEMINI), self.uplink, manual=manual
            )

        self.carry_over = CarryOver(None, wall=lambda: WALL + now())
        self.line = Line(
            [Server(Backend.GEMINI, dial, mouth, lambda: "persona")],
            carry_over=self.carry_over,
            report=self.reports.append,
            announce=self._say,
        )
        self.act = Act(
            toolbox=toolbox,
            broker=self.broker,
            states=StateStore(house),
            ledger=ledger,
            report=self.reports.append,
            post=self.post,
            together=takes.answers_together,
            keeper=self.carry_over,
            clock=now,
        )
        self.conversation = Conversation(manners)
        self.converse = Converse(
            conversation=self.conversation,
            line=self.line,
            voice=self.speak,
            herald=self.herald,
            hands=self.act,
            usage=TokenCount(lambda: date(2026, 11, 3)),
            report=self.reports.append,
            clock=now,
            reply=self.replies.append,
        )

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self.conversation.state

    @property
    def published(self) -> list[PublishedReport]:
        """The commands that were published, each with the call that it is for."""
        return [each for each in self.reports if isinstance(each, PublishedReport) and each.call is not None]

    @property
    def answered(self) -> list[AnsweredReport]:
        """What became of calls, in order."""
        return [each for each in self.reports if isinstance(each, AnsweredReport)]

    def post(self, event: events.Event) -> None:
        """Put an event into the conversation's inbox."""
        self.converse.post(event)

    @property
    def announced(self) -> list[str]:
        """What the hub's own voice was given to say."""
        return self.herald.said

    def _say(self, text: str) -> None:
        self.post(SayAsked("", text))

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run the stages while the block lasts; a fault of one of them is raised."""
        stages = (self.line, self.act, self.speak, self.herald, self.converse)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(stage.run()) for stage in stages]
            try:
                await pass_time(0)
                yield
            finally:
                for task in running:
                    task.cancel()


class Person:
    """Somebody in the kitchen; what the microphone hears passes in the loop's time."""

    def __init__(self, kitchen: Kitchen) -> None:
        self._kitchen = kitchen

    async def hear(self, seconds: float, pcm: bytes = b"") -> None:
        """Let so much time pass, in which the microphone brings this sound, then silence."""
        piece = _PIECE if pcm else _QUIET_PIECE
        ends, at = now() + seconds, 0
        while now() < ends - piece / 2:
            await pass_time(piece)
            size = round(piece * UPLINK_RATE) * SAMPLE_BYTES
            self._kitchen.uplink.push(pcm[at : at + size].ljust(size, b"\0"))
            self._kitchen.line.sound_arrived()
            at += size

    async def wake(self) -> None:
        """Say the wake word."""
        self._kitchen.post(events.Woke("hey_jarvis", 0.9, end=self._kitchen.uplink.end, end_ms=0))
        await self.hear(0.2)

    async def say(self, pcm: bytes) -> None:
        """Say something, at 16 kHz, as the hub's own ear hears it."""
        seconds = len(pcm) / SAMPLE_BYTES / UPLINK_RATE
        onset = round(_ONSET * UPLINK_RATE) * SAMPLE_BYTES
        began = self._kitchen.uplink.end
        await self.hear(_ONSET, pcm[:onset])
        self._kitchen.post(events.SpeechBegan(began))
        await self.hear(seconds - _ONSET, pcm[onset:])
        ended = self._kitchen.uplink.end
        await self.hear(_PAUSE)
        self._kitchen.post(events.SpeechEnded(ended))

    async def wait(self, condition: Callable[[], bool], longest: float) -> bool:
        """Wait until a condition holds; return whether it does within so many seconds."""
        ends = now() + longest
        while not condition():
            if now() >= ends:
                return False
            await self.hear(_QUIET_PIECE)
        return True
