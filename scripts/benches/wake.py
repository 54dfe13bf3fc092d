"""Listening for the wake word, hubd's beside openWakeWord's own loop, pyopen-wakeword and pymicro-wakeword.

All listen to the same recordings, each in a process of its own, in turns. What is measured is CPU time, of all threads,
per 80 ms of sound: a thread pool that waits by spinning counts, a process that waits for its turn does not.
openWakeWord runs as its README shows it, by its own defaults: one model, one thread, no VAD, no Speex. hubd's stage
runs as the daemon has it, from the microphone's frames on. --quality measures what is heard, in place of what it costs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from scripts.benches import wake_quality, wake_sounds
from scripts.benches.rows import Row, options_of, show
from scripts.benches.wake_engines import Pace
from scripts.benches.wake_equality import measure_equality
from scripts.benches.wake_process import HUBD, MODEL, OPENWAKEWORD, Found, installed, take_turns

_WORDS: Final = ("hey_jarvis", "alexa", "hey_mycroft", "hey_marvin", "weather", "timer")
_COUNTS: Final = (1, 3, 6)
_SECONDS: Final = 60.0
_SPEECH: Final = "speech"
_QUIET, _BUSY = 0.15, 0.55
# What is listened to, with the goal.
_SOUNDS: Final[Mapping[str, tuple[Callable[[float], wake_sounds.Sound], float]]] = {
    "a quiet room": (wake_sounds.quiet_room, _QUIET),
    "digital silence": (wake_sounds.silence, _QUIET),
    _SPEECH: (wake_sounds.narration, _BUSY),
    "a fan": (wake_sounds.fan, _BUSY),
    "a television": (wake_sounds.babble, _BUSY),
}


def run(arguments: Sequence[str]) -> int:
    """Measure, then print; the exit code says whether it could be measured, not whether the goals were met."""
    if "--quality" in arguments:
        return wake_quality.main([argument for argument in arguments if argument != "--quality"])
    parser = options_of("wake", __doc__)
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="of each recording (default: %(default)s)")
    parser.add_argument("--paced", action="store_true", help="bring the recordings in real time: takes its time")
    parser.add_argument("--growth", action="store_true", help="also with 1, 3, 6 wake words")
    parser.add_argument("--quality", action="store_true", help="measure what is heard; --quality --help tells more")
    options = parser.parse_args(arguments)
    pace = Pace.REAL if options.paced else Pace.QUICK
    rows = measure(options.rounds, options.seconds, pace)
    if options.growth:
        rows += measure_growth(options.rounds, options.seconds)
    show(rows, as_json=options.json)
    return 0


def measure(rounds: int, seconds: float = _SECONDS, pace: Pace = Pace.QUICK) -> list[Row]:
    """Return what listening costs, with whether all is heard that openWakeWord hears.

    seconds: of each recording. pace: how the recordings are brought while CPU is measured.
    """
    engines = installed()
    peers = [name for name in engines if name not in {HUBD, MODEL}]
    with _recordings(seconds, _SOUNDS) as paths:
        found = [take_turns(_in_turn(engines, number), _WORDS[:1], paths, pace) for number in range(rounds)]
    rows = [
        _row(f"CPU, {sound}", "ms a frame", found, peer, goal if peer == OPENWAKEWORD else None)
        for peer in peers
        for sound, (_, goal) in _SOUNDS.items()
    ]
    heard = f"CPU, {_SPEECH}"
    rows += [
        Row(f"{heard}, the model alone", "ms a frame", _of(found, MODEL, heard), peer, _of(found, peer, heard))
        for peer in peers
    ]
    told = (("loading", "ms of CPU"), ("resident memory", "MB"), ("memory of no file", "MB"), ("threads", ""))
    rows += [_row(what, unit, found, peer) for what, unit in told for peer in peers]
    return [*rows, *measure_equality(_WORDS[:3], seconds)]


def measure_growth(rounds: int, seconds: float = _SECONDS) -> list[Row]:
    """Return what more wake words cost, in time and memory, while somebody speaks: then every frame is scored."""
    pair = (HUBD, OPENWAKEWORD)
    with _recordings(seconds, [_SPEECH]) as paths:
        found = [
            {
                (engine, f"{what}, {count}"): value
                for count in _COUNTS
                for (engine, what), value in take_turns(
                    _in_turn(pair, number), _WORDS[:count], paths, Pace.QUICK
                ).items()
            }
            for number in range(rounds)
        ]
    rows = []
    for what, unit in ((f"CPU, {_SPEECH}", "ms a frame"), ("memory of no file", "MB")):
        few, *_, many = (f"{what}, {count}" for count in _COUNTS)
        rows += [
            replace(_row(f"{what}, {count}", unit, found, OPENWAKEWORD), name=f"{what}, {count} wake words")
            for count in _COUNTS
        ]
        ours, theirs = (
            [(each[engine, many] - each[engine, few]) / (_COUNTS[-1] - _COUNTS[0]) for each in found] for engine in pair
        )
        rows.append(Row(f"{what}, for each wake word more", unit, ours, OPENWAKEWORD, theirs))
    return rows


def _row(name: str, unit: str, found: Sequence[Found], peer: str, goal: float | None = None) -> Row:
    return Row(name, unit, _of(found, HUBD, name), peer, _of(found, peer, name), goal=goal)


def _of(found: Sequence[Found], engine: str, what: str) -> list[float]:
    return [each[engine, what] for each in found]


def _in_turn(engines: Sequence[str], number: int) -> Sequence[str]:
    """Return the engines in the order of a round: in each second one the other way round."""
    return engines[::-1] if number % 2 else engines


@contextmanager
def _recordings(seconds: float, sounds: Sequence[str] | Mapping[str, object]) -> Iterator[dict[str, Path]]:
    """Yield files with samples of these sounds."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{number}.pcm" for number, name in enumerate(sounds)}
        for name, path in paths.items():
            wake_sounds.samples_of(_SOUNDS[name][0](seconds)).tofile(path)
        yield paths
