"""The table of kinds by dialects, for people."""

from __future__ import annotations

from collections.abc import Iterator

from hubd.devices.cells import Cell, Row
from hubd.devices.codecs import ACTION, STATE
from hubd.devices.dialects import CELLS, PRESENCE
from hubd.devices.model import Dialect, Kind
from hubd.devices.offers import ACTIONS, OFFERS, STATES

_HEAD = "| kind | property | set by | values | read from |\n| --- | --- | --- | --- | --- |"


def appendix() -> str:
    """Return every cell in Markdown: a section for each dialect, a line for each property, what is not offered."""
    return "\n\n".join("\n\n".join(_section(dialect)) for dialect in Dialect)


def _section(dialect: Dialect) -> Iterator[str]:
    yield f"### {dialect}"
    yield "\n".join([_HEAD, *(line for kind, cell in CELLS[dialect].items() for line in _lines(kind, cell))])
    places = [f"`{place.topic}`: {place.available}, {place.unavailable}" for place in PRESENCE[dialect]]
    yield f"Availability: {'; '.join(places) or '`availability_topic`, if it is given'}."
    reasons = [f"{kind} ({offer})" for kind, offer in OFFERS[dialect].items() if isinstance(offer, str)]
    if reasons:
        yield f"Not offered: {'; '.join(reasons)}."


def _lines(kind: Kind, cell: Cell) -> Iterator[str]:
    envelope = f" in `{cell.envelope['method']}`" if "method" in cell.envelope else ""
    for row in cell.rows:
        first = kind if row is cell.rows[0] else ""
        yield f"| {' | '.join((first, *_columns(kind, row, envelope)))} |"


def _columns(kind: Kind, row: Row, envelope: str) -> tuple[str, ...]:
    words = {id(ACTION): ACTIONS, id(STATE): STATES}.get(id(row.codec))
    shown = row.codec.shown if words is None else " ".join(words[kind].values())
    set_by = row.command.shown() + (envelope if row.command.keys else "") if row.command is not None else "—"
    return row.name, set_by, shown, ", ".join(spot.shown() for spot in row.reports) or "—"
