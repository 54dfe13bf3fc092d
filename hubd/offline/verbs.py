"""What is done to things: the verbs, with the sentences around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from hubd.offline.phrases import NOTHING, Phrase, in_order, one_of, seldom

# "turn" and "switch"
_USUAL_SPLIT: Final = 2


# "everything off" is said as often as "turn everything off"; "lamp off" is a short sound that much else resembles.
_BARE: Final = 0.01
_BARE_GROUP: Final = 0.1


@dataclass(frozen=True, slots=True)
class Thing:
    """What something is done to. behind: where it is, which stands behind the verb. several: whether it is a group."""

    named: Phrase
    behind: Phrase = NOTHING
    several: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What is done to a thing: "open the door", "switch the lamp on".

    plain: verbs that stand before the thing. split: verbs that come with the particle, before or after the thing.
    The first of each, or of split if there are any, is what people say; the others are understood. own: plain verbs
    that are said as often.
    """

    plain: tuple[str, ...]
    split: tuple[str, ...] = ()
    particle: str = ""
    own: tuple[str, ...] = ()

    @property
    def leading(self) -> Phrase:
        """All that may stand before the thing."""
        usual = [f"{verb} {self.particle}" for verb in self.split[:_USUAL_SPLIT]] or [*self.plain[:1]]
        usual += self.own
        unusual = [*self.plain, *(f"{verb} {self.particle}" for verb in self.split)]
        return one_of([*usual, seldom(*(verb for verb in unusual if verb not in usual))])


ON: Final = Action(("activate", "enable"), ("turn", "switch", "put", "power"), "on")
OFF: Final = Action(("deactivate", "disable"), ("turn", "switch", "put", "power", "shut"), "off")
OPEN: Final = Action(("open", "raise"))
CLOSE: Final = Action(("close", "shut", "lower"))
_LOCK: Final = Action(("lock",))
_UNLOCK: Final = Action(("unlock",))
_MUTE: Final = Action(("mute",))
_UNMUTE: Final = Action(("unmute",))
_START: Final = Action(("start", "run", "begin"))
_STOP: Final = Action(("stop", "end"))
_PLAY: Final = Action(("play", "start", "resume"))
_PAUSE: Final = Action(("pause", "stop"))
SET: Final = Action(("set", "turn", "change", "adjust", "make"))
_ACTIONS: Final = (ON, OFF, OPEN, CLOSE, _LOCK, _UNLOCK, _MUTE, _UNMUTE, _START, _STOP, _PLAY, _PAUSE, SET)

# What is activated, as a scene, is started too; a lamp is not.
_AS_GOOD_AS: Final = {"activate": ("start",)}

# A yes-or-no parameter's name → what yes does, what no does.
FLAGS: Final = {
    **dict.fromkeys(("on", "power", "is_on", "enabled", "active", "switch"), (ON, OFF)),
    **dict.fromkeys(("open", "opened", "is_open"), (OPEN, CLOSE)),
    **dict.fromkeys(("closed", "close", "is_closed"), (CLOSE, OPEN)),
    **dict.fromkeys(("lock", "locked", "is_locked"), (_LOCK, _UNLOCK)),
    **dict.fromkeys(("mute", "muted"), (_MUTE, _UNMUTE)),
    **dict.fromkeys(("running", "run"), (_START, _STOP)),
    **dict.fromkeys(("play", "playing"), (_PLAY, _PAUSE)),
}


def split_verb(words: tuple[str, ...]) -> tuple[Action, tuple[str, ...]]:
    """Return what the words' verb does, with the words behind it; an unknown verb stands for itself."""
    verb = words[0].removesuffix("s") if words else ""
    for action in _ACTIONS:
        if verb in action.split and action.particle in words[1:2]:
            return action, words[2:]
        if verb in action.plain and action is not SET:
            if not action.split:
                return action, words[1:]
            # Who calls a function "activate" means it to be said.
            return replace(action, own=(verb, *_AS_GOOD_AS.get(verb, ()))), words[1:]
    if verb in SET.plain:
        return SET, words[1:]
    return Action((verb,) if verb else ()), words[1:]


def acting(actions: Iterable[tuple[Action, Phrase, Phrase]], thing: Thing) -> Iterator[Phrase]:
    """Yield the sentences in which one of several actions is done to a thing.

    Each action comes with its meaning and with what may follow. The thing is written once for all actions: with a
    hundred lamps it is what makes a grammar large.
    """
    actions = list(actions)
    for action, meaning, tail in actions:
        yield in_order(action.leading, meaning, thing.named, thing.behind, tail)
    split = [action for action, _, _ in actions if action.particle]
    if split:
        split_actions = [(action, meaning, tail) for action, meaning, tail in actions if action.particle]
        after = one_of(
            in_order(action.particle, meaning, thing.behind, tail) for action, meaning, tail in split_actions
        )
        bare = one_of(in_order(action.particle, meaning, thing.behind) for action, meaning, _ in split_actions)
        usual = dict.fromkeys(verb for action in split for verb in action.split[:_USUAL_SPLIT])
        unusual = dict.fromkeys(verb for action in split for verb in action.split[_USUAL_SPLIT:])
        yield in_order(one_of([*usual, seldom(*unusual)]), thing.named, after)
        yield seldom(in_order(thing.named, bare), probability=_BARE_GROUP if thing.several else _BARE)
