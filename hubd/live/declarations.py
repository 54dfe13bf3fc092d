"""What the model may call: function declarations with the schema of their parameters."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, JsonValue, model_validator

from hubd.events import Behavior
from hubd.live.wire import Bool, Int64, Number, Struct, Wire


class SchemaType(StrEnum):
    """The type of a parameter; lower case is refused by the service."""

    OBJECT = "OBJECT"
    STRING = "STRING"
    NUMBER = "NUMBER"
    INTEGER = "INTEGER"
    BOOLEAN = "BOOLEAN"
    ARRAY = "ARRAY"


class Schema(Wire):
    """What a parameter may be, after OpenAPI (``live-protocol.md`` 3.1)."""

    type: SchemaType
    title: str = ""
    description: str = ""
    format: str = ""
    nullable: Bool = False
    enum: tuple[str, ...] = ()
    items: Schema | None = None
    min_items: Int64 | None = None
    max_items: Int64 | None = None
    properties: dict[str, Schema] = Field(default_factory=dict)
    required: tuple[str, ...] = ()
    property_ordering: tuple[str, ...] = ()
    any_of: tuple[Schema, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None
    min_length: Int64 | None = None
    max_length: Int64 | None = None
    pattern: str = ""
    default: JsonValue = None


class FunctionDeclaration(Wire):
    """A function that the model may call.

    name: letters, digits and ``_ : . -``, at most 64. behavior: hubd always declares it, because its default changed
    between models (``live-protocol.md`` 13, pitfall 5); None for a declaration that came without one.
    parameters: a Schema of type OBJECT, or None for a function without parameters.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_:.\-]{1,64}$")
    description: str
    behavior: Behavior | None = None
    parameters: Schema | None = None
    parameters_json_schema: JsonValue = None
    response: Schema | None = None
    response_json_schema: JsonValue = None

    @model_validator(mode="before")
    @classmethod
    def _description_may_be_absent(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("description") is None:
            return {**data, "description": ""}
        return data


class Tool(Wire):
    """A group of functions, or a tool of the service's own; the hub sends one group."""

    function_declarations: tuple[FunctionDeclaration, ...] = ()
    google_search: Struct | None = None
    code_execution: Struct | None = None
    url_context: Struct | None = None
