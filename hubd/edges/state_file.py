"""A small private text on disk that survives a restart."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import itertools
import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from hubd.reports import Part, ReportSink, TroubleReport

# Far above anything that is kept; a bigger file is not ours.
LIMIT: Final = 256 * 1024
_PRIVATE: Final = 0o600
_FOLDER: Final = 0o700
_ROOT: Final = 0
# What is behind the name of a text that was set aside.
_ASIDE: Final = ".broken"
_UNWRITTEN: Final = (
    "It will be missing after a restart. Make room on the disk, make the folder writable, or name another one in "
    "hub.state_dir."
)
_UNREAD: Final = "The hub goes on without it. If this happens again, check the disk: memory cards wear out."


class StateFile:
    """One file, for its owner's eyes only (mode 0600), always whole: the old text or the new one, and lines behind it.

    path: where it is; its folder is made if need be. report: takes trouble, told once until it is over.
    Nothing of the text gets into reports or errors: it may hold a secret.
    """

    def __init__(self, path: Path, report: ReportSink) -> None:
        self._path = path
        self._report = report
        self._unread = ""
        self._unwritten = ""
        self._trouble: TroubleReport | None = None
        # A write that was given up goes on in its thread, and must not undo a later one.
        self._writing = threading.Lock()
        self._placing = threading.Lock()
        self._numbers = itertools.count(1)
        self._in_place = 0

    def read(self) -> str:
        """Return the text, with the lines behind it, whoever wrote them; empty if there is none.

        It is trouble if something else is there.
        """
        try:
            text = self._read()
        except FileNotFoundError:
            text = self._unread = ""
        except OSError as error:
            text, self._unread = "", f"{self._path} can't be read: {error.strerror}."
        else:
            self._unread = ""
        self._tell()
        return text

    def set_aside(self) -> None:
        """Put away the text, which can't be understood, beside its place: trouble, until another one is written."""
        with contextlib.suppress(OSError):  # where nothing can be renamed it is told as well
            self._path.replace(self._path.with_name(self._path.name + _ASIDE))
        self._unread = f"{self._path} was not whole, or not written by hubd: it is set aside."
        self._tell()

    async def write(self, text: str) -> bool:
        """Put the text in the place of the one before; return whether it is there, else it is trouble, never raised.

        Whoever is cancelled meanwhile has written it all the same: then this blocks as write_now() does.
        """
        number = next(self._numbers)
        try:
            await asyncio.to_thread(self._attempt, text, number)
        except asyncio.CancelledError:
            self._attempt(text, number)
            raise
        finally:
            self._tell()
        return not self._unwritten

    def write_now(self, text: str) -> None:
        """Do what write() does, and block meanwhile: a flash card may take a tenth of a second."""
        self._attempt(text, next(self._numbers))
        self._tell()

    def update_now(self, change: Callable[[str], str]) -> None:
        """Put what change makes of the text in its place; no other update comes between, be it another program's.

        Blocks, as write_now() does, and while another program writes.
        """
        with self._writing, self._noting():
            self._path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
            with self._folder() as folder:
                fcntl.flock(folder, fcntl.LOCK_EX)
                self._replace(change(self.read()).encode(), next(self._numbers))
        self._tell()

    def append(self, line: str) -> None:
        """Put a line behind the text without waiting for the disk, nor for a write that does: for the next process.

        What was given to write() or write_now() before does not take its place any more.
        """
        # A line that was cut off is ended by the next one.
        data, number = f"\n{line}".encode(), next(self._numbers)
        try:
            self._put_behind(data, number)
        except OSError as error:
            self._note(error)
        else:  # as in _noting(), which takes as long as the write itself: a command waits for this
            self._note(None)
        self._tell()

    def _put_behind(self, data: bytes, number: int) -> None:
        with self._placing:
            descriptor = self._open_end()
            try:
                if os.write(descriptor, data) < len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(descriptor)
            self._in_place = number

    def _attempt(self, text: str, number: int) -> None:
        with self._writing:
            if number > self._in_place:
                with self._noting():
                    self._replace(text.encode(), number)

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        """Note whether the block could write."""
        try:
            yield
        except OSError as error:
            self._note(error)
        else:
            self._note(None)

    def _note(self, error: OSError | None) -> None:
        if error is None:
            self._unread = self._unwritten = ""
        else:
            self._unwritten = f"{self._path} can't be written: {error.strerror or error}."

    @contextlib.contextmanager
    def _folder(self) -> Iterator[int]:
        """Yield the open folder, which is closed, and unlocked, after the block."""
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield folder
        finally:
            os.close(folder)

    def _read(self) -> str:
        with open(self._path, "rb", opener=_open_as_it_is) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise OSError(errno.EINVAL, "it is no file")
            if stat.S_IMODE(mode) != _PRIVATE:
                # As it may come back from a backup.
                with contextlib.suppress(OSError):  # not ours to change: it stays readable until it is replaced
                    os.fchmod(file.fileno(), _PRIVATE)
            # One that is longer is not ours: cut off here it will not be understood.
            return file.read(LIMIT + 1).decode(errors="replace")

    def _replace(self, data: bytes, number: int) -> None:
        fresh = self._path.with_name(f".{self._path.name}.new")
        self._write_new(fresh, data)
        self._put_in_place(fresh, number)
        with self._folder() as folder:
            os.fsync(folder)

    def _open_end(self) -> int:
        """Open the text to put something behind it; one that is missing is made."""
        flags = os.O_WRONLY | os.O_APPEND
        try:
            return _open_as_it_is(self._path, flags)
        except FileNotFoundError:  # the first text of all
            self._path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
            descriptor = _open_as_it_is(self._path, flags | os.O_CREAT)
            try:
                self._hand_over(descriptor)
            except OSError:
                os.close(descriptor)
                raise
            return descriptor

    def _write_new(self, fresh: Path, data: bytes) -> None:
        self._path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)  # left behind by a hub that was killed, perhaps with other rights
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            self._hand_over(descriptor)
            file.write(data)
            file.flush()
            os.fsync(descriptor)

    def _hand_over(self, descriptor: int) -> None:
        """Give an open file to the hub's own user, if root writes beside the hub: else the hub could not read it."""
        if os.geteuid() == _ROOT:
            owner = self._path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)

    def _put_in_place(self, fresh: Path, number: int) -> None:
        """Give the new file its name, unless a newer one has it."""
        with self._placing:
            if number < self._in_place:
                fresh.unlink()
                return
            fresh.replace(self._path)
            self._in_place = number

    def _tell(self) -> None:
        """Report trouble when it begins, when it becomes another, when it is over."""
        trouble = None
        if self._unwritten:
            trouble = TroubleReport(Part.CONFIG, self._unwritten, _UNWRITTEN)
        elif self._unread:
            trouble = TroubleReport(Part.CONFIG, self._unread, _UNREAD)
        if trouble == self._trouble:
            return
        if self._trouble is not None:
            self._report(replace(self._trouble, cleared=True))
        if trouble is not None:
            self._report(trouble)
        self._trouble = trouble


def _open_as_it_is(path: str | Path, flags: int) -> int:
    """Open what is there, and nothing that a link points to; never wait for who writes into a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, _PRIVATE)
