"""Functions with their parameters → declarations as Live takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from hubd.devices.parameters import Parameter, ParameterType
from hubd.events import Behavior
from hubd.live.declarations import FunctionDeclaration, Schema, SchemaType

_SCHEMA_TYPES: Final[Mapping[ParameterType, SchemaType]] = {
    ParameterType.STRING: SchemaType.STRING,
    ParameterType.INTEGER: SchemaType.INTEGER,
    ParameterType.NUMBER: SchemaType.NUMBER,
    ParameterType.BOOLEAN: SchemaType.BOOLEAN,
}


def declare(
    name: str,
    description: str,
    behavior: Behavior,
    parameters: Mapping[str, Parameter] | None = None,
    required: Iterable[str] = (),
) -> FunctionDeclaration:
    """Return a function's declaration; required: the names of parameters that a call has to give."""
    schema = Schema(
        type=SchemaType.OBJECT,
        properties={name: _schema(parameter) for name, parameter in (parameters or {}).items()},
        required=tuple(required),
    )
    return FunctionDeclaration(
        name=name, description=description, behavior=behavior, parameters=schema if parameters else None
    )


def _schema(parameter: Parameter) -> Schema:
    return Schema(
        type=_SCHEMA_TYPES[parameter.type],
        description=parameter.description,
        enum=parameter.enum,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        default=parameter.default,
    )
