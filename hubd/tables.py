"""Rows of texts as a table for a terminal, or one below the other where that is too narrow."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

_GAP: Final = "  "
_INDENT: Final = "    "


def width(text: str) -> int:
    """Return how many columns of a terminal a printable text takes (Unicode Standard Annex 11)."""
    return sum(map(_columns, text))


def printable(text: str) -> str:
    """Return the text without line breaks, or what else would give orders to a terminal."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], columns: int | None = None) -> list[str]:
    """Return the rows as lines below their heads, what nobody has left out.

    columns: how wide the terminal is, None for any width. Where the table is wider each row becomes a paragraph: its
    first text, then the others, each behind its head.
    """
    rows = [[printable(text) for text in row] for row in rows]
    used = [place for place in range(len(heads)) if any(row[place] for row in rows)]
    heads, rows = [heads[place] for place in used], [[row[place] for place in used] for row in rows]
    widths = [max(map(width, texts)) for texts in zip(heads, *rows, strict=True)]
    if columns is None or sum(widths) + len(_GAP) * (len(widths) - 1) <= columns:
        return [_GAP.join(map(_padded, row, widths)).rstrip() for row in (heads, *rows)]
    return [line for row in rows for line in _paragraph(heads, row, columns)]


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _paragraph(heads: Sequence[str], row: Sequence[str], columns: int) -> Iterator[str]:
    yield from wrapped(row[0], columns)
    for head, text in zip(heads[1:], row[1:], strict=True):
        if text:
            yield from (_INDENT + line for line in wrapped(f"{head.lower()}: {text}", columns - len(_INDENT)))


def wrapped(text: str, columns: int) -> list[str]:
    """Return the text in lines of at most so many columns, broken between words; a longer word is cut."""
    lines = [""]
    for word in text.split():
        if lines[-1] and width(f"{lines[-1]} {word}") > columns:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
        while width(lines[-1]) > columns and len(lines[-1]) > 1:
            cut = _cut(lines[-1], columns)
            lines[-1:] = [lines[-1][:cut], lines[-1][cut:]]
    return lines


def _cut(text: str, columns: int) -> int:
    """Return how many characters fit into the columns, at least one."""
    return next((cut for cut in range(len(text), 1, -1) if width(text[:cut]) <= columns), 1)
