from __future__ import annotations

import asyncio
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from hubd.edges.state_file import LIMIT, StateFile
from hubd.reports import Part, Report, TroubleReport


def unheard(report: Report) -> None:
    """Fail: there is nothing to report."""
    raise AssertionError(report)


def mode_of(path: Path) -> int:
    """Return the rights of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return [path.name for path in folder.iterdir()]


def stand_in_the_way(path: Path, kind: str) -> None:
    """Put what is no file in a file's place: a link to one beside it, a folder, a pipe."""
    elsewhere = path.with_name("elsewhere")
    elsewhere.write_text("hush")
    match kind:
        case "link":
            path.symlink_to(elsewhere)
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)


async def test_kept_for_the_next_one(tmp_path: Path) -> None:
    """What was written last is there after a restart, for its owner's eyes only, whatever the process allows others."""
    path = tmp_path / "deep" / "state.json"
    before = os.umask(0)
    try:
        file = StateFile(path, unheard)
        await file.write("old")
        await file.write("néw")
    finally:
        os.umask(before)
    assert StateFile(path, unheard).read() == "néw"
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_rights_are_mended(tmp_path: Path) -> None:
    """A file that others could read gives way to one that they can't, and so does a half-written new one."""
    path = tmp_path / "state.json"
    for name in (path.name, f".{path.name}.new"):
        (tmp_path / name).write_text("left behind")
        (tmp_path / name).chmod(0o666)
    StateFile(path, unheard).write_now("new")
    assert (path.read_text(), mode_of(path), list(tmp_path.iterdir())) == ("new", 0o600, [path])


def test_rights_are_mended_before_anything_is_written(tmp_path: Path) -> None:
    """Nobody else reads on in a file that came back from a backup, though nothing may be written for weeks."""
    path = tmp_path / "state.json"
    path.write_text("kept")
    path.chmod(0o644)
    assert StateFile(path, unheard).read() == "kept"
    assert mode_of(path) == 0o600


def test_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that is stopped before the new text is on the disk leaves the old one."""
    path = tmp_path / "state.json"
    StateFile(path, unheard).write_now("old")

    def cut(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", cut)
    with pytest.raises(KeyboardInterrupt):
        StateFile(path, unheard).write_now("new")
    assert StateFile(path, unheard).read() == "old"


def test_none_there(tmp_path: Path) -> None:
    """A hub that starts for the first time has nothing, and nothing to say about it."""
    assert StateFile(tmp_path / "none", unheard).read() == ""


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_no_file(tmp_path: Path, kind: str) -> None:
    """What is no file is passed over, and trouble that does not repeat it, once; it is over when it is gone."""
    path = tmp_path / "state.json"
    stand_in_the_way(path, kind)
    told: list[Report] = []
    file = StateFile(path, told.append)
    assert (file.read(), file.read()) == ("", "")
    (trouble,) = told
    assert isinstance(trouble, TroubleReport)
    assert "can't be read" in trouble.problem
    assert "hush" not in f"{trouble}"
    path.rename(tmp_path / "gone")
    assert file.read() == ""
    assert told == [trouble, replace(trouble, cleared=True)]


def test_more_than_is_ever_kept(tmp_path: Path) -> None:
    """A file that grew beyond all measure is not read to its end; bytes that are no text do no harm."""
    path = tmp_path / "state.json"
    path.write_bytes(b"\xff" * 2 * LIMIT)
    assert StateFile(path, unheard).read() == "\ufffd" * (LIMIT + 1)


async def test_set_aside(tmp_path: Path) -> None:
    """A text that makes no sense is trouble until another one is written; it stays beside it, as private as it was."""
    path = tmp_path / "state.json"
    told: list[Report] = []
    file = StateFile(path, told.append)
    await file.write("hush, torn")
    file.set_aside()
    (trouble,) = told
    assert isinstance(trouble, TroubleReport)
    assert (trouble.part, trouble.cleared, "hush" in f"{trouble}") == (Part.CONFIG, False, False)
    assert "set aside" in trouble.problem
    aside = tmp_path / "state.json.broken"
    assert (aside.read_text(), mode_of(aside), path.exists()) == ("hush, torn", 0o600, False)
    assert await file.write("new")
    assert told == [trouble, replace(trouble, cleared=True)]
    assert file.read() == "new"


async def test_unwritable(tmp_path: Path) -> None:
    """A folder that can't be made is trouble, told once; a write that succeeds ends it."""
    (tmp_path / "folder").write_text("in the way")
    told: list[Report] = []
    file = StateFile(tmp_path / "folder" / "state.json", told.append)
    assert not await file.write("a")
    assert not await file.write("b")
    (trouble,) = told
    assert isinstance(trouble, TroubleReport)
    assert trouble.part is Part.CONFIG
    assert "can't be written" in trouble.problem
    (tmp_path / "folder").unlink()
    assert await file.write("c")
    assert told == [trouble, replace(trouble, cleared=True)]
    assert file.read() == "c"


