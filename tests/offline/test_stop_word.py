from __future__ import annotations

import numpy as np

from hubd.audio.pcm import UPLINK_RATE
from hubd.offline.stop_word import StopWord
from tests.end_to_end.house import Tape, speech

PAUSE = UPLINK_RATE // 5


def said(text: str) -> bytes:
    """Return a text as an utterance."""
    pcm: bytes = Tape(PAUSE, speech(text), PAUSE).pcm
    return pcm


async def test_stop_is_understood_and_nothing_else() -> None:
    """The word alone or in a short request stops the ring; what people say beside it, or no speech, does not."""
    async with StopWord() as ear:
        for text in ("stop", "stop the timer", "please stop"):
            assert await ear.says_stop(said(text)), text
        for text in ("what time is it", "put it on the table", "hello"):
            assert not await ear.says_stop(said(text)), text
        assert not await ear.says_stop(bytes(2 * UPLINK_RATE))
        assert not await ear.says_stop(b"")
        hiss = np.random.default_rng(1).integers(-3000, 3000, UPLINK_RATE, dtype=np.int16)
        assert not await ear.says_stop(hiss.astype("<i2").tobytes())
