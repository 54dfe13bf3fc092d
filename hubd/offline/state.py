"""What the model is doing."""

from __future__ import annotations

from enum import Enum
from typing import Final


class State(Enum):
    """What the model does."""

    SETTING_UP = "does not answer yet"
    IDLE = "waits for the user"
    LISTENING = "hears the user, or looks for the words"
    WORKING = "is in the middle of its turn"
    WAITING = "waits for the answer to a BLOCKING call"
    VOICING = "has a sentence turned into speech"
    DRAINING = "has sent its speech, which is assumed to be playing"


SPEAKING: Final = frozenset({State.WORKING, State.VOICING, State.DRAINING})
