"""TOML files, read without trusting them."""

from __future__ import annotations

import codecs
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubd.config.toml_words import in_plain_words
from hubd.errors import Complaint, ConfigError

SIZE_LIMIT = 1024 * 1024
# tomllib takes quadratic time for a key of thousands of dotted parts, and a key can't leave its line.
LINE_LIMIT = 16 * 1024
DEPTH_LIMIT = 32

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_POSITION = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A parsed file; name is its path as the user would type it, identity tells it from every other file."""

    name: str
    path: Path
    identity: tuple[int, int]
    tree: Mapping[str, object]
    text: str = field(repr=False)


def read_toml(path: Path) -> TomlFile:
    """Read and parse one file; raises ConfigError that says what is wrong with it, with line and column if it can."""
    data, status = read_bytes(path, SIZE_LIMIT)
    text = _decode(path, data)
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LINE_LIMIT:
            raise _whole(path, f"is {len(line):,} characters long; {LINE_LIMIT:,} is the limit", number)
    tree = _parse(path, text)
    if _deeper_than(DEPTH_LIMIT, tree):
        raise _whole(path, f"tables are nested more than {DEPTH_LIMIT} deep")
    return TomlFile(name=name_of(path), path=path, identity=(status.st_dev, status.st_ino), tree=tree, text=text)


def name_of(path: Path) -> str:
    """Return a path as text that can be printed: what is no UTF-8 in it, or no printable character, is replaced."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(path))


def read_bytes(path: Path, limit: int) -> tuple[bytes, os.stat_result]:
    """Return the content of a regular file, with its status.

    Raises ConfigError for anything else (a folder, a pipe, a device: nothing is opened that could block or never
    end), for a file of more than limit bytes, and for a file that can't be read.
    """
    try:
        if (kind := _kind(path.stat().st_mode)) is not None:
            raise _whole(path, f"is {kind}; a file belongs here")
        # A pipe put in the file's place between these two calls must not hang the hub either.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            status = os.fstat(descriptor)
            data = file.read(limit + 1)
    except OSError as error:
        raise _whole(path, f"can't be read: {(error.strerror or 'unknown fault').lower()}") from None
    except ValueError:
        raise _whole(path, "can't be read: no file has such a name") from None
    if len(data) > limit:
        raise _whole(path, f"is larger than {limit // 1024:,} KiB, the limit for such a file")
    return data, status


def _kind(mode: int) -> str | None:
    """Return what a file is, or None for a regular file."""
    tests = {
        "a folder": stat.S_ISDIR,
        "a named pipe": stat.S_ISFIFO,
        "a device": stat.S_ISCHR,
        "a block device": stat.S_ISBLK,
        "a socket": stat.S_ISSOCK,
    }
    return next((kind for kind, holds in tests.items() if holds(mode)), None)


def _decode(path: Path, data: bytes) -> str:
    for mark, name in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            raise _whole(path, f"is written in {name}; save it as UTF-8")
    if (nul := data.find(b"\0")) >= 0:
        problem = "holds a NUL byte, so it is no text (damaged, or written in UTF-16); save it anew as UTF-8"
        raise _whole(path, problem, data.count(b"\n", 0, nul) + 1)
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        found = data[error.start]
        line_start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[line_start : error.start].decode("utf-8", "replace")) + 1
        problem = f"byte 0x{found:02X} in column {column} is not UTF-8 (perhaps Latin-1); save the file as UTF-8"
        raise _whole(path, problem, data.count(b"\n", 0, error.start) + 1) from None


def _parse(path: Path, text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = _POSITION.fullmatch(str(error))
        if position is None:
            raise _whole(path, f"is no valid TOML: {in_plain_words(str(error), text, len(text))}") from None
        if position["line"] is None:
            problem = in_plain_words(position["what"], text, len(text))
            last = text.rstrip().count("\n") + 1
            raise _whole(path, f"no valid TOML at the end of the file: {problem}", last) from None
        line, column = int(position["line"]), int(position["column"])
        problem = in_plain_words(position["what"], text, _offset(text, line, column))
        raise _whole(path, f"no valid TOML in column {column}: {problem}", line) from None
    except RecursionError:
        raise _whole(path, f"tables are nested more than {DEPTH_LIMIT} deep") from None
    except ValueError:
        raise _whole(path, "is no valid TOML: holds a number of thousands of digits") from None


def _offset(text: str, line: int, column: int) -> int:
    """Return where in the text a line and column are, both from 1 on."""
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


def _deeper_than(limit: int, tree: object) -> bool:
    level = [tree]
    for _ in range(limit):
        level = [child for node in level for child in _children(node)]
    return bool(level)


def _children(node: object) -> list[object]:
    match node:
        case dict():
            return list(node.values())
        case list():
            return node
        case _:
            return []


def _whole(path: Path, problem: str, line: int | None = None) -> ConfigError:
    return ConfigError([Complaint(file=name_of(path), key="", problem=problem, line=line)])
