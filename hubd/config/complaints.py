"""Validation errors → sentences that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hubd.config.suggestions import found, not_allowed, quoted, suggestion
from hubd.config.toml_files import TomlFile
from hubd.config.toml_lines import KeyPath, key_lines, line_of
from hubd.errors import Complaint

_ALLOWED_WORDS = re.compile(r"'([^']*)'")

# The type of errors that hubd raises itself (``fields.complaint``).
_OWN = "hubd"

_EXPECTED = {
    "string": "a text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list in square brackets",
    "tuple": "a list in square brackets",
    "dict": "a table",
    "model": "a table",
    "mapping": "a table",
    "date": "a date",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at a key path.

    on_key: it is the key that is wrong, not its value. meant: the key or word that was probably meant, if any.
    """

    path: KeyPath
    problem: str
    on_key: bool = False
    meant: str = ""


def complaints_about(file: TomlFile, problems: Iterable[tuple[KeyPath, str]]) -> list[Complaint]:
    """Return one complaint for each key path and problem, in the order of the file, each with its line."""
    lines = key_lines(file.text)
    found = [
        Complaint(file=file.name, key=key_name(path, file.tree), problem=problem, line=line_of(path, lines))
        for path, problem in problems
    ]
    return sorted(dict.fromkeys(found), key=lambda complaint: complaint.line or 0)


def mistakes_of(error: ValidationError, tree: object, model: type[BaseModel]) -> list[Mistake]:
    """Return every mistake that was found when tree was validated against model, with key paths in tree.

    An option is not missed where its name is misspelt.
    """
    everything = [(details["type"], _mistake(details, tree, model)) for details in error.errors(include_url=False)]
    misspelt = {(*mistake.path[:-1], mistake.meant) for _, mistake in everything if mistake.on_key and mistake.meant}
    found: dict[tuple[KeyPath, bool, str], list[Mistake]] = {}
    for kind, mistake in everything:
        if kind == "missing" and mistake.path in misspelt:
            continue
        # Branches of a union complain one by one about the same value; our own complaints stand each for itself.
        alone = mistake.problem if kind == _OWN else ""
        found.setdefault((mistake.path, mistake.on_key, alone), []).append(mistake)
    return [replace(same[0], problem=_joined([each.problem for each in same])) for same in found.values()]


def key_name(path: KeyPath, tree: object) -> str:
    """Return a key path as a person would write it, list items by their id or name where they have one."""
    name = ""
    for part in path:
        tree = _child(tree, part)
        if isinstance(part, int):
            name += f"[{_item_name(tree) or part}]"
        else:
            plain = part if re.fullmatch(r"[\w-]{1,60}", part) else quoted(part)
            name += f".{plain}" if name else plain
    return name


def _joined(sentences: Sequence[str]) -> str:
    first, *others = each = list(dict.fromkeys(sentences))
    start, separator, _ = first.partition(", allowed is ")
    if separator and all(sentence.startswith(start + separator) for sentence in others):
        return " or ".join([first, *(sentence.removeprefix(start + separator) for sentence in others)])
    return "; or: ".join(each)


def _real_path(location: Sequence[str | int], tree: object) -> KeyPath:
    """Return the part of pydantic's location that is in the file: it also names branches of unions."""
    path: list[str | int] = []
    for position, part in enumerate(location):
        child = _child(tree, part)
        is_last = position == len(location) - 1
        if child is not None or (is_last and isinstance(tree, dict) and isinstance(part, str)):
            path.append(part)
            tree = child
    return tuple(path)


def _child(tree: object, part: str | int) -> object:
    match tree, part:
        case dict(), str():
            return tree.get(part)
        case list(), int() if part < len(tree):
            return tree[part]
        case _:
            return None


def _item_name(item: object) -> str:
    if not isinstance(item, dict):
        return ""
    name = next((item[key] for key in ("id", "name", "model") if isinstance(item.get(key), str)), "")
    return name if re.fullmatch(r"[\w .-]{1,40}", name) else ""


def _mistake(details: ErrorDetails, tree: object, model: type[BaseModel]) -> Mistake:
    match details:
        case {"type": "extra_forbidden", "loc": location, "input": value}:
            return _unknown_key(_real_path(location, tree), value, model)
        case {"loc": (*location, "[key]")} if location:
            path = _real_path(location, tree)
            return Mistake(path, _sentence(details, path), on_key=True)
        case {"type": "model_type", "loc": (name,), "input": [{}, *_]} if single := _single(name, model):
            problem = f"found a list, allowed is a table; did you mean [[{single}]]?"
            return Mistake((name,), problem, on_key=True, meant=single)
        case {"type": "enum" | "literal_error", "input": str(word)}:
            path = _real_path(details["loc"], tree)
            return Mistake(path, _sentence(details, path), meant=suggestion(word, _allowed_words(details)))
        case _:
            path = _real_path(details["loc"], tree)
            return Mistake(path, _sentence(details, path))


