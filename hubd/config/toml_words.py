"""What tomllib complains about, in the words of a person who writes a configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_QUOTE_MISSING: Final = "the closing quote is missing"
_WORDS: Final[Mapping[str, str]] = {
    "Cannot overwrite a value": "this option is there twice; keep one",
    "Expected newline or end of document after a statement": (
        "more follows after the value; texts and durations need quotes, each option needs a line of its own"
    ),
    'Expected "\'"': _QUOTE_MISSING,
    r"Illegal character '\n'": _QUOTE_MISSING,
    "Invalid statement": "expected name = value, [section] or # comment",
    "Invalid value": "invalid value; texts need quotes, true and false are lower case",
    "Unclosed array": "a comma or the closing ] is missing",
    "Unclosed inline table": "a comma or the closing } is missing; a table in { } stands on one line",
    r"Unescaped '\' in a string": r"a backslash in a text is written \\, or put the text into single quotes",
}
# The beginning of what stands there → what the mistake is then; an empty line's rest is a beginning, too.
_WORDS_BEFORE: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "Invalid value": (re.compile(r"#|$"), "the value is missing"),
    "Invalid initial character for a key part": (
        re.compile(r"[}#]|$"),
        "a table in { } stands on one line, with no comma before the }",
    ),
}
_CURLY_QUOTE: Final = re.compile("[\u2018-\u201f]")
_HEADER: Final = re.compile(r"\[\[?\s*(?P<name>[\w.-]+)")
_TABLE: Final = re.compile(r"(?P<fault>Cannot (?:declare|mutate immutable namespace)) \((?P<parts>.*)\)(?: twice)?")


def in_plain_words(problem: str, text: str, offset: int) -> str:
    """Return tomllib's problem as a person would say it, with a way out.

    text: the whole file. offset: where in it the problem was found; its length for the end of the file. Nothing of the
    text is repeated but names of tables: it could hold a key.
    """
    if table := _TABLE.fullmatch(problem):
        return _table_again(table["fault"], ".".join(re.findall(r"'([^']*)'", table["parts"])), text)
    line = text[text.rfind("\n", 0, offset) + 1 : offset].strip()
    if problem == "Cannot overwrite a value" and (header := _HEADER.match(line)):
        name, is_list = header["name"], line.startswith("[[")
        hint = f"; [[{name}]] stands above what belongs to it" if is_list else "; keep one"
        return f"{name} is there already, as something else{hint}"
    rest = text[offset:].partition("\n")[0].strip()
    if problem.startswith("Invalid") and (curly := _CURLY_QUOTE.match(rest)):
        return f'found the curly quote {curly[0]}, allowed are straight ones: "…"'
    beginning, words = _WORDS_BEFORE.get(problem, (None, ""))
    if beginning is not None and beginning.match(rest):
        return words
    return _WORDS.get(problem, problem[:1].lower() + problem[1:])


def _table_again(fault: str, table: str, text: str) -> str:
    if fault != "Cannot declare":
        return f"the table {table} is complete already; put its options there"
    if re.search(rf"^\s*\[\[\s*{re.escape(table)}\s*\]\]", text, re.MULTILINE):
        return f"[{table}] is a list here; write [[{table}]] with two brackets"
    return f"the table [{table}] is there twice; put its options into one"
