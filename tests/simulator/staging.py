"""A simulator driven by hand: frames in, frames out, time as a number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hubd.live import codec
from hubd.offline.effects import Effect, Send, SendText
from hubd.simulator.director import Attendance, Director
from hubd.simulator.reading import read, read_lines
from hubd.simulator.record import Visit
from tests.offline.hosting import declared
from tests.offline.house import HOUSE

Frame = dict[str, Any]  # as JSON, looked into by key


def script(text: str) -> str:
    """Return a script without the indentation that all of its lines have."""
    lines = text.strip("\n").splitlines()
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[margin:] for line in lines)


class Staged:
    """Connections to one script, one after the other. sent: what the newest was sent; ended: how it ended."""

    def __init__(self, text: str, *, version: str = "v1beta", key: str = "") -> None:
        self.director = Director(read(script(text) if text.strip() else ""))
        self.now = 1000.0
        self._version = version
        self._key = key
        self._dialled = 0
        self._attendance: Attendance | None = None
        self.sent: list[Frame] = []
        self.ended: list[Effect] = []

    @classmethod
    def beside(cls, other: Staged) -> Staged:
        """Return another client of the same server."""
        new = cls("")
        new.director, new.now, new._dialled = other.director, other.now, other._dialled
        return new

    @property
    def visit(self) -> Visit:
        """The newest connection, on record."""
        return self.director.record.visits[-1]

    def dial(self) -> int:
        """Begin a connection; return the HTTP status that refuses it, 0 if none does."""
        self.leave()
        self._dialled += 1
        status = self.director.dial(self._dialled)
        if status is None:
            self._attendance = self.director.attend(self._dialled, self._version, self._key, lambda: True)
        self.sent, self.ended = [], []
        return 0 if status is None else status.value

    def leave(self) -> None:
        """End the connection from the client's side."""
        if self._attendance is not None:
            self._attendance.host.lost(self.now)

    def open(self, **more: object) -> list[Frame]:
        """Begin a connection, set it up; return what was sent for that."""
        self.dial()
        setup = {
            "model": "models/gemini-3.8-live",
            "tools": [{"functionDeclarations": declared(HOUSE)}],
            "sessionResumption": {},
            "inputAudioTranscription": {},
            "outputAudioTranscription": {},
            **more,
        }
        return self({"setup": setup})

    def __call__(self, frame: Frame) -> list[Frame]:
        """Send a frame; return what was sent because of it."""
        assert self._attendance is not None
        text = json.dumps(frame)
        self._attendance.host.receive(text, self.now)
        self._attendance.received(text)
        return self._collect()

    def say(self, text: str) -> list[Frame]:
        """Say something in writing."""
        return self({"realtimeInput": {"text": text}})

    def answer(
        self, number: int, scheduling: str = "WHEN_IDLE", *, more: bool = False, **response: object
    ) -> list[Frame]:
        """Answer the call with this number, counted from 1 over all."""
        call = self.director.record.calls[number - 1]
        body = {"id": call.id, "name": call.name, "scheduling": scheduling, "response": response, "willContinue": more}
        return self({"toolResponse": {"functionResponses": [body]}})

    def act(self, steps: str) -> list[Frame]:
        """Do steps now."""
        assert self._attendance is not None
        self._attendance.perform(read_lines(steps), self.now)
        return self._collect()

    def after(self, seconds: float) -> list[Frame]:
        """Let time pass, with every deadline on the way."""
        assert self._attendance is not None
        host, end, first = self._attendance.host, self.now + seconds, len(self.sent)
        while (deadline := host.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            host.wake(self.now)
            self._collect()
        self.now = end
        return self.sent[first:]

    @property
    def handle(self) -> str:
        """The newest handle."""
        updates = [frame["sessionResumptionUpdate"] for frame in self.sent if "sessionResumptionUpdate" in frame]
        return str(next(update["newHandle"] for update in reversed(updates) if "newHandle" in update))

    def _collect(self) -> list[Frame]:
        assert self._attendance is not None
        new: list[Frame] = []
        for effect in self._attendance.host.effects():
            match effect:
                case Send(message):
                    text = self._attendance.dressed(codec.encode(message))
                case SendText(text):
                    pass
                case _:
                    self.ended.append(effect)
                    continue
            self._attendance.sent(text)
            new.append(json.loads(text))
        self.sent += new
        return new


def spoken(frames: Sequence[Frame]) -> str:
    """Return what is said, by the transcripts."""
    contents = [frame.get("serverContent", {}) for frame in frames]
    return "".join(content.get("outputTranscription", {}).get("text", "") for content in contents)
