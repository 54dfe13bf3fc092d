"""The public event stream as a story: one line a report, as a person likes to read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, assert_never

from pydantic import JsonValue

from hubd.reports import (
    AnsweredReport,
    CalledReport,
    HeardReport,
    NearMissReport,
    PublishedReport,
    Report,
    SaidReport,
    SessionReport,
    ShownReport,
    StateReport,
    ToldReport,
    TroubleReport,
    UsageReport,
    WokeReport,
)
from hubd.wake import spoken

# A model may call with a megabyte; nobody reads that.
LONGEST: Final = 2000


def line(report: Report) -> str:
    """Return the report in words, cut to LONGEST characters, without a line break or any other control character."""
    words = _words(report)
    shown = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return "".join(character if character.isprintable() else " " for character in shown)


def _words(report: Report) -> str:  # noqa: C901, PLR0911, PLR0912 -- one case a kind
    match report:
        case WokeReport(model, score):
            return f"woke: {spoken(model)} (score {score:.2f})"
        case NearMissReport(model, score, threshold):
            too_short = ", too short" if score >= threshold else ""
            return f"nearly woke: {spoken(model)} (score {score:g}{too_short}, threshold {threshold:g})"
        case SessionReport(change, backend, reason):
            return f"session {change}: {backend}{_because(reason)}"
        case StateReport(state):
            return f"state: {state.replace('_', ' ')}"
        case HeardReport(text, final):
            return f"heard: {_quoted(text)}{'' if final else ' …'}"
        case CalledReport(_, function, device, arguments):
            on = f" on {device}" if device else ""
            return f"called: {function}({_listed(arguments)}){on}"
        case PublishedReport(_, topic, payload):
            return f"published: {topic} {payload}"
        case AnsweredReport():
            reported = f", {_listed(report.device_state)}" if report.device_state else ""
            return f"answered: {report.status} after {report.after_ms} ms, {report.scheduling}{reported}"
        case SaidReport(text, interrupted):
            return f"said: {_quoted(text)}{' (interrupted)' if interrupted else ''}"
        case ShownReport(what, text):
            return f"shown: {what}: {_quoted(text)}"
        case ToldReport(source, text, scheduling):
            return f"told by {source}: {_quoted(text)}, {scheduling}"
        case UsageReport():
            return f"tokens: {report.total_tokens} in this turn, {report.today_tokens} of Gemini's today"
        case TroubleReport(part, problem, advice, cleared):
            return f"trouble over: {part}" if cleared else f"trouble: {part}: {problem.rstrip('.')}. {advice}"
        case _:
            assert_never(report)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else "(words kept private)"


def _listed(values: Mapping[str, JsonValue]) -> str:
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