def test_updates_of_several_programs(tmp_path: Path) -> None:
    """Several that change one text at the same time, each with an object of its own, lose none of the changes."""
    path = tmp_path / "deep" / "state.json"

    def add(_: int) -> None:
        StateFile(path, unheard).update_now(lambda text: f"{int(text or 0) + 1}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(100)))
    assert StateFile(path, unheard).read() == "100"
    assert (mode_of(path), list(path.parent.iterdir())) == (0o600, [path])


async def test_a_line_behind_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there at once, without a disk; a write that began before it does not undo it, the next one does."""
    path, began, goes_on = tmp_path / "state.json", threading.Event(), threading.Event()
    file = StateFile(path, unheard)
    file.write_now("oldest")
    sync = os.fsync

    def slow(descriptor: int) -> None:
        began.set()
        goes_on.wait()
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    writing = asyncio.create_task(file.write("old"))
    await asyncio.to_thread(began.wait)
    for line in ("new", "newer"):
        file.append(line)
    meanwhile = file.read(), mode_of(path)
    goes_on.set()
    assert await writing
    assert meanwhile == ("oldest\nnew\nnewer", 0o600)
    assert (StateFile(path, unheard).read(), names_in(tmp_path)) == ("oldest\nnew\nnewer", [path.name])
    assert await file.write("newest")
    assert (file.read(), names_in(tmp_path)) == ("newest", [path.name])


def test_a_line_behind_no_text(tmp_path: Path) -> None:
    """Before anything else was written it makes the file with its folder, for its owner's eyes only."""
    path = tmp_path / "deep" / "state.json"
    before = os.umask(0)
    try:
        StateFile(path, unheard).append("line")
    finally:
        os.umask(before)
    assert (path.read_text(), mode_of(path), mode_of(path.parent)) == ("\nline", 0o600, 0o700)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_line_that_can_not_be_written(tmp_path: Path, kind: str) -> None:
    """It is trouble, told until a write succeeds; where a link points to nothing is written."""
    path = tmp_path / "state.json"
    stand_in_the_way(path, kind)
    told: list[Report] = []
    file = StateFile(path, told.append)
    file.append("line")
    (trouble,) = told
    assert isinstance(trouble, TroubleReport)
    assert "can't be written" in trouble.problem
    assert (tmp_path / "elsewhere").read_text() == "hush"
    path.rename(tmp_path / "gone")
    file.append("line")
    assert told == [trouble, replace(trouble, cleared=True)]


def test_half_a_line_is_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up in the middle of a line is full."""
    told: list[Report] = []
    file = StateFile(tmp_path / "state.json", told.append)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    file.append("line")
    (trouble,) = told
    assert isinstance(trouble, TroubleReport)
    assert "No space left" in trouble.problem


def test_an_update_that_can_not_be_written(tmp_path: Path) -> None:
    """It is trouble, told like that of any other writing."""
    (tmp_path / "folder").write_text("in the way")
    told: list[Report] = []
    StateFile(tmp_path / "folder" / "state.json", told.append).update_now(lambda text: text)
    (trouble,) = told
    assert isinstance(trouble, TroubleReport)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for another user")
def test_root_writes_for_the_hub(tmp_path: Path) -> None:
    """What root writes into the hub's folder belongs to the folder's owner, who could not read it otherwise."""
    os.chown(tmp_path, 1234, 1235)
    StateFile(tmp_path / "asked.json", unheard).update_now(lambda _text: "asked")
    StateFile(tmp_path / "session.json", unheard).append("begun")
    for status in (path.stat() for path in tmp_path.iterdir()):
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 1235, 0o600)
