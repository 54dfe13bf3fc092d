from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from pydantic.alias_generators import to_snake

from hubd.errors import RemoteProtocolError
from hubd.events import AnswerKind, Scheduling
from hubd.live import codec
from hubd.live.messages import ClientMessage
from hubd.live.wire import Strangers
from tests.oracles import emitted
from tests.oracles.reading import SENT_UNPUBLISHED, Reader, without_unpublished

# Of each size of set-up one, and one of every other sort of frame.
FRAMES: Final = [
    frame
    for frame in (
        *sorted({len(each): each for each in emitted.setups()}.values(), key=len)[::5],
        *(*emitted.marks(), *emitted.sound(b"\1\2" * 4), *emitted.text("a"), *emitted.notes("b")),
        *set(emitted.histories("c")),
        *emitted.answers(Scheduling.SILENT, {"a": [1, None]}, AnswerKind.FIRST),
    )
    if not without_unpublished(frame, SENT_UNPUBLISHED)[1]
]
VALUES: Final[tuple[JsonValue, ...]] = (
    None,
    True,
    False,
    0,
    7,
    -1,
    1.5,
    40.0,
    "",
    "x",
    "5",
    "AUDIO",
    [],
    {},
    [None],
    ["x"],
    {"x": 1},
    2**40,
)


def places(message: JsonValue, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where something is in a frame."""
    if place:
        yield place
    inner = message.items() if isinstance(message, dict) else enumerate(message) if isinstance(message, list) else ()
    for key, value in inner:
        yield from places(value, (*place, key))


@st.composite
def mistaken(draw: st.DrawFn) -> str:
    """Return a frame of hubd's with one mistake, or with something that is as good as before."""
    frame: Any = json.loads(draw(st.sampled_from(FRAMES)))
    *outer, last = draw(st.sampled_from(list(places(frame))))
    within = frame
    for key in outer:
        within = within[key]
    names = (
        [] if isinstance(last, int) else [lambda: f"{last}x", lambda: to_snake(str(last)), lambda: str(last).upper()]
    )
    match draw(st.sampled_from(["value", "value", "list", "twice", *names])):
        case "value":
            within[last] = draw(st.sampled_from(VALUES))
        case "list":
            within[last] = [within[last]]
        case "twice" if isinstance(within, list):
            within.append(within[0])
        case "twice":
            within["setup"] = {"model": "models/a"}
        case name:
            assert callable(name)
            within[name()] = within.pop(last)
    return json.dumps(frame)


@given(frame=mistaken())
@settings(max_examples=2_000)
def test_what_google_refuses_is_refused(reader: Reader, frame: str) -> None:
    """Our servers take no frame that the published proto does not take, so a client's mistake is found at home."""
    fault, _ = reader.read("client", frame)
    if fault is not None:
        with pytest.raises(RemoteProtocolError):
            codec.decode_client(frame)


def test_a_lenient_server_would_be_found(reader: Reader) -> None:
    """A server that let unknown names pass would differ from Google's parser."""
    frame = '{"realtimeInput":{"text":"a","language":"en"}}'
    assert reader.read("client", frame)[0] is not None
    codec._decode(ClientMessage, frame, Strangers.PASSED_OVER)
