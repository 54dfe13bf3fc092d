"""What became of a command, as a message to who gave it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, assert_never

from pydantic import JsonValue

from hubd.devices.render import Publish
from hubd.mqtt.orders import Declined, Fault, Identity, Order
from hubd.mqtt.reading import READERS
from hubd.wishes import WishStatus

# ``mqtt-devices.md`` 4, QoS with retain: replies, s.
EXPIRY: Final = 30
Result = Mapping[str, JsonValue]
"""id, command, ok, status, error, detail; and for the answer to a question its text, its choice."""

# A topic of its own for the results of what is no command.
NO_COMMAND: Final = "unknown"


def declined(refusal: Declined) -> Result:
    """Return the result of a command that is not carried out."""
    return _result(refusal.command, refusal.id, WishStatus.REFUSED, refusal.fault, refusal.problem)


def carried_out(order: Order, status: WishStatus, text: str) -> Result:
    """Return the result of a command; text: what the conversation says about it."""
    match status:
        case WishStatus.DONE:
            unread = f"left out, for it means nothing here: {', '.join(order.unread)}" if order.unread else ""
            return _result(order.command, order.id, status, None, "; ".join(filter(None, (text, unread))))
        case WishStatus.REFUSED:
            fault = Fault.REFUSED
        case WishStatus.FAILED:
            fault = Fault.FAILED
        case WishStatus.STOPPED:
            fault = Fault.STOPPED
        case _:
            assert_never(status)
    return _result(order.command, order.id, status, fault, text)


def answered(order: Order, text: str, choices: tuple[str, ...]) -> Result:
    """Return the result of a question that got an answer; choice: the one of the choices that it holds, or null."""
    said = f" {_words(text)} "
    fitting = [choice for choice in choices if f" {_words(choice)} " in said]
    body = carried_out(order, WishStatus.DONE, "")
    return {**body, "text": text, "choice": fitting[0] if len(fitting) == 1 else None}


def name_of(command: str) -> str:
    """Return the command's name as results have it: one of the hub's commands, or ``unknown``."""
    return command if command in READERS else NO_COMMAND


def message(body: Result, topic: str, correlation: bytes | None) -> Publish:
    """Return a result as the message to the topic."""
    text = json.dumps(body, ensure_ascii=False, separators=(", ", ": "))
    # What a model hears may hold half of a character.
    return Publish(topic, text.encode(errors="replace"), qos=1, expiry=EXPIRY, correlation=correlation)


def _result(command: str, identity: Identity | None, status: WishStatus, fault: Fault | None, detail: str) -> Result:
    return {
        "id": identity,
        "command": name_of(command),
        "ok": fault is None,
        "status": status,
        "error": None if fault is None else fault.value,
        "detail": detail,
    }


def _words(text: str) -> str:
    return " ".join("".join(each if each.isalnum() else " " for each in text.casefold()).split())