def _sentence(details: ErrorDetails, path: KeyPath) -> str:
    kind = details["type"]
    if (rule := _RULES.get(kind)) is not None:
        return rule(details)
    value = details["input"]
    expected = _EXPECTED.get(kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float"))
    if expected is not None:
        return f"found {found(value)}, allowed is {expected}{_brackets(expected, path, value)}"
    message = details["msg"].removeprefix("Input ")
    return f"found {found(value)}: {message[:1].lower()}{message[1:]}"


def _own_words(details: ErrorDetails) -> str:
    return str(details.get("ctx", {}).get("error", details["msg"]))


def _allowed_words(details: ErrorDetails) -> list[str]:
    return _ALLOWED_WORDS.findall(str(details.get("ctx", {}).get("expected", "")))


def _none_of(details: ErrorDetails) -> str:
    allowed = _allowed_words(details)
    value = details["input"]
    if isinstance(value, str):
        return not_allowed(value, allowed)
    return f"found {found(value)}, allowed: {', '.join(map(quoted, allowed))}"


def _out_of_range(details: ErrorDetails) -> str:
    limits = details.get("ctx", {})
    sentences = {"ge": "at least {}", "gt": "numbers above {}", "le": "at most {}", "lt": "numbers below {}"}
    value = details["input"]
    # The only numbers that are written as texts are durations, in seconds.
    unit = " s" if isinstance(value, str) else ""
    bound = next(
        sentences[name].format(f"{bound:g}{unit}" if isinstance(bound, float) else f"{bound}{unit}")
        for name, bound in limits.items()
        if name in sentences
    )
    return f"found {found(value)}, allowed are {bound}"


def _wrong_length(details: ErrorDetails) -> str:
    value, limits = details["input"], details.get("ctx", {})
    unit = "characters" if isinstance(value, str) else "items"
    size = len(value) if isinstance(value, str | list | dict | tuple) else "other"
    if size == 0:
        return "must not be empty"
    bound = f"at most {limits['max_length']}" if "max_length" in limits else f"at least {limits.get('min_length')}"
    return f"found {size} {unit}, allowed are {bound}"


_RULES: Mapping[str, Callable[[ErrorDetails], str]] = {
    _OWN: _own_words,
    "value_error": _own_words,
    "assertion_error": _own_words,
    "missing": lambda _: "is missing",
    "literal_error": _none_of,
    "enum": _none_of,
    "greater_than": _out_of_range,
    "greater_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "less_than_equal": _out_of_range,
    "string_too_short": _wrong_length,
    "string_too_long": _wrong_length,
    "too_short": _wrong_length,
    "too_long": _wrong_length,
    "recursion_loop": lambda _: "is nested too deeply",
}


def _brackets(expected: str, path: KeyPath, value: object) -> str:
    if not path or not isinstance(path[-1], str):
        return ""
    header = ".".join(part for part in path if isinstance(part, str))
    if expected == _EXPECTED["list"] and isinstance(value, dict):
        return f": write [[{header}]] with two brackets"
    if expected == _EXPECTED["model"] and isinstance(value, list) and value and isinstance(value[0], dict):
        return f": write [{header}] with one bracket"
    return ""


def _single(name: str | int, model: type[BaseModel]) -> str:
    """Return the list of tables that a section in the plural was probably meant for, as device for devices."""
    single = str(name).removesuffix("s")
    return single if single != name and single in model.model_fields else ""


def _unknown_key(path: KeyPath, value: object, model: type[BaseModel]) -> Mistake:
    """Return the mistake of a key that no option has: a misspelling, or an option of another section."""
    key = str(path[-1])
    owner = _model_at(path[:-1], model)
    options = _option_names(owner) if owner is not None else []
    kind = "section" if isinstance(value, dict) and len(path) == 1 else "option"
    others = [
        (place, f"[[{key_name(place, {})}]]" if is_list else f"[{key_name(place, {})}]")
        for place, inner, is_list in _tables(model)
        if inner is not owner and key in _option_names(inner) and (len(place) == 1 or place[0] == path[0])
    ]
    near = [home for place, home in others if place[0] == path[0]]
    homes = near or [home for _, home in others]
    if homes:
        return Mistake(path, f"unknown {kind}; it belongs into {' or '.join(homes)}", on_key=True)
    if meant := suggestion(key, options):
        problem = f"unknown {kind}; did you mean {f'[{meant}]' if kind == 'section' else meant}?"
        return Mistake(path, problem, on_key=True, meant=meant)
    problem = f"unknown {kind}, allowed: {', '.join(options)}" if options else f"unknown {kind}"
    return Mistake(path, problem, on_key=True)


def _tables(model: type[BaseModel]) -> Iterator[tuple[KeyPath, type[BaseModel], bool]]:
    """Yield the tables of the main file, with those right inside them: path, model, whether it is a list."""
    for name, field in model.model_fields.items():
        for table in _models_in(field.annotation):
            is_list = get_origin(field.annotation) is tuple
            yield (name,), table, is_list
            yield from (
                ((name, part), inner, False)
                for part, within in table.model_fields.items()
                for inner in _models_in(within.annotation)
                if get_origin(within.annotation) is not tuple
            )


def _option_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(path: KeyPath, model: type[BaseModel]) -> type[BaseModel] | None:
    """Return the model that validates the table at a key path."""
    current: list[object] = [model]
    for part in path:
        if isinstance(part, str):
            current = [inner for annotation in current for inner in _inside(annotation, part)]
    return next((inner for annotation in current for inner in _models_in(annotation)), None)


def _inside(annotation: object, key: str) -> Iterator[object]:
    """Yield the annotations of what a key may hold in a table that is annotated so."""
    for model in _models_in(annotation):
        yield from (field.annotation for name, field in model.model_fields.items() if key in (name, field.alias))
    if get_origin(annotation) is dict:
        yield get_args(annotation)[1]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    # The tables of a dictionary have names of their own.
    inner = () if get_origin(annotation) is dict else get_args(annotation)
    return [model for argument in inner for model in _models_in(argument)]
