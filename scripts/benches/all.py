"""Every bench, one after the other; writes docs/bench.json, docs/request.png, the README's part on speed and size."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from scripts.benches import readme, request
from scripts.benches.rows import CHECKOUT, Row, circumstances, in_words, options_of, title

REQUEST: Final = "request"
GROWTH: Final = "growth"
# With less of some than they take by themselves, so that all are done in twenty minutes.
BENCHES: Final = {
    REQUEST: (),
    "path": ("--calls", "200", "--turns", "20", "--wakes", "2"),
    "barge-in": ("--rounds", "1"),
    "wake": ("--seconds", "10"),
    "idle": (),
    "conversation": (),
    "live": ("--minutes", "2"),
    "house": ("--seconds", "6"),
    "start": (),
    "memory": (),
    GROWTH: ("--rounds", "3"),
}

# A wake word that was not heard, on a busy computer, would spoil all that was measured before.
_TRIES: Final = 2
# Far more than any takes, s.
_LIMIT: Final = 900.0


def run(arguments: Sequence[str]) -> int:
    """Run them; the exit code says whether all could be run: only then something is written."""
    parser = options_of("all", __doc__)
    parser.add_argument("--dry-run", action="store_true", help="write nothing, print alone")
    options = parser.parse_args(arguments)
    began, where = time.monotonic(), circumstances()
    measured = {name: found for name in BENCHES if (found := _measure(name, options.rounds)) is not None}
    grown = measured.pop(GROWTH, None)
    rows = {name: found["rows"] for name, found in measured.items()}
    minutes = (time.monotonic() - began) / 60
    everything: dict[str, Any] = {**where, "rounds": options.rounds, "minutes": round(minutes, 1), "benches": rows}
    everything |= {GROWTH: grown[GROWTH]} if grown is not None else {}
    print(json.dumps(everything) if options.json else "\n".join(_tables(everything)))
    if grown is None or len(rows) + 1 < len(BENCHES):
        print("not all could be measured, so nothing was written", file=sys.stderr)
        return 1
    if not options.dry_run:
        readme.FOUND.parent.mkdir(exist_ok=True)
        request.draw([Row.of_json(row) for row in rows[REQUEST]], readme.REQUEST)
        readme.FOUND.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
        readme.refresh()
    return 0


def _measure(name: str, rounds: int) -> dict[str, Any] | None:
    """Return what a bench found; None if it could not be run, also not the second time.

    Each runs in a process of its own, so that none is measured with what another has left behind.
    """
    command = [sys.executable, "-m", "scripts.benches", name, "--json", "--rounds", str(rounds), *BENCHES.get(name, ())]
    for _ in range(_TRIES):
        began = time.monotonic()
        output, status = _run(command)
        print(f"{name}: {time.monotonic() - began:.0f} s, {status}", file=sys.stderr, flush=True)
        if output is not None:
            return dict(json.loads(output))
    return None


def _run(command: Sequence[str]) -> tuple[str | None, str]:
    """Run a bench; return what it printed, unless it failed, with how it ended."""
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            output, _ = process.communicate(timeout=_LIMIT)
        except subprocess.TimeoutExpired:
            return None, "which is too long"
        finally:
            # What it started must not go on beside the next one.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return output if process.returncode == 0 else None, f"exit status {process.returncode}"


def _tables(everything: dict[str, Any]) -> list[str]:
    lines = [in_words(everything)]
    for name, rows in everything["benches"].items():
        lines += ["", name, title(), *(Row.of_json(row).as_line() for row in rows)]
    return [*lines, "", *readme.growth(everything)]
