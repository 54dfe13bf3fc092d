"""Which failure of a Live connection deserves which next attempt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final


class NextAttempt(StrEnum):
    """What to do about a lost connection when somebody wants to talk."""

    RETRY_WITH_HANDLE = "retry with handle"
    RETRY_FRESH = "retry fresh"
    FATAL = "fatal"


class Phase(Enum):
    """How far a connection had come when it failed."""

    CONNECTING = auto()
    SETTING_UP = auto()
    OPEN = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a failure.

    words: what happened, with what a person can do about it, fit to be said aloud. wait: no attempt before so many
    seconds have passed; 0 leaves it to the ordinary back-off. RETRY_FRESH means: erase the handle.
    """

    next: NextAttempt
    words: str
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Stamina:
    """How often to try to open a session.

    pauses: before each attempt, s. after: what has to follow from the one before for another one to be worth it.
    """

    pauses: tuple[float, ...]
    after: frozenset[NextAttempt] = frozenset({NextAttempt.RETRY_WITH_HANDLE, NextAttempt.RETRY_FRESH})

    def ends(self, phase: Phase, verdict: Verdict) -> bool:
        """Return whether an attempt that came so far, and to this, is the last one."""
        return phase is Phase.OPEN or verdict.wait > 0 or verdict.next not in self.after


