from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.tables import printable, table, width, wrapped

HEADS = ("NAME", "ROOM", "STATE")
ROWS = (("客厅的灯", "", "on"), ("Ku\N{COMBINING DIAERESIS}chenlampe", "", "on at 30 percent"))


def test_columns_stand_below_their_heads() -> None:
    """A wide character takes two columns, a combining one none; what nobody has is left out."""
    assert table(HEADS, ROWS) == [
        "NAME         STATE",
        "客厅的灯     on",
        "Ku\N{COMBINING DIAERESIS}chenlampe  on at 30 percent",
    ]


def test_a_narrow_terminal_gets_paragraphs() -> None:
    """Where the table is too wide each row is a paragraph, its texts behind their heads."""
    assert table(HEADS, ROWS, 22) == [
        "客厅的灯",
        "    state: on",
        "Ku\N{COMBINING DIAERESIS}chenlampe",
        "    state: on at 30",
        "    percent",
    ]


def test_orders_to_the_terminal_are_not_passed_on() -> None:
    """What can't be printed is replaced."""
    assert table(("NAME",), [("a\x1b[2Jb\n",)]) == ["NAME", "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}"]


def test_no_rows() -> None:
    """Of an empty table only nothing is left."""
    assert table(HEADS, []) == [""]


@given(st.text(), st.integers(2, 40))
def test_wrapped_text_fits_and_is_whole(text: str, columns: int) -> None:
    """No line is too wide, no character but blanks is lost."""
    text = printable(text)
    lines = wrapped(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), max_size=5), st.integers(20, 100))
def test_any_table_fits(rows: list[list[str]], columns: int) -> None:
    """Whatever it holds, it is no wider than the terminal."""
    assert all(width(line) <= columns for line in table(HEADS, rows, columns))
