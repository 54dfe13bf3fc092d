"""A function declaration as the sentences that ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from hubd.live.declarations import FunctionDeclaration
from hubd.offline.doings import doings
from hubd.offline.groups import AREAS, everything, groups, where
from hubd.offline.names import ASKING, Names
from hubd.offline.parameters import Amount, Choice, Flag, Parameter, parameters_of, without_article
from hubd.offline.phrases import NOTHING, Begin, Mean, Phrase, assign, in_order, maybe, one_of, say, seldom
from hubd.offline.questions import about, about_place, about_several
from hubd.offline.timing import is_timing, timing
from hubd.offline.verbs import FLAGS, OFF, ON, OPEN, SET, Thing, acting, split_verb
from hubd.offline.words import spoken

# A parameter's name that says which thing is meant; others say what happens to it.
_SUBJECTS: Final = ("device", "sensor", "name", "thing", "entity", "room", "area", "scene", "target", "which")
# A choice by this name is itself the verb: "open the blinds", "stop the blinds".
_VERBS: Final = ("action", "command", "operation")
_KIND: Final = "kind"
_STATE: Final = "state"
_SETTING: Final = ("set", "dim", "change", "adjust", "control")
_WHOLE: Final = ("everything",)
# "Make the lamp red": without "to" few verbs are usual.
_MAKE: Final = ("make", "turn", "set")
_TURNED: Final = {"on": ON, "off": OFF}
_PREPOSITIONS: Final = frozenset(
    ("to", "in", "at", "for", "of", "by", "with", "from", "and", "or", "on", "off", "if", "when", "its", "until", "is")
)
_LONGEST_LITERAL: Final = 7
_ARTICLES: Final = one_of(["the", seldom(NOTHING, "my", probability=0.1)])
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


def sentences_of(declaration: FunctionDeclaration, names: Names | None = None) -> Phrase:
    """Return all sentences for a function; none (an empty choice) if it needs what no grammar can foresee.

    names: how the things of the house are called in all its functions.
    """
    writer = _Writer(declaration, names or Names.of([declaration]))
    return in_order(Mean(Begin(declaration.name)), one_of(writer.sentences()))


def is_farewell(declaration: FunctionDeclaration) -> bool:
    """Return whether the function ends the conversation: its sentences are never part of a longer one."""
    words = _words(declaration.name)
    return words[:1] == ("end",) and "conversation" in words


class _Writer:
    """Writes the sentences of one function."""

    def __init__(self, declaration: FunctionDeclaration, names: Names) -> None:
        self._names = names
        self._farewell = is_farewell(declaration)
        self._name = _words(declaration.name)
        self._description = spoken(re.split(r"[.!?;:](?:\s|$)", declaration.description, maxsplit=1)[0])
        parameters, self._required = parameters_of(declaration)
        self._parameters = tuple(names.told(each) for each in parameters)
        choices = [each for each in self._parameters if isinstance(each, Choice)]
        self._action, self._object = split_verb(self._name)
        self._area = self._area_among(choices)
        self._subjects = tuple(each for each in choices if each.name in _SUBJECTS and each is not self._area)
        self._subject = self._subjects[0] if self._subjects else None
        self._settings = tuple(
            each for each in self._parameters if each is not self._area and each not in self._subjects[:1]
        )
        self._things = tuple(self._called())
        self._thing = one_of(
            thing.named if thing.behind is NOTHING else in_order(thing.named, thing.behind) for thing in self._things
        )

    def _area_among(self, choices: Sequence[Choice]) -> Choice | None:
        """Return what says where the things are; it is a thing itself where no other can be named."""
        area = next((each for each in choices if each.name in AREAS and each.name not in self._required), None)
        others = any(each.name in _SUBJECTS and each is not area for each in choices)
        return area if others or self._object == _WHOLE else None

    def sentences(self) -> Iterator[Phrase]:
        """Yield groups of sentences, each with every parameter that a call must have."""
        if self._farewell:
            if not self._required:
                yield one_of([*_USUAL_FAREWELLS, seldom(*_FAREWELLS)])
        elif is_timing(self._name):
            if not self._required:
                yield from timing(self._name, self._parameters)
        elif self._name and self._name[0] in ASKING:
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
        flags = {each.name: FLAGS.get(each.name) for each in self._settings if isinstance(each, Flag)}
        return {name: True for name, actions in flags.items() if actions == (ON, OFF) and name in self._required}

    def _called(self) -> Iterator[Thing]:
        """Yield what the function acts on; nothing if it names nothing."""
        if self._subject is not None:
            kind = maybe(self._subject.name) if self._subject.name in self._name else NOTHING
            yield Thing(in_order(_ARTICLES, kind, self._subject.phrase, kind))
            if self._area is not None:
                yield from groups(self._area, " ".join(self._name[1:]))
        elif self._area is not None and self._object == _WHOLE:
            yield from everything(self._area, _WHOLE)
        else:
            phrases = [in_order(_ARTICLES, " ".join(words)) for words in self._described()]
            if phrases:
                yield Thing(one_of(phrases))

    def _described(self) -> list[tuple[str, ...]]:
        """Return what the one thing is called on which the function acts, by its name, by its description."""
        _, described = split_verb(self._description)
        until = next((at for at, word in enumerate(described) if word in _PREPOSITIONS), len(described))
        names = (without_article(words) for words in (self._object, described[:until]))
        return [words for words in dict.fromkeys(names) if words]

    def _literal(self) -> Iterator[Phrase]:
        """Yield name and description as they stand, where they make a sentence."""
        if self._subject is None and self._name and self._name[0] not in _SETTING:
            yield say(" ".join(self._name))
            if 1 < len(self._description) <= _LONGEST_LITERAL:
                yield say(" ".join(self._description))

    def _imperatives(self) -> Iterator[Phrase]:
        """Yield what the name's verb does to the thing, with a number behind it if there is one to give."""
        if self._name[0] not in _SETTING:
            amounts = [each.phrase for each in self._settings if isinstance(each, Amount)]
            tail = maybe(*(in_order(_to(), phrase) for phrase in amounts))
            for thing in self._things:
                yield from acting([(self._action, NOTHING, tail)], thing)

    def _setting(self, setting: Parameter) -> Iterator[Phrase]:
        """Yield the sentences that are about one parameter."""
        implied = in_order(*(assign(name, value) for name, value in self._implied.items() if name != setting.name))
        match setting:
            case Flag() if self._complete(setting):
                yield from self._switching(setting)
            case Amount() if self._complete(setting) and self._settable:
                yield in_order(implied, one_of(self._changing(setting, setting.phrase)))
            case Choice() if self._complete(setting) and setting.name in _VERBS and self._things:
                yield in_order(implied, doings(setting, self._thing, kind=" ".join(self._name[1:]), only=self._only))
            case Choice() if self._complete(setting) and self._settable:
                yield in_order(implied, one_of(self._changing(setting, setting.phrase)))
                # A mode that is "off" is what people turn off.
                turned = [(does, value) for value, does in _TURNED.items() if value in setting.values]
                for thing in self._things if turned else ():
                    actions = [(does, assign(setting.name, value), NOTHING) for does, value in turned]
                    yield in_order(implied, one_of(acting(actions, thing)))
            case _:
                pass

    @property
    def _only(self) -> Phrase | None:
        """Return the meaning of the one thing that there is, which need not be named; None if there are several."""
        if self._subject is None or len(self._subject.values) != 1:
            return None
        return assign(self._subject.name, self._subject.values[0])

    @property
    def _settable(self) -> bool:
        """Whether "set it to" may stand for the function: not for one that switches off or closes."""
        return self._name[0] in _SETTING or replace(self._action, own=()) in (ON, OPEN, SET)

    def _switching(self, flag: Flag) -> Iterator[Phrase]:
        """Yield the sentences for yes and for no."""
        yes, no = assign(flag.name, value=True), assign(flag.name, value=False)
        if flag.name in FLAGS:
            amounts = [each.phrase for each in self._settings if isinstance(each, Amount)]
            tail = maybe(*(in_order(_to(), phrase) for phrase in amounts[:1]))
            does, undoes = FLAGS[flag.name]
            for thing in self._things:
                yield from acting([(does, yes, tail), (undoes, no, NOTHING)], thing)
        else:
            what = in_order(_ARTICLES, flag.name.replace("_", " "))
            if self._things:
                what = one_of([in_order(what, one_of(["of", "on", "for", "in"]), self._thing), what])
            yield from acting([(ON, yes, NOTHING), (OFF, no, NOTHING)], Thing(what))

    def _changing(self, setting: Amount | Choice, values: Phrase) -> Iterator[Phrase]:
        """Yield "set it to fifty percent" for a setting's values."""
        words = spoken(setting.name.replace("_", " "))
        called = one_of(dict.fromkeys((" ".join(words), words[-1]))) if words else NOTHING
        lights = ("dim", "brighten") if {"brightness", "dim"} & {*words} else ()
        verbs = one_of([*SET.plain[:1], *lights, seldom(*SET.plain[1:])])
        first = next(each for each in self._settings if type(each) is type(setting)) is setting
        if self._things:
            whole = one_of([NOTHING, seldom(called, probability=0.1)]) if first else called
            yield in_order(verbs, self._thing, whole, one_of(["to", seldom("at")]), values)
            of = in_order(one_of(["of", "for", "in", "on"]), self._thing)
            yield in_order(verbs, maybe("the"), called, of if self._subject else maybe(of), "to", values)
            if self._area is not None and isinstance(setting, Amount):
                yield in_order(verbs, "the", called, where(self._area), "to", values)
            if first and isinstance(setting, Choice):
                yield in_order(one_of([*_MAKE, seldom(verbs)]), self._thing, values)
        elif self._subject is None:
            yield in_order(verbs, maybe("the"), called, "to", values)

    def _questions(self) -> Iterator[Phrase]:
        """Yield the ways to ask about a thing, or about several."""
        named = [(words, assign(each.name, value)) for each in self._subjects for words, value in each.names] or [
            (words, NOTHING) for words in self._described()
        ]
        yield from about(named, self._names.commanded)
        choices = {each.name: each for each in self._settings if isinstance(each, Choice)}
        if (kind := choices.get(_KIND)) is not None:
            yield from about_several(kind, self._area, choices.get(_STATE))
        if self._area is not None:
            yield from about_place(self._area)


def _to() -> Phrase:
    return one_of(["to", seldom("at", probability=0.1)])


def _words(name: str) -> tuple[str, ...]:
    return spoken(re.sub(r"[_:.\-]+", " ", name))
