from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.capture import Capture, CaptureClock
from hubd.audio.resample import Resampler
from hubd.audio.wire import Frame

RATE = 16_000
BLOCK = 640
BLOCK_S = BLOCK / RATE


class Card:
    """A sound card whose blocks count their own samples; now is when the next block is complete."""

    def __init__(self, now: float = 1000.0, pace: float = 1.0) -> None:
        self.capture = Capture(RATE, 1, None)
        self.now = now
        self.frames: list[Frame] = []
        self._pace = pace
        self._number = 0

    def deliver(self, blocks: int, late: Iterable[float] = (0.0,), *, overflowed: bool = False) -> list[Frame]:
        """Deliver blocks in time but for the lateness given, whose last value stays; return the new frames."""
        lateness = itertools.chain(delays := list(late), itertools.repeat(delays[-1]))
        before = len(self.frames)
        for _, delay in zip(range(blocks), lateness, strict=False):
            self.now += BLOCK_S / self._pace
            pcm = np.full(BLOCK, self._number % 1000, "<i2").tobytes()
            self._number += 1
            if (frame := self.capture.push(self.now + delay, pcm, overflowed=overflowed)) is not None:
                self.frames.append(frame)
            overflowed = False
        return self.frames[before:]


def numbers(frames: list[Frame]) -> list[int]:
    """Return the number of the block that each frame begins with."""
    return [int(np.frombuffer(frame.pcm, "<i2")[0]) for frame in frames]


def test_stream_without_faults() -> None:
    """Blocks in time become frames in order, stamped with the time of their last sample, with nothing lost."""
    card = Card()
    frames = card.deliver(100)
    assert numbers(frames) == list(range(100))
    assert {(len(frame.pcm), frame.lost_ms) for frame in frames} == {(BLOCK * 2, 0)}
    assert frames[-1].captured == pytest.approx(card.now)
    assert frames[-2].captured == pytest.approx(card.now - BLOCK_S)


def test_jitter_is_no_loss() -> None:
    """Blocks in bursts, as PulseAudio delivers them, keep the stamps that they had without."""
    card = Card()
    card.deliver(10)
    frames = card.deliver(100, itertools.islice(itertools.cycle([0.12, 0.08, 0.04, 0.0]), 100))
    assert {frame.lost_ms for frame in frames} == {0}
    assert frames[-1].captured == pytest.approx(card.now)


def test_backlog_is_dropped() -> None:
    """After a stall what PulseAudio kept comes at once: what is older than 100 ms is dropped and counted."""
    card = Card()
    card.deliver(50)
    stall = [2.0 - number * BLOCK_S for number in range(50)]
    frames = card.deliver(100, [*stall, 0.0])
    kept = numbers(frames)
    lost = kept[0] - 50
    assert lost * 40 == pytest.approx(1900, abs=60)
    assert [frame.lost_ms for frame in frames] == [lost * 40] + [0] * (len(frames) - 1)
    assert kept == list(range(kept[0], 150))
    assert frames[-1].captured == pytest.approx(card.now)


def test_loss_without_a_word_is_found() -> None:
    """After a gap that the card did not tell of, live sound goes on with the gap counted."""
    card = Card()
    card.deliver(50)
    card.now += 3.0
    frames = card.deliver(50)
    assert 3000 < frames[0].lost_ms <= 3280
    assert {frame.lost_ms for frame in frames[1:]} == {0}
    assert frames[-1].captured == pytest.approx(card.now)


def test_overrun_is_believed() -> None:
    """What the card says that it lost is counted at once, and costs no block."""
    card = Card()
    card.deliver(50)
    card.now += 0.5
    frames = card.deliver(10, overflowed=True)
    assert numbers(frames)[0] == 50
    assert frames[0].lost_ms == 500
    assert frames[-1].captured == pytest.approx(card.now)


def test_overrun_at_the_start_is_no_gap() -> None:
    """A card that overran before its first block has lost nothing of ours."""
    assert Card().deliver(1, overflowed=True)[0].lost_ms == 0


