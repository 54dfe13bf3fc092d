"""A host driven by hand: frames and results in, what it would send out."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from hubd.live import codec
from hubd.live.declarations import FunctionDeclaration
from hubd.offline.effects import Close, Prepare, Recognise, Send, Speak
from hubd.offline.host import Host
from hubd.offline.memory import Handles
from hubd.offline.mind import OfflineBrain
from tests.offline.house import HOUSE

RATE: Final = 16_000
# A second of sound from the model, at 24 kHz.
SECOND: Final = bytes(48_000)

Frame = dict[str, Any]  # as JSON, looked into by key


def declared(declarations: Sequence[FunctionDeclaration]) -> list[Frame]:
    """Return declarations as they go over the wire."""
    return [json.loads(each.to_text()) for each in declarations]


def set_up(declarations: Sequence[FunctionDeclaration] = HOUSE, /, **more: object) -> Frame:
    """Return a set-up message."""
    return {
        "setup": {
            "model": "models/gemini-3.8-live",
            "tools": [{"functionDeclarations": declared(declarations)}],
            "sessionResumption": {},
            "inputAudioTranscription": {},
            "outputAudioTranscription": {},
            **more,
        }
    }


def audio(pcm: bytes) -> Frame:
    """Return a frame of sound."""
    return {"realtimeInput": {"audio": {"mimeType": "audio/pcm;rate=16000", "data": base64.b64encode(pcm).decode()}}}


def answer(call: Frame, scheduling: str | None = None, *, more: bool = False, **response: object) -> Frame:
    """Return the outcome of a call, as one functionResponse."""
    body: Frame = {"id": call["id"], "name": call["name"], "response": response}
    if scheduling is not None:
        body["scheduling"] = scheduling
    if more:
        body["willContinue"] = True
    return body


def tool_response(*answers: Frame) -> Frame:
    """Return a frame with outcomes."""
    return {"toolResponse": {"functionResponses": list(answers)}}


def sound(*parts: tuple[float, float]) -> bytes:
    """Return white sound: (seconds, level) one after the other."""
    source = np.random.default_rng(3)
    pieces = [source.normal(0, np.hypot(level, 10), round(seconds * RATE)) for seconds, level in parts]
    return np.clip(np.concatenate(pieces), -32768, 32767).astype("<i2").tobytes()


SPEECH: Final = sound((1.0, 0), (1.5, 3000))
TURN: Final = SPEECH + sound((1.0, 0))


class Driven:
    """A host, with what it has asked for so far.

    sent: its frames as JSON. speaks: texts to be spoken. recognises, prepared: what it wants to hear.
    """

    def __init__(self, handles: Handles | None = None) -> None:
        self.host = Host(handles or Handles(), OfflineBrain.of)
        self.now = 100.0
        self.sent: list[Frame] = []
        self.closed: Close | None = None
        self.speaks: list[Speak] = []
        self.recognises: list[Recognise] = []
        self.prepared: list[Prepare] = []

    def __call__(self, frame: Frame | str | bytes) -> list[Frame]:
        """Send a frame; return what was sent because of it."""
        self.host.receive(json.dumps(frame) if isinstance(frame, dict) else frame, self.now)
        return self._collect()

    def words(self, text: str | None, number: int | None = None) -> list[Frame]:
        """Say what was recognised, by default in the newest utterance."""
        at = self.recognises[-1].number if number is None else number
        self.host.recognised(at, None if text is None else tuple(text.split()), self.now)
        return self._collect()

    def voice(self, pcm: bytes = SECOND, number: int | None = None) -> list[Frame]:
        """Hand over the speech, by default for the newest text."""
        self.host.voiced(self.speaks[-1].number if number is None else number, pcm, self.now)
        return self._collect()

    def after(self, seconds: float) -> list[Frame]:
        """Let time pass."""
        self.now += seconds
        self.host.wake(self.now)
        return self._collect()

    def asked(self, text: str) -> list[Frame]:
        """Ask for something in writing; return the calls that were made."""
        sent = self({"realtimeInput": {"text": text}})
        return [call for frame in sent for call in frame.get("toolCall", {}).get("functionCalls", [])]

    def _collect(self) -> list[Frame]:
        new: list[Frame] = []
        for effect in self.host.effects():
            match effect:
                case Send(message):
                    new.append(json.loads(codec.encode(message)))
                case Close():
                    self.closed = effect
                case Speak():
                    self.speaks.append(effect)
                case Recognise():
                    self.recognises.append(effect)
                case Prepare():
                    self.prepared.append(effect)
        self.sent += new
        return new


def kinds(frames: Sequence[Frame]) -> list[str]:
    """Return what each frame is, in a word; handles and the frames that announce them are left out."""
    found: list[str] = []
    for frame in frames:
        content = frame.get("serverContent", {})
        found += [key for key in ("toolCall", "toolCallCancellation", "setupComplete") if key in frame]
        found += ["audio"] if "modelTurn" in content and found[-1:] != ["audio"] else []
        found += [key for key in content if key != "modelTurn"]
    return found
