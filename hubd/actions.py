"""What an automation does, with its texts filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pydantic import JsonValue

from hubd.devices.render import Publish
from hubd.devices.templates import TemplateError, render, render_payload, text_of
from hubd.events import Scheduling
from hubd.wishes import LONGEST_TEXT, WishStatus

# What texts and payloads may name: the value, the topic that it came on.
NAMES: Final = ("topic", "value")
# ``mqtt-devices.md`` 4, QoS and retain: an event that the broker could not deliver for so long is dropped, s.
_EXPIRY: Final = 60
# The same, of a reply, s.
_ANSWER_EXPIRY: Final = 30


@dataclass(frozen=True, slots=True)
class Tell:
    """Let the conversation know a text, as the scheduling says."""

    text: str
    scheduling: Scheduling = Scheduling.WHEN_IDLE


@dataclass(frozen=True, slots=True)
class Say:
    """Speak exactly a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Speak a question, listen for its answer; answer_topic: where that is published, empty for nowhere."""

    text: str
    answer_topic: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """Open the microphone as if woken."""


@dataclass(frozen=True, slots=True)
class Send:
    """Publish a message; a payload's texts may be templates (``templates.py``)."""

    topic: str
    payload: JsonValue = ""
    qos: int = 0
    retain: bool = False


Action = Tell | Say | Ask | Listen | Send
Deed = Tell | Say | Ask | Listen | Publish


def fill(action: Action, names: Mapping[str, JsonValue]) -> Deed:
    """Return the action as it is carried out: its texts rendered with these names, on one line, not too long.

    Raises TemplateError for a text that can't be rendered with them, or that is empty.
    """
    match action:
        case Tell() | Say() | Ask():
            return replace(action, text=_spoken(action.text, names))
        case Listen():
            return action
        case Send():
            payload = render_payload(action.payload, names)
            expiry = None if action.retain else _EXPIRY
            return Publish(action.topic, payload, action.qos, action.retain, expiry)


def answer(rule: str, topic: str, status: WishStatus, text: str) -> Publish:
    """Return what became of an automation's question, as a message: a JSON object.

    text: the person's answer if the status is DONE, else the reason.
    """
    done = status is WishStatus.DONE
    body = {
        "automation": rule,
        "ok": done,
        "status": status,
        "text": text if done else "",
        "detail": "" if done else text,
    }
    # What a model hears may hold half of a character.
    payload = json.dumps(body, ensure_ascii=False, separators=(", ", ": ")).encode(errors="replace")
    return Publish(topic, payload, qos=1, expiry=_ANSWER_EXPIRY)


def _spoken(source: str, names: Mapping[str, JsonValue]) -> str:
    rendered = text_of(render(source, names))
    text = one_line(rendered)
    if not text:
        raise TemplateError("nothing is left to be said")
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def one_line(text: str) -> str:
    """Return a text without line breaks, control characters and the like, each stretch of space as one."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
