"""How well the wake word is heard, and how often by mistake: by threshold, with noise, over hubd's own speech.

The table has fan, television, hubd's own voice 10 dB below the voice that says the wake word. Percentages are of what
was said; near words are such as "hey Travis". hubd's own voice has to reach the threshold twice in a row, as in a hub.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from hubd.wake import WakeWord
from scripts.benches import readme, wake_sounds
from scripts.benches.rows import circumstances, count
from scripts.benches.wake_equality import recorded
from scripts.benches.wake_process import CHECKOUT, PEERS
from scripts.benches.wake_tracks import Utterance
from scripts.benches.wake_trials import NEAR_WORDS, OTHERS, QUIET, THRESHOLDS, WORDS, Agreement, Curve, Trials

PICTURE: Final = "docs/wake-quality.png"
_BEGIN, _END = (
    "<!-- made by scripts/bench wake --quality --write -->",
    "<!-- end of what scripts/bench wake --quality made -->",
)
_DEFAULT: Final = WakeWord(WORDS[0])
_SHOWN: Final = (0.3, 0.5, 0.7)
# By a column's title: the noise, how many dB the voice is louder, the patience that hubd has then.
_COLUMNS: Final[dict[str, tuple[str, int | None, int]]] = {
    "quiet": (QUIET, 0, 1),
    "fan": ("fan", 10, 1),
    "television": ("television", 10, 1),
    "hubd speaks": ("own voice", 10, 2),
    NEAR_WORDS: (NEAR_WORDS, None, 1),
    **{f"{kind}, an hour": (kind, None, 2 if kind == "own voice" else 1) for kind in OTHERS},
}


@dataclass(frozen=True, slots=True)
class Found:
    """What one run found. voices: how many said each wake word. hours: of everything else."""

    voices: int
    hours: float
    curves: tuple[Curve, ...]
    agreement: Agreement
    recordings: tuple[str, ...]

    def curve(self, word: str, noise: str, ratio: int | None, patience: int) -> tuple[float, ...]:
        """Return the values of one curve."""
        wanted = (word, noise, ratio, patience)
        return next(
            curve.values for curve in self.curves if (curve.word, curve.noise, curve.ratio, curve.patience) == wanted
        )


def main(arguments: Sequence[str]) -> int:
    """Run the trials, then print; the exit code says whether they could be run."""
    parser = argparse.ArgumentParser(prog="scripts/bench wake --quality", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--voices", type=count, default=48, help="that say each wake word (default: %(default)s)")
    parser.add_argument(
        "--near", type=int, default=6, help="voices that say what is near to a wake word (default: %(default)s)"
    )
    parser.add_argument(
        "--hours", type=float, default=1.0, help="of sound without a wake word, of each sort (default: %(default)s)"
    )
    parser.add_argument("--picture", type=Path, help="draw the curves into this PNG file")
    parser.add_argument("--write", action="store_true", help=f"bring README.md and {PICTURE} up to date")
    options = parser.parse_args(arguments)
    found = _try(options.voices, options.near, options.hours)
    where = circumstances()
    facts = {
        **where,
        "thresholds": THRESHOLDS,
        "threshold": _DEFAULT.threshold,
        "caption": f"{_where(where)}\n{_how(found)}",
        **asdict(found),
    }
    if options.json:
        print(json.dumps(facts))
    else:
        print(_where(where), _how(found), "", *_table(found), "", *_told(found), sep="\n")
    for picture in {options.picture, CHECKOUT / PICTURE if options.write else None} - {None}:
        _draw(facts, picture)
    if options.write:
        lines = [f"![Recall and false accepts]({PICTURE})", "", *_table(found), "", *_told(found)]
        readme.put("\n".join([*lines, "", f"{_how(found)}. {_where(where)}."]), _BEGIN, _END)
    return 0


def _try(voices: int, near: int, hours: float) -> Found:
    trials = Trials()
    speakers = wake_sounds.voices(voices)
    spoken = [Utterance(word, voice.say(word.replace("_", " "))) for voice in speakers for word in WORDS]
    curves = [*trials.recall(spoken)]
    if near:
        curves += trials.near_words(wake_sounds.voices(near))
    if hours:
        curves += trials.accepts(hours)
    return Found(voices, hours, tuple(curves), trials.agreement, tuple(trials.recordings(recorded())))


def _draw(facts: dict[str, Any], picture: Path) -> None:
    if not PEERS.exists():
        print(f"{picture} is not drawn: `scripts/setup bench` installs what draws it", file=sys.stderr)
        return
    picture.parent.mkdir(parents=True, exist_ok=True)
    command = [str(PEERS), "-m", "scripts.benches.wake_picture", str(picture.resolve())]
    subprocess.run(command, cwd=CHECKOUT, input=json.dumps(facts), text=True, check=True)


def _table(found: Found) -> Iterator[str]:
    """Yield what is heard, what else is taken for it, as lines of Markdown."""
    tried = {(curve.noise, curve.ratio, curve.patience) for curve in found.curves}
    columns = {title: situation for title, situation in _COLUMNS.items() if situation in tried}
    yield f"| wake word | threshold | {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * (len(columns) + 1)}"
    for word in WORDS:
        for threshold in _SHOWN:
            values = [found.curve(word, *situation)[THRESHOLDS.index(threshold)] for situation in columns.values()]
            cells = [
                f"{value:.3g}" if noise in OTHERS and ratio is None else f"{value:.0%}"
                for value, (noise, ratio, _) in zip(values, columns.values(), strict=True)
            ]
            yield f"| {word} | {threshold} | {' | '.join(cells)} |"


def _told(found: Found) -> Iterator[str]:
    """Yield what the table does not show."""
    gate = found.agreement
    yield (
        f"With the speech gate {gate.scored / gate.frames:.0%} of the frames were scored; of {gate.wakes} wakes "
        f"over all thresholds {gate.differ} were others than without it; "
        f"scores differed {f'by {gate.largest:.0e} at most' if gate.largest else 'nowhere'}."
    )
    if found.recordings:
        yield f"The recordings at hand: {'; '.join(found.recordings)}."


def _how(found: Found) -> str:
    return (
        f"{found.voices} voices of espeak-ng say each wake word; {found.hours:g} h of talk, television, hubd's own "
        "voice, music and noise, in which nobody does, are synthetic as well; nought is drawn at the bottom"
    )


def _where(where: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {where['versions'][name]}" for name in ("hubd", "onnxruntime", "openwakeword"))
    return f"{where['machine']}, {where['date']}; {versions}"
