"""The hub's own face on MQTT."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final, assert_never

from hubd.devices.render import Publish
from hubd.events import Backend
from hubd.mqtt import entities
from hubd.mqtt.entities import Identity
from hubd.mqtt.tree import Tree
from hubd.privacy import without_words
from hubd.reports import (
    HeardReport,
    NearMissReport,
    PublicState,
    Report,
    SaidReport,
    SessionChange,
    SessionReport,
    StateReport,
    TroubleReport,
    UsageReport,
    to_json,
)
from hubd.troubles import Troubles

ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
# ``mqtt-devices.md`` 4, QoS with retain, s.
_EVENT_EXPIRY: Final = 60


class Words(Enum):
    """Whether what people said may go out (``[privacy] publish_transcripts``)."""

    PUBLISHED = auto()
    KEPT_BACK = auto()


class Presence:
    """Turns reports into messages, and knows what everybody has to be told who comes later.

    volume: percent. started: s since 1970, UTC.
    """

    def __init__(
        self,
        identity: Identity,
        tree: Tree,
        *,
        words: Words,
        volume: int,
        started: float,
    ) -> None:
        self._identity = identity
        self._tree = tree
        self._words = words
        self._volume = volume
        self._started = started
        self._state = PublicState.IDLE
        self._since = started
        self._cloud: bool | None = None
        self._session: Backend | None = None
        self._troubles = Troubles()
        self._heard = self._said = ""
        self._tokens: int | None = None
        self._near_misses = 0
        self._near_miss: NearMissReport | None = None

    def adopt(self, identity: Identity, words: Words) -> tuple[Publish, ...]:
        """Go by another name, and let words out or keep them back, from now on; return what that means for others."""
        self._words = words
        before, self._identity = self._identity, identity
        return self.announcement() if identity != before else ()

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""
        return self._state is PublicState.MUTED

    def greeting(self) -> tuple[Publish, ...]:
        """Return what a broker has to be told that may know nothing: all of it retained, availability last."""
        return (
            *self.announcement(),
            self._state_message(),
            self._diagnostics(),
            _kept(self._tree.availability, ONLINE),
        )

    def farewell(self) -> Publish:
        """Return what everybody has to be told when the hub goes."""
        return _kept(self._tree.availability, OFFLINE)

    def announcement(self) -> tuple[Publish, ...]:
        """Return the message with which Home Assistant gets to know the hub; none if it is not to."""
        if (topic := self._tree.announcement) is None:
            return ()
        return (_kept(topic, entities.announcement(self._identity, self._tree)),)

    def set_volume(self, percent: int) -> tuple[Publish, ...]:
        """Note how loud the hub is; return what that means for others."""
        self._volume = percent
        return (self._state_message(),)

    def take(self, report: Report, wall: float) -> tuple[Publish, ...]:
        """Return the messages that a report means; wall: when it was made, s since 1970, UTC."""
        shown = report if self._words is Words.PUBLISHED else without_words(report)
        event = Publish(self._tree.event(report.kind), _encoded(to_json(shown, wall)), qos=1, expiry=_EVENT_EXPIRY)
        return (event, *self._consequences(report, wall))

    def _consequences(self, report: Report, wall: float) -> tuple[Publish, ...]:
        match report:
            case StateReport() | SessionReport() | TroubleReport():
                self._note(report, wall)
                return (self._state_message(),)
            case UsageReport():
                self._tokens = report.today_tokens
                return (self._diagnostics(),)
            case NearMissReport():
                self._near_misses += 1
                self._near_miss = report
                return (self._diagnostics(),)
            case HeardReport(final=True) | SaidReport():
                return self._transcript(report, wall)
            case _:
                return ()

    def _note(self, report: StateReport | SessionReport | TroubleReport, wall: float) -> None:
        match report:
            case StateReport(state):
                self._state, self._since = state, wall
            case SessionReport():
                self._note_session(report)
            case TroubleReport():
                self._troubles.take(report)
            case _:
                assert_never(report)

    def _note_session(self, report: SessionReport) -> None:
        opened = report.change in {SessionChange.OPENED, SessionChange.RESUMED}
        self._session = report.backend if opened else None
        if report.change is not SessionChange.CLOSED:
            self._cloud = opened and report.backend is Backend.GEMINI

    def _state_message(self) -> Publish:
        body = {
            "state": self._state,
            "since": round(self._since, 3),
            "muted": self.muted,
            "volume": self._volume,
            "cloud": self._cloud,
            "session": self._session,
            "last_error": self._troubles.newest,
            "version": self._identity.version,
        }
        return _kept(self._tree.state, _encoded(json.dumps(body, ensure_ascii=False)))

    def _diagnostics(self) -> Publish:
        body = {
            "started": datetime.fromtimestamp(self._started, UTC).isoformat(timespec="seconds"),
            "tokens_today": self._tokens,
            "near_misses": self._near_misses,
            "last_near_miss": None if self._near_miss is None else asdict(self._near_miss),
        }
        return _kept(self._tree.diagnostics, json.dumps(body).encode())

    def _transcript(self, report: HeardReport | SaidReport, wall: float) -> tuple[Publish, ...]:
        if self._words is Words.KEPT_BACK:
            return ()
        match report:
            case HeardReport(text):
                self._heard = text
            case SaidReport(text):
                self._said = text
            case _:
                assert_never(report)
        body = {"ts": round(wall, 3), "user": self._heard, "assistant": self._said}
        text = json.dumps(body, ensure_ascii=False)
        return (Publish(self._tree.transcript, _encoded(text), qos=1, expiry=_EVENT_EXPIRY),)


def _kept(topic: str, payload: bytes) -> Publish:
    return Publish(topic, payload, qos=1, retain=True)


def _encoded(text: str) -> bytes:
    # What a model sends may hold half of a character.
    return text.encode(errors="replace")
