"""Wake-word engines in processes of their own, which listen in turns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from scripts.benches.wake_engines import Pace

CHECKOUT: Final = Path(__file__).resolve().parents[2]
HUBD: Final = "hubd"
MODEL: Final = "hubd's model"
OPENWAKEWORD: Final = "openWakeWord"
PEERS: Final = CHECKOUT / ".venv-peers/bin/python"
_PYTHONS: Final = {
    HUBD: Path(sys.executable),
    MODEL: Path(sys.executable),
    OPENWAKEWORD: Path(sys.executable),
    "pyopen-wakeword": PEERS,
    "pymicro-wakeword": PEERS,
}
# What one round measured: by engine, by what it is.
Found = dict[tuple[str, str], float]


def installed() -> list[str]:
    """Return the engines that there are, hubd's first; says on standard error what to do about others."""
    missing = [name for name, python in _PYTHONS.items() if not python.exists()]
    if missing:
        print(f"left out: {', '.join(missing)}: `scripts/setup bench` installs them", file=sys.stderr)
    return [name for name in _PYTHONS if name not in missing]


def take_turns(engines: Sequence[str], words: Sequence[str], recordings: Mapping[str, Path], pace: Pace) -> Found:
    """Have the engines listen to each recording one right after the other; return what that took.

    So a slow moment of the computer falls on all of them. Each hears a recording twice, and the second time counts: how
    it listens once it knows the room, however short the recording is. CPU is in ms a frame of 80 ms, for loading in ms,
    memory is in MB.
    """
    found: Found = {}
    with ExitStack() as stack:
        running = {name: stack.enter_context(_engine(name, words)) for name in engines}
        for name, engine in running.items():
            found[name, "loading"] = engine.load_ms
        for recording, path in recordings.items():
            for name, engine in running.items():
                engine.listen(path, Pace.QUICK)
                found[name, f"CPU, {recording}"] = engine.listen(path, pace)["frame_ms"]
        for name, engine in running.items():
            status = _status(engine.process)
            found[name, "resident memory"] = status["VmRSS"] / 1024
            found[name, "memory of no file"] = status["RssAnon"] / 1024
            found[name, "threads"] = status["Threads"]
    return found


class _Engine:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.process = process.pid
        self.load_ms = self._told()["load_ms"]

    def listen(self, path: Path, pace: Pace) -> dict[str, float]:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{pace} {path}\n")
            self._process.stdin.flush()
        return self._told()

    def _told(self) -> dict[str, float]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}: what it said is above")
        return dict(json.loads(line))


@contextmanager
def _engine(name: str, words: Sequence[str]) -> Iterator[_Engine]:
    # openWakeWord warns of a GPU that is not there, on and on.
    command = [str(_PYTHONS[name]), "-W", "ignore", "-m", "scripts.benches.wake_engines", name, *words]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Engine(process)
        finally:
            process.kill()


def _status(process: int) -> dict[str, int]:
    """Return what /proc tells of a process in numbers; sizes are in kB."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    facts = (line.partition(":")[::2] for line in lines)
    return {name: int(value.split()[0]) for name, value in facts if name in {"VmRSS", "RssAnon", "Threads"}}
