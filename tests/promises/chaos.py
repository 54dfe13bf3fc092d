"""A Live service that does anything, what it may do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from pydantic import JsonValue

from hubd.errors import LinkError
from tests.virtual_time import now

# Calls by their numbers; the last two are the same wish.
CALLS: Final[tuple[tuple[str, dict[str, JsonValue]], ...]] = (
    ("close_blinds", {}),
    ("open_garage_door", {}),
    ("set_light", {"device": "kitchen lights", "on": False}),
    ("set_light", {"device": "kitchen lights", "on": True}),
    ("set_light", {"device": "kitchen lights", "on": True}),
    ("end_conversation", {}),
    ("open_window", {}),
)
REPORTS: Final[tuple[tuple[str, JsonValue], ...]] = (
    ("blinds", {"state": "closed"}),
    ("garage", {"state": "open"}),
    ("zigbee2mqtt/kitchen_lights", {"state": "OFF"}),
    ("zigbee2mqtt/kitchen_lights", {"state": "ON"}),
    ("garage", {"state": "stuck"}),
)
ENDS: Final = (
    (1011, "Internal error encountered."),
    (1006, ""),
    (1008, "The operation was aborted."),
    (1000, ""),
    (1007, "Request contains an invalid argument."),
    (1008, "Requested entity was not found."),
    (1011, "The service is currently unavailable."),
)
REFUSALS: Final = (503, 409, 500, None)
AUDIO: Final[JsonValue] = {
    "modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAAA" * 8000}}]}
}
# The blinds report within 40 s or not at all.
ANSWERED_WITHIN: Final = 50.0
# In the pause after an answer there is nothing to wait for.
TOLD_WITHIN: Final = 1.0
# Somebody who says something brings so many frames of sound at least.
ENOUGH_SOUNDS: Final = 20
# After that nothing is going on any more, s.
QUIET: Final = 480.0
QUIET_PIECE: Final = 12.0
# Without anybody who talks: three attempts for each of the connections that a conversation may try.
MOST_DIALS: Final = 12
_PING_TIMEOUT: Final = 80.0


class What(Enum):
    """What happens."""

    WAKE = auto()
    SPEECH_BEGINS = auto()
    SPEECH_ENDS = auto()
    STOP = auto()
    MUTE = auto()
    UNMUTE = auto()
    CALL = auto()
    PARALLEL_CALLS = auto()
    CANCEL = auto()
    AUDIO = auto()
    WORDS = auto()
    HEARD = auto()
    GENERATED = auto()
    COMPLETE = auto()
    UNFINISHED = auto()
    INTERRUPTED = auto()
    HANDLE = auto()
    NO_HANDLE = auto()
    GO_AWAY = auto()
    END = auto()
    SILENCE = auto()
    REFUSE_NEXT = auto()
    NO_SETUP_NEXT = auto()
    REPORT = auto()
    TOLD = auto()
    SAY = auto()
    ASK = auto()
    LISTEN = auto()
    BROKER_AWAY = auto()
    BROKER_DEAF = auto()
    BROKER_BACK = auto()


# What takes a connection: with nobody talking, somebody says a wake word first.
TAKES_A_CONNECTION: Final = frozenset(
    {What.CALL, What.PARALLEL_CALLS, What.AUDIO, What.WORDS, What.HEARD, What.GO_AWAY, What.END, What.SILENCE}
)


@dataclass(frozen=True, slots=True)
class Move:
    """Something that happens after a pause, s; which: of several such things."""

    pause: float
    what: What
    which: int = 0


WAKE: Final = Move(0.0, What.WAKE)


@dataclass(slots=True)
class Asked:
    """A call on one connection: when, how often it was answered for good, whether it was taken back."""

    at: float
    answers: int = 0
    answered_at: float | None = None
    void: bool = False


class Wire:
    """One connection, as ports.LiveLink."""

    def __init__(self, service: Chaos, *, set_up: bool) -> None:
        self._service = service
        self._set_up = set_up
        self._inbound: asyncio.Queue[str | LinkError] = asyncio.Queue()
        self.hushed = False
        self.over_at: float | None = None
        self.ready = False
        self.asked: dict[str, Asked] = {}

    def say(self, message: Mapping[str, JsonValue]) -> None:
        """Let the server say this, if it still does."""
        if self.over_at is None and not self.hushed and self.ready:
            self._inbound.put_nowait(json.dumps(message))

    def ask(self, *numbers: int) -> None:
        """Ask for calls by their numbers, all in one frame; one that was asked for before has the same id again."""
        calls: list[JsonValue] = []
        for number in dict.fromkeys(numbers):
            name, arguments = CALLS[number]
            calls.append({"id": f"c{number}", "name": name, "args": arguments})
            self.asked.setdefault(f"c{number}", Asked(now()))
        self.say({"toolCall": {"functionCalls": calls}})

    def cancel(self, which: int) -> None:
        """Take an open call back, if there is one."""
        if still_open := [call for call, asked in self.asked.items() if not (asked.answers or asked.void)]:
            call = still_open[which % len(still_open)]
            self.asked[call].void = True
            self.say({"toolCallCancellation": {"ids": [call]}})

    def end(self, code: int, reason: str) -> None:
        """Let the connection end."""
        if self.over_at is None:
            self.over_at = now()
            self._inbound.put_nowait(LinkError(reason, code))

    def hush(self) -> None:
        """Let the connection be half open until its ping is missed."""
        self.hushed = True
        asyncio.get_running_loop().call_later(_PING_TIMEOUT, self.end, 1011, "keepalive ping timeout")

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield what the server says."""
        while True:
            frame = await self._inbound.get()
            if isinstance(frame, LinkError):
                raise frame
            yield frame

    async def close(self) -> None:
        """Close."""
        self.over_at = now() if self.over_at is None else self.over_at

    async def send(self, text: str) -> None:
        """Take a frame."""
        if self.over_at is not None:
            raise LinkError("", 1006)
        if "toolResponse" in text:
            self._take_answers(text)
        if self.hushed:
            return
        if '"setup"' in text:
            if self._set_up:
                self.ready = True
                self.say({"setupComplete": {}})
        elif '"audio":' in text:
            self._service.sounds += 1
        else:
            self._service.texts.append(text)
        if self._service.well_behaved and ('"activityEnd"' in text or self._service.sounds == ENOUGH_SOUNDS):
            self._service.answer(self)

    def _take_answers(self, text: str) -> None:
        for response in json.loads(text)["toolResponse"]["functionResponses"]:
            asked = self.asked.get(response["id"])
            assert asked is not None, f"{response['id']} was answered, which was not asked on this connection"
            if not response.get("willContinue"):
                asked.answers += 1
                asked.answered_at = now()


