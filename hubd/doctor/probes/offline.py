"""A look at what answers without internet."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Final

from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE
from hubd.audio.resample import Resampler
from hubd.config import BackendChoice
from hubd.config.offer import offer
from hubd.doctor.case import Case
from hubd.doctor.findings import Finding, Findings, Verdict, bad, doubtful, good, missing
from hubd.edges.packages import pip_install
from hubd.errors import MissingPartError
from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.grammar import Grammar
from hubd.offline.recognizer_link import RecognizerLink
from hubd.timer_functions import FUNCTIONS

CHECK: Final = "offline server"

# Part of every grammar, whatever the house has.
_SENTENCE: Final = "yes please"


async def look(case: Case) -> Findings:
    """Return whether it can speak, whether it understands itself with the grammar of this house."""
    try:
        voice = EspeakVoice()
        async with RecognizerLink() as recognizer:
            return [await _try(case, voice, recognizer)]
    except MissingPartError as error:
        found = missing(CHECK, error)
        # With Gemini alone it only says aloud why there is no answer.
        return [replace(found, verdict=Verdict.DOUBTFUL) if case.config.live.backend is BackendChoice.GEMINI else found]


async def _try(case: Case, voice: EspeakVoice, recognizer: RecognizerLink) -> Finding:
    speech = await asyncio.to_thread(voice.speak, _SENTENCE)
    if not speech:
        return bad(CHECK, "espeak-ng does not speak.", "Run: sudo apt install --reinstall espeak-ng espeak-ng-data")
    resampler = Resampler(from_rate=DOWNLINK_RATE, to_rate=UPLINK_RATE)
    began = time.monotonic()
    grammar = Grammar(offer(case.config, FUNCTIONS if case.config.timers.enabled else ()).declarations())
    arcs = await asyncio.to_thread(lambda: grammar.arcs)
    words = await recognizer.recognise(arcs, resampler.push(speech) + resampler.finish())
    took = time.monotonic() - began
    if recognizer.process_id is None:
        return bad(CHECK, "The recogniser fails.", f"Run: {pip_install('pocketsphinx>=5.0,<6')} --force-reinstall")
    if words is None:
        return doubtful(
            CHECK, f'espeak-ng said "{_SENTENCE}", and was not understood.', "Try it: hubd ask --demo hello"
        )
    return good(CHECK, f"speaks, and understands {len(grammar.words)} words; ready in {took:.1f} s")
