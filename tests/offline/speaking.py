"""Commands in the sound of a room."""

from __future__ import annotations

import functools

import numpy as np
import soxr

from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE
from hubd.offline.ear import Ear, Ended
from hubd.offline.espeak_voice import EspeakVoice


@functools.cache
def in_a_room(text: str, voice: str = "en-us") -> bytes:
    """Return a text, spoken by espeak-ng into a room with a little noise; a second of silence follows."""
    speech = np.frombuffer(EspeakVoice(voice, 150).speak(text), "<i2").astype(float)
    samples = soxr.resample(speech, DOWNLINK_RATE, UPLINK_RATE)
    padded = np.concatenate([np.zeros(UPLINK_RATE // 2), samples, np.zeros(UPLINK_RATE)])
    noisy = padded + np.random.default_rng(5).normal(0, 20, padded.size)
    return np.clip(noisy, -32768, 32767).astype("<i2").tobytes()


def say(text: str, voice: str = "en-us") -> bytes:
    """Return a text as the server's ear cuts it out."""
    (ended,) = (event for event in Ear(None).audio(in_a_room(text, voice)) if isinstance(event, Ended))
    return ended.pcm
