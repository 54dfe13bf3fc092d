"""The words of one line of a script."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable
from typing import Final

from pydantic import JsonValue

from hubd.live.wire import Struct

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|#.*')
_WORD: Final = re.compile(r'[^\s"#]+')
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _no_number(text: str) -> float:
    """Read a number that JSON lacks but Python's reader takes: not at all."""
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


_JSON: Final = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)


class BadLine(ValueError):  # noqa: N818 -- no error but a complaint
    """What is wrong with a line, as a sentence that says what to do."""


class Tokens:
    """A line, taken apart from left to right; each method raises BadLine if there is something else."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0

    def more(self) -> bool:
        """Whether there is more on the line; what follows a # is a comment."""
        while self._line[self._at : self._at + 1].isspace():
            self._at += 1
        return self._at < len(self._line) and self._line[self._at] != "#"

    def word(self, what: str, choices: Iterable[str] = ()) -> str:
        """Take a bare word, one of the choices if there are any."""
        choices = tuple(choices)
        match = _WORD.match(self._line, self._at) if self.more() else None
        if match is None:
            raise BadLine(f"A {what} is missing{_allowed(choices)}." if choices else f"{what} is missing.")
        if choices and match[0] not in choices:
            raise BadLine(f'"{match[0]}" is no {what}{_meant(match[0], choices)}')
        self._at = match.end()
        return match[0]

    def take(self, word: str) -> bool:
        """Take this word if it comes next."""
        match = _WORD.match(self._line, self._at) if self.more() else None
        if match is None or match[0] != word:
            return False
        self._at = match.end()
        return True

    def text(self, what: str) -> str:
        """Take a text in double quotes, with JSON's escapes."""
        match = _STRING.match(self._line, self._at) if self.more() else None
        if match is None:
            raise BadLine(f'{what} is missing: write it in double quotes, as in "Done."')
        self._at = match.end()
        try:
            text: str = json.loads(match[0])
            text.encode()
        except UnicodeEncodeError:
            raise BadLine(f"{what} has an escape that stands for half a letter.") from None
        except ValueError:
            raise BadLine(f"{what} has an escape that JSON does not know.") from None
        return text

    def seconds(self, what: str) -> float:
        """Take a length of time."""
        word = self.word(what)
        match = _SECONDS.fullmatch(word)
        if match is None:
            raise BadLine(f"{what} is {word}: write a length of time, as in 500ms, 2.5s or 9m.")
        return float(match[1]) * _UNITS[match[2]]

    def number(self, what: str, low: int, high: int) -> int:
        """Take a whole number."""
        word = self.word(what)
        if not word.isascii() or not word.isdigit() or not low <= int(word) <= high:
            raise BadLine(f"{what} is {word}: write a number from {low} to {high}.")
        return int(word)

    def next_is(self, opening: str) -> bool:
        """Whether the next thing begins so."""
        return self.more() and self._line.startswith(opening, self._at)

    def struct(self, what: str) -> Struct:
        """Take a JSON object."""
        if not self.next_is("{"):
            raise BadLine(f'{what} are missing: write a JSON object, as in {{"on": true}}.')
        try:
            value: JsonValue
            value, self._at = _JSON.raw_decode(self._line, self._at)
        except (ValueError, RecursionError) as error:
            raise BadLine(f"{what} are no JSON object: {error}.") from None
        if not isinstance(value, dict):
            raise BadLine(f"{what} are no JSON object.")
        return value

    def end(self) -> None:
        """Take the end of the line."""
        if self.more():
            raise BadLine(f"{self._line[self._at :].strip()} is too much on this line: take it away.")


def without_comment(line: str) -> str:
    """Return the line up to its comment."""
    return _COMMENT.sub(lambda match: "" if match[0].startswith("#") else match[0], line).rstrip()


def _allowed(choices: tuple[str, ...]) -> str:
    return (
        f": write {', '.join(choices[:-1])} or {choices[-1]}"
        if len(choices) > 1
        else f": write {choices[0]}"
        if choices
        else ""
    )


def _meant(word: str, choices: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, choices, 1)
    return f": did you mean {close[0]}?" if close else f"{_allowed(choices)}."
