from __future__ import annotations

import json

from hubd.doctor.diary import Entry, judge, read
from hubd.doctor.findings import Verdict

NOON = 1_795_384_800.0


def test_none() -> None:
    """Lines about other things are no trouble, and neither is its end."""
    told = ["woke: hey jarvis (score 0.97)", "trouble over: mqtt", 'said: "That is trouble: deep."']
    assert judge([Entry(NOON, text) for text in told]).verdict is Verdict.GOOD


def test_newest_first() -> None:
    """Each trouble is told once, with how often it came; the newest stands first."""
    broker, microphone = (
        "trouble: mqtt: it is away. Start it.",
        "INFO hubd: trouble: microphone: it is gone. Plug it in.",
    )
    again = f"[12] {broker} (it came 7 more times in the last minute)"
    finding = judge([Entry(NOON, broker), Entry(NOON + 60, again), Entry(NOON + 120, microphone)])
    assert finding.verdict is Verdict.DOUBTFUL
    first, second = finding.found.split("; ")
    assert first.endswith("microphone: it is gone. Plug it in")
    assert second.endswith("mqtt: it is away. Start it (2 times).")


def test_many() -> None:
    """Three are told, the others counted."""
    finding = judge([Entry(NOON + number, f"trouble: mqtt: number {number}.") for number in range(5)])
    assert finding.found.endswith("number 2; 2 more.")


def test_read() -> None:
    """Of a journal's lines those that are text are read; one that is cut off, or binary, is passed over."""
    stamp = {"__REALTIME_TIMESTAMP": "1795384800000000"}
    lines = [
        json.dumps({**stamp, "MESSAGE": "trouble: live: no"}),
        json.dumps({**stamp, "MESSAGE": "[1] trouble: mqtt: no", "HUBD_EVENT": "trouble"}),
        json.dumps({**stamp, "MESSAGE": 'said: "There is: trouble: no"', "HUBD_EVENT": "said"}),
        json.dumps({**stamp, "MESSAGE": [104, 105]}),
        json.dumps({"MESSAGE": "no time"}),
        "{",
        "[]",
    ]
    assert read("\n".join(lines)) == [Entry(NOON, "trouble: live: no"), Entry(NOON, "[1] trouble: mqtt: no")]
