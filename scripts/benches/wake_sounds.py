"""Rooms, noise, voices, music: what the wake bench has its engines listen to, 16 kHz, the same at every run."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import wave
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE
from hubd.offline.espeak_voice import EspeakVoice
from scripts.benches.wake_texts import story

Sound = NDArray[np.float64]  # of full scale
Samples = NDArray[np.int16]

_WAV_HEADER: Final = 44
_ESPEAK_RATE: Final = 22_050
_SAID_AT_ONCE: Final = 40  # sentences
SPEECH: Final = -26.0  # dB of full scale, while somebody speaks
_ACCENTS: Final = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-gb-x-gbclan")
_THROATS: Final = ("", "+f2", "+m3", "+f4", "+m5", "+steph", "+m7", "+linda", "+f5", "+david")
_PACES: Final = (130, 150, 170)  # words a minute
_PITCHES: Final = (35, 50, 65)  # of 99


@dataclass(frozen=True, slots=True)
class Voice:
    """One of espeak-ng's voices; pace: words a minute. pitch: 0 to 99."""

    name: str
    pace: int = 150
    pitch: int = 50

    def say(self, text: str) -> Sound:
        """Return text as speech of -26 dB of full scale, without the silence around it."""
        command = [
            shutil.which("espeak-ng") or "espeak-ng",
            "-v",
            self.name,
            "-s",
            str(self.pace),
            "-p",
            str(self.pitch),
        ]
        environment = {**os.environ, "PULSE_SERVER": "unix:/dev/null"}
        ended = subprocess.run(
            [*command, "--stdin", "--stdout"], input=text.encode(), env=environment, capture_output=True, check=True
        )
        return spoken(ended.stdout[_WAV_HEADER : len(ended.stdout) // 2 * 2], _ESPEAK_RATE)


def voices(count: int) -> list[Voice]:
    """Return so many voices, each another one, as different as espeak-ng has them."""
    every = itertools.product(_PACES, _PITCHES, _THROATS, _ACCENTS)
    found = [Voice(accent + throat, pace, pitch) for pace, pitch, throat, accent in every]
    order = np.random.default_rng(1).permutation(len(found))
    return [found[at] for at in order[:count]]


def spoken(pcm: bytes, rate: int) -> Sound:
    """Return speech at its level, 16 kHz, without the silence around it."""
    sound = soxr.resample(np.frombuffer(pcm, "<i2") / 32768, rate, UPLINK_RATE)
    audible = np.flatnonzero(np.abs(sound) > 0.006)  # noqa: PLR2004 (200 of 32768)
    return at_level(sound[audible[0] : audible[-1] + 1], SPEECH)


def recording(path: Path) -> Sound:
    """Return a recording as it is, mono of 16 kHz; raises ValueError for one of another kind."""
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (UPLINK_RATE, 1, 2):
            raise ValueError(f"{path} is not 16 kHz, mono, 16 bit")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def level(sound: Sound) -> float:
    """Return how loud sound is, in dB of full scale."""
    return float(10 * np.log10(np.mean(sound**2) + 1e-12))


def at_level(sound: Sound, wanted: float) -> Sound:
    """Return sound as loud as wanted, in dB of full scale."""
    return sound * 10 ** ((wanted - level(sound)) / 20)


def samples_of(sound: Sound) -> Samples:
    """Return sound as a microphone brings it."""
    return np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16)


def silence(seconds: float) -> Sound:
    """Return digital silence, as a microphone that is switched off brings it."""
    return np.zeros(int(seconds * UPLINK_RATE))


def quiet_room(seconds: float, seed: int = 0) -> Sound:
    """Return a room in which nobody is, at -62 dB: noise that swells by 1 dB or so, with the hum of the mains."""
    count = int(seconds * UPLINK_RATE)
    at = np.arange(count) / UPLINK_RATE
    hum = np.sum([np.sin(2 * np.pi * 50 * part * at) / part for part in (1, 2, 3)], axis=0)
    swell = 10 ** (np.sin(2 * np.pi * at / 17) / 20)
    return at_level(at_level(_pink(count, seed), -3.0) * swell + at_level(hum, -9.0), -62.0)


def fan(seconds: float, loudness: float = -35.0, seed: int = 0) -> Sound:
    """Return a fan: pink noise in which its blades can be heard."""
    count = int(seconds * UPLINK_RATE)
    at = np.arange(count) / UPLINK_RATE
    blades = np.sin(2 * np.pi * 87 * at) + np.sin(2 * np.pi * 174 * at) / 2
    return at_level(
        at_level(_pink(count, seed), 0.0) * (1 + 0.1 * np.sin(2 * np.pi * 14.5 * at)) + blades / 4, loudness
    )


def babble(seconds: float, loudness: float = -35.0, seed: int = 0) -> Sound:
    """Return a television in the room: three people who talk at once, over music."""
    talk = np.sum([narration(seconds, seed + 1000 * each, gap=0.1) for each in (1, 2, 3)], axis=0)
    return at_level(at_level(talk, 0.0) + at_level(music(seconds, seed=seed), -12.0), loudness)


def music(seconds: float, loudness: float = -30.0, seed: int = 0) -> Sound:
    """Return chords with a beat, each note with its overtones."""
    chance = np.random.default_rng(seed)
    beat = UPLINK_RATE // 2
    at = np.arange(beat) / UPLINK_RATE
    bars = []
    for number in range(int(seconds * 2) + 1):
        root = 110 * 2 ** (chance.choice([0, 5, 7, 9]) / 12)
        notes = [root, root * 2 ** (4 / 12), root * 1.5, root * 2 ** (chance.choice([12, 14, 16, 19, 24]) / 12)]
        tone = sum(np.sin(2 * np.pi * note * part * at) / part**1.5 for note in notes for part in range(1, 7))
        stroke = chance.normal(0, 4, beat) * np.exp(-at * (60 if number % 2 else 25))
        bars.append(tone * np.exp(-at * 3) + stroke)
    return at_level(np.concatenate(bars)[: int(seconds * UPLINK_RATE)], loudness)


def narration(seconds: float, seed: int = 0, gap: float = 0.25) -> Sound:
    """Return a story, told by several voices in turn, with gaps of this many seconds where they take turns."""
    count = int(seconds * UPLINK_RATE)
    parts: list[Sound] = []
    told = 0
    sentences = story(seed)
    for voice in itertools.cycle(np.random.default_rng(seed).permutation(np.array(voices(24), dtype=object))):
        size = _SAID_AT_ONCE if count - told > 120 * UPLINK_RATE else 4  # each process takes its time
        part = voice.say(" ".join(itertools.islice(sentences, size)))
        parts += [part, silence(gap)]
        told += len(part) + len(parts[-1])
        if told >= count:
            break
    return np.concatenate(parts)[:count]


@lru_cache(maxsize=2)
def own_voice(seconds: float, seed: int = 0) -> Sound:
    """Return the hub speaking without a pause, as its offline voice does."""
    voice, sentences = EspeakVoice(), story(seed)
    count = int(seconds * UPLINK_RATE)
    parts: list[Sound] = []
    while sum(map(len, parts)) < count:
        parts.append(spoken(voice.speak(" ".join(itertools.islice(sentences, _SAID_AT_ONCE))), DOWNLINK_RATE))
    return np.concatenate(parts)[:count]


def _pink(count: int, seed: int) -> Sound:
    """Return noise that has as much power in each octave, from 20 Hz up; its level is nobody's."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0, 1, count))
    frequency = np.fft.rfftfreq(count, 1 / UPLINK_RATE)
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 20)), count)
