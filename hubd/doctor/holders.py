"""Which program holds a sound card, which programs are hubs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hubd.audio.cards import Direction

_OWNER: Final = re.compile(r"^owner_pid\s*:\s*(\d+)$", re.MULTILINE)
_SOUND_PROCESS: Final = "hubd.edges.pyaudio_sound"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that runs: its process id, its command line."""

    pid: int
    command: tuple[str, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        if self.is_hub or _SOUND_PROCESS in self.command:
            return "hubd"
        return _last(self.command[0]) if self.command else "a program of another user"

    @property
    def is_hub(self) -> bool:
        """Whether it is ``hubd run``, however that is started."""
        match self.command:
            case [_, "-m", "hubd", "run", *_]:
                return True
            case [first, "run", *_] | [_, first, "run", *_]:
                return _last(first) == "hubd"
            case _:
                return False

    def holds_sound_for_hub(self, direction: Direction) -> bool:
        """Whether it is the process in which a hub holds its microphone, or its speaker."""
        return _SOUND_PROCESS in self.command and direction.value in self.command


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def program(pid: int, command_line: bytes) -> Program:
    """Return the program of a process; command_line: as /proc/PID/cmdline has it, empty if it can't be read."""
    return Program(pid, tuple(command_line.decode(errors="replace").rstrip("\0").split("\0")) if command_line else ())


def owner(status: str) -> int | None:
    """Return the process that holds a sound device, by the file status of its substream below /proc/asound."""
    found = _OWNER.search(status)
    return int(found[1]) if found else None


def named(programs: Sequence[Program]) -> str:
    """Return programs as people read a list."""
    return ", ".join(f"{each.name} (process {each.pid})" for each in programs)
