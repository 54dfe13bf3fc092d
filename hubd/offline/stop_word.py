"""The one word that a ring listens for."""

from __future__ import annotations

from typing import Final

from hubd.offline.automaton import Automaton
from hubd.offline.phrases import one_of
from hubd.offline.recognizer_link import RecognizerLink

# Alone, nothing longer takes the word's place; with nothing shorter, the longer ones are found just as well. Of words
# that only sound like it ("top", "stock") many are taken for it: that costs no more than the end of a ring.
_ALONE: Final = Automaton(one_of(["stop"])).arcs
_LONGER: Final = Automaton(
    one_of(
        [
            "stop it",
            "stop that",
            "stop the timer",
            "stop the alarm",
            "stop please",
            "please stop",
            "okay stop",
            "stop stop",
        ]
    )
).arcs


class StopWord(RecognizerLink):
    """Hears "stop", in a process of its own, which runs while this is entered."""

    async def says_stop(self, pcm: bytes) -> bool:
        """Return whether an utterance (signed 16-bit mono at 16 kHz) asks for silence."""
        return await self.recognise(_ALONE, pcm) is not None or await self.recognise(_LONGER, pcm) is not None
