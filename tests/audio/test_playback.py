from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hubd.audio.cards import Shape
from hubd.audio.playback import Playback
from hubd.audio.resample import Resampler
from hubd.audio.wire import Alive, Flush, Mark, Play, Played
from hubd.errors import LocalProtocolError

MONO = Shape(24_000, 1)
STEREO = Shape(48_000, 2)


def stereo() -> Playback:
    """Return the playback of a card that does 48 kHz stereo only."""
    return Playback(STEREO, Resampler(from_rate=24_000, to_rate=48_000, to_channels=2))


def sine(seconds: float, rate: int = 24_000) -> NDArray[np.int16]:
    """Return a tone of 300 Hz."""
    times = np.arange(int(seconds * rate)) / rate
    return (10_000 * np.sin(2 * np.pi * 300 * times)).astype(np.int16)


def test_mark_waits_for_the_card() -> None:
    """A mark is reached when the card's own delay has passed after the block with the last sample, not before."""
    playback = Playback(MONO, None)
    playback.handle(Play(bytes(2 * 960)), 1.0)
    playback.handle(Mark(7), 1.0)
    assert list(playback.look(1.0)) == []
    playback.give(1.0, 480, 0.1)
    assert list(playback.look(1.01)) == []
    playback.give(1.02, 480, 0.1)
    assert list(playback.look(1.139)) == []
    assert list(playback.look(1.141)) == [Played(7)]
    assert list(playback.look(2.0)) == []


@pytest.mark.parametrize(("position", "busy"), [(None, False), (4, True)])
def test_only_a_mark_makes_busy(position: int | None, *, busy: bool) -> None:
    """Who plays without waiting for the end costs no looking."""
    playback = Playback(MONO, None)
    playback.handle(Play(bytes(960)), 1.0)
    if position is not None:
        playback.handle(Mark(position), 1.0)
    assert playback.busy == busy


def test_silence_after_the_sound_is_not_waited_for() -> None:
    """The card goes on asking; blocks of silence do not put the end off."""
    playback = Playback(MONO, None)
    playback.handle(Play(bytes(960)), 1.0)
    playback.give(1.0, 480, 0.1)
    playback.handle(Mark(1), 1.0)
    for number in range(5):
        assert list(playback.look(1.01 + number * 0.02)) == []
        playback.give(1.02 + number * 0.02, 480, 0.1)
    assert list(playback.look(1.121)) == [Played(1)]


def test_flush_reaches_the_mark() -> None:
    """After a flush there is nothing to wait for but what the card has already."""
    playback = Playback(MONO, None)
    playback.handle(Play(bytes(48_000)), 1.0)
    playback.give(1.0, 480, 0.1)
    playback.handle(Mark(3), 1.0)
    playback.handle(Flush(), 1.0)
    assert playback.give(1.02, 10, 0.1) == bytes(20)
    assert list(playback.look(1.2)) == [Played(3)]


def test_mark_with_nothing_played() -> None:
    """A mark before any sound is reached at once."""
    playback = Playback(MONO, None)
    playback.handle(Mark(0), 5.0)
    assert list(playback.look(5.0)) == [Played(0)]


@pytest.mark.parametrize("delay", [-3.0, 0.0, 1e9])
def test_nonsense_about_the_delay(delay: float) -> None:
    """A card that tells no sensible delay is taken for a usual one."""
    playback = Playback(MONO, None)
    playback.handle(Play(bytes(960)), 1.0)
    playback.handle(Mark(1), 1.0)
    playback.give(1.0, 480, delay)
    assert list(playback.look(1.09)) == []
    assert list(playback.look(1.11)) == [Played(1)]


def test_converted_sound_is_complete() -> None:
    """The end that a converter holds back is played too, before the mark is reached, in one piece with the rest."""
    playback, now, heard = stereo(), 1.0, b""
    for piece in np.array_split(sine(0.5), 25):
        playback.handle(Play(piece.tobytes()), now)
    playback.handle(Mark(1), now)
    played: list[Played] = []
    while not played:
        heard += playback.give(now, 1920, 0.01)
        now += 0.04
        played += playback.look(now)
    got = np.frombuffer(heard, "<i2").reshape(-1, 2)
    expected = sine(0.5, 48_000)
    assert np.array_equal(got[:, 0], got[:, 1])
    assert np.abs(got[: len(expected), 0].astype(int) - expected)[200:-200].max() < 30
    assert not got[len(expected) + 10 :].any()


def test_flush_empties_the_converter() -> None:
    """What a converter held back when all was flushed is never played."""
    playback = stereo()
    playback.handle(Play(sine(0.1).tobytes()), 1.0)
    playback.handle(Flush(), 1.0)
    assert list(playback.look(1.1)) == []
    assert not any(playback.give(1.1, 4800, 0.01))
    playback.handle(Play(bytes(4800)), 1.2)
    list(playback.look(1.3))
    assert np.abs(np.frombuffer(playback.give(1.3, 4800, 0.01), "<i2")).max() <= 1


def test_foreign_message_is_refused() -> None:
    """What no hub says is a bug, not to be passed over."""
    with pytest.raises(LocalProtocolError, match="Alive means nothing"):
        Playback(MONO, None).handle(Alive(), 1.0)
