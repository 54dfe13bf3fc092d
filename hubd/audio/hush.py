"""The sound of a room in which nobody speaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LOUDEST = 5
_STIRRED = np.uint32(0x45D9F3B)


def hush(samples: int) -> NDArray[np.int16]:
    """Return so many samples of noise at -80 dB, the same ones each time.

    Zeros would not do: a wake model has never heard them (``voice.md`` 0), and misses the word after them.
    """
    noise = np.arange(samples, dtype=np.uint32)
    for _ in range(2):
        noise = (noise ^ (noise >> np.uint32(16))) * _STIRRED
    found: NDArray[np.int16] = ((noise >> np.uint32(16)) % np.uint32(2 * _LOUDEST + 1)).astype(np.int16) - _LOUDEST
    return found
