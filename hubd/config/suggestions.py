"""Words for what was found, what is allowed, what was meant."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Sequence

_SHOWN = 60


def quoted(text: str) -> str:
    """Return a text as TOML would quote it, shortened, on one line."""
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in escaped) + '"'


def found(value: object) -> str:
    """Return what stands in the file, in the words of TOML."""
    match value:
        case bool():
            shown = "true" if value else "false"
        case str():
            shown = f"the text {quoted(value)}"
        case int() if abs(value) >= 10**18:
            shown = "a number of more than 18 digits"
        case int() | float():
            shown = f"the number {value}"
        case dt.date() | dt.time():
            shown = f"the date or time {value.isoformat()}"
        case dict():
            shown = "a table"
        case list() | tuple():
            shown = "a list"
        case _:
            shown = "something else"
    return shown


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """Return the allowed word that was probably meant, or an empty text; case, - and _ don't count."""
    by_form = {_form(candidate): candidate for candidate in allowed}
    matches = difflib.get_close_matches(_form(word[:_SHOWN]), by_form, n=1, cutoff=0.6)
    return by_form[matches[0]] if matches else ""


def not_allowed(word: str, allowed: Sequence[str], otherwise: str = "") -> str:
    """Return the sentence about a word that is none of those allowed; otherwise names what else would do."""
    meant = suggestion(word, allowed)
    hint = f"; did you mean {quoted(meant)}?" if meant else ""
    return f"found {quoted(word)}, allowed: {', '.join(map(quoted, allowed))}{otherwise}{hint}"


def _form(word: str) -> str:
    return word.casefold().replace("_", "-")
