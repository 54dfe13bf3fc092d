"""Which parts of the hub have trouble now."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hubd.reports import Part, TroubleReport


class Troubles:
    """Keeps the trouble of each part, until it is over; a part has one at a time: another one takes its place."""

    def __init__(self) -> None:
        self._problems: dict[Part, str] = {}

    @property
    def problems(self) -> Mapping[Part, str]:
        """What is wrong, in words, the newest last."""
        return MappingProxyType(self._problems)

    @property
    def newest(self) -> str | None:
        """What has been wrong for the shortest time."""
        return next(reversed(self._problems.values()), None)

    def take(self, report: TroubleReport) -> None:
        """Note that a part has trouble, or that what was told last of it is over."""
        if not report.cleared:
            self._problems.pop(report.part, None)
            self._problems[report.part] = report.problem
        elif self._problems.get(report.part) == report.problem:
            del self._problems[report.part]
