"""Where the milliseconds of one request go, from its last syllable to the lamp to the first sound of the answer.

"Hey Jarvis, turn on the lamp" is said in one breath into the microphone of a room of sound (sound_room.py). hubd is the
daemon's own code with its real sound processes, its broker a real mosquitto, its lamp a program that reports at once.
The Live server is the bench's own: it thinks for as long as it is told, before the call as before the answer. What a
real one takes, and the way to it, comes in its place; it is no part of hubd. The end of speech is found by hubd itself
(turn_end = "local").
"""

from __future__ import annotations

import asyncio
import bisect
import itertools
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np

from scripts.benches.loopback import PEERS, program
from scripts.benches.path_lamp import ONE_REQUEST
from scripts.benches.path_world import World, in_world, precedence
from scripts.benches.rows import Row, circumstances, in_words, options_of, show
from scripts.benches.sound_room import RATE, Recording, SoundRoom
from scripts.benches.voices import wake_words

THINKS_MS: Final = 300
_AUDIBLE: Final = 100
_CLEAR_VOICES: Final = 3
_SETTLES: Final = 1.0
# When all has been said and done, s.
_ANSWERED: Final = 8.0
_MOST_TRIES: Final = 3


class Owner(StrEnum):
    """Whose milliseconds they are."""

    HUBD = "hubd"
    WAITING = "hubd, waiting for more speech"
    CARD = "sound card"
    SERVER = f"Live server (here one that thinks for {THINKS_MS} ms)"
    HOUSE = "broker and lamp"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way: what is there at its end, whose time it is."""

    until: str
    owner: Owner


STEPS: Final = (
    Step("last syllable in the hub", Owner.CARD),
    Step("end of speech found", Owner.WAITING),
    Step("end of speech sent", Owner.HUBD),
    Step("toolCall read", Owner.SERVER),
    Step("PUBLISH written", Owner.HUBD),
    Step("lamp's report read", Owner.HOUSE),
    Step("toolResponse written", Owner.HUBD),
    Step("first audio read", Owner.SERVER),
    Step("in the playback buffer", Owner.HUBD),
    Step("speaker sounds", Owner.CARD),
)


def run(arguments: Sequence[str]) -> int:
    """Measure, then print; the exit code says whether it could be measured."""
    parser = options_of("request", __doc__)
    parser.add_argument("--plot", type=Path, help="draw it into this file (PNG)")
    options = parser.parse_args(arguments)
    rows = measure(options.rounds)
    show(rows, as_json=options.json)
    if options.plot is not None:
        draw(rows, options.plot)
    return 0


def measure(rounds: int) -> list[Row]:
    """Make so many requests; return a row for each step, and one for all of hubd's own."""
    with precedence():
        found = asyncio.run(in_world(lambda world: _requests(world, rounds)))
    steps = [[each[place] for each in found] for place in range(len(STEPS))]
    rows = [Row(f"→ {step.until}", "ms", taken) for step, taken in zip(STEPS, steps, strict=True)]
    own = [sum(each[place] for place, step in enumerate(STEPS) if step.owner is Owner.HUBD) for each in found]
    return [*rows, Row("all steps that are hubd's own", "ms", own), Row("all", "ms", [sum(each) for each in found])]


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the steps into a file."""
    steps = [
        {"until": step.until, "owner": step.owner, "ms": sorted(row.hubd)}
        for step, row in zip(STEPS, rows, strict=False)
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"where": in_words(circumstances()), "owners": list(Owner), "steps": steps}, file)
        file.flush()
        with program("request_plot", file.name, path, python=PEERS) as drawing:
            drawing.line()


def _requests(world: World, count: int) -> list[list[float]]:
    folder = Path(tempfile.mkdtemp(dir=world.folder))
    words = wake_words("turn on the lamp", voices=_CLEAR_VOICES)
    with (
        world.server("request", THINKS_MS) as (server, port, trust),
        program("request_lamp", world.broker) as lamp,
        SoundRoom() as room,
        Recording(room, "speaker") as speaker,
        Recording(room, "mouth") as mouth,
    ):
        lamp.line()
        places = {**trust, **room.environment, "HUBD_BENCH_FOLDER": str(folder)}
        with world.hub("request", port, places, house=ONE_REQUEST) as hub:
            said: list[float] = []
            for pcm in itertools.islice(words, _MOST_TRIES * count):
                room.say(pcm)
                at = time.monotonic()
                # A wake word that was not heard is another bench's business.
                if server.speaks_within(_ANSWERED):
                    server.found()
                    said.append(at)
                if len(said) == count:
                    break
                time.sleep(_SETTLES)  # the answer ends, and the hub is idle again: the next request is one of its own
            hub.go_on()
            found = hub.found()
    puts = [float(line.split()[1]) for line in (folder / "speaker").read_text().splitlines() if line.startswith("put")]
    return [steps_of(end, found, puts, speaker) for end in _last_of(mouth, said)]


def _last_of(mouth: Recording, moments: Sequence[float]) -> list[float]:
    """Return when the last sound before each of these moments was, monotonic, s."""
    loud = np.flatnonzero(np.abs(mouth.samples.astype(np.int32)) > _AUDIBLE) / RATE + mouth.began
    return [float(loud[np.searchsorted(loud, moment) - 1]) for moment in moments]


def steps_of(end: float, found: Mapping[str, Any], puts: Sequence[float], speaker: Recording) -> list[float]:
    """Return how long each step of the request took, ms; end: when its last syllable was said."""
    reads = [at for at, _ in found["read"]]
    heard = next((at for at, captured in found["captured"] if captured >= end), end)
    published = _next(found["published"], end)
    marked = _before(found["marked"], published)
    ended = _before(found["ended"], marked)
    answered = _next(found["answered"], published)
    put = _next(puts, answered)
    loud = np.flatnonzero(np.abs(speaker.samples.astype(np.int32)) > _AUDIBLE) / RATE + speaker.began
    moments = [
        end,
        heard,
        ended,
        marked,
        _before(reads, published),
        published,
        _before(found["told"], answered),
        answered,
        _before(reads, put),
        put,
        float(loud[np.searchsorted(loud, put)]),
    ]
    return [(after - before) * 1000 for before, after in itertools.pairwise(moments)]


def _next(moments: Sequence[float], since: float) -> float:
    if moments[-1] < since:
        raise RuntimeError("a request was not carried out to its end")
    return moments[bisect.bisect_left(moments, since)]


def _before(moments: Sequence[float], until: float) -> float:
    return moments[bisect.bisect_left(moments, until) - 1]
