"""Draws one request: JSON FILE, PNG FILE. It runs in .venv-peers."""

from __future__ import annotations

import json
import statistics
import sys
import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.patches import Patch

COLOURS = ("#1f6fb4", "#9ec9e8", "#8c8c8c", "#e08a2e", "#4f9d55")


def main(found: dict[str, Any], path: Path) -> None:
    """Draw the whole way to scale, below it each step, so that the short ones can be seen as well."""
    mpl.rcParams.update({"font.size": 9, "font.family": "DejaVu Sans", "axes.spines.top": False})
    mpl.rcParams["axes.spines.right"] = False
    colour = dict(zip(found["owners"], COLOURS, strict=True))
    steps = found["steps"]
    taken = [statistics.median(step["ms"]) for step in steps]
    figure, (whole, each) = plt.subplots(2, 1, figsize=(9.6, 6.4), height_ratios=(1, 4.4), layout="constrained")
    begin = 0.0
    for step, ms in zip(steps, taken, strict=True):
        whole.barh(0, ms, left=begin, color=colour[step["owner"]], edgecolor="white", linewidth=0.4, height=0.6)
        begin += ms
    lamp = sum(taken[:6])
    for at, text in ((0.0, "last syllable"), (lamp, "lamp has reported"), (begin, "answer sounds")):
        whole.annotate(
            f"{text}\n{at:.0f} ms", (at, 0.3), (at, 0.52), ha="center", va="bottom", arrowprops={"arrowstyle": "-"}
        )
    whole.set(xlim=(-0.05 * begin, 1.06 * begin), ylim=(-0.35, 1.15), yticks=[], xlabel="ms, to scale")
    whole.spines["left"].set_visible(False)
    names = [f"{number}  → {step['until']}" for number, step in enumerate(steps, start=1)]
    places = range(len(steps), 0, -1)
    for place, step, ms in zip(places, steps, taken, strict=True):
        low, high = step["ms"][0], step["ms"][-1]
        each.barh(place, ms, color=colour[step["owner"]], height=0.62)
        each.plot([low, high], [place, place], color="black", linewidth=1)
        each.annotate(
            f"{ms:.3g} ms" if low == high else f"{ms:.3g} ms  ({low:.3g} to {high:.3g})",
            (max(ms, high), place),
            (6, 0),
            textcoords="offset points",
            va="center",
        )
    each.set(xscale="log", xlim=(0.1, 6_000), xlabel="ms, logarithmic: each step from the one before")
    each.set_xticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
    each.set_yticks(list(places), names)
    each.tick_params(axis="y", length=0)
    each.legend(
        handles=[Patch(color=colour[owner], label=owner) for owner in found["owners"]],
        loc="lower center",
        bbox_to_anchor=(0.4, 1.0),
        ncols=3,
        frameon=False,
    )
    count = len(steps[0]["ms"])
    title = f"Where the milliseconds of “Hey Jarvis, turn on the lamp” go (median of {count})"
    figure.suptitle(title, fontsize=11, fontweight="bold")
    note = textwrap.fill(found["where"], 150)
    figure.supxlabel(note, fontsize=6.5, color="#555555")
    figure.savefig(path, dpi=150)
    print("drawn", flush=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