@pytest.mark.parametrize("pace", [0.9995, 1.0005])
def test_drift_is_followed(pace: float) -> None:
    """A card whose clock is off by 500 parts in a million loses nothing in half an hour."""
    card = Card(pace=pace)
    frames = card.deliver(45_000)
    assert len(frames) == 45_000
    assert {frame.lost_ms for frame in frames} == {0}
    assert frames[-1].captured == pytest.approx(card.now, abs=0.02)


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=80))
def test_any_lateness(delays: list[tuple[float, bool]]) -> None:
    """Whatever a card does, stamps go forward, never into the future, and no gap is counted twice."""
    capture, now, frames = Capture(RATE, 1, None), 0.0, []
    for delay, overflowed in delays:
        now += delay
        frame = capture.push(now, bytes(BLOCK * 2), overflowed=overflowed)
        if frame is not None:
            assert frame.captured <= now + 1e-6
            frames.append(frame)
    assert all(earlier.captured <= later.captured + 1e-6 for earlier, later in itertools.pairwise(frames))
    assert sum(frame.lost_ms for frame in frames) <= now * 1000 + len(frames)


def test_clock_drops_late_blocks_only() -> None:
    """A block up to 300 ms late has a stamp, a later one has none."""
    clock = CaptureClock(RATE)
    assert clock.take(1.0, BLOCK, overflowed=False)
    assert clock.take(1.04 + 0.29, BLOCK, overflowed=False)
    assert clock.take(1.08 + 0.31, BLOCK, overflowed=False) is None


def test_stereo_at_48_khz() -> None:
    """A card's own rate comes out as 16 kHz mono; the converter's delay is in the stamps."""
    capture = Capture(48_000, 2, Resampler(from_rate=48_000, to_rate=16_000, from_channels=2))
    tone = np.rint(10_000 * np.sin(2 * np.pi * 500 * np.arange(48_000) / 48_000)).astype("<i2")
    pcm = np.repeat(tone, 2).tobytes()
    pushed = (capture.push(10 + (at + 1) * 0.04, pcm[at * 7680 : (at + 1) * 7680]) for at in range(25))
    frames = [frame for frame in pushed if frame is not None]
    got = np.frombuffer(b"".join(frame.pcm for frame in frames), "<i2")
    expected = 10_000 * np.sin(2 * np.pi * 500 * np.arange(len(got)) / 16_000)
    assert len(got) >= 16_000 * 0.94
    assert np.abs(got - expected)[400:].max() < 20
    assert frames[-1].captured == pytest.approx(10 + len(got) / 16_000, abs=0.001)


def test_gap_keeps_old_sound_out_of_new_frames() -> None:
    """A part of a frame from before a gap is lost with it, not joined to what comes after."""
    capture = Capture(RATE, 1, None)
    capture.push(1.0, np.full(480, 7, "<i2").tobytes())
    frame = capture.push(2.0, np.full(480, 9, "<i2").tobytes(), overflowed=True)
    assert frame is not None
    assert set(np.frombuffer(frame.pcm, "<i2").tolist()) == {9}
    assert frame.lost_ms == 970 + 10


@pytest.mark.parametrize(("first_ms", "sizes"), [(20, [20, 80, 80, 80]), (60, [60, 80, 80, 80]), (80, [80] * 4)])
def test_gathered_sound(first_ms: int, sizes: list[int]) -> None:
    """What nobody is in a hurry for comes 80 ms at a time, after a first part as asked for; its stamps are as exact."""
    card = Card()
    card.deliver(5)
    card.capture.gather(first_ms)
    assert card.capture.missing_ms == first_ms
    frames = card.deliver(8)
    assert card.capture.missing_ms == 80 - (8 * 40 - sum(sizes))
    assert [len(frame.pcm) // 32 for frame in frames] == sizes
    assert frames[-1].captured == pytest.approx(card.now - 0.32 + sum(sizes) / 1000)
    card.capture.gather(0)
    (at_once,) = card.deliver(1)
    assert len(at_once.pcm) // 32 == 8 * 40 - sum(sizes) + 40
    assert at_once.captured == pytest.approx(card.now)


def test_gap_in_gathered_sound() -> None:
    """What was gathered before a gap is lost with it, and counted."""
    card = Card()
    card.capture.gather(80)
    card.deliver(3)
    card.now += 0.5
    (frame,) = card.deliver(2, overflowed=True)
    assert numbers([frame]) == [3]
    assert frame.lost_ms == 540
