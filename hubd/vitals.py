"""Whether the hub hears what is said to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

# ``operations.md`` 3, watchdog, s. A sound process that is silent for 1.5 s is known to be missing, and replaced.
FRESH: Final = 2.0
INFERENCE: Final = 5.0
# What waits in the conversation's inbox is taken out at once: each event is decided about without a pause, s.
INBOX: Final = 5.0
# A computer that is busy keeps to a promise a little late, s.
GRACE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Signs:
    """What the hub's parts show of themselves; each time is monotonic, s.

    last_frame: when the microphone last brought something. looks_by: by when a missing microphone is looked for again,
    as in ``ports.Sound``. broker_by: by when the broker's task acts again.
    unscored_since: since when the wake model has taken none of the frames that wait. unread_since: since when the
    conversation has taken none of the events that wait. Both are None if nothing waits.
    """

    last_frame: float
    looks_by: float | None
    unscored_since: float | None
    broker_by: float
    unread_since: float | None

    @property
    def hears(self) -> bool:
        """Whether there is a microphone, as far as is known."""
        return self.looks_by is None

    @property
    def unwanted(self) -> bool:
        """Whether there is none because none is wanted."""
        return self.looks_by == math.inf


class Proof(Enum):
    """What has to be seen of a hub that is not deaf (``design.md`` 9, P8); that its event loop runs shows by itself."""

    SOUND = auto()
    INFERENCE = auto()
    BROKER = auto()
    CONVERSATION = auto()


# What is wrong where a proof is missing.
WORDS: Final[Mapping[Proof, str]] = {
    Proof.SOUND: "no sound comes from the microphone, and nobody looks for it",
    Proof.INFERENCE: "the wake word engine takes no sound",
    Proof.BROKER: "nobody looks after the connection to the broker",
    Proof.CONVERSATION: "the conversation takes no events",
}


def missing(signs: Signs, now: float) -> tuple[Proof, ...]:
    """Return the proofs that are missing now; with none the hub may be vouched for. now: monotonic, s."""
    looks_by = signs.looks_by
    sound = now - signs.last_frame <= FRESH or (looks_by is not None and now <= looks_by + GRACE)
    proofs = {
        Proof.SOUND: sound,
        Proof.INFERENCE: signs.unscored_since is None or now - signs.unscored_since <= INFERENCE,
        Proof.BROKER: now <= signs.broker_by + GRACE,
        Proof.CONVERSATION: signs.unread_since is None or now - signs.unread_since <= INBOX,
    }
    return tuple(proof for proof, there in proofs.items() if not there)
