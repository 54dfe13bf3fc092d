"""A function declaration as the sentences that ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from hubd.live.declarations import FunctionDeclaration
from hubd.offline.parameters import Amount, Choice, Flag, Parameter, parameters_of, without_article
from hubd.offline.phrases import NOTHING, Begin, Mean, Phrase, assign, in_order, maybe, one_of, say, seldom
from hubd.offline.words import spoken

# "turn" and "switch"
_USUAL_SPLIT: Final = 2


@dataclass(frozen=True, slots=True)
class Action:
    """What is done to a thing: "open the door", "switch the lamp on".

    plain: verbs that stand before the thing. split: verbs that come with the particle, before or after the thing.
    The first of each, or of split if there are any, is what people say; the others are understood.
    """

    plain: tuple[str, ...]
    split: tuple[str, ...] = ()
    particle: str = ""

    @property
    def leading(self) -> Phrase:
        """All that may stand before the thing."""
        usual = [f"{verb} {self.particle}" for verb in self.split[:_USUAL_SPLIT]] or self.plain[:1]
        unusual = [*self.plain, *(f"{verb} {self.particle}" for verb in self.split)]
        return one_of([*usual, seldom(*(verb for verb in unusual if verb not in usual))])


_ON: Final = Action(("activate", "enable"), ("turn", "switch", "put", "power"), "on")
_OFF: Final = Action(("deactivate", "disable"), ("turn", "switch", "put", "power", "shut"), "off")
_OPEN: Final = Action(("open", "raise"))
_CLOSE: Final = Action(("close", "shut", "lower"))
_LOCK: Final = Action(("lock",))
_UNLOCK: Final = Action(("unlock",))
_MUTE: Final = Action(("mute",))
_UNMUTE: Final = Action(("unmute",))
_START: Final = Action(("start", "run", "begin"))
_STOP: Final = Action(("stop", "end"))
_PLAY: Final = Action(("play", "start", "resume"))
_PAUSE: Final = Action(("pause", "stop"))
_SET: Final = Action(("set", "turn", "change", "adjust", "make"))
_ACTIONS: Final = (_ON, _OFF, _OPEN, _CLOSE, _LOCK, _UNLOCK, _MUTE, _UNMUTE, _START, _STOP, _PLAY, _PAUSE, _SET)

# A yes-or-no parameter's name → what yes does, what no does.
_FLAGS: Final = {
    **dict.fromkeys(("on", "power", "is_on", "enabled", "active", "switch"), (_ON, _OFF)),
    **dict.fromkeys(("open", "opened", "is_open"), (_OPEN, _CLOSE)),
    **dict.fromkeys(("closed", "close", "is_closed"), (_CLOSE, _OPEN)),
    **dict.fromkeys(("lock", "locked", "is_locked"), (_LOCK, _UNLOCK)),
    **dict.fromkeys(("mute", "muted"), (_MUTE, _UNMUTE)),
    **dict.fromkeys(("running", "run"), (_START, _STOP)),
    **dict.fromkeys(("play", "playing"), (_PLAY, _PAUSE)),
}
# A parameter's name that says which thing is meant; others say what happens to it.
_SUBJECTS: Final = ("device", "name", "thing", "entity", "room", "area", "scene", "target", "which")
# A choice by this name is itself the verb: "open the blinds", "stop the blinds".
_VERBS: Final = ("action", "command", "operation")
_ASKING: Final = ("get", "query", "read", "check", "ask")
_SETTING: Final = ("set", "dim", "change", "adjust", "control")
_PREPOSITIONS: Final = frozenset(
    ("to", "in", "at", "for", "of", "by", "with", "from", "and", "or", "on", "off", "if", "when", "its", "until", "is")
)
_LONGEST_LITERAL: Final = 7
_ARTICLES: Final = one_of(["the", seldom(NOTHING, "my", probability=0.1), seldom("all the")])
_USUAL_FAREWELLS: Final = ("goodbye", "bye", "that's all", "thank you", "thanks", "stop", "never mind")
# Short as they are, other short sounds are soon taken for one of them.
_FAREWELLS: Final = (
    "good bye",
    "that is all",
    "that will be all",
    "thank you that's all",
    "that's all thank you",
    "that's all thanks",
    "thank you goodbye",
    "thanks goodbye",
    "no thank you",
    "no thanks",
    "stop listening",
    "cancel",
    "nevermind",
    "forget it",
)


def sentences_of(declaration: FunctionDeclaration) -> Phrase:
    """Return all sentences for a function; none (an empty choice) if it needs what no grammar can foresee."""
    writer = _Writer(declaration)
    return in_order(Mean(Begin(declaration.name)), one_of(writer.sentences()))


def is_farewell(declaration: FunctionDeclaration) -> bool:
    """Return whether the function ends the conversation: its sentences are never part of a longer one."""
    words = spoken(re.sub(r"[_:.\-]+", " ", declaration.name))
    return words[:1] == ("end",) and "conversation" in words


class _Writer:
    """Writes the sentences of one function."""

    def __init__(self, declaration: FunctionDeclaration) -> None:
        self._farewell = is_farewell(declaration)
        self._name = spoken(re.sub(r"[_:.\-]+", " ", declaration.name))
        self._description = spoken(re.split(r"[.!?;:](?:\s|$)", declaration.description, maxsplit=1)[0])
        parameters, self._required = parameters_of(declaration)
        subjects = (each for each in parameters if isinstance(each, Choice) and each.name in _SUBJECTS)
        self._subject: Choice | None = next(subjects, None)
        self._settings = tuple(each for each in parameters if each is not self._subject)
        self._action, self._object = _split_verb(self._name)
        self._thing = self._thing_phrase()

    def sentences(self) -> Iterator[Phrase]:
        """Yield groups of sentences, each with every parameter that a call must have."""
        if self._farewell:
            if not self._required:
                yield one_of([*_USUAL_FAREWELLS, seldom(*_FAREWELLS)])
        elif self._name and self._name[0] in _ASKING:
            if self._complete():
                yield from self._questions()
        else:
            if self._complete():
                yield from self._literal()
                yield from self._imperatives()
            for setting in self._settings:
                yield from self._setting(setting)

    def _complete(self, *settings: Parameter) -> bool:
        """Return whether a sentence that names the thing and these settings has all that a call must have."""
        given = {each.name for each in (self._subject, *settings) if each is not None}
        return self._required <= given | self._implied.keys()

    @property
    def _implied(self) -> dict[str, bool]:
        """Return what goes without saying when something is set: that it is on."""
        flags = {each.name: _FLAGS.get(each.name) for each in self._settings if isinstance(each, Flag)}
        return {name: True for name, actions in flags.items() if actions == (_ON, _OFF) and name in self._required}

    def _thing_phrase(self) -> Phrase | None:
        """Return the names of what the function acts on; None if it names nothing."""
        if self._subject is not None:
            kind = maybe(self._subject.name) if self._subject.name in self._name else NOTHING
            return in_order(_ARTICLES, kind, self._subject.phrase, kind)
        _, described = _split_verb(self._description)
        until = next((at for at, word in enumerate(described) if word in _PREPOSITIONS), len(described))
        names = [without_article(words) for words in (self._object, described[:until])]
        phrases = [in_order(_ARTICLES, " ".join(words)) for words in dict.fromkeys(names) if words]
        return one_of(phrases) if phrases else None

    def _literal(self) -> Iterator[Phrase]:
        """Yield name and description as they stand, where they make a sentence."""
        if self._subject is None and self._name and self._name[0] not in _SETTING:
            yield say(" ".join(self._name))
            if 1 < len(self._description) <= _LONGEST_LITERAL:
                yield say(" ".join(self._description))

    def _imperatives(self) -> Iterator[Phrase]:
        """Yield what the name's verb does to the thing, with a number behind it if there is one to give."""
        if self._thing is not None and self._name[0] not in _SETTING:
            amounts = [each.phrase for each in self._settings if isinstance(each, Amount)]
            tail = maybe(*(in_order(one_of(["to", seldom("at", probability=0.1)]), phrase) for phrase in amounts))
            yield from _acting([(self._action, NOTHING, tail)], self._thing)

    def _setting(self, setting: Parameter) -> Iterator[Phrase]:
        """Yield the sentences that are about one parameter."""
        implied = in_order(*(assign(name, value) for name, value in self._implied.items() if name != setting.name))
        match setting:
            case Flag() if self._complete(setting):
                yield from self._switching(setting)
            case Amount() if self._complete(setting) and self._settable:
                yield in_order(implied, one_of(self._changing(setting, setting.phrase)))
            case Choice() if self._complete(setting) and setting.name in _VERBS and self._thing is not None:
                yield in_order(implied, setting.phrase, self._thing)
            case Choice() if self._complete(setting) and self._settable:
                yield in_order(implied, one_of(self._changing(setting, setting.phrase)))
            case _:
                pass

    @property
    def _settable(self) -> bool:
        """Whether "set it to" may stand for the function: not for one that switches off or closes."""
        return self._name[0] in _SETTING or self._action in (_ON, _OPEN, _SET)

    def _switching(self, flag: Flag) -> Iterator[Phrase]:
        """Yield the sentences for yes and for no."""
        yes, no = assign(flag.name, value=True), assign(flag.name, value=False)
        if flag.name in _FLAGS and self._thing is not None:
            amounts = [each.phrase for each in self._settings if isinstance(each, Amount)]
            tail = maybe(*(in_order(one_of(["to", seldom("at", probability=0.1)]), phrase) for phrase in amounts[:1]))
            does, undoes = _FLAGS[flag.name]
            yield from _acting([(does, yes, tail), (undoes, no, NOTHING)], self._thing)
        elif flag.name not in _FLAGS:
            what = in_order(_ARTICLES, flag.name.replace("_", " "))
            if self._thing is not None:
                what = one_of([in_order(what, one_of(["of", "on", "for", "in"]), self._thing), what])
            yield from _acting([(_ON, yes, NOTHING), (_OFF, no, NOTHING)], what)

    def _changing(self, setting: Parameter, values: Phrase) -> Iterator[Phrase]:
        """Yield "set it to fifty percent" for a setting's values."""
        words = spoken(setting.name.replace("_", " "))
        called = one_of(dict.fromkeys((" ".join(words), words[-1]))) if words else NOTHING
        lights = ("dim", "brighten") if {"brightness", "dim"} & {*words} else ()
        verbs = one_of([*_SET.plain[:1], *lights, seldom(*_SET.plain[1:])])
        first = next(each for each in self._settings if type(each) is type(setting)) is setting
        if self._thing is not None:
            whole = one_of([NOTHING, seldom(called, probability=0.1)]) if first else called
            yield in_order(verbs, self._thing, whole, one_of(["to", seldom("at")]), values)
            of = in_order(one_of(["of", "for", "in", "on"]), self._thing)
            yield in_order(verbs, maybe("the"), called, of if self._subject else maybe(of), "to", values)
            if first and isinstance(setting, Choice):
                yield in_order(verbs, self._thing, values)
        elif self._subject is None:
            yield in_order(verbs, maybe("the"), called, "to", values)

    def _questions(self) -> Iterator[Phrase]:
        """Yield the ways to ask about the thing."""
        if self._thing is None:
            return
        yield in_order(one_of(["what is", "what's"]), one_of(["the state of", "the status of"]), self._thing)
        yield in_order(one_of(["what's", "check"]), self._thing)
        states = one_of(["on", "off", "open", "closed", "locked", "unlocked", "running"])
        # What is left of "jarvis" sounds like "are": it is offered where grammar asks for it, no further.
        for verb, thing in self._by_number(self._thing):
            yield in_order(one_of([f"what {verb}", f"how {verb}"]), thing)
            yield in_order(verb, thing, states)

    def _by_number(self, thing: Phrase) -> Iterator[tuple[str, Phrase]]:
        """Yield the verbs for one and for several, with the things that go with each."""
        if self._subject is None:
            yield ("are" if self._object[-1:] and self._object[-1].endswith("s") else "is"), thing
            return
        for verb, plural in (("is", False), ("are", True)):
            names = tuple(value for value in self._subject.values if str(value).strip().endswith("s") is plural)
            yield verb, in_order(_ARTICLES, replace(self._subject, values=names).phrase)


