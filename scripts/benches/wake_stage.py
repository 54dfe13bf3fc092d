"""hubd's stage that listens, on a recording in place of a microphone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from hubd.audio.buffers import Uplink
from hubd.audio.pcm import UPLINK_RATE
from hubd.audio.speech import SpeechDetector
from hubd.edges.memory import give_back
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.edges.wake_model_files import find_model
from hubd.events import Event, Woke
from hubd.ports import MicrophoneFrame
from hubd.speech_gate import SpeechGate
from hubd.stages.listen import Listen
from hubd.wake import FRAME_SAMPLES, Noticed, WakeGate, WakeWord
from scripts.benches.wake_engines import Pace, frames

_MICROPHONE_BYTES = 640  # 20 ms
_AHEAD = 8  # frames of 80 ms; beyond 25 the stage drops them


class ListeningStage:
    """Everything that listens, as the daemon puts it together, with a fresh stage for each recording.

    The model goes on from recording to recording, as it does from sound to sound in a hub, and so does the speech gate.
    """

    def __init__(self, words: Sequence[str], *, speech_gate: bool = True) -> None:
        self._model = OnnxWakeModel({word: find_model(word) for word in words})
        give_back()
        self._words = [WakeWord(word) for word in words]
        self._speech_gate = SpeechGate(self._model.memory, closes=speech_gate)

    def listen(self, pcm: memoryview, pace: Pace) -> Heard:
        """Return what is heard in samples at 16 kHz, a whole number of 80 ms."""
        heard = Heard(self._words)
        asyncio.run(self._listen(pcm, pace, heard))
        return heard

    async def _listen(self, pcm: memoryview, pace: Pace, heard: Heard) -> None:
        microphone = RecordedMicrophone(pcm, pace)
        listen = Listen(
            microphone,
            self._model,
            heard,
            Uplink(),
            SpeechDetector(),
            speech_gate=self._speech_gate,
            post=heard.post,
            stored=lambda: None,
            report=lambda _: None,
            speaking=lambda: False,
            muted=lambda: False,
            clock=lambda: microphone.brought / UPLINK_RATE,
        )
        microphone.behind = lambda: listen.behind
        await listen.run()
        if listen.late_frames:
            raise RuntimeError(f"{listen.late_frames} frames came too late to be scored")


class Heard(WakeGate):
    """What makes wakes of scores, which keeps both: scores by the number of the frame that they end with."""

    def __init__(self, words: Sequence[WakeWord]) -> None:
        super().__init__(words)
        self.scores: dict[int, Mapping[str, float]] = {}
        self.wakes: list[tuple[str, int]] = []

    def feed(
        self,
        scores: Mapping[str, float],
        position: int,
        now: float,  # noqa: ARG002 (by the recording's own clock a run wakes where any other run does)
        **about: bool,
    ) -> tuple[Noticed, ...]:
        """Take the scores of the next 80 ms, as WakeGate does."""
        if scores:
            self.scores[position // FRAME_SAMPLES - 1] = scores
        return super().feed(scores, position, position / UPLINK_RATE, **about)

    def post(self, event: Event) -> None:
        """Take what the stage posts."""
        if isinstance(event, Woke):
            end = event.end + event.end_ms * UPLINK_RATE // 1000
            self.wakes.append((event.model, end // FRAME_SAMPLES - 1))


class RecordedMicrophone:
    """A microphone that brings a recording, 20 ms at a time; brought: samples so far.

    Not paced, it keeps some frames waiting for the model, which then runs on without a rest, as its peers do in their
    loops, but never so many that one is dropped.
    """

    def __init__(self, pcm: memoryview, pace: Pace) -> None:
        self.brought = 0
        self.behind: Callable[[], int] = lambda: 0
        self._pcm = pcm
        self._pace = pace

    def gather(self, first_ms: int) -> None:
        """Pass the wish over."""

    async def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield the frames."""
        began = time.monotonic()
        for pcm in frames(self._pcm, _MICROPHONE_BYTES):
            self.brought += len(pcm) // 2
            yield MicrophoneFrame(pcm, captured=self.brought / UPLINK_RATE)
            match self._pace:
                case Pace.REAL:
                    await asyncio.sleep(began + self.brought / UPLINK_RATE - time.monotonic())  # as a microphone does
                case Pace.QUICK:
                    while self.behind() > _AHEAD:  # noqa: ASYNC110 (the stage has nothing to wait for)
                        await asyncio.sleep(0.001)  # the wake model catches up meanwhile
