from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.buffers import PlaybackBuffer, Uplink

CAPACITY_MS = 10
CAPACITY = 160


def ramp(begin: int, samples: int) -> bytes:
    """Return samples whose values are their positions, so that each can be recognised."""
    return np.arange(begin, begin + samples, dtype="<i2").tobytes()


class TestUplink:
    def test_a_stretch_can_be_looked_at(self) -> None:
        """Whoever looks gets what is held of it, and takes nothing from the reader."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, 100))
        uplink.push(ramp(100, 100))
        assert uplink.between(150, 170) == ramp(150, 20)
        assert uplink.between(-5, 1000) == ramp(40, 160)
        assert uplink.between(300, 400) == uplink.between(60, 60) == uplink.between(0, 40) == b""
        assert uplink.take(10) == ramp(40, 10)

    def test_another_size_keeps_what_is_held(self) -> None:
        """A larger one holds what was there and no more, a smaller one the newest of it; positions stay."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, 200))
        uplink.resize(2 * CAPACITY_MS)
        assert (uplink.oldest, uplink.end) == (40, 200)
        uplink.push(ramp(200, 100))
        assert uplink.between(0, 300) == ramp(40, 260)
        uplink.resize(CAPACITY_MS)
        assert uplink.between(0, 300) == ramp(140, 160)
        assert uplink.take(10) == ramp(140, 10)

    def test_one_sample_is_not_lost(self) -> None:
        """What was pushed is taken once, in order, in whatever sizes it is asked for."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, 100))
        assert uplink.take(30) == ramp(0, 30)
        assert uplink.take(70) == ramp(30, 70)
        assert uplink.take(1) is None
        assert (uplink.position, uplink.end, uplink.dropped) == (100, 100, 0)

    def test_part_is_not_given(self) -> None:
        """A take that can't be served whole moves nothing."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, 10))
        assert uplink.take(11) is None
        uplink.push(ramp(10, 1))
        assert uplink.take(11) == ramp(0, 11)

    def test_slow_reader_loses_the_oldest(self) -> None:
        """A reader that is too slow goes on at the oldest sample held, with the loss counted."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, CAPACITY + 40))
        assert uplink.take(10) == ramp(40, 10)
        assert uplink.dropped == 40

    def test_sound_that_nobody_wanted_is_not_dropped(self) -> None:
        """What gives way before a seek past it is no loss."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, 3 * CAPACITY))
        uplink.seek(uplink.end - 20)
        assert uplink.take(20) == ramp(3 * CAPACITY - 20, 20)
        assert uplink.dropped == 0

    def test_seek_behind_the_oldest(self) -> None:
        """Pre-roll that is no longer held begins at the oldest sample that is."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, 2 * CAPACITY))
        uplink.seek(3)
        assert uplink.position == CAPACITY

    def test_seek_into_the_future(self) -> None:
        """A reader may wait for a position that is still to come."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, 10))
        uplink.seek(15)
        assert uplink.take(5) is None
        uplink.push(ramp(10, 10))
        assert uplink.take(5) == ramp(15, 5)

    def test_push_beyond_the_capacity(self) -> None:
        """One push larger than the whole buffer keeps its newest samples."""
        uplink = Uplink(CAPACITY_MS)
        uplink.push(ramp(0, 7))
        uplink.push(ramp(7, 1000))
        uplink.seek(0)
        assert uplink.take(CAPACITY) == ramp(1007 - CAPACITY, CAPACITY)

    @pytest.mark.parametrize("capacity_ms", [0, -1])
    def test_empty_capacity_is_refused(self, capacity_ms: int) -> None:
        """A buffer that holds nothing is a mistake of the caller."""
        with pytest.raises(ValueError, match="has to hold something"):
            Uplink(capacity_ms)

    def test_half_a_sample_is_refused(self) -> None:
        """An odd number of bytes would shift every later sample by a byte."""
        with pytest.raises(ValueError, match="whole samples"):
            Uplink().push(b"abc")

    @given(st.lists(st.tuples(st.sampled_from(["push", "take", "seek"]), st.integers(0, 400)), max_size=60))
    def test_equals_the_whole_stream(self, steps: list[tuple[str, int]]) -> None:
        """Whatever the order of calls, a take is the slice of the stream that the documentation promises."""
        uplink, position, end, dropped = Uplink(CAPACITY_MS), 0, 0, 0
        for step, number in steps:
            oldest = max(0, end - CAPACITY)
            match step:
                case "push":
                    uplink.push(ramp(end, number))
                    end += number
                case "seek":
                    uplink.seek(number)
                    position = max(number, oldest)
                case _:
                    dropped += max(0, oldest - position)
                    position = max(position, oldest)
                    there = position + number <= end
                    assert uplink.take(number) == (ramp(position, number) if there else None)
                    position += number if there else 0
        assert (uplink.end, uplink.dropped) == (end, dropped)


