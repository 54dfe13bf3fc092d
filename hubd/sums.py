"""What became of one command for several devices, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hubd.devices.phrases import the
from hubd.events import CallStatus
from hubd.outcomes import NAMES, Outcome
from hubd.requests import Several

_SPOKEN: Final = 3
_COUNTS: Final = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_NOTHING: Final = f"nothing was sent to {NAMES}"
_BOTH: Final = 2


def summed(several: Several, results: Sequence[tuple[str, Outcome | None]]) -> Outcome:
    """Return the one outcome: how many are as they were to be, which are not.

    results: the spoken name of each device with what became of it; None where nothing was sent, as the call was taken
    back. It is failed if one failed, late if one was late.
    """
    faults: dict[str, list[str]] = {}
    statuses = {CallStatus.FAILED if outcome is None else outcome.status for _, outcome in results}
    for label, outcome in results:
        fault = _NOTHING if outcome is None else outcome.fault
        if fault:
            faults.setdefault(fault, []).append(label)
    done = len(results) - sum(map(len, faults.values()))
    clauses = [_counted(several, results[0][0], done, len(results))] if done else []
    clauses += [fault.replace(NAMES, listed(labels)) for fault, labels in faults.items()]
    text = "; ".join(clauses)
    sentences = [f"{text[:1].upper()}{text[1:]}.", *several.left_out[:_SPOKEN]]
    if (more := len(several.left_out) - _SPOKEN) > 0:
        sentences.append(f"So it is with {more} more.")
    retryable = any(outcome is not None and outcome.retryable for _, outcome in results)
    return Outcome(_worst(statuses), " ".join(sentences), retryable=retryable)


def listed(labels: Sequence[str]) -> str:
    """Return names as they are spoken: "the hall lamp, the desk lamp and four more"."""
    names = [the(label) for label in labels]
    if len(names) > _SPOKEN:
        names = [*names[: _SPOKEN - 1], f"{count(len(names) - _SPOKEN + 1)} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def count(number: int) -> str:
    """Return a number of things as it is spoken."""
    return _COUNTS[number] if number < len(_COUNTS) else str(number)


def _counted(several: Several, only: str, done: int, total: int) -> str:
    if total == 1:
        return f"{the(only)} is {several.said}"
    if done < total:
        return f"{count(done)} of the {count(total)} {several.label} {'is' if done == 1 else 'are'} {several.said}"
    return f"{'both' if total == _BOTH else f'all {count(total)}'} {several.label} are {several.said}"


def _worst(statuses: set[CallStatus]) -> CallStatus:
    if statuses & {CallStatus.FAILED, CallStatus.REFUSED}:
        return CallStatus.FAILED
    return CallStatus.LATE if CallStatus.LATE in statuses else CallStatus.DONE
