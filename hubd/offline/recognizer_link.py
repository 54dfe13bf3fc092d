"""Our end of the recogniser's process."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from pydantic import BaseModel

from hubd.edges.packages import pip_install
from hubd.errors import MissingPartError
from hubd.offline.automaton import Arc
from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.pronunciation import arpabet
from hubd.reports import Part, ReportSink, TroubleReport

_PROGRAM: Final = "hubd.offline.pocketsphinx_recognizer"
# The longest utterance, 20 s, takes 2 s here and some 10 s on a Raspberry Pi 4; what takes longer hangs.
_PATIENCE: Final = 30.0
_LONGEST_LINE: Final = 2**22
# A process that is gone has closed its pipes already, s.
_LAST_WORD: Final = 1.0


def pronunciations(arcs: Sequence[Arc], unknown: Collection[str]) -> dict[str, list[str]]:
    """Return phones for a grammar's words: how they sound in Britain, and in America if the recogniser does not know.

    Raises MissingPartError without espeak-ng. Blocks until it is done.
    """
    every = sorted({arc.word for arc in arcs if arc.word is not None})
    found: dict[str, list[str]] = {word: [] for word in every}
    for language, words in (("en-us", sorted(unknown)), ("en-gb", every)):
        for word, ipa in zip(words, EspeakVoice(language).phonemes(words) if words else [], strict=True):
            found[word].append(arpabet(ipa))
    return found


class _Answer(BaseModel):
    """What the process writes; each answer sets one field."""

    unknown: list[str] = []
    ready: bool = False
    words: list[str] | None = None


class RecognizerLink:
    """A recogniser in a process of its own, started when it is entered; one user at a time, the others wait.

    report: takes trouble with the process. Raises MissingPartError if pocketsphinx is not installed.
    A process that dies is replaced, and the next one is given the same utterance; one that kills two of them, or on
    which a process hangs, counts as not understood.
    """

    def __init__(self, report: ReportSink = lambda _report: None) -> None:
        if importlib.util.find_spec("pocketsphinx") is None:
            install = pip_install("pocketsphinx>=5.0,<6")
            raise MissingPartError(
                f"pocketsphinx, which recognises speech without internet, is not installed: {install}"
            )
        self._process: asyncio.subprocess.Process | None = None
        self._report = report
        self._trouble: TroubleReport | None = None
        self._loaded: Sequence[Arc] | None = None
        self._turn = asyncio.Lock()

    @property
    def process_id(self) -> int | None:
        """The process that recognises; None while there is none."""
        return None if self._process is None else self._process.pid

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def prepare(self, arcs: Sequence[Arc]) -> None:
        """Load a grammar, unless it is loaded already."""
        async with self._turn:
            await self._insist(arcs, None)

    async def recognise(self, arcs: Sequence[Arc], pcm: bytes) -> tuple[str, ...] | None:
        """Return the words of an utterance (signed 16-bit mono at 16 kHz); None if it is no sentence of the grammar."""
        async with self._turn:
            return await self._insist(arcs, pcm)

    async def _insist(self, arcs: Sequence[Arc], pcm: bytes | None) -> tuple[str, ...] | None:
        """Do the work, with another process if this one fails."""
        try:
            return await self._guarded(arcs, pcm)
        except TimeoutError:
            self._tell("does not answer")
        except (OSError, EOFError, ValueError):
            self._tell("has ended unexpectedly")
            # Whoever spoke is not to suffer for what ended it meanwhile.
            with contextlib.suppress(OSError, EOFError, ValueError):  # it was the utterance itself
                return await self._guarded(arcs, pcm)
        return None

    async def _guarded(self, arcs: Sequence[Arc], pcm: bytes | None) -> tuple[str, ...] | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                words = await self._work(arcs, pcm)
        except BaseException:  # a request that is cancelled, too, leaves its answer behind in the pipe
            await self._stop()
            raise
        if self._trouble is not None:
            self._report(replace(self._trouble, cleared=True))
            self._trouble = None
        return words

    def _tell(self, what: str) -> None:
        """Report what the process does, once until another one works."""
        trouble = TroubleReport(
            Part.LIVE,
            f"The speech recogniser of the offline server {what}.",
            "It is started anew by itself. If that happens often, look for what else uses up the memory.",
        )
        if trouble != self._trouble:
            self._trouble = trouble
            self._report(trouble)

    async def _work(self, arcs: Sequence[Arc], pcm: bytes | None) -> tuple[str, ...] | None:
        if self._loaded is not arcs and self._loaded != arcs:
            self._loaded = None
            transitions = [(arc.start, arc.end, arc.probability, arc.word) for arc in arcs]
            unknown = (await self._ask({"grammar": transitions})).unknown
            await self._ask({"pronunciations": await asyncio.to_thread(pronunciations, arcs, unknown)})
            self._loaded = arcs
        if pcm is None:
            return None
        words = (await self._ask({"sound": len(pcm)}, pcm)).words
        return None if words is None else tuple(words)

    async def _ask(self, request: object, sound: bytes = b"") -> _Answer:
        process = self._process or await self._start()
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(json.dumps(request).encode() + b"\n" + sound)
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise EOFError
        return _Answer.model_validate_json(line)

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _PROGRAM,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,  # a Ctrl-C in the terminal is for the hub, which ends the process itself
        )
        return self._process

    async def _stop(self) -> None:
        process, self._process, self._loaded = self._process, None, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()
            if process.stdin is not None:
                # What it did not read is no loss, but has to be looked at: Python 3.11.2 logs it as an error else.
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(_LAST_WORD):
                        await process.stdin.wait_closed()
