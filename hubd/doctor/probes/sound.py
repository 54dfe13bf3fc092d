"""A look at microphone or speaker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hubd.audio.cards import Direction
from hubd.audio.level import scaled
from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE, bytes_of
from hubd.audio.tones import render
from hubd.audio.wire import Alive, Failed, Frame, Mark, Message, Open, Opened, Play, Played
from hubd.doctor import hearing
from hubd.doctor.case import Case, Trial
from hubd.doctor.findings import Finding, Findings, bad, good
from hubd.doctor.hearing import Recording
from hubd.doctor.holders import named
from hubd.doctor.probes.processes import PROC, holders
from hubd.edges.sound_process import SoundProcess
from hubd.fittings import offline_voice
from hubd.wishes import Sign

SPEAKER: Final = "speaker"

# A card's first frames are zeros, or the noise of its start.
_LEFT_OUT: Final = bytes_of(300, UPLINK_RATE)
_RECORDED: Final = bytes_of(2_000, UPLINK_RATE)
_SENTENCE: Final = "This is hubd. If you can hear this, the speaker works."
_PIECE: Final = bytes_of(1_000, DOWNLINK_RATE)
_OFF: Final = 'switched off in the configuration (device = "none")'


async def look_at_microphone(case: Case, *, proc: Path = PROC) -> Findings:
    """Return what the microphone brings in 2 s, or why it brings nothing."""
    settings = case.config.microphone
    if settings.off:
        return [good(hearing.CHECK, _OFF)]
    tape = _Tape()
    order = Open(settings.device, settings.rate, settings.channels)
    process = SoundProcess(Direction.MICROPHONE, order, case.environment)
    failed = await _held(process, tape.take, tape.full)
    if failed is not None:
        return [_explained(Direction.MICROPHONE, failed, proc)]
    return hearing.judge(tape.recording())


async def look_at_speaker(case: Case, *, proc: Path = PROC) -> Findings:
    """Return whether the speaker takes sound; a sentence is played if that is to be tried."""
    settings = case.config.speaker
    if settings.off:
        return [good(SPEAKER, _OFF)]
    order = Open(settings.device, settings.rate, settings.channels)
    process = SoundProcess(Direction.SPEAKER, order, case.environment)
    pcm = b""
    if Trial.SPEAK in case.trials:
        voice = offline_voice()
        sentence = b"" if voice is None else await asyncio.to_thread(voice.speak, _SENTENCE)
        pcm = scaled(sentence or render(Sign.RING), settings.volume)
    player = _Player(process, pcm)
    failed = await _held(process, player.take, player.done)
    if failed is not None:
        return [_explained(Direction.SPEAKER, failed, proc)]
    found = f'"{player.opened.name}", {player.opened.rate} Hz' if player.opened is not None else "opened"
    if not pcm:
        return [good(SPEAKER, f"{found}; hubd doctor --speak tries whether it can be heard")]
    return [good(SPEAKER, f"{found}; something was played at {settings.volume} %: if it was not heard, see alsamixer")]


class _Tape:
    """Takes what a microphone's process sends; full is set when that is enough."""

    def __init__(self) -> None:
        self.full = asyncio.Event()
        self._opened = Opened("", 0, 0)
        self._left_out = 0
        self._recorded = 0
        self._frames: list[Frame] = []
        self._began = self._ended = 0.0

    def take(self, message: Message) -> None:
        match message:
            case Opened():
                self._opened = message
            case Frame(pcm=pcm) if self._left_out < _LEFT_OUT:
                self._left_out += len(pcm)
                self._began = self._now()
            case Frame(pcm=pcm) if not self.full.is_set():
                self._frames.append(message)
                self._recorded += len(pcm)
                self._ended = self._now()
                if self._recorded >= _RECORDED:
                    self.full.set()
            case _:
                pass

    def recording(self) -> Recording:
        """Return what was taken."""
        return Recording(self._opened, self._frames, self._ended - self._began)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


class _Player:
    """Plays sound through a speaker's process; done is set when it has been heard, or could have been."""

    def __init__(self, process: SoundProcess, pcm: bytes) -> None:
        self.done = asyncio.Event()
        self.opened: Opened | None = None
        self._process = process
        self._pcm = pcm

    def take(self, message: Message) -> None:
        match message:
            case Opened():
                self.opened = message
                for start in range(0, len(self._pcm), _PIECE):
                    self._process.send(Play(self._pcm[start : start + _PIECE]))
                self._process.send(Mark(len(self._pcm)))
            case Played():
                self.done.set()
            case Alive() if not self._pcm:
                self.done.set()
            case _:
                pass


async def _held(process: SoundProcess, take: Callable[[Message], None], enough: asyncio.Event) -> Failed | None:
    """Hold a device until there is enough of it; return why it was lost before."""
    async with asyncio.TaskGroup() as tasks:
        holding = tasks.create_task(process.hold(take), name="sound process")
        waiting = tasks.create_task(enough.wait(), name="enough")
        await asyncio.wait((holding, waiting), return_when=asyncio.FIRST_COMPLETED)
        failed = holding.result() if holding.done() else None
        holding.cancel()
        waiting.cancel()
    return failed


def _explained(direction: Direction, failed: Failed, proc: Path) -> Finding:
    """Return why a device can't be had; the hub itself may have it."""
    programs = holders(direction, proc)
    if hub := [each for each in programs if each.holds_sound_for_hub(direction)]:
        return good(direction, f"in use by the hub that runs (process {hub[0].pid}), which is fine")
    if programs:
        return bad(
            direction,
            f"{failed.problem} It is in use by {named(programs)}.",
            "End that program, or let both use a sound server.",
        )
    return bad(direction, failed.problem, failed.advice)
