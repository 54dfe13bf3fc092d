"""What a thing can be told in a word, as people say it."""

from __future__ import annotations

from typing import Final

from hubd.offline.parameters import Choice
from hubd.offline.phrases import Phrase, assign, in_order, one_of, say, seldom
from hubd.offline.words import spoken

# What stands for the thing in a pattern; without it the thing is not named.
_IT: Final = "{}"

# A value → how it is asked for: what is usual, what is understood. Other values are verbs as they stand.
_PATTERNS: Final = {
    "open": (("open {}",), ("raise {}",)),
    "close": (("close {}",), ("shut {}", "lower {}")),
    "play": (("play {}",), ("start {}", "resume {}")),
    "pause": (("pause {}",), ()),
    "next": (("next song on {}", "next title on {}", "skip the song on {}"), ("next track on {}", "next on {}")),
    "previous": (("previous song on {}", "previous title on {}"), ("previous track on {}", "previous on {}")),
    "start": (("start {}",), ("run {}",)),
    "return": (("send {} home",), ("send {} back", "return {} home", "return {}")),
    "locate": (("find {}", "where is {}"), ("locate {}",)),
    # "Arm the alarm" may be any of them: whoever says it is asked which.
    "arm home": (("arm {} at home", "arm {} home"), ("arm {}", "arm home {}", "set {} to arm home")),
    "arm away": (("arm {} away", "set {} to away"), ("arm {}", "arm away {}")),
    "arm night": (("arm {} for the night", "set {} to night"), ("arm {}", "arm night {}")),
    "arm vacation": (("arm {} for the vacation", "set {} to vacation"), ("arm {}", "arm vacation {}")),
}
_TURN_ON: Final = ("turn on {}", "turn {} on")
_TURN_OFF: Final = ("turn off {}", "turn {} off")
# What lets something through, or is heard, is turned on as well.
_OF_VALVES: Final = {"open": _TURN_ON, "close": _TURN_OFF}
_OF_PLAYERS: Final = {"play": _TURN_ON, "stop": _TURN_OFF}
# What needs no name where there is one such thing only.
_WITHOUT_NAME: Final = {
    "next": ("next song", "next title", "skip this song"),
    "previous": ("previous song", "previous title"),
    "pause": ("pause the music",),
    "play": ("play the music", "play some music"),
    "stop": ("stop the music",),
}
_MUSIC: Final = frozenset({"next", "previous"})


def doings(action: Choice, thing: Phrase, *, kind: str, only: Phrase | None) -> Phrase:
    """Return the sentences for each value of an action that is done to a thing.

    kind: what such things are called. only: the meaning of the one that there is, if it need not be named.
    """
    plays = {spoken(str(value)) for value in action.values} >= {(word,) for word in _MUSIC}
    ways: list[Phrase] = []
    for value in action.values:
        words = " ".join(spoken(str(value)))
        usual, unusual = _PATTERNS.get(words, ((f"{words} {_IT}",), ()))
        said = [_filled(pattern, thing) for pattern in usual]
        turned = _OF_VALVES if kind == "valve" else _OF_PLAYERS if plays else {}
        said += [_filled(pattern, thing) for pattern in turned.get(words, ())]
        said += [seldom(_filled(pattern, thing)) for pattern in unusual]
        if only is not None and plays:
            said += [in_order(text, only) for text in _WITHOUT_NAME.get(words, ())]
        if words:
            ways.append(in_order(assign(action.name, value), one_of(said)))
    return one_of(ways)


def _filled(pattern: str, thing: Phrase) -> Phrase:
    before, _, after = pattern.partition(_IT)
    return in_order(say(before), thing, say(after))
