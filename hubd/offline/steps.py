"""What a model can do, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hubd.live.content import Part
from hubd.live.messages import FunctionCall, GroundingMetadata
from hubd.offline.effects import Close, Fault, Hush


@dataclass(frozen=True, slots=True)
class Ready:
    """Complete the set-up."""


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Tell what the user said, if the client wants to know."""

    text: str


@dataclass(frozen=True, slots=True)
class Say:
    """Have a text turned into speech, then send it."""

    text: str


@dataclass(frozen=True, slots=True)
class Sound:
    """Send speech that is there already (signed 16-bit mono at 24 kHz) with its words."""

    text: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Show:
    """Send parts that are no sound: text, thoughts, code, what came of the code."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Send what was found on the way, as ``groundingMetadata``."""

    metadata: GroundingMetadata


@dataclass(frozen=True, slots=True)
class Call:
    """Ask for functions in one frame; if one is BLOCKING, nothing goes on before all of those are answered.

    again: the frame repeats calls that were made before, and asks for nothing new.
    """

    calls: tuple[FunctionCall, ...]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Declare calls void: the open ones, or the answered ones; of this function if one is named."""

    answered: bool = False
    function: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Break off as if the user had begun to speak."""


@dataclass(frozen=True, slots=True)
class LoseTurnComplete:
    """Forget to say that this turn is complete."""


@dataclass(frozen=True, slots=True)
class GoAway:
    """Announce the end of the connection: in so many seconds, in this way."""

    seconds: float
    ending: Close | Hush


Step = (
    Ready
    | Transcribe
    | Say
    | Sound
    | Show
    | Ground
    | Call
    | Cancel
    | Pause
    | Interrupt
    | LoseTurnComplete
    | GoAway
    | Fault
)
Plan = tuple[Step, ...]


def joined(plans: Iterable[Sequence[Step]]) -> list[Step]:
    """Return plans as one: what follows one another in words is one sentence, and what is said alike is said once."""
    steps: list[Step] = []
    texts: list[str] = []
    for step in (step for plan in plans for step in plan):
        if isinstance(step, Say):
            texts.append(step.text)
            continue
        steps += _said(texts)
        texts.clear()
        steps.append(step)
    return steps + _said(texts)


def _said(texts: Sequence[str]) -> list[Say]:
    text = " ".join(dict.fromkeys(filter(None, texts)))
    return [Say(text)] if text else []
