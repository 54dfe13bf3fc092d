"""What Google's published protocol makes of hubd's frames."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from pydantic import JsonValue

CHECKOUT: Final = Path(__file__).resolve().parents[2]
ORACLE_PYTHON: Final = CHECKOUT / ".venv-oracles" / "bin" / "python"
_PROGRAM: Final = Path(__file__).with_name("google_reader.py")
_FLOAT: Final = 1e-6  # what single precision, as the proto has it for temperature, leaves of a number


@dataclass(frozen=True, slots=True)
class Unpublished:
    """Something that the service takes or sends, but that the published v1beta proto lacks.

    path: the field's JSON names, with ``[]`` for each list's items. source: who says that it exists.
    value: the one value of the field that is not published; None if the field itself is not.
    """

    path: str
    source: str
    value: str | None = None


# What hubd sends beyond the proto; google-genai's own types know each.
_SETUP: Final = "live-protocol.md 3"
_GENERATION: Final = "live-protocol.md 3.1"
SENT_UNPUBLISHED: Final = (
    Unpublished("setup.proactivity", f"{_SETUP} [sdk], [ref]"),
    Unpublished("setup.historyConfig", f"{_SETUP} [ref]"),
    Unpublished("setup.inputAudioTranscription.languageCodes", f"{_SETUP} [sdk]"),
    Unpublished("setup.inputAudioTranscription.customVocabulary", f"{_SETUP} [sdk]"),
    Unpublished("setup.generationConfig.enableAffectiveDialog", f"{_GENERATION} [ref]"),
    Unpublished("setup.generationConfig.thinkingConfig.thinkingLevel", f"{_GENERATION} [ref]"),
    Unpublished(
        "setup.realtimeInputConfig.turnCoverage",
        "live-protocol.md 3.2 [ref]",
        value="TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
    ),
)

# What our servers can send beyond the proto, as the service does.
_CONTENT: Final = "live-protocol.md 7.1"
SERVED_UNPUBLISHED: Final = (
    Unpublished("setupComplete.sessionId", "live-protocol.md 7"),
    Unpublished("sessionResumptionUpdate.lastConsumedClientMessageIndex", "live-protocol.md 7"),
    Unpublished("voiceActivity", "live-protocol.md 7 [field]"),
    Unpublished("interactionStatus", f"{_CONTENT} [ref]"),
    Unpublished("error", "live-protocol.md 7"),
    Unpublished("usageMetadata.candidatesTokenCount", "live-protocol.md 7.2"),
    Unpublished("serverContent.inputTranscription.finished", f"{_CONTENT} [issue]"),
    Unpublished("serverContent.inputTranscription.languageCode", f"{_CONTENT} [issue]"),
    Unpublished("serverContent.outputTranscription.finished", f"{_CONTENT} [issue]"),
    Unpublished("serverContent.outputTranscription.languageCode", f"{_CONTENT} [issue]"),
    Unpublished("serverContent.interimInputTranscription", f"{_CONTENT} [sdk]"),
    Unpublished("serverContent.turnCompleteReason", f"{_CONTENT} [sdk]"),
    Unpublished("serverContent.interactionStatus", f"{_CONTENT} [sdk]"),
)


class Reader:
    """Google's parsers, in a process of their own; a context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [ORACLE_PYTHON, "-I", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            pass

    def read(self, kind: Literal["client", "server", "sdk"], frame: str) -> tuple[str | None, Any]:
        """Return what is wrong with the frame, or None, with the frame as it is printed again."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([kind, frame]) + "\n")
        self._process.stdin.flush()
        fault, printed = json.loads(self._process.stdout.readline())
        return fault, printed

    def complaints_about_client(self, frame: str) -> list[str]:
        """Return why the service might refuse or misread a frame of hubd's."""
        published, _ = without_unpublished(frame, SENT_UNPUBLISHED)
        found = self._proto_complaints("client", published)
        fault, _ = self.read("sdk", frame)
        if fault is not None:
            found.append(f"google-genai does not know it: {fault}")
        return [*found, *_careless_defaults(json.loads(frame))]

    def complaints_about_server(self, frame: str) -> list[str]:
        """Return where a frame of ours differs from what the service would send."""
        published, _ = without_unpublished(frame, SERVED_UNPUBLISHED)
        return self._proto_complaints("server", published)

    def _proto_complaints(self, kind: Literal["client", "server"], frame: str) -> list[str]:
        fault, printed = self.read(kind, frame)
        if fault is not None:
            return [f"the published proto refuses it: {fault}"]
        return [f"printed again it differs at {place}" for place in differences(json.loads(frame), printed)]


def without_unpublished(frame: str, unpublished: tuple[Unpublished, ...]) -> tuple[str, list[Unpublished]]:
    """Return the frame without these, and which of them it held."""
    message: JsonValue = json.loads(frame)
    held = [each for each in unpublished if _remove(message, each.path.split("."), each.value)]
    return (json.dumps(message) if held else frame), held


def _remove(within: JsonValue, path: list[str], value: str | None) -> bool:
    name, *rest = path
    if not isinstance(within, dict) or (key := name.removesuffix("[]")) not in within:
        return False
    if rest:
        inner = within[key]
        items = inner if name.endswith("[]") and isinstance(inner, list) else [inner]
        return sum(_remove(item, rest, value) for item in items) > 0  # every item, not the first alone
    if value is not None and within[key] != value:
        return False
    del within[key]
    return True


def differences(one: JsonValue, other: JsonValue, place: str = "") -> Iterator[str]:
    """Yield where two JSON values differ; a number's value counts, not how it is written."""
    match one, other:
        case dict(), dict():
            for key in [*one, *(key for key in other if key not in one)]:
                if key in one and key in other:
                    yield from differences(one[key], other[key], f"{place}.{key}")
                else:
                    yield f"{place}.{key}"
        case list(), list() if len(one) == len(other):
            for index, pair in enumerate(zip(one, other, strict=True)):
                yield from differences(*pair, f"{place}[{index}]")
        case int() | float(), int() | float() if not isinstance(one, bool) and not isinstance(other, bool):
            if not math.isclose(one, other, rel_tol=_FLOAT):
                yield place
        case _:
            if type(one) is not type(other) or one != other:
                yield place


def _careless_defaults(frame: dict[str, Any]) -> Iterator[str]:
    """Yield what parses but does not say what was meant: a default that differs between models, a key in a Struct."""
    match frame:
        case {"setup": {"tools": list(tools)}}:
            for tool in tools:
                for function in tool.get("functionDeclarations", []):
                    if "behavior" not in function:
                        yield f"{function['name']} declares no behavior, whose default differs (pitfall 5)"
        case {"toolResponse": {"functionResponses": list(responses)}}:
            for response in responses:
                if "scheduling" in response["response"]:
                    yield "scheduling is inside response, where it has no effect (pitfall 2)"
                if "scheduling" not in response:
                    yield "there is no scheduling"
        case _:
            pass
