"""What the hub is doing with what is wrong about it, in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum, auto
from typing import Final

from hubd.events import Backend
from hubd.reports import Part, PublicState, Report, SessionReport, StateReport, TroubleReport
from hubd.troubles import Troubles
from hubd.vitals import WORDS, Proof


class Phase(Enum):
    """Where the hub is between its start and its end."""

    STARTING = auto()
    SERVING = auto()
    STOPPING = auto()


class Head(StrEnum):
    """How a line begins."""

    BROKEN = "The configuration has mistakes"
    STARTING = "Starting"
    LISTENING = "Listening for"
    TALKING = "In conversation"
    MUTED = "Microphone muted"
    WAITING = "Waiting for the microphone"
    WAKELESS = "Waiting for commands"
    DEGRADED = "Degraded"
    RELOAD_FAILED = "Reload failed"
    RESTART_WANTED = "Restart to change"
    HANGING = "Hanging"
    STOPPING = "Stopping"


# For people who read it; the README has them.
MEANINGS: Final[Mapping[Head, str]] = {
    Head.BROKEN: "The hub does not start with it, and is not tried again: exit status 78. `hubd check` names them all.",
    Head.STARTING: "The wake words are being loaded, the microphone is being opened.",
    Head.LISTENING: "All is well: the next wake word is heard.",
    Head.TALKING: "Somebody talks with the hub.",
    Head.MUTED: "It was muted by MQTT; nothing is heard until it is unmuted, or the hub restarted.",
    Head.WAITING: "The microphone's process has started, but no sound has come yet.",
    Head.WAKELESS: "The configuration has no wake word, or no microphone: the hub takes commands by MQTT, and speaks.",
    Head.DEGRADED: "A part is in trouble; the rest works. The journal says what to do, and when the trouble is over.",
    Head.RELOAD_FAILED: "The changed configuration has a mistake; the one before it stays in force.",
    Head.RESTART_WANTED: "These options were changed, and take effect after: sudo systemctl restart hubd",
    Head.HANGING: "A part of the hub stands still. The watchdog restarts the hub; the journal shows where it hung.",
    Head.STOPPING: "The open answer is being finished, for 3 s at most.",
}
_SERVERS: Final[Mapping[Backend, str]] = {Backend.GEMINI: "Gemini", Backend.OFFLINE: "offline server"}
_STATES: Final[Mapping[PublicState, Head]] = {
    PublicState.IDLE: Head.LISTENING,
    PublicState.MUTED: Head.MUTED,
}


class Standing:
    """Follows the event stream; line() says how things are.

    wake_words: as they are said; none where nothing is heard. phase, server, wake_words: set from outside; server is
    whom the hub talks to, unless a report says otherwise.
    """

    def __init__(self, wake_words: Sequence[str]) -> None:
        self.wake_words = wake_words
        self._state = PublicState.IDLE
        self._troubles = Troubles()
        self.phase = Phase.STARTING
        self.server: Backend | None = None
        self._refusal = ""
        self._waiting: Sequence[str] = ()

    def reloaded(self, refusal: str, waiting: Sequence[str]) -> None:
        """Take why a change of the configuration was refused, else what of it waits for the next start."""
        self._refusal = refusal
        self._waiting = self._waiting if refusal else waiting

    def take(self, report: Report) -> None:
        """Take a report."""
        match report:
            case StateReport(state):
                self._state = state
            case SessionReport():
                self.server = report.backend
            case TroubleReport():
                self._troubles.take(report)
            case _:
                pass  # the others are about what is said and done

    def line(self, *, hears: bool, connected: bool, lacking: Sequence[Proof] = ()) -> str:
        """Return the line, without a full stop.

        hears: whether there is a microphone. connected: whether the broker is. lacking: what keeps the hub from being
        vouched for.
        """
        match self.phase:
            case Phase.STARTING:
                return Head.STARTING
            case Phase.STOPPING:
                return Head.STOPPING
            case Phase.SERVING:
                wrong = self._wrong(lacking)
                return "; ".join((*wrong, *self._right(hears=hears, connected=connected, wrong=bool(wrong))))

    def _wrong(self, lacking: Sequence[Proof]) -> list[str]:
        wrong = [f"{Head.HANGING}: {', '.join(WORDS[proof] for proof in lacking)}"] if lacking else []
        wrong += [f"{Head.RELOAD_FAILED}: {self._refusal}"] if self._refusal else []
        wrong += [f"{Head.RESTART_WANTED} {', '.join(self._waiting)}"] if self._waiting else []
        if self._troubles.problems:
            wrong.append(
                f"{Head.DEGRADED}: " + "; ".join(each.rstrip(".") for each in self._troubles.problems.values())
            )
        return wrong

    def _right(self, *, hears: bool, connected: bool, wrong: bool) -> list[str]:
        """Return what works, or is about to; wrong: whether something that does not stands before it."""
        troubles = self._troubles.problems
        doing = self._doing(hears=hears)
        doing = doing[0].lower() + doing[1:] if wrong else doing
        right = [] if Part.MICROPHONE in troubles and self._state is PublicState.IDLE else [doing]
        if Part.MQTT not in troubles:
            right.append("broker up" if connected else "connecting to the broker")
        if self.server is not None and Part.LIVE not in troubles:
            right.append(_SERVERS[self.server])
        return right

    def _doing(self, *, hears: bool) -> str:
        head = _STATES.get(self._state, Head.TALKING)
        if head is not Head.LISTENING:
            return head
        if not self.wake_words:
            return Head.WAKELESS
        words = " or ".join(f'"{word}"' for word in self.wake_words)
        return f"{head} {words}" if hears else Head.WAITING
