"""Memory that this process has no more use for, given back to the system."""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Iterator
from typing import Final

# elf(5): a segment that is mapped from its file; one that may be written.
_LOADED: Final = 1
_WRITABLE: Final = 2


class _Segment(ctypes.Structure):
    """Elf64_Phdr of elf(5)."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("place", ctypes.c_uint64),
        ("physical_place", ctypes.c_uint64),
        ("size_in_file", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("alignment", ctypes.c_uint64),
    )


class _Library(ctypes.Structure):
    """The beginning of dl_phdr_info of dl_iterate_phdr(3)."""

    _fields_ = (
        ("base", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("segments", ctypes.POINTER(_Segment)),
        ("number", ctypes.c_uint16),
    )


_VISITOR: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Library), ctypes.c_size_t, ctypes.c_void_p)


def give_back() -> None:
    """Give back what was freed, which malloc keeps, with the libraries' code, most of which ran only to load things.

    Of onnxruntime's 19 MB that loading a model reads, scoring needs 8. Code that is needed again comes back by itself,
    from the page cache as long as the system has no better use for that memory.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):  # in the GNU C library
        library.malloc_trim(0)
    for start, size in constant_parts():
        library.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), mmap.MADV_DONTNEED)


def constant_parts() -> Iterator[tuple[int, int]]:
    """Yield place and size, bytes, of what is loaded of libraries as it is in their files: nothing here may write it.

    From the loader itself: in the list of mappings a library that another thread is loading looks constant as a whole.
    Nothing but on 64-bit Linux, for others have other tables; nothing where the system does not let Python be called
    from C.
    """
    if sys.platform != "linux" or sys.maxsize < 1 << 32:
        return
    found: list[tuple[int, int]] = []

    def visit(library: ctypes._Pointer[_Library], _size: int, _nothing: int | None) -> int:
        for segment in library.contents.segments[: library.contents.number]:
            if segment.type == _LOADED and not segment.flags & _WRITABLE:
                start = library.contents.base + segment.place
                found.append((start, start + segment.size))
        return 0

    try:
        visitor = _VISITOR(visit)
    except MemoryError:  # no code may be made at run time, which a call from C into Python is
        return
    ctypes.CDLL(None).dl_iterate_phdr(visitor, None)
    for start, end in found:
        first, last = -(-start // mmap.PAGESIZE), end // mmap.PAGESIZE
        if first < last:
            yield first * mmap.PAGESIZE, (last - first) * mmap.PAGESIZE
