"""hubd.edges.memory against what the kernel tells of this process."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import numpy as np
import pytest

from hubd.edges import memory
from hubd.edges.memory import constant_parts, give_back
from scripts.benches.measuring import grown_kb

_LIBRARY = "_multiarray_umath"
# Too small to be mappings of their own; 40 MB in all.
_BLOCK, _BLOCKS = 4096, 10_000
_HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ")


def _resident() -> int:
    """Return how much of a library is in memory and can't be written, kB."""
    held, counts = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if (mapping := _HEAD.match(line)) is not None:
            counts = _LIBRARY in line and "w" not in mapping[3]
        elif counts and line.startswith("Rss:"):
            held += int(line.split()[1])
    return held


def test_what_a_library_needed_once_is_given_back() -> None:
    """Most of a library's code leaves the memory, the library works on."""
    before = _resident()
    if not before:
        pytest.skip("this system does not tell what is in memory")
    give_back()
    assert _resident() < before / 2
    assert np.linalg.norm(np.array([3.0, 4.0])) == 5.0


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs the GNU C library")
def test_what_was_freed_is_given_back() -> None:
    """What malloc keeps below a block that is still in use leaves the memory."""
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    blocks = [library.malloc(_BLOCK) for _ in range(_BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, _BLOCK)
    for block in blocks[:-1]:
        library.free(ctypes.c_void_p(block))
    before = grown_kb()
    give_back()
    after = grown_kb()
    library.free(ctypes.c_void_p(blocks[-1]))
    assert before - after > _BLOCK * _BLOCKS / 1024 / 2


def test_nothing_that_was_written_is_given_back() -> None:
    """No part of a library that counts as constant lies where anything may be written."""
    writable = [
        (int(mapping[1], 16), int(mapping[2], 16))
        for mapping in map(_HEAD.match, Path("/proc/self/maps").read_text(encoding="utf-8").splitlines())
        if mapping is not None and "w" in mapping[3]
    ]
    parts = list(constant_parts())
    assert parts
    for place, size in parts:
        assert not [span for span in writable if span[0] < place + size and place < span[1]]


def test_without_calls_from_c_nothing_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that forbids code made at run time costs memory, not the hub."""

    def forbidden(_visit: object) -> None:
        raise MemoryError

    monkeypatch.setattr(memory, "_VISITOR", forbidden)
    assert not list(constant_parts())
    give_back()
