"""What survives a Live connection, even the hub itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubd.events import Backend, Scheduling
from hubd.live.session import LONGEST
from hubd.news import MOST, Begun, Item, News, without_outcome
from hubd.wishes import Standing

# A handle is good for 2 h after its session's last connection; 10 min less, to be safe (``live-protocol.md`` 9).
GOOD_FOR: Final = 110 * 60.0
# How far the clock may have been set back.
_CLOCK_SLIP: Final = 60.0
# So many sessions in a row may be taken up again for nothing.
_MOST_IN_VAIN: Final = 2
# The offline server forgets its sessions when the hub ends.
_ON_DISK: Final = Backend.GEMINI
# json.dumps() would make one for each line.
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


class Unsaved(IntEnum):
    """How much a change matters to a hub that starts anew."""

    NOTHING = auto()
    SOME = auto()
    MUCH = auto()


@dataclass(frozen=True, slots=True)
class Handle:
    """Where a session can be taken up again: a secret. since: when its last connection ended, or it was issued."""

    secret: str = field(repr=False)
    fingerprint: str
    since: float


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, allow_inf_nan=False)


class _SavedHandle(_Strict):
    secret: Annotated[str, Field(repr=False, min_length=1, max_length=LONGEST)]
    fingerprint: Annotated[str, Field(max_length=LONGEST)]
    since: float


class _SavedItem(_Strict):
    call: Annotated[str, Field(max_length=LONGEST)]
    function: Annotated[str, Field(max_length=LONGEST)]
    response: Annotated[str, Field(max_length=LONGEST)]
    message: Annotated[str, Field(max_length=LONGEST)]
    scheduling: Annotated[Scheduling, Field(strict=False)]
    since: float
    standing: Annotated[Standing | None, Field(strict=False)] = None


class _SavedBegun(_Strict):
    call: Annotated[str, Field(max_length=LONGEST)]
    function: Annotated[str, Field(max_length=LONGEST)]
    label: Annotated[str, Field(max_length=LONGEST)]
    scheduling: Annotated[Scheduling, Field(strict=False)]
    since: float


class _Saved(_Strict):
    hubd: Literal[1]
    handle: _SavedHandle | None
    news: Annotated[list[_SavedItem], Field(max_length=2 * MOST)]


class Continuation:
    """The handles of both backends, each with its age, with the outcomes that the model has not heard.

    Every ``now`` is in s since 1970: it has to mean something after a restart. A handle is a secret: it is in no repr,
    nor in an error. news is changed through the methods here.
    """

    def __init__(self) -> None:
        self._handles: dict[Backend, Handle] = {}
        self._in_vain: dict[Backend, int] = {}
        self.news = News()
        self.unsaved = Unsaved.NOTHING

    def handle(self, backend: Backend, fingerprint: str, now: float) -> str | None:
        """Return where to go on from; None if that is too long ago, or was with another persona or other tools."""
        kept = self._handles.get(backend)
        if kept is None:
            return None
        if kept.fingerprint != fingerprint or not -_CLOCK_SLIP <= now - kept.since <= GOOD_FOR:
            self.erase(backend)
            return None
        return kept.secret

    def keep(self, backend: Backend, secret: str, fingerprint: str, now: float) -> None:
        """Take a handle: new, or good as it was before."""
        self._handles[backend] = Handle(secret, fingerprint, now)
        self.change(Unsaved.SOME)

    def ended(self, backend: Backend, now: float) -> None:
        """Note the end of a connection: from now on its handle ages."""
        if (kept := self._handles.get(backend)) is not None:
            self._handles[backend] = Handle(kept.secret, kept.fingerprint, now)
        self.change(Unsaved.MUCH)

    def erase(self, backend: Backend) -> None:
        """Forget the handle: it is spent, or no good."""
        if self._handles.pop(backend, None) is not None:
            self.change(Unsaved.MUCH)

    def lend(self, backend: Backend) -> Handle | None:
        """Return the handle for the one attempt that it gets, and keep it no longer."""
        handle = self._handles.get(backend)
        self.erase(backend)
        return handle

    def give_back(self, backend: Backend, handle: Handle) -> None:
        """Take a handle back that the server took, and over whose session nothing was said: it is as old as before."""
        self._handles[backend] = handle
        self.change(Unsaved.MUCH)

    def of_use(self, backend: Backend) -> None:
        """Note that the model did something in a session."""
        self._in_vain[backend] = 0

    def in_vain(self, backend: Backend) -> None:
        """Note that the server ended a session that was taken up again before the model did anything.

        The second time in a row the handle is erased: what it holds may be what ends the sessions
        (``live-protocol.md`` 12, 1011), and each of them would renew it.
        """
        self._in_vain[backend] = self._in_vain.get(backend, 0) + 1
        if self._in_vain[backend] == _MOST_IN_VAIN:
            self.erase(backend)
            self._in_vain[backend] = 0

    def change(self, extent: Unsaved) -> None:
        """Note that there is something to save."""
        self.unsaved = max(self.unsaved, extent)

    def begin(self, begun: Begun) -> str:
        """Note that a call is being carried out; return it as a line that restore() takes behind what dump() returned.

        Short, for the command waits for it: what is to be told is made of it only if it comes to that.
        """
        self.change(Unsaved.MUCH)
        self.news.begin(begun)
        return _line(_members(begun))

    def dump(self) -> str:
        """Return all that is worth keeping as one line of JSON, a secret; it counts as saved."""
        self.unsaved = Unsaved.NOTHING
        kept = self._handles.get(_ON_DISK)
        handle = None if kept is None else _members(kept)
        news = [_members(item) for item in self.news.items]
        return _line({"hubd": 1, "handle": handle, "news": news})

    def restore(self, text: str, now: float) -> bool:
        """Take over what dump() returned once, with what begin() has since; either may be missing.

        Returns False for a text of another origin, or one that was cut. Of the lines behind it those that were cut are
        passed over.
        """
        head, *lines = text.split("\n")
        begun = [without_outcome(each) for each in map(_begun, lines) if each is not None]
        try:
            saved = _Saved.model_validate_json(head) if head or not begun else _Saved(hubd=1, handle=None, news=[])
        except ValidationError:
            return False
        if saved.handle is not None:
            self._handles[_ON_DISK] = Handle(saved.handle.secret, saved.handle.fingerprint, saved.handle.since)
        self.news.restore((*(Item(**dict(item)) for item in saved.news), *begun), now)
        return True


def _begun(line: str) -> Begun | None:
    try:
        return Begun(**dict(_SavedBegun.model_validate_json(line)))
    except ValidationError:
        return None


def _line(value: Mapping[str, object]) -> str:
    """Return it as JSON; half a character, of whatever text from outside, must not cost the rest."""
    return _encode(value).encode(errors="replace").decode()


def _members(kept: Handle | Item | Begun) -> dict[str, object]:
    """Return what it holds, without the copies that asdict() makes of it."""
    return {name: getattr(kept, name) for name in kept.__slots__}


def fingerprint(parts: Iterable[str]) -> str:
    """Return a short text that stands for these: server, persona, tools.

    A changed system instruction is not taken over by a session that is resumed (``live-protocol.md`` 9).
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()
