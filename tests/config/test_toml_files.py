from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from hubd.config import load
from hubd.config.toml_files import LINE_LIMIT, SIZE_LIMIT, read_toml
from hubd.errors import ConfigError


def complaint_about(path: Path) -> str:
    """Return the one complaint about a main file, without its name."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    (complaint,) = caught.value.complaints
    return str(complaint).removeprefix(str(path))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            '[hub]\nroom = "Küche"\n'.encode("latin-1"),
            ":2: byte 0xFC in column 10 is not UTF-8 (perhaps Latin-1); save the file as UTF-8",
        ),
        (codecs.BOM_UTF16_LE + "[hub]".encode("utf-16-le"), ": is written in UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF16_BE + "[hub]".encode("utf-16-be"), ": is written in UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF32_LE + "[hub]".encode("utf-32-le"), ": is written in UTF-32; save it as UTF-8"),
        (
            "\n[hub]".encode("utf-16-be"),
            ":1: holds a NUL byte, so it is no text (damaged, or written in UTF-16); save it anew as UTF-8",
        ),
        (
            b"[hub]\n" + b"\0" * 4096,
            ":2: holds a NUL byte, so it is no text (damaged, or written in UTF-16); save it anew as UTF-8",
        ),
        (b"#" * 10_000_000, ": is larger than 1,024 KiB, the limit for such a file"),
        (b"\n" + b"#" * 20_000, ":2: is 20,000 characters long; 16,384 is the limit"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, ": tables are nested more than 32 deep"),
        (b"a." * 5000 + b"a = 1", ": tables are nested more than 32 deep"),
        (b"x = " + b"9" * 5000, ": is no valid TOML: holds a number of thousands of digits"),
        (b"x = 0x" + b"F" * 5000, ":1: x: found a number of more than 18 digits, allowed are 64-bit integers"),
    ],
)
def test_content_that_is_refused(content: bytes, expected: str, tmp_path: Path) -> None:
    """What is no text, too much, or made to exhaust the parser is refused in one sentence, with its place."""
    path = tmp_path / "hubd.toml"
    path.write_bytes(content)
    assert complaint_about(path) == expected


def test_what_is_no_file(tmp_path: Path) -> None:
    """A folder, a pipe, an endless device, a missing file, a circle of links: each is named, none hangs the hub."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "folder").mkdir()
    assert complaint_about(tmp_path / "folder") == ": is a folder; a file belongs here"
    assert complaint_about(tmp_path / "pipe") == ": is a named pipe; a file belongs here"
    assert complaint_about(Path("/dev/zero")) == ": is a device; a file belongs here"
    assert complaint_about(tmp_path / "none") == ": can't be read: no such file or directory"
    assert complaint_about(tmp_path / "loop") == ": can't be read: too many levels of symbolic links"
    assert complaint_about(tmp_path / "folder" / ("x" * 300)) == ": can't be read: file name too long"
    assert complaint_about(tmp_path / "a\0b") == f"{tmp_path}/a�b: can't be read: no file has such a name"


def test_forbidden_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that we may not open is named with the reason."""
    path = tmp_path / "hubd.toml"
    path.write_text("")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert complaint_about(path) == ": can't be read: permission denied"


def test_mark_and_line_ends_of_windows(tmp_path: Path) -> None:
    """A UTF-8 file with a byte order mark and Windows line ends is read as any other."""
    path = tmp_path / "hubd.toml"
    path.write_bytes(codecs.BOM_UTF8 + b'[hub]\r\nroom = "kitchen"\r\n')
    assert load(path).hub.room == "kitchen"


def test_files_at_the_limits(tmp_path: Path) -> None:
    """A file of exactly the allowed size, with lines of exactly the allowed length, is read."""
    line = b"#" * LINE_LIMIT + b"\n"
    path = tmp_path / "hubd.toml"
    path.write_bytes((line * (SIZE_LIMIT // len(line) + 1))[:SIZE_LIMIT])
    assert read_toml(path).tree == {}


def test_name_that_can_not_be_printed(tmp_path: Path) -> None:
    """A file whose name is no UTF-8, or would write to the terminal, is named by what can be printed."""
    folder = tmp_path / "devices.d"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/K\xfcche\x1b[2J.toml")).write_text("x = 1")
    (tmp_path / "hubd.toml").write_text("")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "hubd.toml")
    assert str(caught.value) == f"{folder}/K�che�[2J.toml:1: x: unknown option, allowed: include, device, automation"
    str(caught.value).encode("utf-8")
