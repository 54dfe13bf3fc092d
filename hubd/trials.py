"""Words of a command line → a call of one of a device's functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from pydantic import JsonValue

from hubd.devices import kinds
from hubd.devices.catalog import Ambiguous, Catalog, Unknown
from hubd.devices.kinds import KINDS
from hubd.devices.model import Device
from hubd.devices.parameters import Parameter, ParameterType, shown
from hubd.devices.queries import DEVICE
from hubd.devices.vocabulary import Property
from hubd.events import Call
from hubd.requests import Refusal

CALL_ID: Final = "try"
_NUMBERS: Final = frozenset({ParameterType.INTEGER, ParameterType.NUMBER})
_PERCENT: Final = 100
_TRUE: Final = ("on", "true", "yes")
_FALSE: Final = ("off", "false", "no")
# Words that stand for themselves, with what they set.
_PLAIN: Final[Mapping[str, tuple[str, JsonValue]]] = {
    **dict.fromkeys(_TRUE, (Property.ON, True)),
    **dict.fromkeys(_FALSE, (Property.ON, False)),
    "lock": (Property.LOCKED, True),
    "unlock": (Property.LOCKED, False),
}


def call_of(catalog: Catalog, name: str, words: Sequence[str]) -> Call | Refusal:
    """Return what is to be called; what it sets is not checked yet.

    name: what the device is called. words: settings as ``brightness=30``, or as a word that means one: on, open, 30%;
    before them the function's name, for a device with several.
    """
    match catalog.find(name):
        case Ambiguous(choices=choices):
            return Refusal(f"Several are called {shown(name)}: {', '.join(choices)}. Name one of them.", choices)
        case Unknown(near=near):
            there = f"; there are: {', '.join(near)}" if near else ""
            return Refusal(f"There is no device called {shown(name)}{there}.", near)
        case device:
            return _call(catalog, device, list(words))


def _call(catalog: Catalog, device: Device, words: list[str]) -> Call | Refusal:
    functions = _functions(device)
    if not functions:
        return Refusal(f"{shown(device.name)} can only be read.", device=device.id)
    meant = [name for name in functions if words and name.startswith(f"{words[0]}_")]
    if words and words[0] in functions:
        function = words.pop(0)
    elif len(meant) == 1 and device.kind is None:
        function, words = meant[0], words[1:]
    elif len(functions) == 1 or device.kind is not None:
        function = next(iter(functions))
    else:
        choices = tuple(functions)
        return Refusal(f"Name the function first: {', '.join(choices)}.", choices, device.id)
    arguments: dict[str, JsonValue] = {}
    for word in words:
        found = _setting(word, functions[function])
        if found is None:
            return Refusal(_misunderstood(word, function, functions[function]), device=device.id)
        arguments.update([found])
    of_kind = function not in {each.name for each in device.functions}
    named: dict[str, JsonValue] = {DEVICE: catalog.label(device)} if of_kind else {}
    return Call(CALL_ID, function, named | arguments)


def _functions(device: Device) -> Mapping[str, Mapping[str, Parameter]]:
    """Return the parameters of each function, by its name; that of the kind first."""
    of_kind = KINDS[device.kind].functions if device.kind is not None else ()
    return {
        **{each.name: kinds.parameters_of(each, [device]) for each in of_kind},
        **{each.name: each.parameters for each in device.functions},
    }


def _setting(word: str, parameters: Mapping[str, Parameter]) -> tuple[str, JsonValue] | None:
    """Return name and value of what a word sets, or None if it says nothing."""
    name, sign, text = word.partition("=")
    if sign:
        return name, _value(text, parameters.get(name))
    plain = word.casefold()
    if plain in _PLAIN and _PLAIN[plain][0] in parameters:
        return _PLAIN[plain]
    if plain in parameters and parameters[plain].type is ParameterType.BOOLEAN:
        return plain, True
    for name, parameter in parameters.items():
        if plain in {each.casefold() for each in parameter.enum}:
            return name, word
    return _measured(plain, parameters)


def _measured(text: str, parameters: Mapping[str, Parameter]) -> tuple[str, JsonValue] | None:
    """Return what a number sets: the only parameter that it can be meant for, by its unit if it has one."""
    numbers = {name: each for name, each in parameters.items() if each.type in _NUMBERS}
    if text.endswith("%"):
        numbers = {name: each for name, each in numbers.items() if each.maximum == _PERCENT}
    elif text.endswith(("°", "°c")):
        numbers = {name: each for name, each in numbers.items() if name == Property.TEMPERATURE}
    value = _number(text.removesuffix("%").removesuffix("c").removesuffix("°"))
    return (next(iter(numbers)), value) if len(numbers) == 1 and not isinstance(value, str) else None


def _value(text: str, parameter: Parameter | None) -> JsonValue:
    """Return a text as the parameter's type; what does not fit is left as it is, for the check to complain about."""
    match parameter.type if parameter is not None else ParameterType.STRING:
        case ParameterType.BOOLEAN:
            return {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}.get(text.casefold(), text)
        case ParameterType.INTEGER | ParameterType.NUMBER:
            return _number(text)
        case ParameterType.STRING:
            return text


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _misunderstood(word: str, function: str, parameters: Mapping[str, Parameter]) -> str:
    known = list(_words(parameters))
    near = get_close_matches(word.casefold(), known, n=3)
    allowed = ", ".join([*known[:8], *(f"{name}=…" for name in parameters)])
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{shown(word)} sets nothing; {meant}{function} takes {allowed or 'nothing'}."


def _words(parameters: Mapping[str, Parameter]) -> Iterator[str]:
    """Yield the words that stand for themselves."""
    yield from (
        word for word, (name, _) in _PLAIN.items() if name in parameters and word not in {*_TRUE[1:], *_FALSE[1:]}
    )
    yield from (text for parameter in parameters.values() for text in parameter.enum)
