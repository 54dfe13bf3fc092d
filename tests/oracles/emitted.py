"""Every frame that hubd can emit, made by the code that emits it."""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import types
import typing
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from pydantic import JsonValue

from hubd.demo.house import demo_devices
from hubd.devices.catalog import Catalog
from hubd.devices.model import Device
from hubd.events import Answer, AnswerKind, Backend, Behavior, Call, CallStatus, Scheduling
from hubd.live.declarations import FunctionDeclaration
from hubd.live.history import HistoryTurn, Role
from hubd.live.message import Wire
from hubd.live.models import MODELS, Option
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.tools import Toolbox

# What the type of a setting does not tell: what a fitting value is.
_VALUES: Final[dict[str, Sequence[object]]] = {
    "temperature": (0.0, 0.7, 2.0),
    "top_p": (0.0, 0.95),
    "trigger_tokens": (10_000, 1_000_000),
    "target_tokens": (1, 8_000),
    "budget": (-1, 0, 1_024),
}
_BY_TYPE: Final[dict[object, Sequence[object]]] = {
    bool: (False, True),
    int: (0, 1, 2**31 - 1),
    float: (0.0, 0.25, -1.5),
    str: ("", 'Kore, "ä" \N{HOUSE BUILDING}', "\ud83d"),
}
MODEL_IDS: Final = (*MODELS, "a-model-that-is-not-listed")

SETUP_COMPLETE: Final = b'{"setupComplete":{}}'


def settings_with_each_option() -> Iterator[SessionSettings]:
    """Yield settings with each option at each of its values, alone and beside all others, for every model."""
    fields = [field.name for field in dataclasses.fields(SessionSettings) if field.name != "model"]
    hints = typing.get_type_hints(SessionSettings)
    values = {name: _values(name, hints[name]) for name in fields}
    fullest = {name: each[-1] for name, each in values.items()}
    make: Any = SessionSettings  # the values have the fields' own types
    for model in MODEL_IDS:
        yield SessionSettings(model)
        for name, each in values.items():
            for value, others in product(each, ({}, fullest)):
                yield make(model, **(others | {name: value}))


