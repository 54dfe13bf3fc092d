"""The continuation at work: changed by the line, kept on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from hubd.continuation import Continuation, Handle, Unsaved
from hubd.events import Answer, Backend, Call, Scheduling
from hubd.news import Begun, Item
from hubd.ports import Store
from hubd.wishes import Fact

# A flash card wears out: while nothing but handles is new, and at any rate, s.
_SELDOM: Final = 60.0
_LEAST: Final = 1.0


class CarryOver:
    """Remembers what one connection leaves to the next, even if that is opened after a restart.

    store: None to remember in memory only. wall: the time, s since 1970.
    """

    def __init__(self, store: Store | None, *, wall: Callable[[], float]) -> None:
        self._store = store
        self._wall = wall
        self._changed = asyncio.Event()
        self._continuation = Continuation()
        if store is not None and (text := store.read()) and not self._continuation.restore(text, wall()):
            store.set_aside()
            self._note(Unsaved.SOME)

    async def run(self) -> None:
        """Write what changes: at once what matters, once a minute what is only newer; the rest when cancelled."""
        written = -_SELDOM
        try:
            while True:
                await self._due(written)
                if self._store is not None and not await self._store.write(self._continuation.dump()):
                    self._note(Unsaved.SOME)
                written = asyncio.get_running_loop().time()
        finally:
            if self._store is not None and self._continuation.unsaved is not Unsaved.NOTHING:
                self._store.write_now(self._continuation.dump())

    async def _due(self, written: float) -> None:
        """Return when it is time to write; written: when that was done last."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            due = written + (_LEAST if self._continuation.unsaved is Unsaved.MUCH else _SELDOM)
            if due <= asyncio.get_running_loop().time():
                return
            try:
                async with asyncio.timeout_at(due):
                    await self._changed.wait()
            except TimeoutError:
                return

    def handle(self, backend: Backend, fingerprint: str) -> str | None:
        """Return where a conversation that is set up like this goes on from; a secret."""
        handle = self._continuation.handle(backend, fingerprint, self._wall())
        self._wake()
        return handle

    def spent(self, backend: Backend) -> None:
        """Forget a handle that had its one attempt."""
        self._continuation.erase(backend)
        self._wake()

    def lend(self, backend: Backend) -> Handle | None:
        """Return the handle for its one attempt, before anybody is sure to want it; it is spent, or given back."""
        handle = self._continuation.lend(backend)
        self._wake()
        return handle

    def give_back(self, backend: Backend, handle: Handle) -> None:
        """Note that the server took this handle, and that nobody wanted it after all."""
        self._continuation.give_back(backend, handle)
        self._wake()

    def of_use(self, backend: Backend) -> None:
        """Note that the model did something in a session."""
        self._continuation.of_use(backend)

    def in_vain(self, backend: Backend) -> None:
        """Note that a session that was taken up again ended before the model did anything."""
        self._continuation.in_vain(backend)
        self._wake()

    def good(self, backend: Backend, handle: str, fingerprint: str) -> None:
        """Note that the server took this handle."""
        self._continuation.keep(backend, handle, fingerprint, self._wall())
        self._wake()

    def issued(self, backend: Backend, handle: str, fingerprint: str) -> None:
        """Note a new handle: what the model was told before is part of it."""
        self._continuation.news.handle_issued(self._wall())
        self.good(backend, handle, fingerprint)

    def ended(self, backend: Backend) -> None:
        """Note the end of a connection that was open."""
        self._continuation.news.closed()
        self._continuation.ended(backend, self._wall())
        self._wake()

    def begun(self, call: Call, label: str, scheduling: Scheduling) -> None:
        """Note that a call is about to be carried out.

        label, scheduling: what it is about, and when a hub that starts anew may speak of it. A hub that is killed at
        the next moment has left word of it already.
        """
        line = self._continuation.begin(Begun(call.id, call.name, label, scheduling, self._wall()))
        if self._store is not None:
            self._store.append(line)
        self._wake()

    def dropped(self, call_id: str) -> None:
        """Note that a call that was begun led to nothing."""
        self._continuation.news.drop(call_id)
        self._note(Unsaved.MUCH)

    def answered(self, answers: Iterable[Answer], *, sent: bool) -> None:
        """Note outcomes; sent: the model was told, else there was nobody to tell."""
        answers = tuple(answers)
        if answers:
            self._continuation.news.add(answers, self._wall(), sent=sent)
            # On disk there is still what was true without an outcome.
            self._note(Unsaved.MUCH)

    def learned(self, facts: Iterable[Fact], *, sent: bool) -> None:
        """Note what others told; sent: the model was told, else there was nobody to tell."""
        self._continuation.news.learn(facts, self._wall(), sent=sent)
        self._note(Unsaved.SOME)

    def turn_over(self) -> None:
        """Note that a turn of the model's has ended."""
        self._continuation.news.turn_over()

    @property
    def waiting(self) -> tuple[Item, ...]:
        """What the model has not been told."""
        self._continuation.news.expire(self._wall())
        return self._continuation.news.waiting

    @property
    def outcomes(self) -> tuple[Item, ...]:
        """What became of calls, as far as the model has not been told."""
        return tuple(item for item in self.waiting if item.standing is None)

    def told(self) -> None:
        """Note that all of them were sent."""
        self._continuation.news.sent(self._wall())
        self._note(Unsaved.SOME)

    @property
    def now(self) -> float:
        """The time, s since 1970."""
        return self._wall()

    def _note(self, extent: Unsaved) -> None:
        self._continuation.change(extent)
        self._wake()

    def _wake(self) -> None:
        """Have written what the continuation itself has noted, if it has."""
        if self._continuation.unsaved is not Unsaved.NOTHING:
            self._changed.set()
