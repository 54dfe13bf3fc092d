"""What of a report may leave the hub."""

from __future__ import annotations

from dataclasses import replace

from hubd.reports import CalledReport, HeardReport, PublishedReport, Report, SaidReport, ShownReport


def without_words(report: Report) -> Report:
    """Return the report without what people said, or the arguments and messages that repeat it (``design.md`` 8)."""
    match report:
        case HeardReport() | SaidReport() | ShownReport():
            return replace(report, text="")
        case CalledReport():
            # The arguments are what the model said, not yet checked: a list may hold words as well.
            kept = {name: value for name, value in report.arguments.items() if isinstance(value, int | float | None)}
            return replace(report, arguments=kept)
        case PublishedReport(in_own_words=True):
            return replace(report, payload="")
        case _:
            return report
