"""The README's part on speed and size, made of what ``scripts/bench all`` wrote down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.benches.growth_table import Growth, table
from scripts.benches.rows import CHECKOUT, Row, in_words, spread

README: Final = CHECKOUT / "README.md"
FOUND: Final = CHECKOUT / "docs" / "bench.json"
REQUEST: Final = CHECKOUT / "docs" / "request.png"
BEGIN, END = "<!-- made by scripts/bench all -->", "<!-- end of what scripts/bench all made -->"
OPENWAKEWORD: Final = "openWakeWord"
# What is shown: in words, the bench that measured it, its row, the peer beside it.
SHOWN: Final = (
    ("End of a request → first sound of the answer, hubd's own part", "request", "all steps that are hubd's own", ""),
    ("CPU of listening for the wake word, quiet room", "wake", "CPU, a quiet room", OPENWAKEWORD),
    ("… while somebody talks", "wake", "CPU, speech", OPENWAKEWORD),
    ("… with a fan on", "wake", "CPU, a fan", OPENWAKEWORD),
    ("… with a television on", "wake", "CPU, a television", OPENWAKEWORD),
    (
        "CPU of the whole daemon, quiet room, real time",
        "idle",
        "CPU, the whole daemon",
        "openWakeWord with PyAudio",
    ),
    ("Largest difference of scores from openWakeWord's", "wake", "largest difference of scores", ""),
    ("Model's call read → command on its way to the broker, p50", "path", "toolCall read → PUBLISH written, p50", ""),
    ("… p99", "path", "toolCall read → PUBLISH written, p99", ""),
    ("… beside a program", "path", "toolCall read → PUBLISH written, p50", "google-genai with aiomqtt"),
    ("Model's speech read → ready to be played, p99", "path", "model audio read → playback buffer, p99", ""),
    ("Interruption read → nothing left to be played, p99", "path", "interrupted read → playback buffer empty, p99", ""),
    ("Sound card → hub, p99", "path", "sound callback → frame in the hub, p99", ""),
    ("Wake word certain → first speech sent, connected", "path", "wake model's frame → first speech sent, most", ""),
    (
        "Wake word certain → session open, at a server that takes 400 ms",
        "path",
        "wake → set-up complete (400 ms), head start, p50",
        "",
    ),
    ("Wake word over its own speech → silent", "barge-in", "wake → playback buffer empty, most", ""),
    (
        "CPU of a minute of conversation",
        "conversation",
        "CPU per minute of conversation",
        "google-genai + openWakeWord",
    ),
    ("Start until it listens, with Gemini", "start", "start to READY=1, Gemini", ""),
    ("… offline", "start", "start to READY=1, offline", ""),
    ("Memory with its sound processes (PSS), idle", "memory", "PSS, idle", ""),
    ("… after 100 conversations", "memory", "PSS, after 100 conversations", ""),
    (
        "… if nothing else ran, after 100 conversations",
        "memory",
        "PSS if nothing else ran, after 100 conversations",
        "",
    ),
    ("… beside a program", "memory", "PSS, idle, beside its peers", "openWakeWord + google-genai"),
    ("1,000 devices: set-up of a session", "house", "set-up of the session", ""),
    ("… look-up of a name", "house", "look-up of a name, slowest", ""),
    ("… reports a second that are taken during a conversation", "house", "reports a second", ""),
    ("… silence in an answer meanwhile", "house", "silence within the answer (underruns)", ""),
)


def section(found: Mapping[str, Any]) -> str:
    """Return the part, as Markdown; found: what ``scripts/bench all`` wrote down."""
    picture = [f"![Where the milliseconds of one request go](docs/{REQUEST.name})", ""] if REQUEST.exists() else []
    where = f"{in_words(found)}. The middle of {found['rounds']} rounds, with the least and the most"
    lines = [
        f"Measured by `scripts/bench all` in one run: {where}; a ratio is of one round.",
        "",
        *picture,
        "| what | hubd | beside it | ratio | goal |",
        "| --- | ---: | ---: | ---: | --- |",
        *(_line(words, row) for words, row in shown(found)),
        "",
        "How it grows, and by how much for each more:",
        "",
        *growth(found),
    ]
    return "\n".join(lines)


def growth(found: Mapping[str, Any]) -> list[str]:
    """Return the tables of growth, as lines of Markdown."""
    return table([Growth.of_json(each) for each in found.get("growth", ())])


def shown(found: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
    """Yield the rows that are shown, in words; those that were not measured are left out."""
    rows = {
        (bench, row["name"], row["against"]): Row.of_json(row)
        for bench, measured in found["benches"].items()
        for row in measured
    }
    for words, bench, name, against in SHOWN:
        if (row := rows.get((bench, name, against))) is not None:
            yield words, row


def refresh() -> None:
    """Write the part anew; raises ValueError if the README has no place for it."""
    put(section(json.loads(FOUND.read_text(encoding="utf-8"))), BEGIN, END)


def put(part: str, begin: str, end: str) -> None:
    """Write a part of the README anew, between two lines that say who made it; raises ValueError without them."""
    before, found, rest = README.read_text(encoding="utf-8").partition(begin)
    _, found_too, after = rest.partition(end)
    if not found or not found_too:
        raise ValueError(f"{README} has no lines {begin!r}, {end!r}")
    README.write_text(f"{before}{begin}\n\n{part}\n\n{end}{after}", encoding="utf-8")


def _line(words: str, row: Row) -> str:
    unit = f" {row.unit}" if row.unit else ""
    peer = f"{spread(row.peer)}{unit} {row.against}" if row.peer else ""
    ratio = spread(row.ratios) if row.peer else ""
    return f"| {words} | {spread(row.hubd)}{unit} | {peer} | {ratio} | {row.verdict} |"
