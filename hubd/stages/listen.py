"""Microphone to uplink, with the wake word found on the way."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from hubd.audio.buffers import Uplink
from hubd.audio.pcm import FRAME_MS as MICROPHONE_MS
from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE, Chunker, bytes_of
from hubd.audio.speech import EdgeKind, SpeechDetector
from hubd.events import Event, SpeechBegan, SpeechEnded, Woke
from hubd.hunches import FellBack, Hunch, Rising
from hubd.ports import Microphone, MicrophoneFrame, WakeModel
from hubd.reports import NearMissReport, Part, ReportSink, TroubleReport
from hubd.rises import BEGINNING
from hubd.speech_gate import SpeechGate
from hubd.stages.scorer import Scorer
from hubd.wake import FRAME_MS, FRAME_SAMPLES, WARM_UP_FRAMES, Noticed, WakeGate

logger = logging.getLogger(__name__)

_MODEL_FRAME = FRAME_SAMPLES * SAMPLE_BYTES
_MICROPHONE_SAMPLES = UPLINK_RATE * MICROPHONE_MS // 1000

# 2 s: a wake word that is found later than that helps nobody.
_BACKLOG_FRAMES = 2000 // FRAME_MS
# More silence than this tells the model nothing new and costs time: what it says next is disregarded anyway.
_LONGEST_GAP_MS = 1000
# The model takes a frame at least so often, or nobody could tell that it has died (``operations.md`` 3: 5 s).
_RESTED_FRAMES = 4000 // FRAME_MS
# Measured over 137 s of speech with a gap every 1.5 s: gaps of up to 60 ms leave the scores as they are, gaps from
# 160 ms on can raise one to 0.6 without a wake word.
_TEARING_GAP_MS = 80
# Too late twice within this many seconds is trouble; so many seconds without it, and the trouble is over.
_TROUBLE_SECONDS = 60.0
_BEGINNING_SAMPLES = round(BEGINNING * UPLINK_RATE)


@dataclass(frozen=True, slots=True)
class _Heard:
    """80 ms that came from the microphone.

    samples: what the wake model has to score at their end, None for nothing. position: the uplink's after their last
    sample. speaking: whether the hub itself spoke. void: so many scores from here on tell nothing.
    """

    samples: NDArray[np.int16] | None
    position: int
    speaking: bool
    void: int


class Listen:
    """Brings every microphone frame to the uplink and to the wake model, in every state.

    model: one that can score its first frame, as it can after a hush. detector: finds where speech begins, where it
    ends. speech_gate: decides what the model has to hear. post: takes a Woke, a SpeechBegan, a SpeechEnded. stored: is
    called when the uplink holds more. report: takes trouble of the wake model, and near misses. speaking: whether the
    hub itself speaks. awaited: whether a conversation waits for what is heard. muted: whether the microphone is muted;
    what comes in meanwhile is replaced by silence before anything sees it. clock: monotonic time, s. rising: takes it
    that a wake may follow, or that none did.

    frames_scored, late_frames: frames of 80 ms that were scored, and that were dropped because the model was 2 s
    behind. last_frame: when the microphone last brought something; the time of construction before that.
    unscored_since: since when the model has taken none of the frames that wait; None if none waits.
    """

    def __init__(  # noqa: PLR0913 (each is a wire to another part; there is nothing to group)
        self,
        microphone: Microphone,
        model: WakeModel,
        gate: WakeGate,
        uplink: Uplink,
        detector: SpeechDetector,
        *,
        speech_gate: SpeechGate,
        post: Callable[[Event], None],
        stored: Callable[[], None],
        report: ReportSink,
        speaking: Callable[[], bool],
        muted: Callable[[], bool],
        clock: Callable[[], float],
        rising: Callable[[Hunch], None] = lambda _: None,
        awaited: Callable[[], bool] = lambda: True,
    ) -> None:
        self._microphone = microphone
        self._model = model
        self._speech_gate = speech_gate
        self._gate = gate
        self._uplink = uplink
        self._detector = detector
        self._frames = Chunker(bytes_of(MICROPHONE_MS, UPLINK_RATE))
        self._post = post
        self._stored = stored
        self._report = report
        self._rising = rising
        self._speaking = speaking
        self._awaited = awaited
        self._muted = muted
        self._clock = clock
        self._chunker = Chunker(_MODEL_FRAME)
        self._unscored = 0
        self._backlog: deque[_Heard] = deque()
        self._arrived = asyncio.Event()
        self._over = False
        self._void = 0
        self._rested = 0
        self._spoke = False
        self._began = -_BEGINNING_SAMPLES
        self._lateness = _Lateness(report)
        self.frames_scored = 0
        self.late_frames = 0
        self.last_frame = clock()
        self.unscored_since: float | None = None
        self._warm = asyncio.Event()

    @property
    def behind(self) -> int:
        """How many of the wake model's frames have arrived and wait for it."""
        return len(self._backlog)

    async def warmed_up(self) -> None:
        """Return when the next wake word would be heard: the model has its first sound."""
        await self._warm.wait()

    async def run(self) -> None:
        """Listen until cancelled, or until the microphone has no more frames and all of them are scored."""
        with Scorer(self._model) as scorer:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(), name="hear")
                tasks.create_task(self._score(scorer), name="score")

    async def _hear(self) -> None:
        async for frame in self._microphone.frames():
            self._take(frame)
        self._over = True
        self._arrived.set()

    def _take(self, frame: MicrophoneFrame) -> None:
        """Store a frame; nothing may be awaited here, or frames overtake the uplink's readers."""
        self.last_frame = self._clock()
        if frame.lost_ms:
            if frame.lost_ms >= _TEARING_GAP_MS:
                self._void = WARM_UP_FRAMES
            self._queue(bytes(bytes_of(min(frame.lost_ms, _LONGEST_GAP_MS), UPLINK_RATE)), in_uplink=False)
        pcm = bytes(len(frame.pcm)) if self._muted() else frame.pcm
        self._uplink.push(pcm)
        self._stored()
        self._queue(pcm, in_uplink=True)
        spoke, self._spoke = self._spoke, self._speaking()
        if spoke and not self._spoke:
            # A person who answers at once would not stand out from the hub's own voice.
            self._detector.restart()
        for edge in self._detector.feed(self._frames.push_all(pcm)):
            if edge.kind is EdgeKind.BEGAN:
                self._began = self._uplink.end
                self._post(SpeechBegan(edge.position))
            else:
                self._post(SpeechEnded(edge.position))
        self._pace(len(pcm))

    def _pace(self, brought: int) -> None:
        """Have sound brought at once while somebody waits for it, else with the end of each of the model's frames."""
        if self._awaited() or self._speaking():
            if brought >= _MODEL_FRAME:
                self._microphone.gather(0)
        elif brought != _MODEL_FRAME or self._unscored >= _MICROPHONE_SAMPLES:
            missing = -(-(FRAME_SAMPLES - self._unscored) // _MICROPHONE_SAMPLES)
            self._microphone.gather(missing * MICROPHONE_MS)

    def _queue(self, pcm: bytes, *, in_uplink: bool) -> None:
        """Cut sound into frames of the model; a gap's silence is for the model alone and moves no position."""
        self._unscored += len(pcm) // SAMPLE_BYTES
        for chunk in self._chunker.push(pcm):
            self._unscored -= FRAME_SAMPLES
            if len(self._backlog) >= _BACKLOG_FRAMES:
                self._drop_backlog()
            samples = self._wanted(np.frombuffer(chunk, "<i2"))
            position = self._uplink.end - (self._unscored if in_uplink else 0)
            self._backlog.append(_Heard(samples, position, self._speaking(), self._void))
            self._void = 0
            if self.unscored_since is None:
                self.unscored_since = self._clock()
            self._arrived.set()

    def _wanted(self, frame: NDArray[np.int16]) -> NDArray[np.int16] | None:
        """Return what the model has to hear now that there is another frame."""
        samples = self._speech_gate.push(frame)
        self._rested = self._rested + 1 if samples is None else 0
        if self._rested < _RESTED_FRAMES:
            return samples
        # By itself it shows that the model is alive; what comes of it tells nothing, so it counts as not heard.
        self._rested = 0
        self._void = max(self._void, 1)
        self._speech_gate.drop()
        return frame

    def _drop_backlog(self) -> None:
        """Drop all that waits, at once: one long gap is forgotten sooner than a short one every second."""
        late = len(self._backlog)
        # The model hears what it needs again, but the next score does not follow on the one before.
        self._void = max(self._void, 1, *(heard.void for heard in self._backlog))
        self._backlog.clear()
        self._speech_gate.drop()
        self.late_frames += late
        logger.warning("wake word: %d ms of sound came too late to be looked at", late * FRAME_MS)
        self._lateness.was_late(self._clock())

    async def _score(self, scorer: Scorer) -> None:
        void = 0
        while True:
            while not self._backlog:
                if self._over:
                    return
                self._arrived.clear()
                await self._arrived.wait()
            heard = self._backlog.popleft()
            scores: Mapping[str, float] = {}
            if heard.samples is not None:
                scores = await scorer.score(heard.samples)
                self.frames_scored += 1
                self._warm.set()
            now = self._clock()
            self.unscored_since = now if self._backlog else None
            self._lateness.keeps_up(now)
            void = max(void, heard.void)
            if void:
                void -= 1
                scores = {}
            for noticed in self._gate.feed(
                scores,
                heard.position,
                # The sound's own time: on a busy computer what is left of a word is scored seconds after it woke.
                heard.position / UPLINK_RATE,
                speaking=heard.speaking or self._speaking(),
                muted=self._muted(),
                beginning=heard.position - self._began < _BEGINNING_SAMPLES,
            ):
                self._tell(noticed)

    def _tell(self, noticed: Noticed) -> None:
        match noticed:
            case Woke():
                self._post(noticed)
            case NearMissReport():
                self._report(noticed)
            case Rising() | FellBack():
                self._rising(noticed)
            case _:
                assert_never(noticed)


class _Lateness:
    """Tells once that the model does not keep up, and once that it does again."""

    def __init__(self, report: ReportSink) -> None:
        self._report = report
        self._late_at: float | None = None
        self._told = False

    def was_late(self, now: float) -> None:
        """Take note that frames were dropped; the second time within a minute this is trouble."""
        again = self._late_at is not None and now - self._late_at <= _TROUBLE_SECONDS
        self._late_at = now
        if again and not self._told:
            self._told = True
            self._report(_trouble(cleared=False))

    def keeps_up(self, now: float) -> None:
        """Take note that a frame was scored; a minute without a drop ends the trouble."""
        if self._told and self._late_at is not None and now - self._late_at > _TROUBLE_SECONDS:
            self._told = False
            self._report(_trouble(cleared=True))


def _trouble(*, cleared: bool) -> TroubleReport:
    return TroubleReport(
        part=Part.WAKE,
        problem="The computer is too slow for the wake word: it is heard late or not at all.",
        advice="Configure fewer wake words, or stop other programs that keep the processor busy.",
        cleared=cleared,
    )
