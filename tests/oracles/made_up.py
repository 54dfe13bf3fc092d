"""Messages of the wire with anything in them that their types allow."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Final

from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.live.content import Part
from hubd.live.message import Wire
from hubd.live.messages import ServerMessage
from hubd.live.wire import Int64

# The types that the proto has, and hubd, which takes a server as it is, does not.
_SPECIAL: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "ModalityTokenCount.modality": st.sampled_from(["TEXT", "AUDIO", "IMAGE", "VIDEO", "DOCUMENT"]),
    "ExecutableCode.language": st.just("PYTHON"),
    "CodeExecutionResult.outcome": st.sampled_from(["OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED"]),
    "UrlMetadata.urlRetrievalStatus": st.sampled_from(["URL_RETRIEVAL_STATUS_SUCCESS", "URL_RETRIEVAL_STATUS_ERROR"]),
    "GoAway.timeLeft": st.floats(0, 10_000),
    "FunctionCall.name": st.sampled_from(["set_light", "a"]),  # always written, for no function is without
}
# Read, so that they can be refused; never written.
_READ_ALONE: Final = frozenset({"function_call", "function_response"})
# Of these the proto wants one at most.
_UNIONS: Final[Mapping[type[Wire], frozenset[str]]] = {
    Part: frozenset({"text", "inline_data", "executable_code", "code_execution_result"}),
    ServerMessage: frozenset(ServerMessage.wire_fields) - {"usage_metadata", "voice_activity", "interaction_status"},
}
_INT64: Final = typing.get_args(Int64)[1]
_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON: Final[st.SearchStrategy[JsonValue]] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def made_up(draw: st.DrawFn, kind: type[Wire]) -> Any:
    """Return a message of this kind with any of its fields set."""
    fields = sorted(kind.wire_fields.keys() - _READ_ALONE)
    union = _UNIONS.get(kind, frozenset())
    chosen = set(draw(st.lists(st.sampled_from(fields), unique=True, max_size=4))) if fields else set()
    chosen -= set(sorted(chosen & union)[1:])
    chosen |= kind.wire_required
    values = {}
    for name in sorted(chosen):
        field = kind.wire_fields[name]
        special = _SPECIAL.get(f"{kind.__name__}.{field.alias}")
        values[name] = draw(special if special is not None else _any(field.annotation, []))
    return kind(**values)


def _any(hint: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    """Return any value of a type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _any(arguments[0], list(arguments[1:]))
    if origin in {types.UnionType, typing.Union}:
        return st.one_of([_any(each, metadata) for each in arguments if each is not types.NoneType])
    if origin is tuple:
        return st.lists(_any(arguments[0], []), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_TEXT, JSON, max_size=3)
    if isinstance(hint, type) and issubclass(hint, Wire):
        return made_up(hint)
    lowest = -(2**63) if _INT64 in metadata else -(2**31)
    return {
        bool: st.booleans(),
        bytes: st.binary(max_size=8),
        int: st.integers(lowest, -lowest - 1),
        str: _TEXT,
    }[hint]
