"""Google's reading of frames; a program for .venv-oracles, where nothing of hubd's is installed.

Each line of its input is ``["client" | "server" | "sdk", frame]``, each line of its output answers the one before with
``[fault, printed]``. client, server: the frame is parsed as the published v1beta BidiGenerateContentClientMessage or
BidiGenerateContentServerMessage, strictly, then printed again. sdk: the frame is parsed with google-genai's own types,
which know fields that were published in no proto; printed is null.
"""

from __future__ import annotations

import json
import sys

from google.ai.generativelanguage_v1beta.types import generative_service
from google.genai import types
from google.protobuf import json_format

_MESSAGES = {
    "client": generative_service.BidiGenerateContentClientMessage.pb(),
    "server": generative_service.BidiGenerateContentServerMessage.pb(),
}


def _proto(kind: str, frame: str) -> object:
    return json_format.MessageToDict(json_format.Parse(frame, _MESSAGES[kind]()))


def _sdk(frame: str) -> object:
    message = json.loads(frame)
    # Of the set-up's parts google-genai writes this one by hand, so its type of the whole lacks it.
    realtime = message.get("setup", {}).pop("realtimeInputConfig", None)
    types.LiveClientMessage.model_validate(message)
    if realtime is not None:
        types.RealtimeInputConfig.model_validate(realtime)
    return None


def _read(kind: str, frame: str) -> tuple[str | None, object]:
    try:
        return None, _sdk(frame) if kind == "sdk" else _proto(kind, frame)
    except (ValueError, json_format.Error) as fault:
        return str(fault), None


def main() -> None:
    """Read until the end of the input."""
    for line in sys.stdin:
        kind, frame = json.loads(line)
        sys.stdout.write(json.dumps(_read(kind, frame)) + "\n")
        sys.stdout.flush()


main()
