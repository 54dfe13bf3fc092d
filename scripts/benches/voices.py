"""Voices that the benches hear: wake words by several speakers, a person who talks, a quiet room."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE
from hubd.audio.resample import convert, to_pcm
from hubd.offline.espeak_voice import EspeakVoice

PERIOD: Final = 4.0
_SPEAKERS: Final = ("en-us", "en-gb", "en-us+f3", "en-us+m3", "en-gb-scotland")
_PACES: Final = (130, 145, 160)
VOICES: Final = len(_SPEAKERS) * len(_PACES)
_AUDIBLE: Final = 100
STORY: Final = (
    "The kitchen light has been on since this morning. I wonder whether anybody fed the cat, and where the big red "
    "book about gardens has gone. Tomorrow we have to leave the house at seven, because the train does not wait."
)


@cache
def speech(text: str, speaker: str = "en-us", words_per_minute: int = 130) -> NDArray[np.int16]:
    """Return a text as speech at 16 kHz, from its first audible sample to its last."""
    spoken = np.frombuffer(EspeakVoice(speaker, words_per_minute).speak(text), "<i2")
    samples = np.frombuffer(to_pcm(convert((spoken / 32768).astype(np.float32), DOWNLINK_RATE, UPLINK_RATE)), "<i2")
    audible = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    return samples[audible[0] : audible[-1] + 1]


def quiet_room(seconds: float, seed: int = 7) -> bytes:
    """Return soft noise, as a microphone hears it when nobody speaks."""
    count = round(seconds * UPLINK_RATE)
    return np.random.default_rng(seed).integers(-8, 9, count, dtype=np.int16).astype("<i2").tobytes()


def wake_words(request: str = "", *, first: int = 0, voices: int = VOICES) -> Iterator[bytes]:
    """Yield for ever 4 s of a quiet room in which somebody says the wake word, each time otherwise.

    request: what is said with it in one breath. first: the voice to begin with. voices: how many take turns, those
    that the wake model understands best come first.
    """
    ways = list(itertools.product(_PACES, _SPEAKERS))[:voices]
    for number in itertools.count(first):
        pace, speaker = ways[number % voices]
        room = np.frombuffer(quiet_room(PERIOD, number % 100), "<i2").copy()
        said = speech(f"hey jarvis {request}".strip(), speaker, pace)
        begin = UPLINK_RATE + number * 331 % UPLINK_RATE
        room[begin : begin + len(said)] += said[: len(room) - begin]
        yield room.tobytes()


def story(seconds: float) -> bytes:
    """Return so much of a person who talks, without a wake word."""
    told = np.concatenate([speech(STORY), np.frombuffer(quiet_room(1.5), "<i2")])
    return np.resize(told, round(seconds * UPLINK_RATE)).astype("<i2").tobytes()
