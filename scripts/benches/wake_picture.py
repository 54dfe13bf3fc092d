"""Draws what was found of wake words. Usage: wake_picture.py FILE.png, with the trials' JSON on standard input.

It runs in .venv-peers.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any, Final

# From a voice that is well above the noise to one that is not; colours that colour-blind people can tell apart.
_COLOURS: Final = {20: "#1b7837", 10: "#2166ac", 5: "#e08214", 0: "#b2182b"}
_LEAST: Final = 0.05  # wakes an hour: what is less is drawn there, for there is no nought on this scale
_ROWS: Final = (
    ("fan", "% heard, a fan is on", 1),
    ("television", "% heard, a television is on", 1),
    ("own voice", "% heard, hubd itself speaks", 2),
)
_KINDS: Final = {
    "talk": "#2166ac",
    "television": "#e08214",
    "own voice": "#762a83",
    "music": "#1b7837",
    "noise": "#666666",
}


def main(path: str, found: dict[str, Any]) -> None:
    """Draw one column for each word, one row for each situation."""
    importlib.import_module("matplotlib").use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    words = list(dict.fromkeys(curve["word"] for curve in found["curves"]))
    rows = len(_ROWS) + 1
    figure, axes = pyplot.subplots(rows, len(words), figsize=(12, 11), sharex=True, sharey="row", squeeze=False)
    for column, word in enumerate(words):
        axes[0][column].set_title(word.replace("_", " "), fontsize=13)
        curves = [curve for curve in found["curves"] if curve["word"] == word]
        for row, (noise, _, patience) in enumerate(_ROWS):
            _draw_recall(axes[row][column], found, curves, noise, patience)
        _draw_accepts(axes[-1][column], found, curves)
        axes[-1][column].set_xlabel("threshold")
    titles = [title for _, title, _ in _ROWS]
    for row, title in zip(axes, [*titles, "wakes an hour, nobody says it"], strict=True):
        row[0].set_ylabel(title)
        row[-1].legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.02, 1.02), frameon=False)
    figure.text(0.5, 0.01, found["caption"], ha="center", fontsize=9, color="#444444")
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.savefig(path, dpi=100)


def _draw_recall(axes: Any, found: dict[str, Any], curves: list[dict[str, Any]], noise: str, patience: int) -> None:
    _draw(axes, found, _percent(_curve(curves, "quiet", patience, 0)), color="black", label="quiet room")
    for ratio, colour in _COLOURS.items():
        _draw(axes, found, _percent(_curve(curves, noise, patience, ratio)), color=colour, label=_below(ratio))
    axes.set_ylim(-3, 103)


def _draw_accepts(axes: Any, found: dict[str, Any], curves: list[dict[str, Any]]) -> None:
    for kind, colour in _KINDS.items():
        for patience, style in ((1, "-"), (2, ":")):
            values = [max(value, _LEAST) for value in _curve(curves, kind, patience)]
            _draw(axes, found, values, color=colour, linestyle=style, label=kind if patience == 1 else None)
    axes.plot([], [], color="#888888", linestyle=":", label="the same, 2 frames\nin a row")
    axes.set_yscale("log")
    axes.set_ylim(_LEAST * 0.8, 500)


def _below(ratio: int) -> str:
    return f"noise {ratio} dB below\nthe voice" if ratio else "as loud as the voice"


def _percent(shares: list[float]) -> list[float]:
    return [100 * share for share in shares]


def _curve(curves: list[dict[str, Any]], noise: str, patience: int, ratio: int | None = None) -> list[float]:
    return next(
        curve["values"]
        for curve in curves
        if (curve["noise"], curve["patience"], curve["ratio"]) == (noise, patience, ratio)
    )


def _draw(axes: Any, found: dict[str, Any], values: list[float], **style: Any) -> None:
    axes.plot(found["thresholds"], values, linewidth=1.6, **style)
    axes.axvline(found["threshold"], color="#aaaaaa", linewidth=0.8, linestyle="--")
    axes.grid(alpha=0.25)


if __name__ == "__main__":
    main(sys.argv[1], json.load(sys.stdin))
