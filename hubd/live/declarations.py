"""What the model may call: function declarations with the schema of their parameters."""

from enum import StrEnum
from typing import Annotated

from hubd.events import Behavior
from hubd.live.message import Wire, field
from hubd.live.wire import Bool, Int64, Json, Number, Struct, text_like


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
    items: "Schema | None" = None
    min_items: Int64 | None = None
    max_items: Int64 | None = None
    properties: "dict[str, Schema]" = field(default={})
    required: tuple[str, ...] = ()
    property_ordering: tuple[str, ...] = ()
    any_of: "tuple[Schema, ...]" = ()
    minimum: Number | None = None
    maximum: Number | None = None
    min_length: Int64 | None = None
    max_length: Int64 | None = None
    pattern: str = ""
    default: Json = None


class FunctionDeclaration(Wire):
    """A function that the model may call.

    name: letters, digits and ``_ : . -``, at most 64. behavior: hubd always declares it, because its default changed
    between models (``live-protocol.md`` 13, pitfall 5); None for a declaration that came without one.
    parameters: a Schema of type OBJECT, or None for a function without parameters.
    """

    name: Annotated[str, text_like(r"[A-Za-z0-9_:.\-]{1,64}")]
    description: str = field(default="", written=True)
    behavior: Behavior | None = None
    parameters: Schema | None = None
    parameters_json_schema: Json = None
    response: Schema | None = None
    response_json_schema: Json = None


class Tool(Wire):
    """A group of functions, or a tool of the service's own; the hub sends one group."""

    function_declarations: tuple[FunctionDeclaration, ...] = ()
    google_search: Struct | None = None
    code_execution: Struct | None = None
    url_context: Struct | None = None
