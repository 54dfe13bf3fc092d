"""A hub at a glance: what a terminal shows of one that runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from hubd import story
from hubd.mirror import HubState, Moment
from hubd.reports import AnsweredReport, CalledReport, HeardReport, SaidReport, StateReport
from hubd.tables import printable, width

# More rows than that no terminal has.
_EVENTS: Final = 200
_CALLS: Final = 5
_CUT: Final = "…"
# Room for "done after 1234 ms".
_OUTCOME_COLUMNS: Final = 18


@dataclass(frozen=True, slots=True)
class _Call:
    """A call, with what came of it once that is known."""

    time: float
    asked: CalledReport
    outcome: AnsweredReport | None = None


class View:
    """Takes what is told of a hub; lines() is what a terminal of some size shows.

    hub: its id. clock: returns a time (s since 1970, UTC) as people write it, as in 14:03:20.
    """

    def __init__(self, hub: str, clock: Callable[[float], str]) -> None:
        self._hub = hub
        self._clock = clock
        self._notice = ""
        self._how: HubState | None = None
        self._heard = self._said = ""
        self._calls: dict[str, _Call] = {}
        self._events: deque[str] = deque(maxlen=_EVENTS)

    def notice(self, text: str) -> None:
        """Show why the hub can't be seen; an empty text if it can."""
        self._notice = text

    def state(self, how: HubState) -> None:
        """Take what the hub says of itself."""
        self._how = how

    def take(self, moment: Moment) -> None:
        """Take an event."""
        self._events.append(f"{self._clock(moment.time)}  {story.line(moment.report)}")
        match moment.report:
            case StateReport(state) if self._how is not None:
                self._how = replace(self._how, state=state)
            case HeardReport() as heard:
                self._heard = story.line(heard)
            case SaidReport() as said:
                self._said = story.line(said)
            case CalledReport(call) as asked:
                self._calls[call] = _Call(moment.time, asked)
                for oldest in list(islice(self._calls, max(0, len(self._calls) - _CALLS))):
                    del self._calls[oldest]
            case AnsweredReport(call) as outcome if call in self._calls:
                self._calls[call] = replace(self._calls[call], outcome=outcome)
            case _:
                pass

    def lines(self, columns: int, rows: int) -> list[str]:
        """Return at most so many lines, none wider than so many columns: the newest events below what holds now."""
        above = [_fitted(line, columns) for line in self._above()]
        room = max(0, rows - len(above))
        below = list(self._events)[-room:] if room else []
        return [*above[:rows], *(_fitted(line, columns) for line in below)]

    def _above(self) -> Iterator[str]:
        yield f'hubd "{self._hub}": {self._notice or self._described()}'
        if self._how is not None and self._how.last_error:
            yield f"trouble: {self._how.last_error}"
        yield from filter(None, (self._heard, self._said))
        for call in self._calls.values():
            became = _CUT if call.outcome is None else f"{call.outcome.status} after {call.outcome.after_ms} ms"
            asked = story.line(call.asked).removeprefix("called: ")
            yield f"{self._clock(call.time)}  {became:{_OUTCOME_COLUMNS}}  {asked}"
        yield ""

    def _described(self) -> str:
        how = self._how
        if how is None:
            return "nothing is known of it yet"
        muted = ", muted" if how.muted else ""
        session = f", {how.session} session" if how.session is not None else ""
        return f"{how.state.replace('_', ' ')}{muted}{session}, volume {how.volume} %"


def _fitted(text: str, columns: int) -> str:
    """Return the text without orders to a terminal, cut where it is too wide."""
    # A payload may have thousands of characters, of which few take no column.
    text = printable(text[: 4 * columns])
    if width(text) <= columns:
        return text
    while text and width(text) > columns - width(_CUT):
        text = text[:-1]
    return f"{text}{_CUT}"