def _split_verb(words: tuple[str, ...]) -> tuple[Action, tuple[str, ...]]:
    """Return what the words' verb does, with the words behind it; an unknown verb stands for itself."""
    verb = words[0].removesuffix("s") if words else ""
    for action in _ACTIONS:
        if verb in action.split and action.particle in words[1:2]:
            return action, words[2:]
        if verb in action.plain and action is not _SET:
            return action, words[1:]
    if verb in _SET.plain:
        return _SET, words[1:]
    return Action((verb,) if verb else ()), words[1:]


def _acting(actions: Iterable[tuple[Action, Phrase, Phrase]], thing: Phrase) -> Iterator[Phrase]:
    """Yield the sentences in which one of several actions is done to a thing.

    Each action comes with its meaning and with what may follow. The thing is written once for all actions: with a
    hundred lamps it is what makes a grammar large.
    """
    actions = list(actions)
    for action, meaning, tail in actions:
        yield in_order(action.leading, meaning, thing, tail)
    split = [action for action, _, _ in actions if action.particle]
    if split:
        split_actions = [(action, meaning, tail) for action, meaning, tail in actions if action.particle]
        after = one_of(in_order(action.particle, meaning, tail) for action, meaning, tail in split_actions)
        bare = one_of(in_order(action.particle, meaning) for action, meaning, _ in split_actions)
        usual = dict.fromkeys(verb for action in split for verb in action.split[:_USUAL_SPLIT])
        unusual = dict.fromkeys(verb for action in split for verb in action.split[_USUAL_SPLIT:])
        yield in_order(one_of([*usual, seldom(*unusual)]), thing, after)
        yield seldom(in_order(thing, bare))