class TestPlaybackBuffer:
    def test_take_is_exact(self) -> None:
        """A take always has the size asked for, with silence after the sound."""
        buffer = PlaybackBuffer()
        buffer.put(ramp(1, 3))
        assert buffer.take(10) == ramp(1, 3) + bytes(4)
        assert buffer.take(4) == bytes(4)
        assert buffer.underruns == 1

    def test_flush_is_at_once(self) -> None:
        """After a flush there is silence, also in the middle of a chunk; what comes later is played."""
        buffer = PlaybackBuffer()
        buffer.put(ramp(1, 100))
        assert buffer.take(20) == ramp(1, 10)
        buffer.flush()
        assert buffer.empty
        buffer.put(ramp(500, 2))
        assert buffer.take(8) == ramp(500, 2) + bytes(4)

    def test_overflow_is_counted(self) -> None:
        """What exceeds the capacity is dropped at the end, and counted."""
        buffer = PlaybackBuffer(rate=1000, capacity_ms=10)
        buffer.put(ramp(0, 8))
        buffer.put(ramp(8, 8))
        assert buffer.take(40) == ramp(0, 10) + bytes(20)
        assert buffer.dropped == 12

    def test_half_a_sample_is_refused(self) -> None:
        """An odd number of bytes would turn all that follows into noise."""
        with pytest.raises(ValueError, match="whole samples"):
            PlaybackBuffer().put(b"abc")

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("put"), st.integers(0, 60)),
                st.tuples(st.just("take"), st.integers(0, 60)),
                st.tuples(st.just("flush"), st.just(0)),
            ),
            max_size=60,
        )
    )
    def test_equals_a_plain_queue(self, steps: list[tuple[str, int]]) -> None:
        """Whatever the order of calls, sound comes out as from one long byte string; positions agree with it."""
        buffer, waiting, end = PlaybackBuffer(), b"", 0
        for step, samples in steps:
            match step:
                case "put":
                    pcm = ramp(end, samples)
                    buffer.put(pcm)
                    waiting += pcm
                    end += samples
                case "take":
                    assert buffer.take(2 * samples) == waiting[: 2 * samples].ljust(2 * samples, b"\0")
                    waiting = waiting[2 * samples :]
                case _:
                    buffer.flush()
                    waiting = b""
            assert buffer.end - buffer.played == len(waiting)
            assert buffer.empty == (not waiting)

    def test_two_threads(self) -> None:
        """One thread may take while another puts and flushes: what comes out only ever goes forward."""
        buffer = PlaybackBuffer(rate=1_000_000)
        over = threading.Event()
        taken: list[bytes] = []

        def take() -> None:
            while not over.is_set() or not buffer.empty:
                taken.append(buffer.take(514).rstrip(b"\0"))

        taker = threading.Thread(target=take)
        taker.start()
        for number in range(1, 3000):
            buffer.put(np.full(77, number, "<i2").tobytes())
            if number % 100 == 0:
                buffer.flush()
        over.set()
        taker.join()
        numbers = [
            int(value) for part in taken for value in np.frombuffer(part.ljust(-(-len(part) // 2) * 2, b"\0"), "<i2")
        ]
        assert all(earlier <= later for earlier, later in itertools.pairwise(numbers))
        assert numbers[-1] == 2999