@dataclass
class Chaos:
    """The service: it takes connections or refuses them, and keeps everything.

    refuse: the HTTP statuses that the next connections are refused with; None for no answer at all. mute_set_ups: how
    many of the next set-ups are never completed. well_behaved: whether it answers who says something.
    """

    wires: list[Wire] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    dials: int = 0
    sounds: int = 0
    handles: int = 0
    refuse: list[int | None] = field(default_factory=list)
    mute_set_ups: int = 0
    well_behaved: bool = False
    faults: list[str] = field(default_factory=list)
    _answered: bool = False

    @property
    def wire(self) -> Wire | None:
        """The connection over which the server can say something."""
        last = self.wires[-1] if self.wires else None
        return last if last is not None and last.ready and last.over_at is None and not last.hushed else None

    async def dial(self) -> Wire:
        """Open a connection, or don't."""
        self.dials += 1
        if any(wire.over_at is None for wire in self.wires):
            self.faults.append("a connection was dialled while another one was open")
        if self.refuse:
            raise LinkError("refused", self.refuse.pop(0))
        wire = Wire(self, set_up=not self.mute_set_ups)
        self.mute_set_ups = max(0, self.mute_set_ups - 1)
        self.wires.append(wire)
        return wire

    def behave(self) -> None:
        """Be as a service should be from now on."""
        self.refuse.clear()
        self.mute_set_ups = self.sounds = 0
        self.well_behaved = True

    def answer(self, wire: Wire) -> None:
        """Answer, once."""
        if not self._answered:
            self._answered = True
            wire.say({"serverContent": AUDIO})
            wire.say({"serverContent": {"generationComplete": True}})
            wire.say({"serverContent": {"turnComplete": True}})
