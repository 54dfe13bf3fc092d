"""A look at the wake word's models, with a person who says it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.audio.buffers import Uplink
from hubd.audio.speech import SpeechDetector
from hubd.doctor.case import Case, Trial
from hubd.doctor.findings import Finding, Findings, bad, bad_news, doubtful, good
from hubd.errors import HubdError
from hubd.events import Event, Woke
from hubd.fittings import ready_wake_model
from hubd.ports import WakeModel
from hubd.reports import Report, TroubleReport
from hubd.sound_card import microphone_alone
from hubd.speech_gate import SpeechGate
from hubd.stages.listen import Listen
from hubd.wake import FRAME_MS, FRAME_SAMPLES, WakeGate, spoken

CHECK: Final = "wake word"

_TRIED_FRAMES: Final = 25
# From the call to speak on, s.
_PATIENCE: Final = 15.0
# A card that has to be opened first, s.
_OPENS_WITHIN: Final = 20.0


async def look(case: Case) -> Findings:
    """Return whether the models work, how long they take, whether a wake word that is said now is heard."""
    words = case.config.wake.words
    if not words:
        return [good(CHECK, "none in the configuration: only automations wake the hub")]
    try:
        model, cost_ms = await asyncio.to_thread(_loaded, case)
    except HubdError as error:
        return [bad_news(CHECK, str(error))]
    names = ", ".join(word.name for word in words)
    found = f"{names}: {cost_ms:.1f} ms for each {FRAME_MS} ms of sound"
    findings = [good(CHECK, found)]
    if cost_ms > FRAME_MS / 2:
        findings = [doubtful(CHECK, f"{found}: this computer is too slow.", "Configure fewer wake words.")]
    if Trial.LISTEN in case.trials and not case.config.microphone.off:
        findings.append(await _listen(case, model))
    return findings


def _loaded(case: Case) -> tuple[WakeModel, float]:
    """Return the model, warmed up, with the time that it mostly takes for a frame, ms; blocks."""
    model = ready_wake_model(case.config)
    silence = np.zeros(FRAME_SAMPLES, np.int16)
    times = []
    for _ in range(_TRIED_FRAMES):
        began = time.perf_counter()
        model.score(silence)
        times.append(time.perf_counter() - began)
    return model, statistics.median(times) * 1000


class _Scored:
    """The wake model, with the best of its scores; called is called when it hears the first frame."""

    def __init__(self, model: WakeModel, called: asyncio.Event) -> None:
        self._model = model
        self._called = called
        self._loop = asyncio.get_running_loop()
        self.memory = model.memory
        self.best = 0.0

    def score(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        scores = self._model.score(samples)
        self.best = max(self.best, *scores.values(), 0.0)
        self._loop.call_soon_threadsafe(self._called.set)
        return scores


async def _listen(case: Case, model: WakeModel) -> Finding:
    """Have a wake word said; return whether it was heard."""
    heard: asyncio.Future[Woke | TroubleReport] = asyncio.get_running_loop().create_future()
    hears = asyncio.Event()
    scored = _Scored(model, hears)

    def settle(what: Event | Report) -> None:
        if isinstance(what, Woke | TroubleReport) and not heard.done():
            heard.set_result(what)

    sound = microphone_alone(case.config, settle, case.environment)
    listen = Listen(
        sound,
        scored,
        WakeGate(case.config.wake.wake_words()),
        Uplink(),
        SpeechDetector(),
        speech_gate=SpeechGate(model.memory, closes=case.config.wake.speech_gate),
        post=settle,
        stored=lambda: None,
        report=settle,
        speaking=lambda: False,
        muted=lambda: False,
        clock=time.monotonic,
    )
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(sound.run()), tasks.create_task(listen.run()), tasks.create_task(hears.wait())]
        await asyncio.wait((heard, running[-1]), timeout=_OPENS_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if not heard.done():
            names = " or ".join(f'"{spoken(word.name)}"' for word in case.config.wake.words)
            case.ask(f"Say {names} now.")
            await asyncio.wait((heard,), timeout=_PATIENCE)
        for task in running:
            task.cancel()
    return _judge(heard.result() if heard.done() else None, scored.best)


def _judge(outcome: Woke | TroubleReport | None, best: float) -> Finding:
    match outcome:
        case Woke(model=model, score=score):
            return good(CHECK, f"heard {spoken(model)} with score {score:.2f}")
        case TroubleReport(problem=problem, advice=advice):
            return bad(CHECK, f"Nothing was heard: {problem}", advice)
        case None:
            return bad(
                CHECK,
                f"No wake word was heard within {_PATIENCE:g} s; the best score was {best:.2f}.",
                "Speak louder or nearer, choose the right microphone.device, or lower wake.words' threshold.",
            )
