"""Scores of wake words, from the microphone or a recording."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from hubd.audio.buffers import Uplink
from hubd.audio.cards import Direction
from hubd.audio.hush import hush
from hubd.audio.speech import SpeechDetector
from hubd.config import Config
from hubd.doctor.holders import Program, named
from hubd.doctor.probes.processes import holders
from hubd.edges.wav_sound import read_wav
from hubd.errors import SoundError
from hubd.fittings import ready_wake_model
from hubd.reports import Part, Report, TroubleReport
from hubd.sound_card import microphone_alone
from hubd.speech_gate import SpeechGate
from hubd.stages.listen import Listen
from hubd.wake import FRAME_MS, FRAME_SAMPLES, Noticed, WakeGate

# Sound waits no longer than 2 s to be scored: if its time is farther from the clock's, there was none for a while, s.
_AWAY: Final = 3.0

Take = Callable[[Mapping[str, float], float], None]


async def score_microphone(
    config: Config, take: Take, notice: Callable[[str], None], *, ready: Callable[[], None], seconds: float | None
) -> None:
    """Score what the configured microphone hears, for so many seconds (None: for ever), or until Ctrl-C.

    take: is called with the scores of each 80 ms, and the time (s since 1970, UTC). ready: is called when the next
    wake word would be heard. notice: takes troubles of a microphone that worked until then. Raises SoundError if it
    can't be had, HubdError if there is no model.
    """
    loop = asyncio.get_running_loop()
    model = await asyncio.to_thread(ready_wake_model, config)
    lost: asyncio.Future[TroubleReport] = loop.create_future()
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, over.set)

    def report(report: Report) -> None:
        if not isinstance(report, TroubleReport):
            return
        if report.part is Part.MICROPHONE and not heard() and not lost.done():
            lost.set_result(report)
        elif not report.cleared:
            notice(f"{report.problem} {report.advice}")

    sound = microphone_alone(config, report, os.environ)
    listen = Listen(
        sound,
        model,
        _Tap(take),
        Uplink(),
        SpeechDetector(),
        speech_gate=SpeechGate(model.memory, closes=False),
        post=lambda _: None,
        stored=lambda: None,
        report=report,
        speaking=lambda: False,
        muted=lambda: False,
        clock=time.monotonic,
    )

    began = listen.last_frame

    def heard() -> bool:
        return listen.last_frame > began

    async def tell_when_warm() -> None:
        await listen.warmed_up()
        ready()

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(each) for each in (sound.run(), listen.run(), tell_when_warm())]
        ended = tasks.create_task(over.wait())
        await asyncio.wait((lost, ended), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in (*running, ended):
            task.cancel()
    if lost.done():
        raise SoundError(why_lost(lost.result(), holders(Direction.MICROPHONE)))


def score_recording(config: Config, path: Path, take: Take) -> None:
    """Score a WAV file, as if it had been heard in a quiet room; take: as above, but the time is that in the file.

    Raises SoundError if it can't be read, HubdError if there is no model.
    """
    sound = np.frombuffer(read_wav(path), "<i2")
    model = ready_wake_model(config)
    heard = np.concatenate([sound, hush(model.memory * FRAME_SAMPLES)])
    for index in range(len(heard) // FRAME_SAMPLES):
        scores = model.score(heard[index * FRAME_SAMPLES : (index + 1) * FRAME_SAMPLES])
        take(scores, (index + 1) * FRAME_MS / 1000)


def why_lost(trouble: TroubleReport, programs: Sequence[Program]) -> str:
    """Return why a microphone can't be had, with what to do; programs: those that hold one."""
    if hub := [each for each in programs if each.holds_sound_for_hub(Direction.MICROPHONE)]:
        return (
            f"The hub that runs holds the microphone (process {hub[0].pid}). Stop it meanwhile: "
            "sudo systemctl stop hubd; afterwards: sudo systemctl start hubd"
        )
    if programs:
        return f"{trouble.problem} It is in use by {named(programs)}: end that program meanwhile."
    return f"{trouble.problem} {trouble.advice}"


class _Tap(WakeGate):
    """A gate that wakes nothing, and passes the scores on, with the time (s since 1970, UTC)."""

    def __init__(self, take: Take) -> None:
        super().__init__(())
        self._take = take
        self._began = 0.0

    def feed(self, scores: Mapping[str, float], position: int, now: float, **how: bool) -> tuple[Noticed, ...]:
        """Pass the scores on; now: of sound that was heard, s."""
        if abs(time.time() - self._began - now) > _AWAY:
            self._began = time.time() - now
        self._take(scores, self._began + now)
        return super().feed(scores, position, now, **how)
