"""What is known before a check begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Flag, auto

from hubd.config import Config


class Trial(Flag):
    """What a person has to take part in: say the wake word, hear a sentence."""

    NOTHING = 0
    LISTEN = auto()
    SPEAK = auto()


@dataclass(frozen=True, slots=True)
class Case:
    """A hub that is examined.

    config, environment: as the hub has them. trials: what is to be tried. ask: tells the person what to do now.
    """

    config: Config
    environment: Mapping[str, str]
    trials: Trial
    ask: Callable[[str], None]