def _values(name: str, hint: object) -> Sequence[object]:
    """Return values for a setting of this name and type, the fullest last."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if name in _VALUES or hint in _BY_TYPE:
        return _VALUES.get(name) or _BY_TYPE[hint]
    if isinstance(hint, types.UnionType):
        return [value for each in arguments if each is not types.NoneType for value in _values(name, each)]
    if origin in {tuple, frozenset}:
        return [origin(), origin(_values("", arguments[0]))]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return list(hint)
    assert isinstance(hint, type), f"{name}: give this type of setting its values"
    return _instances(hint)


def _instances(kind: type) -> Sequence[object]:
    hints = typing.get_type_hints(kind)
    values = {field.name: _values(field.name, hints[field.name]) for field in dataclasses.fields(kind)}
    fullest = {name: each[-1] for name, each in values.items()}
    needed = {
        field.name: values[field.name][0]
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    alone = [kind(**(needed | {name: value})) for name, each in values.items() for value in each]
    return [*alone, kind(**fullest)]


@functools.cache
def house() -> tuple[FunctionDeclaration, ...]:
    """Return what the demo house offers, with one more device that has a parameter of every sort."""
    device = Device.model_validate(
        {
            "id": "robot",
            "name": "robot",
            "function": [
                {
                    "name": f"command_robot_{behavior.lower()}",
                    "description": "Tell the robot something.",
                    "behavior": behavior,
                    "publish": {"topic": "robot/set", "payload": "{{ room }}"},
                    "parameters": {
                        "room": {"type": "string", "enum": ["kitchen", "hall"], "default": "hall"},
                        "word": {"type": "string", "description": 'Any, even "ä".', "default": ""},
                        "speed": {"type": "number", "minimum": -0.5, "maximum": 1.5, "default": 0.0},
                        "percent": {"type": "integer", "minimum": 0, "maximum": 100, "default": 0},
                        "loud": {"type": "boolean", "default": False},
                        "often": {"type": "integer"},
                    },
                }
                for behavior in Behavior
            ],
        }
    )
    return Toolbox(Catalog([*demo_devices(), device])).declarations()


@functools.cache
def setups() -> tuple[str, ...]:
    """Return the first frames of sessions with every option, with functions or without, fresh or resumed.

    All functions are in those of each model that have no option beside them: what is declared depends on the model.
    """
    frames: list[str] = []
    for settings in settings_with_each_option():
        functions = house() if settings == SessionSettings(settings.model) else house()[:1]
        frames += _said(LiveSession(Opening(settings, functions), None, Backend.GEMINI))
    for declarations, handle in product(((), house()), (None, "5b0e6c1e-7d0f-4a57-8f7d-0c3f1a2b9e44")):
        frames += _said(LiveSession(Opening(SessionSettings(MODEL_IDS[0]), declarations), handle, Backend.GEMINI))
    return tuple(dict.fromkeys(frames))


def _said(session: LiveSession) -> list[str]:
    return session.data_to_send()


def open_session(*, manual: bool = False) -> LiveSession:
    """Return a session that is set up, with nothing to send."""
    settings = SessionSettings(MODEL_IDS[0], manual_activity=manual)
    session = LiveSession(Opening(settings, house()), None, Backend.GEMINI)
    session.data_to_send()
    session.receive(SETUP_COMPLETE)
    return session


def sound(pcm: bytes) -> list[str]:
    """Return the frames of sound."""
    session = open_session()
    session.send_audio(pcm)
    return session.data_to_send()


def text(words: str) -> list[str]:
    """Return the frames of a typed question."""
    session = open_session()
    session.send_text(words)
    return session.data_to_send()


def marks() -> list[str]:
    """Return the frames that tell where speech begins, where it ends, where the microphone pauses."""
    manual, automatic = open_session(manual=True), open_session()
    manual.begin_activity()
    manual.end_activity()
    automatic.end_audio_stream()
    return [*manual.data_to_send(), *automatic.data_to_send()]


def notes(words: str) -> list[str]:
    """Return the frames of something that the model is to know."""
    session = open_session()
    session.send_note(words)
    return session.data_to_send()


def histories(words: str) -> Iterator[str]:
    """Yield what sessions are told of before, in every way, for every model."""
    turns = tuple(HistoryTurn(role, words) for role in (*Role, Role.MODEL))
    for model, takes in product(MODEL_IDS, (frozenset[Option](), frozenset(Option))):
        session = LiveSession(
            Opening(SessionSettings(model, history=turns, model_takes=takes), house()), None, Backend.GEMINI
        )
        session.data_to_send()
        session.receive(SETUP_COMPLETE)
        yield from session.data_to_send()


def answers(scheduling: Scheduling, response: dict[str, JsonValue], kind: AnswerKind = AnswerKind.OUTCOME) -> list[str]:
    """Return the frame that answers two calls at once."""
    session = open_session()
    calls = [Call(f"call_{n}", "set_light", {}) for n in range(2)]
    asked = [{"id": call.id, "name": call.name} for call in calls]
    session.receive(json.dumps({"toolCall": {"functionCalls": asked}}))
    session.respond([Answer(call, CallStatus.DONE, scheduling, response, kind) for call in calls])
    return session.data_to_send()


def fields_in(message: JsonValue, kind: type[Wire]) -> Iterator[str]:
    """Yield each field that a frame makes use of, as ``Setup.model``."""
    assert isinstance(message, dict)
    for field in kind.wire_fields.values():
        if field.alias not in message:
            continue
        yield f"{kind.__name__}.{field.alias}"
        for inner, origin in _messages(field.annotation):
            value: Any = message[field.alias]
            for each in value if origin is tuple else value.values() if origin is dict else [value]:
                yield from fields_in(each, inner)


def fields_of(kind: type[Wire]) -> set[str]:
    """Return each field that a message of this kind can have, at any depth."""
    kinds = [kind]
    for each in kinds:
        inner = [inner for field in each.wire_fields.values() for inner, _ in _messages(field.annotation)]
        kinds += [found for found in dict.fromkeys(inner) if found not in kinds]
    return {f"{each.__name__}.{field.alias}" for each in kinds for field in each.wire_fields.values()}


def _messages(annotation: object, origin: object = None) -> Iterator[tuple[type[Wire], object]]:
    """Yield the messages in a field's type, with the collection that they are in."""
    if isinstance(annotation, type) and issubclass(annotation, Wire):
        yield annotation, origin
    outer = typing.get_origin(annotation)
    for inner in typing.get_args(annotation):
        yield from _messages(inner, outer if outer in {tuple, dict} else origin)
