"""What one side says: text or media, in parts."""

from typing import Annotated

from hubd.live.message import Wire, field
from hubd.live.wire import Bool, Bytes, Struct, enum_name


class Blob(Wire):
    """Bytes with their type, such as ``audio/pcm;rate=16000``."""

    mime_type: str = ""
    data: Bytes = field(default=b"", repr=False)


class ExecutableCode(Wire):
    """A program that the model wrote, to be run at the server; language is ``PYTHON``."""

    language: Annotated[str, enum_name("PYTHON")] = ""
    code: str = ""


class CodeExecutionResult(Wire):
    """What a program came to: outcome is ``OUTCOME_OK`` or another ``OUTCOME_…``, output what it printed, or why."""

    outcome: Annotated[str, enum_name("OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED")] = ""
    output: str = ""


class Part(Wire):
    """A piece of text, of media, of a program, or of a call; a thought is none of the person's business.

    Calls are not taken in a history (``live-protocol.md`` 13, pitfall 14); hubd sends none.
    """

    text: str = ""
    thought: Bool = False
    inline_data: Blob | None = None
    executable_code: ExecutableCode | None = None
    code_execution_result: CodeExecutionResult | None = None
    function_call: Struct | None = None
    function_response: Struct | None = None


class Content(Wire):
    """What one side says: role is ``user`` or ``model``."""

    role: str = ""
    parts: tuple[Part, ...] = ()
