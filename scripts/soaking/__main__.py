"""Soaks a hub: a simulated day whose quiet hours pass quickly, beside it real minutes with real sound."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
# What memory may have grown by at the end.
_GROWTH: Final = 1.05


def main(arguments: list[str]) -> int:
    """Run both side by side; the exit status is 0 if nothing went wrong, else 1."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="of simulated time (default: %(default)g)")
    parser.add_argument("--minutes", type=float, default=20.0, help="with real sound (default: %(default)g)")
    options = parser.parse_args(arguments)
    legs = {
        f"simulated: {options.hours:g} h": _start("simulated", options.hours),
        f"real sound: {options.minutes:g} min": _start("real", options.minutes),
    }
    good = True
    for title, process in legs.items():
        out, _ = process.communicate()
        found: dict[str, Any] = json.loads(out) if process.returncode == 0 else {}
        wrong = found.pop("wrong", ["it did not come to its end"])
        print(title)
        for name, value in found.items():
            print(f"  {name:28}{_words(value)}")
        wrong += _growth(found)
        for each in wrong:
            print(f"  WRONG: {each}")
        good = good and not wrong
    print("soak: nothing went wrong" if good else "soak: FAILED")
    return 0 if good else 1


def _start(leg: str, length: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"scripts.soaking.{leg}", str(length)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each:,}" for name, each in value.items()) or "none"
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _growth(found: dict[str, Any]) -> list[str]:
    first, last = found.get("after the first hour", {}), found.get("at the end", {})
    return [
        f"{name} grew from {size:,} to {last[name]:,}" for name, size in first.items() if last[name] > size * _GROWTH
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
