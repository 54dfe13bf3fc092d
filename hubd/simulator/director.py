"""A script's run over all connections."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from hubd.errors import RemoteProtocolError
from hubd.live import codec
from hubd.live.messages import ClientMessage
from hubd.live.setup import Setup
from hubd.offline.effects import Close, Ending, Hush
from hubd.offline.host import Host
from hubd.offline.memory import Handles, Refusal, Resumed
from hubd.simulator.admission import refusal
from hubd.simulator.brain import ScriptedBrain
from hubd.simulator.record import Record, Visit
from hubd.simulator.script import Direction, Handling, Lines, Opening, Script

_STRANGE: Final = {"fromTheFuture": {"list": [1, None, "x"], "flag": True}}


class Director:
    """Counts connections, frames, calls; keeps the record of what was seen; knows when the script ends a connection.

    prefix: what the ids of calls begin with.
    """

    def __init__(self, script: Script, *, prefix: str = "call") -> None:
        self.script = script
        self.record = Record()
        self.handles = Handles(validity=script.handle_validity)
        self._openings: dict[int, Opening] = {}
        self._frames: Counter[Direction] = Counter()
        self._ids = (f"{prefix}_{number}" for number in itertools.count(1))

    def dial(self, number: int) -> HTTPStatus | None:
        """Take that a connection is dialled; return the status that its upgrade is refused with."""
        opening = self._openings[number] = self.script.opening(number)
        self.record.dialled = number
        match opening.handling:
            case Handling.FORGET:
                self.handles.forget()
            case Handling.EXPIRE:
                self.handles.expire()
            case None:
                pass
        if not opening.status:
            return None
        self.record.refused.append(opening.status)
        return HTTPStatus(opening.status)

    def attend(self, number: int, version: str, key: str, connected: Callable[[], bool]) -> Attendance:
        """Return what runs a connection that was dialled."""
        visit = Visit(number, version, key)
        self.record.visits.append(visit)
        return Attendance(self, self._openings.pop(number), visit, connected)

    def new_id(self) -> str:
        """Return the id of the next call."""
        return next(self._ids)

    def cut(self, direction: Direction) -> Ending | None:
        """Count a frame; return how its connection ends after it, if it does."""
        self._frames[direction] += 1
        fits = (cut for cut in self.script.cuts if cut.direction is direction and cut.frame == self._frames[direction])
        return next((cut.how for cut in fits), None)


class Attendance:
    """One connection: its host, with what it does to the record."""

    def __init__(self, director: Director, opening: Opening, visit: Visit, connected: Callable[[], bool]) -> None:
        self.visit = visit
        self._director = director
        self._opening = opening
        self._brain: ScriptedBrain | None = None
        idle = director.script.idle
        self.host = Host(director.handles, self._mind, admit=self._admit, connected=connected, idle=idle)

    def received(self, frame: str | bytes) -> Ending | None:
        """Take a frame that the host has taken; return how the connection ends now, if it does."""
        self.visit.received.append(frame if isinstance(frame, str) else frame.decode(errors="replace"))
        with suppress(RemoteProtocolError):  # for which the host closes
            self._note(codec.decode_client(frame))
        return self._director.cut(Direction.RECEIVED)

    def dressed(self, text: str) -> str:
        """Return a frame as the script wants it to look."""
        if not self._director.script.strange:
            return text
        frame = json.loads(text)
        content = frame.get("serverContent")
        if content is not None:
            frame["serverContent"] = {**_STRANGE, **content}
        return json.dumps({**_STRANGE, **frame}, separators=(",", ":"))

    def sent(self, text: str) -> Ending | None:
        """Take a frame that was sent; return how the connection ends now, if it does."""
        self.visit.sent.append(text)
        if '"setupComplete"' in text:
            self.visit.set_up = True
        if '"toolCall"' in text:
            with suppress(RemoteProtocolError):  # a script may send any frame, a broken one as well
                calls = codec.decode_server(text).tool_call
                new = calls.function_calls if calls is not None else ()
                self.visit.calls += [call for call in new if call not in self.visit.calls]
        return self._director.cut(Direction.SENT)

    def ending(self, ending: Ending) -> None:
        """Take how the server ends the connection."""
        if isinstance(ending, Close):
            self.visit.code, self.visit.reason = ending.code, ending.reason

    def perform(self, lines: Lines, now: float) -> None:
        """Do this now."""
        if self._brain is not None:
            self.host.perform(self._brain.plan(lines), now)

    def _mind(self, setup: Setup) -> ScriptedBrain:
        director = self._director
        self._brain = ScriptedBrain(director.script, self._opening, self.visit, director.new_id, setup)
        return self._brain

    def _admit(self, setup: Setup) -> Close | Hush | None:
        script, visit = self._director.script, self.visit
        return refusal(setup, models=script.models, version=visit.version, key=visit.key, good_key=script.key)

    def _note(self, message: ClientMessage) -> None:
        visit = self.visit
        if message.setup is not None and message.setup.session_resumption is not None:
            visit.handle = visit.handle or message.setup.session_resumption.handle
            visit.resumed = isinstance(self.host.resumption, Resumed)
            visit.refusal = self.host.resumption if isinstance(self.host.resumption, Refusal) else None
        if (given := message.realtime_input) is not None:
            visit.audio += given.audio.data if given.audio is not None else b""
            visit.texts += [given.text] if given.text else []
        if (content := message.client_content) is not None:
            visit.texts += [part.text for turn in content.turns if turn.role != "model" for part in turn.parts]
        if message.tool_response is not None:
            taken, brain = set(), self._brain
            if brain is not None:
                taken, brain.taken = brain.taken, set()
            visit.answered(message.tool_response.function_responses, taken)
