"""The user's turns in the sound that arrives."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from hubd.audio.pcm import FRAME_MS, UPLINK_RATE, Chunker, bytes_of
from hubd.audio.speech import EdgeKind, SpeechDetector
from hubd.live.setup import AutomaticActivityDetection, EndSensitivity

_FRAME: Final = bytes_of(FRAME_MS, UPLINK_RATE)
# The service ends a turn 0.5 to 0.7 s after the last speech (``live-protocol.md`` 8.2).
_SILENCE_MS: Final = 700
_PATIENT_SILENCE_MS: Final = 1_000
_ONSET_MS: Final = 60
# After so much silence the turn has probably ended: recognition may start, its result lies ready if it has.
_PROBABLY_ENDED_MS: Final = 240
# Kept around the speech: a soft first or last consonant lies below the detector's threshold. More would only dilute the
# average over the utterance that the recogniser normalises by.
_MARGIN_FRAMES: Final = 200 // FRAME_MS
_LONGEST_FRAMES: Final = 20_000 // FRAME_MS


@dataclass(frozen=True, slots=True)
class Began:
    """The user speaks."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The user may have finished: this is what was said so far (signed 16-bit mono at 16 kHz)."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The user's turn is over: this is what was said, empty if nothing was.

    It is equal to the last Paused of the turn if nothing was said since.
    """

    pcm: bytes


Heard = Began | Paused | Ended


class Ear:
    """Cuts the user's turns out of the sound; by itself, or by the client's marks.

    detection: the set-up's rule (``live-protocol.md`` 3.2); None is automatic detection at its defaults.
    """

    def __init__(self, detection: AutomaticActivityDetection | None) -> None:
        detection = detection or AutomaticActivityDetection()
        self.automatic = not detection.disabled
        patient = detection.end_of_speech_sensitivity is EndSensitivity.LOW
        self._silence_ms = detection.silence_duration_ms or (_PATIENT_SILENCE_MS if patient else _SILENCE_MS)
        self._onset_ms = detection.prefix_padding_ms or _ONSET_MS
        self._detector = self._new_detector()
        self._chunker = Chunker(_FRAME)
        self._before: deque[bytes] = deque(maxlen=_MARGIN_FRAMES + self._onset_ms // FRAME_MS)
        self._frames: list[bytes] = []
        self._speech_frames = 0
        self._guessed = False
        self._marked = False

    @property
    def hears_user(self) -> bool:
        """Whether the user's turn goes on."""
        return self._marked or self._detector.speaking

    def audio(self, pcm: bytes) -> list[Heard]:
        """Take sound, in pieces of any size; outside an activity that the client marks, it is dropped."""
        if not (self.automatic or self._marked):
            return []
        return [heard for frame in self._chunker.push(pcm) for heard in self._frame(frame)]

    def begin(self) -> list[Heard]:
        """Take the client's mark that the user begins to speak; a second one changes nothing."""
        if self._marked:
            return []
        self._marked = True
        return [Began()]

    def end(self) -> list[Heard]:
        """Take the client's mark that the user has finished, or the end of its sound stream."""
        if not self._marked and not self._detector.speaking:
            return []
        self._marked = False
        self._detector = self._new_detector()
        return self._finish()

    def _frame(self, frame: bytes) -> list[Heard]:
        edge = next(iter(self._detector.feed(frame)), None)
        heard: list[Heard] = []
        if edge is not None and edge.kind is EdgeKind.BEGAN and not self._frames:
            self._frames = list(self._before)
            if self.automatic:
                heard.append(Began())
        self._before.append(frame)
        if (self._detector.speaking or self._frames) and len(self._frames) < _LONGEST_FRAMES:
            self._frames.append(frame)
        if self._detector.speaking and self._detector.quiet_ms == 0:
            self._speech_frames = len(self._frames)
            self._guessed = False
        over = edge is not None and edge.kind is EdgeKind.ENDED
        if self._frames and not self._guessed and (over or self._detector.quiet_ms >= _PROBABLY_ENDED_MS):
            self._guessed = True
            heard.append(Paused(self._said()))
        if self.automatic and over:
            heard += self._finish()
        elif self.automatic and len(self._frames) >= _LONGEST_FRAMES:
            heard += self._finish()
            self._detector = self._new_detector()
        return heard

    def _said(self) -> bytes:
        return b"".join(self._frames[: self._speech_frames + _MARGIN_FRAMES])

    def _finish(self) -> list[Heard]:
        said = self._said()
        self._start_over()
        return [Ended(said)]

    def _start_over(self) -> None:
        self._frames = []
        self._speech_frames = 0
        self._guessed = False
        self._before.clear()

    def _new_detector(self) -> SpeechDetector:
        return SpeechDetector(onset_ms=self._onset_ms, silence_ms=self._silence_ms)
