"""How soon hubd falls silent when the wake word is said over its own speech, and how often it hears it.

The hub is the daemon's own code with its real sound processes in a room of sound (sound_room.py): its speaker is
recorded, the wake word is said into its microphone by several voices, over what the microphone hears of the speaker.
There is no echo canceller. At 0 dB the microphone hears the hub as loud as it hears the person. Until the device's own
buffer has run dry a card plays on: that is told apart, between what the hub has dropped and the last sample that
sounds. No peer does this.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.audio.pcm import UPLINK_RATE
from scripts.benches.path_world import World, in_world, precedence
from scripts.benches.rows import Row, count, options_of, show
from scripts.benches.sound_room import RATE, Recording, SoundRoom
from scripts.benches.voices import PERIOD, wake_words

ECHOES_DB: Final = (-30, -20, -10, 0)
WORDS: Final = 4
# design.md 5.
GOAL_MS: Final = 30
_HISS, _STORY = 0, 1
# It says something by then.
_BEGINS: Final = 3.0
_AUDIBLE: Final = 100
# A wake belongs to a wake word that ended at most so long before it, or after it, s.
_LATE, _EARLY = 1.0, 0.4
_SILENCE: Final = 0.2


@dataclass(slots=True)
class Found:
    """What came of some wake words, ms: from the wake to the hub's buffer, to the speaker, from the word to there.

    said, woke: how many words, how many wakes that belong to one. more: wakes that belong to none.
    """

    dropped: list[float] = field(default_factory=list)
    device: list[float] = field(default_factory=list)
    silent: list[float] = field(default_factory=list)
    said: int = 0
    woke: int = 0
    more: int = 0


def run(arguments: Sequence[str]) -> int:
    """Measure, then print; the exit code says whether it could be measured, not whether the goals were met."""
    parser = options_of("barge-in", __doc__)
    parser.add_argument("--words", type=count, default=WORDS, help="wake words of each sort (default: %(default)s)")
    options = parser.parse_args(arguments)
    rows = measure(options.rounds, options.words)
    show(rows, as_json=options.json)
    return 0


def measure(rounds: int, words: int = WORDS) -> list[Row]:
    """Say so many wake words without an echo, and with each, so often."""
    with precedence():
        return asyncio.run(in_world(lambda world: _rows(world, rounds, words)))


def _rows(world: World, rounds: int, words: int) -> list[Row]:
    voices = wake_words()
    alone = [_barge_in(world, None, _HISS, [next(voices) for _ in range(words)]) for _ in range(rounds)]
    rows = [
        Row("wake → playback buffer empty, most", "ms", [max(each.dropped) for each in alone], goal=GOAL_MS),
        Row("playback buffer empty → speaker silent", "ms", [statistics.median(each.device) for each in alone]),
        Row("wake word's end → speaker silent, p50", "ms", [statistics.median(each.silent) for each in alone]),
        Row("wake word's end → speaker silent, most", "ms", [max(each.silent) for each in alone]),
        Row("heard, without echo", "%", [_share(each) for each in alone]),
    ]
    more = sum(each.more for each in alone)
    for echo in ECHOES_DB:
        found = [_barge_in(world, echo, _STORY, [next(voices) for _ in range(words)]) for _ in range(rounds)]
        rows.append(Row(f"heard over its own speech, echo {echo} dB", "%", [_share(each) for each in found]))
        more += sum(each.more for each in found)
    return [*rows, Row("wakes that nobody said", "", [more])]


def _share(found: Found) -> float:
    return 100 * found.woke / found.said


def _barge_in(world: World, echo_db: float | None, speech: int, words: Sequence[bytes]) -> Found:
    """Say these over the hub's own speech."""
    folder = Path(tempfile.mkdtemp(dir=world.folder))
    with (
        world.server("talk", speech) as (_, port, trust),
        SoundRoom(echo_db) as room,
        Recording(room, "speaker") as speaker,
        Recording(room, "mouth") as mouth,
    ):
        places = {**trust, **room.environment, "HUBD_BENCH_FOLDER": str(folder)}
        with world.hub("barge-in", port, places, "[speaker]\nvolume = 100\n") as hub:
            time.sleep(_BEGINS)  # the hub speaks by itself by then; what is said is said over that
            begun = []
            for pcm in words:
                begun.append(time.monotonic())
                room.say(pcm)
            hub.go_on()
            wakes = hub.found()["woke"]
    ends = [_end_of(pcm, mouth, at) for pcm, at in zip(words, begun, strict=True)]
    flushes = [
        float(at) for what, at in map(str.split, (folder / "speaker").read_text().splitlines()) if what == "flush"
    ]
    found = Found(said=len(words))
    for end in ends:
        if (woke := next((at for at in wakes if end - _EARLY < at < end + _LATE), None)) is None:
            continue
        found.woke += 1
        flushed = next((at for at in flushes if at > woke), woke)
        silent = silent_at(speaker.samples, round((flushed - speaker.began) * RATE)) / RATE + speaker.began
        found.dropped.append((flushed - woke) * 1000)
        found.device.append((silent - flushed) * 1000)
        found.silent.append((silent - end) * 1000)
    found.more = len(wakes) - found.woke
    return found


def silent_at(samples: NDArray[np.int16], since: int) -> int:
    """Return where, from a place on, nothing is to be heard any more for a while."""
    loud = np.flatnonzero(np.abs(samples[since:].astype(np.int32)) > _AUDIBLE)
    for here, following in itertools.pairwise([-1, *map(int, loud), len(samples) - since + RATE]):
        if following - here > _SILENCE * RATE:
            return since + here + 1
    return len(samples)


def _end_of(pcm: bytes, mouth: Recording, begun: float) -> float:
    """Return when the last sample of a wake word was said, monotonic, s; begun: when it was handed over."""
    said = np.frombuffer(pcm, "<i2").astype(np.float64)
    start = round((begun - mouth.began) * RATE)
    heard = mouth.samples[start : start + round((PERIOD + 1) * RATE)].astype(np.float64)
    there = heard[: len(heard) // 3 * 3].reshape(-1, 3).mean(axis=1)
    size = 1 << (len(there) + len(said)).bit_length()
    place = int(np.fft.irfft(np.fft.rfft(there, size) * np.conj(np.fft.rfft(said, size)), size)[:UPLINK_RATE].argmax())
    last = int(np.flatnonzero(np.abs(said) > _AUDIBLE)[-1])
    return mouth.began + start / RATE + (place + last + 1) / UPLINK_RATE
