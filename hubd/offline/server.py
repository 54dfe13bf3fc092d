"""A Live server on loopback, for when there is no internet."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from secrets import token_urlsafe
from typing import Generic, TypeVar, assert_never

from pydantic import SecretStr

from hubd.live.setup import Setup
from hubd.offline.automaton import Arc
from hubd.offline.connection import Connection, End, Outgoing, Sense
from hubd.offline.effects import Prepare, Recognise, Speak
from hubd.offline.entered import Entered
from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.grammar import Grammar
from hubd.offline.host import Host
from hubd.offline.listener import Dialled, Listener
from hubd.offline.memory import Handles
from hubd.offline.mind import OfflineBrain
from hubd.offline.recognizer_link import RecognizerLink
from hubd.reports import ReportSink

_Item = TypeVar("_Item")


class OfflineServer(Entered):
    """Speaks the Gemini Live protocol on loopback; ``url`` is its base address while it is entered.

    ``key`` is what a client has to show, another one for each server: other users of this computer can reach loopback
    as well, and would command the house.
    host: an address of this machine's loopback; anything else is a ValueError. port: 0 for any that is free.
    report: takes trouble with the recogniser.
    on_sent: called with each frame that is sent.
    Raises MissingPartError if pocketsphinx or espeak-ng is not installed, OSError if the port is taken.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        report: ReportSink = lambda _report: None,
        on_sent: Callable[[str], None] | None = None,
    ) -> None:
        self.key = SecretStr(token_urlsafe())
        self._listener = Listener(self._serve, host, port, key=self.key.get_secret_value())
        self._on_sent = on_sent
        self._voice = EspeakVoice()
        self._recognizer = RecognizerLink(report)
        self._handles = Handles()
        self._grammar: Grammar | None = None
        self.url = ""

    async def _enter(self, stack: AsyncExitStack) -> None:
        await stack.enter_async_context(self._recognizer)
        self.url = (await stack.enter_async_context(self._listener)).url

    async def _serve(self, end: End, _dialled: Dialled) -> None:
        host = Host(self._handles, self._brain, connected=lambda: end.open)
        senses = _Senses(host, self._recognizer, self._voice, self._keep)
        connection = Connection(end, host, clock=time.monotonic, sense=senses.take, on_sent=self._sent)
        async with asyncio.TaskGroup() as tasks:
            helpers = [tasks.create_task(each) for each in (senses.listen(connection), senses.speak(connection))]
            await connection.run()
            for helper in helpers:
                helper.cancel()

    def _brain(self, setup: Setup) -> OfflineBrain:
        return OfflineBrain.of(setup, self._grammar)

    def _keep(self, grammar: Grammar) -> None:
        """Keep a grammar for the next connection, which mostly has the same functions."""
        self._grammar = grammar

    def _sent(self, text: str) -> Outgoing | None:
        if self._on_sent is not None:
            self._on_sent(text)
        return None


class _Newest(Generic[_Item]):
    """A place for one item: a new one takes the place of the one before."""

    def __init__(self) -> None:
        self._item: _Item | None = None
        self._there = asyncio.Event()

    def put(self, item: _Item) -> None:
        self._item = item
        self._there.set()

    async def get(self) -> _Item:
        while self._item is None:
            self._there.clear()
            await self._there.wait()
        item, self._item = self._item, None
        return item


class _Wanted:
    """Utterances that wait for the recogniser, in order; the brain asks for few at a time."""

    def __init__(self) -> None:
        self._waiting: deque[Prepare | Recognise] = deque()
        self._there = asyncio.Event()

    def put(self, wanted: Prepare | Recognise) -> None:
        """Add it, without the one that it replaces."""
        if isinstance(wanted, Recognise):
            kept = (each for each in self._waiting if isinstance(each, Prepare) or each.number != wanted.instead_of)
            self._waiting = deque(kept)
        self._waiting.append(wanted)
        self._there.set()

    async def get(self) -> Prepare | Recognise:
        while not self._waiting:
            self._there.clear()
            await self._there.wait()
        return self._waiting.popleft()


class _Senses:
    """Hears for a host, speaks for it."""

    def __init__(
        self, host: Host, recognizer: RecognizerLink, voice: EspeakVoice, keep: Callable[[Grammar], None]
    ) -> None:
        self._host = host
        self._keep = keep
        self._recognizer = recognizer
        self._voice = voice
        self._grammar: Grammar | None = None
        self._utterances = _Wanted()
        self._texts: _Newest[Speak] = _Newest()

    def take(self, sense: Sense) -> None:
        """Hand it to the task that does it."""
        match sense:
            case Prepare(grammar):
                self._grammar = grammar
                self._keep(grammar)
                self._utterances.put(sense)
            case Recognise():
                self._utterances.put(sense)
            case Speak():
                self._texts.put(sense)
            case _:
                assert_never(sense)

    async def listen(self, connection: Connection) -> None:
        """Recognise, for ever."""
        while True:
            wanted = await self._utterances.get()
            if self._grammar is None:
                continue
            grammar = self._grammar
            # Beside the event loop, where the microphone's sound must not wait for it.
            arcs = await asyncio.to_thread(_arcs_of, grammar)
            match wanted:
                case Prepare():
                    await self._recognizer.prepare(arcs)
                case Recognise(number, pcm):
                    words = await self._recognizer.recognise(arcs, pcm)
                    self._host.recognised(number, words, time.monotonic())
                    connection.carry_out()
                case _:
                    assert_never(wanted)

    async def speak(self, connection: Connection) -> None:
        """Speak, for ever."""
        while True:
            wanted = await self._texts.get()
            pcm = await asyncio.to_thread(self._voice.speak, wanted.text)
            self._host.voiced(wanted.number, pcm, time.monotonic())
            connection.carry_out()


def _arcs_of(grammar: Grammar) -> tuple[Arc, ...]:
    return grammar.arcs