# With somebody waiting, and no other server to go to (``live-protocol.md`` 12).
THREE_ATTEMPTS: Final = Stamina((0.0, 0.5, 1.0))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of close codes (``live-protocol.md`` 12).

    codes: WebSocket close codes or HTTP statuses; empty for any. reason: is searched for in the server's words, in any
    case; the server cuts them at 123 bytes. attempts: the next attempt after a session that was open, then after the
    first, second, … failure in a row to open one; the last stands for all that follow.
    wait: how long to leave the service alone at first, s; ``hubd.choice`` doubles it with each refusal in a row.
    """

    codes: frozenset[int | None]
    reason: re.Pattern[str]
    attempts: tuple[NextAttempt, ...]
    words: str
    wait: float = 0.0


_WITH: Final = NextAttempt.RETRY_WITH_HANDLE
_FRESH: Final = NextAttempt.RETRY_FRESH
_FATAL: Final = NextAttempt.FATAL
_QUOTA_WAIT: Final = 60.0


def _row(
    codes: set[int | None] | frozenset[int | None],
    reason: str,
    attempts: tuple[NextAttempt, ...],
    words: str,
    wait: float = 0.0,
) -> Row:
    return Row(frozenset(codes), re.compile(reason, re.IGNORECASE), attempts, words, wait)


_LOST: Final = "The connection to the Live server was lost."
_NOT_TAKEN_UP: Final = "The earlier conversation can't be taken up again."
_BUSY: Final = "The Live server is busy or out of order. Try again in a minute."
_STRANGER: Final = (
    "Something else answers in place of the Live server. "
    "If this network has a login page, log in there; else check live.url and the router."
)
_SETTING: Final = "The Live server refuses a setting. Check the model, the voice and the options under live."

# The first row that fits decides.
TABLE: Final[tuple[Row, ...]] = (
    _row(
        {1007, 1008, 1011, None},
        "api key",
        (_FATAL,),
        "The Live server refuses the API key. Check that the key is whole, valid and meant for Gemini.",
    ),
    _row(
        {1007},
        "user location is not supported",
        (_FATAL,),
        "Gemini is not offered in this country. Use the offline server.",
    ),
    _row(
        {1007},
        "invalid json payload|unknown name",
        (_FATAL,),
        "The Live server does not understand this version of hubd. Update hubd, and report it if that does not help.",
    ),
    _row(
        {1007},
        "request contains an invalid argument",
        (_FRESH, _FRESH, _FATAL),
        "The Live server refuses the set-up. Check the model, the voice and the devices' functions.",
    ),
    _row({1007}, "response modalities", (_FATAL,), _SETTING),
    # Inside a session it is about a message; no resume ever worked after it (section 9).
    _row({1007}, ".", (_FRESH, _FATAL), _SETTING),
    _row({1007}, "", (_FRESH, _FRESH, _FATAL), _SETTING),
    _row(
        {1008},
        "is not found for api version|is not supported for bidigeneratecontent",
        (_FATAL,),
        "The Live server has no such model. Check live.model and live.api_version.",
    ),
    _row(
        {1008},
        "requested entity was not found|session expired",
        (_FRESH,),
        _NOT_TAKEN_UP,
    ),
    _row({1008}, "operation was aborted", (_WITH,), "The Live server ended the session."),
    _row(
        {1008},
        "operation is not implemented",
        (_WITH, _WITH, _FATAL),
        "The Live server does not offer what was asked for. Check live.model and live.api_version.",
    ),
    _row(
        {1008},
        "permission|denied|leaked|blocked",
        (_FATAL,),
        "The Live server denies access. The API key may be blocked or may lack a permission; get a new one.",
    ),
    _row({1009}, "", (_WITH,), "A message was too big for the connection."),
    _row(
        {1011},
        "exceeded your current quota",
        (_WITH,),
        "The quota of the API key is used up. Wait, or change the plan of its project.",
        _QUOTA_WAIT,
    ),
    _row({1011}, "deadline expired", (_WITH, _WITH, _FRESH), _BUSY),
    _row({1011}, "currently unavailable|internal error", (_WITH, _WITH, _FRESH), _BUSY),
    _row(
        {1011},
        "token has been used too many times|auth token has expired",
        (_FATAL,),
        "The access token is spent. Use an API key.",
    ),
    _row({1011}, "keepalive ping timeout", (_WITH,), _LOST),
    _row(
        {400, 401, 403},
        "",
        (_FATAL,),
        "The Live server refuses the connection. Check the API key.",
    ),
    # A server that greets without switching protocols, or sends people elsewhere, is the login page of a network as a
    # rule; the Live service does neither.
    _row(frozenset(range(200, 400)) | {511}, "", (_WITH,), _STRANGER),
    _row({404}, "", (_FATAL,), "There is no Live server at this address. Check live.url and live.api_version."),
    _row({409}, "", (_FRESH,), _NOT_TAKEN_UP),
    _row({429}, "", (_WITH,), "The Live server takes no more requests at the moment. Try again in a minute."),
    _row(frozenset(range(500, 600)), "", (_WITH,), _BUSY),
    _row(
        {None},
        "certificate.*(not yet valid|expired)",
        (_WITH,),
        "The Live server's certificate does not fit the clock of this computer. "
        "Wait until the clock is set from the network; if it is right, something else answers in the server's place.",
    ),
    _row({None}, "certificate|does not answer as a websocket server", (_WITH,), _STRANGER),
    # Some set-ups that a model refuses are never answered (``live-protocol.md`` 13, pitfall 19).
    _row(
        {None},
        "no session within",
        (_WITH,),
        "The Live server does not open the session. Check live.model and the options under live, or try again later.",
    ),
    _row({None}, "", (_WITH,), "The Live server can't be reached. Check the network."),
    _row({1000, 1001, 1005, 1006, 1012, 1013, 1014}, "", (_WITH,), _LOST),
    _row(frozenset(), "", (_WITH, _WITH, _FRESH), _LOST),
)


def classify(
    code: int | None,
    reason: str,
    *,
    phase: Phase = Phase.OPEN,
    failures: int = 1,
    handle_used: bool = False,
) -> Verdict:
    """Return what to do after a connection failed.

    code, reason: as in LinkError. phase: how far it had come.
    failures: how many attempts in a row, this one included, did not get to setupComplete; at least 1.
    handle_used: whether this attempt went on from a handle. A handle gets one attempt: if the server may have seen it
    and setupComplete did not follow, the verdict is to start fresh (``live-protocol.md`` 9).
    """
    row = next(row for row in TABLE if (not row.codes or code in row.codes) and row.reason.search(reason))
    verdict = row.attempts[0 if phase is Phase.OPEN else min(failures, len(row.attempts) - 1)]
    spent = handle_used and (phase is Phase.SETTING_UP or (phase is Phase.CONNECTING and code is not None))
    if verdict is _WITH and spent:
        verdict = _FRESH
    # Without a handle nothing was to be taken up.
    words = _LOST if row.words == _NOT_TAKEN_UP and not handle_used else row.words
    return Verdict(verdict, words, row.wait)
