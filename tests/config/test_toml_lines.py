from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from hubd.config.toml_lines import KeyPath, key_lines, line_of

TEXT = '''\
first = 1
"two words".dotted = """
[no.table]
"""
[live]  # [no.table]
url = "a#b" # "c
words = [
  "x", [1],
]
'item'.'=' = 3
[[device]]
id = "k"
[[device.function]]
publish = { a = { b = 1 } }
[device.function.parameters.level]
type = "x"
[[device]]
[[device.function]]
[[device.function]]
n.m = QQQ
[x]
QQQ
'''.replace("QQQ", "'" * 3)


def test_lines_of_every_key() -> None:
    """Tables, lists of tables, dotted keys, quoted keys: each has the line it stands in, whatever is in texts."""
    assert key_lines(TEXT) == {
        ("first",): 1,
        ("two words",): 2,
        ("two words", "dotted"): 2,
        ("live",): 5,
        ("live", "url"): 6,
        ("live", "words"): 7,
        ("live", "item"): 10,
        ("live", "item", "="): 10,
        ("device",): 11,
        ("device", 0): 11,
        ("device", 0, "id"): 12,
        ("device", 0, "function"): 13,
        ("device", 0, "function", 0): 13,
        ("device", 0, "function", 0, "publish"): 14,
        ("device", 0, "function", 0, "parameters"): 15,
        ("device", 0, "function", 0, "parameters", "level"): 15,
        ("device", 0, "function", 0, "parameters", "level", "type"): 16,
        ("device", 1): 17,
        ("device", 1, "function"): 18,
        ("device", 1, "function", 0): 18,
        ("device", 1, "function", 1): 19,
        ("device", 1, "function", 1, "n"): 20,
        ("device", 1, "function", 1, "n", "m"): 20,
    }


def test_line_of_what_has_no_line() -> None:
    """A key inside an inline table, or one that is missing, has the line of what is around it."""
    lines = key_lines(TEXT)
    assert line_of(("device", 0, "function", 0, "publish", "a", "b"), lines) == 14
    assert line_of(("device", 1, "id"), lines) == 17
    assert line_of(("nothing",), lines) is None


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r", exclude_categories=("Cc", "Cs")), max_size=6)


@given(st.lists(st.lists(KEYS, min_size=1, max_size=3), min_size=1, max_size=8))
def test_keys_of_any_text(paths: list[list[str]]) -> None:
    """Every key that the parser finds, however it is spelled, has an entry with its line."""
    quoted = [".".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in path) for path in paths]
    text = "".join(f"[[{name}]]\nvalue = {line}\n" for line, name in enumerate(quoted))
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    for path, value in leaves(tree):
        assert lines[path] == 2 * value + 2


def leaves(tree: object, path: KeyPath = ()) -> list[tuple[KeyPath, int]]:
    """Return every number of a tree with its key path."""
    match tree:
        case dict():
            return [leaf for key, value in tree.items() for leaf in leaves(value, (*path, key))]
        case list():
            return [leaf for index, value in enumerate(tree) for leaf in leaves(value, (*path, index))]
        case int():
            return [(path, tree)]
        case _:
            return []
