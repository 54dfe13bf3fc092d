"""What of a report may leave the hub."""

from __future__ import annotations

from dataclasses import replace

from hubd.reports import CalledReport, HeardReport, Report, SaidReport


def without_words(report: Report) -> Report:
    """Return the report without what people said, or the arguments that repeat it (``design.md`` 8)."""
    match report:
        case HeardReport() | SaidReport():
            return replace(report, text="")
        case CalledReport():
            kept = {name: value for name, value in report.arguments.items() if not isinstance(value, str)}
            return replace(report, arguments=kept)
        case _:
            return report
