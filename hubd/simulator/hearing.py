"""Where the user's turns begin, where they end, all of their sound."""

from __future__ import annotations

from typing import Final

from hubd.audio.pcm import UPLINK_RATE, bytes_of
from hubd.live.setup import AutomaticActivityDetection
from hubd.offline.ear import Began, Ear, Ended, Heard

_MOST: Final = bytes_of(120_000, UPLINK_RATE)


class Hearing:
    """Cuts the user's turns out of the sound: like the offline server's ear, but by marks it takes any sound whole.

    detection: the set-up's rule (``live-protocol.md`` 3.2); None is automatic detection at its defaults.
    """

    def __init__(self, detection: AutomaticActivityDetection | None) -> None:
        self._ear = Ear(detection)
        self._sound: bytearray | None = None  # of the activity that is marked

    @property
    def automatic(self) -> bool:
        """Whether the turns are found in the sound."""
        return self._ear.automatic

    @property
    def hears_user(self) -> bool:
        """Whether the user's turn goes on."""
        return self._ear.hears_user if self.automatic else self._sound is not None

    def audio(self, pcm: bytes) -> list[Heard]:
        """Take sound (signed 16-bit mono at 16 kHz); outside a marked activity it is dropped."""
        if self.automatic:
            return self._ear.audio(pcm)
        if self._sound is not None:
            self._sound += pcm[: _MOST - len(self._sound)]
        return []

    def begin(self) -> list[Heard]:
        """Take the client's mark that the user begins to speak; a second one changes nothing."""
        if self._sound is not None:
            return []
        self._sound = bytearray()
        return [Began()]

    def end(self) -> list[Heard]:
        """Take the client's mark that the user has finished, or the end of its sound stream."""
        if self.automatic:
            return self._ear.end()
        if self._sound is None:
            return []
        sound, self._sound = bytes(self._sound), None
        return [Ended(sound)]
