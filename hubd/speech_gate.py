"""What of a room's sound the wake model has to hear."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.audio.speech import NoiseFloor
from hubd.wake import FRAME_MS

# What a voice has from 1 kHz on stands out best in second differences of samples so far apart (0.25 ms), what it has
# below in differences of sums of 8 samples (1 ms). Neither hears rumble, the former no hum either: first differences in
# its place missed words in 5 of 60 streams with a hum of the mains 8 to 32 dB louder, these in none; both do in 4 of 12
# with a tone within a voice's range that is as much louder.
_LAG: Final = 4
_SUM: Final = np.full(8, 8**-0.5, np.float32)
_LAG_OF_SUMS: Final = 2
# Whatever is so much above the floor may be speech: 1 dB, and three times what the room varies by itself (its median
# above its floor), at most 4 dB. Measured with 92 streams of 140 s: 18 words each (all six models; espeak-ng en-us,
# en-gb, en-us+f3, en-us+m3, en-gb-scotland; recordings) in digital silence, from loud down to an RMS of 1, or in
# hiss, pink noise, brown noise, mains hum, a swaying fan, rain, babble, television at 20 to -20 dB. Of 1943 times
# that a score reached 0.25 or 0.5, none was missed or moved. In five minutes of noise alone the gate was open for 10
# % of the time in hiss, 8 % in pink noise, 14 % in brown, 31 % with the fan, 99 % in rain, never in hum or silence.
# One bar for every room loses either words in hiss (three with 2.5 dB, five with 3 dB) or the rest with a fan (open
# for 100 % with 2 dB). Without the lower half of a voice by itself (a difference of 0.75 ms in its place) half as
# many blocks of a word at -10 dB stood out, and such words were missed now and then in rooms whose noise changes.
# What is as much below the floor is not the room either: the word that is said as a loud fan stops would be the new
# floor. So 6 of 256 such words were missed, 5 to 40 dB softer than the fan; now none. In no steady room it costs time.
_MARGIN: Final = 10**0.1
_WIDEST: Final = 10**0.4
# What a sample is at the quietest, squared: below this the last bit of a dead microphone moves now and then.
_QUIETEST: Final = 0.25
# With 2.2 s of floor in place of 3.1 s as many were heard; longer ones only keep the gate open longer after a change.
_BLOCK_MS: Final = 240
_FLOOR_MS: Final = 3_120


class SpeechGate:
    """Keeps a quiet room from the wake model, which costs many times what it takes to see that a room is quiet.

    A score is missing only if all the sound that it would be about was quiet; every other one is what it would be
    without a gate, for the model is given what it has missed together with the first sound that is not.

    memory: how many frames a score is about, as ``ports.WakeModel`` says. closes: whether anything is kept from the
    model at all; may be changed at any time.

    Quiet is what hardly rises above the lowest energy of the last 3 s, 80 ms by 80 ms, in a voice's range, or falls
    below it; so a fan, a hum or a hiss becomes the room, and for what comes and goes (talk, music, rain) the gate stays
    open. Until 3 s were heard nothing is known of the room, and nothing is kept back.
    """

    def __init__(self, memory: int, *, closes: bool = True) -> None:
        self.closes = closes
        self._memory = memory
        self._heard: deque[NDArray[np.int16]] = deque(maxlen=memory)
        blocks = _FLOOR_MS // _BLOCK_MS
        self._floors = tuple(NoiseFloor(_BLOCK_MS // FRAME_MS, blocks, known_after=blocks) for _ in range(2))
        self._quiet = 0
        self._missed = 0

    def push(self, samples: NDArray[np.int16]) -> NDArray[np.int16] | None:
        """Take the next 1280 samples at 16 kHz (80 ms); return what the model has to score now, None for nothing.

        That is these samples, after those that it has missed, as far as they matter: whole frames, in order.
        The samples are kept, not copied.
        """
        self._heard.append(samples)
        self._missed += 1
        self._quiet = 0 if self._stands_out(samples) else self._quiet + 1
        if self.closes and self._quiet >= self._memory:
            return None
        count, self._missed = min(self._missed, len(self._heard)), 0
        return samples if count == 1 else np.concatenate([*islice(self._heard, len(self._heard) - count, None)])

    def drop(self) -> None:
        """Take it that the model did not get what was returned last, or got more: it has missed all that matters."""
        self._missed = self._memory

    def _stands_out(self, samples: NDArray[np.int16]) -> bool:
        """Whether this may be speech; the floors follow in any case."""
        sound = samples.astype(np.float32)
        sums = sound.reshape(-1, len(_SUM)) @ _SUM
        bend = sound[2 * _LAG :] - 2 * sound[_LAG:-_LAG] + sound[: -2 * _LAG]
        slope = sums[_LAG_OF_SUMS:] - sums[:-_LAG_OF_SUMS]
        found = False
        # Of samples that have nothing to do with each other they have so many times the energy.
        for change, times, floor in zip((bend, slope), (6, 2), self._floors, strict=True):
            energy = max(float(change @ change) / (times * len(change)), _QUIETEST)
            found = found or not _is_the_room(energy, floor)
            floor.follow(energy)
        return found


def _is_the_room(energy: float, floor: NoiseFloor) -> bool:
    """Return whether sound is what the room has been, so that it can't be speech."""
    if floor.lowest is None or floor.middle is None:
        return False
    margin = min(_MARGIN * (floor.middle / floor.lowest) ** 3, _WIDEST)
    return floor.lowest / margin <= energy <= floor.lowest * margin
