from __future__ import annotations

import pytest

from hubd.errors import LocalProtocolError
from hubd.transitions import Table

# A door: a number opens it, a text closes it; bytes mean nothing to a door that is open.
DOOR: Table[str, int | str | bytes] = Table(
    {"closed": {int: ("open", "closed")}, "open": {str: ("closed",)}},
    {"closed": frozenset(), "open": frozenset({bytes})},
)


def never() -> str:
    """Fail, for nothing is to be decided."""
    raise AssertionError


def test_way() -> None:
    """An event leads where it is decided, if there is such a way."""
    assert DOOR.target("closed", 1, lambda: "open") == "open"
    with pytest.raises(LocalProtocolError, match="str can't lead from open to open"):
        DOOR.target("open", "x", lambda: "open")


def test_stale() -> None:
    """About an event that changes nothing nothing is decided."""
    assert DOOR.target("open", b"", never) is None


def test_impossible() -> None:
    """An event that can't come is an error, before anything is decided."""
    with pytest.raises(LocalProtocolError, match="bytes can't come while closed"):
        DOOR.target("closed", b"", never)
