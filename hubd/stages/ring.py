"""Timers that ring: kept on disk, sounded by the hub's own voice, stopped by a word."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from hubd.audio.buffers import Uplink
from hubd.audio.pcm import UPLINK_RATE
from hubd.bell import Bell
from hubd.errors import MissingPartError
from hubd.events import Event, SpeechBegan, SpeechEnded, StopAsked
from hubd.outcomes import Outcome
from hubd.own_functions import OwnCall
from hubd.ports import Store
from hubd.timer_functions import carry_out
from hubd.timers import Due, Timers, jumped
from hubd.wishes import SayAsked, Scheduling, Sign, Told, WishStatus

_SOURCE: Final = "timer"
# A word is given some sound before it and behind it: its edges are soft. Samples.
_MARGIN: Final = UPLINK_RATE // 5
# Longer than any "stop the timer, please", samples.
_LONGEST_WORD: Final = 5 * UPLINK_RATE
# A disk that is full now may have room then, s.
_TRY_AGAIN: Final = 60.0

logger = logging.getLogger(__name__)


class Ear(Protocol):
    """Who understands a word without a server."""

    async def says_stop(self, pcm: bytes) -> bool:
        """Return whether an utterance (signed 16-bit mono at 16 kHz) asks for silence."""
        ...


class Ring:
    """The stage that keeps timers and rings.

    store: where they outlive the hub; None for nowhere. uplink: the microphone's sound. ear: hears "stop" while
    something rings; None for nobody, then a wake word stops it, or a StopAsked. lasts: how long a ring goes on, s.
    post: the conversation's inbox. clock: monotonic, s, in step with the event loop's. wall: s since 1970.

    reply() and quiet() have to be given the conversation's word, witness() what goes into its inbox.
    """

    def __init__(  # noqa: PLR0913 -- a stage is given everything that it connects
        self,
        timers: Timers,
        store: Store | None,
        uplink: Uplink,
        *,
        ear: Callable[[], AbstractAsyncContextManager[Ear]] | None,
        lasts: float,
        post: Callable[[Event], None],
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._timers = timers
        self._store = store
        self._uplink = uplink
        self._ear = ear
        self._bell = Bell(lasts)
        self._post = post
        self._clock = clock
        self._wall = wall
        self._changed = asyncio.Event()
        self._unwritten = asyncio.Event()
        # None: something else is there, which has to be replaced.
        self._written: str | None = "[]"
        self._rounds = itertools.count(1)
        self._request = ""
        self._spoke_from: int | None = None
        self._utterances: asyncio.Queue[bytes] = asyncio.Queue(1)
        if store is not None and (text := store.read()):
            if timers.restore(text, clock(), wall()):
                self._written = text
            else:
                store.set_aside()
                self._written = None

    def adopt(self, *, most: int, lasts: float, ear: Callable[[], AbstractAsyncContextManager[Ear]] | None) -> None:
        """Set timers and ring otherwise from now on; what rings goes on as it began. most: timers at once."""
        self._timers.most = most
        self._bell.lasts = lasts
        self._ear = ear

    def carry_out(self, call: OwnCall) -> Outcome:
        """Do what the model asks of the timers."""
        outcome = carry_out(self._timers, call, self._clock(), self._wall())
        self._changed.set()
        return outcome

    def reply(self, request: str, status: WishStatus, _text: str = "") -> None:
        """Take the conversation's word on a request; those of others are passed over."""
        if request != self._request or not self._bell.rings:
            return
        if status is WishStatus.STOPPED:
            self.quiet()
        else:
            # Without a voice there is the sign alone, and with too much to say at once the next round may be heard.
            self._bell.sounded(self._clock())
            self._changed.set()

    def quiet(self) -> None:
        """Stop ringing."""
        if self._bell.rings:
            self._bell.stop()
            self._timers.silence()
            self._changed.set()

    def witness(self, event: Event) -> None:
        """Listen for a word while it rings."""
        if not self._bell.rings:
            return
        match event:
            case SpeechBegan(position):
                self._spoke_from = position
                self._bell.hold(self._clock())
                self._changed.set()
            case SpeechEnded(position) if self._spoke_from is not None:
                start, self._spoke_from = self._spoke_from, None
                if self._ear is not None and position - start <= _LONGEST_WORD and self._utterances.empty():
                    self._utterances.put_nowait(self._uplink.between(start - _MARGIN, position + _MARGIN))
            case _:
                pass

    async def run(self) -> None:
        """Ring when it is time, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep(), name="keep timers")
            listening: asyncio.Task[None] | None = None
            while True:
                self._advance()
                if not self._bell.rings and listening is not None:
                    listening.cancel()
                    listening = None
                if self._bell.rings and listening is None and self._ear is not None:
                    listening = tasks.create_task(self._hear_stop(self._ear), name="hear stop")
                await self._due()

    async def _due(self) -> None:
        """Return when something changed, or when it is time."""
        deadlines = [at for at in (self._timers.deadline, self._bell.deadline) if at is not None]
        try:
            async with asyncio.timeout_at(min(deadlines, default=None)):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    def _advance(self) -> None:
        """Do what is due now."""
        now = self._clock()
        expiry = self._timers.expire(now, self._wall())
        if expiry.rings:
            self._tell(_sentences(expiry.rings) + " It rings on this speaker.", Scheduling.SILENT)
            self._bell.ring(now)
        if expiry.missed:
            self._tell(_sentences(expiry.missed) + " The hub was off.", Scheduling.WHEN_IDLE)
        if self._bell.rings and not self._timers.ringing:  # each was cancelled
            self._bell.stop()
        rang = self._bell.rings
        if self._bell.sound(now):
            # The first round interrupts; whoever talks on in spite of it hears the others in the pauses.
            scheduling = Scheduling.INTERRUPT if expiry.rings else Scheduling.WHEN_IDLE
            self._request = f"{_SOURCE}/{next(self._rounds)}"
            self._post(SayAsked(self._request, self._spoken(now), scheduling, Sign.RING))
        elif rang and not self._bell.rings:
            self._tell(self._spoken(now) + " It rang, but nobody stopped it.", Scheduling.SILENT)
            self._timers.silence()
        self._unwritten.set()

    def _spoken(self, now: float) -> str:
        return _sentences(tuple(Due(timer, now - timer.ends) for timer in self._timers.ringing))

    def _tell(self, text: str, scheduling: Scheduling) -> None:
        self._post(Told(_SOURCE, text, scheduling))

    async def _hear_stop(self, ear: Callable[[], AbstractAsyncContextManager[Ear]]) -> None:
        """Stop the ring when somebody says so."""
        while not self._utterances.empty():
            self._utterances.get_nowait()  # of the ring before
        try:
            async with ear() as listener:
                while True:
                    if await listener.says_stop(await self._utterances.get()):
                        self._post(StopAsked())
        except (MissingPartError, OSError) as error:
            logger.warning("the word that stops a timer can't be listened for (%s)", type(error).__name__)

    async def _keep(self) -> None:
        """Write the timers whenever there are others, or the time of day is another; and at the end."""
        if self._store is None:
            return
        try:
            while True:
                await self._unwritten.wait()
                self._unwritten.clear()
                if not self._is_news(text := self._dump()):
                    continue
                if await self._store.write(text):
                    self._written = text
                else:
                    asyncio.get_running_loop().call_later(_TRY_AGAIN, self._unwritten.set)
        finally:
            if self._is_news(text := self._dump()):
                self._store.write_now(text)

    def _is_news(self, text: str) -> bool:
        return self._written is None or jumped(self._written, text)

    def _dump(self) -> str:
        return self._timers.dump(self._clock(), self._wall())


def _sentences(dues: tuple[Due, ...]) -> str:
    return " ".join(due.sentence for due in dues)
