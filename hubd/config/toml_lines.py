"""Key path → line number in a TOML text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache

KeyPath = tuple[str | int, ...]

# Strings, comments, newlines and brackets are what decides where a statement ends; the rest is passed over.
_PIECE = re.compile(
    r'''
    """(?:\\.|[^\\])*?"{3,5} | \'\'\'.*?'{3,5}
    | "(?:\\.|[^"\\\n])*" | '[^'\n]*'
    | \#[^\n]* | \n | [\[\]{}] | [^"'\#\n\[\]{}]+
    ''',
    re.VERBOSE | re.DOTALL,
)
_KEY = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[^="'])+""")


# Complaints come one by one, but about few files.
@lru_cache(maxsize=8)
def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line, counted from 1, of every table header and every key of a valid TOML text.

    What stands inside an inline table or a list has no entry of its own; see line_of().
    """
    lines: dict[KeyPath, int] = {}
    tables: dict[KeyPath, int] = {}
    current: KeyPath = ()
    for line, statement in _statements(text):
        if statement.startswith("["):
            current = _header(statement, tables)
            _enter(lines, current, line)
            continue
        key = _KEY.match(statement)
        if key is not None:
            _enter(lines, current + _chain(tomllib.loads(f"{key.group()} = 0")), line)
    return lines


def _enter(lines: dict[KeyPath, int], path: KeyPath, line: int) -> None:
    """Note the line of a key path, with every table that it brings into being."""
    for length in range(1, len(path) + 1):
        lines.setdefault(path[:length], line)


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """Return the line of a key path, else of the nearest table around it; None for the whole file."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    line = start = 1
    depth = 0
    statement = ""
    for match in _PIECE.finditer(text.replace("\r\n", "\n") + "\n"):
        piece = match.group()
        if piece == "\n" and depth == 0:
            if statement.strip():
                yield start, statement.strip()
            statement = ""
            start = line + 1
        elif not piece.startswith("#"):
            depth += (piece in "[{") - (piece in "]}")
            statement += piece
        line += piece.count("\n")


def _header(statement: str, tables: dict[KeyPath, int]) -> KeyPath:
    """Return the path of a [table] or [[table]], with the index of each list that it goes through."""
    *parents, last = _chain(tomllib.loads(statement))
    path: KeyPath = ()
    for part in parents:
        path = (*path, part)
        if path in tables:
            path = (*path, tables[path])
    path = (*path, last)
    if statement.startswith("[["):
        tables[path] = tables.get(path, -1) + 1
        path = (*path, tables[path])
    return path


def _chain(tree: object) -> tuple[str, ...]:
    """Return the keys of a tree that has one key a level."""
    path: list[str] = []
    while tree:
        match tree:
            case list():
                tree = tree[0]
            case dict():
                (key, tree), *_ = tree.items()
                path.append(str(key))
            case _:
                break
    return tuple(path)
