"""Payload templates: Jinja2 expressions whose time, memory, output are bounded."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from operator import itemgetter

from jinja2 import StrictUndefined, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from hubd.devices.fields import Place

MAX_SOURCE = 2048
MAX_OUTPUT = 64 * 1024
MAX_DEPTH = 16
_MAX_BITS = 1024
_MAX_BASE = 2**15
_MAX_EXPONENT = 64
_MAX_PRECISION = 15

_FILTERS = frozenset(
    {"abs", "capitalize", "default", "d", "first", "float", "int", "last", "length", "lower"}
) | frozenset({"max", "min", "replace", "round", "string", "title", "tojson", "trim", "upper"})
_TESTS = frozenset(
    {"boolean", "eq", "equalto", "false", "float", "ge", "gt", "in", "integer", "le", "lessthan", "lt"}
) | frozenset({"ne", "none", "number", "string", "true"})
# What computes a value, and nothing else.
COMPUTING: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.If,
    nodes.Name,
    nodes.Literal,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Getitem,
    nodes.Slice,
    nodes.Compare,
    nodes.Operand,
    nodes.BinExpr,
    nodes.UnaryExpr,
    nodes.Concat,
    nodes.Pair,
    nodes.Keyword,
)
_WHAT = {nodes.For: "a loop", nodes.Call: "a call", nodes.Getattr: "an attribute", nodes.Assign: "an assignment"}
# What an expression over checked arguments can raise: division by zero, a filter that does not fit its value, ...
RENDER_FAULTS = (JinjaError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError)

Renderer = Callable[[Mapping[str, JsonValue]], JsonValue]
# json.dumps() would make one for each value.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class TemplateError(ValueError):
    """A template can't be used, or could not be rendered; the text says why, fit for a user."""


def text_of(value: object) -> str:
    """Return the value as MQTT carries it in text: JSON's spelling (true, null, 21), but text without quotes."""
    match value:
        case str():
            return value
        case None | bool() | int() | float() | list() | tuple() | dict():
            return _json(value)
        case _:
            raise TemplateError(f"the template gives no value but {type(value).__name__}")


def _json(value: object) -> str:
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise TemplateError(f"the template gives a value that JSON can't carry: {error}") from error


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    """Round as Jinja2 does, without 10**precision for any precision."""
    if not isinstance(precision, int) or abs(precision) > _MAX_PRECISION:
        raise TemplateError("round takes a precision of -15 to 15")
    match method:
        case "common":
            return round(value, precision)
        case "ceil":
            return float(math.ceil(value * 10**precision) / 10**precision)
        case "floor":
            return float(math.floor(value * 10**precision) / 10**precision)
        case _:
            raise TemplateError("round takes the method common, ceil or floor")


def _replace(value: object, old: object, new: object) -> str:
    """Replace as Jinja2 does, unless the result were huge."""
    text, before, after = text_of(value), text_of(old), text_of(new)
    if len(text) + (text.count(before)) * len(after) > MAX_OUTPUT:
        raise TemplateError("the text is too long")
    return text.replace(before, after)


def is_huge_product(left: float, right: float) -> bool:
    """Return whether the product of two numbers would take long to compute."""
    whole = isinstance(left, int) and isinstance(right, int)
    return whole and int(left).bit_length() + int(right).bit_length() > _MAX_BITS


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox without loops, calls, attributes or assignments: the work is bounded by the template's length."""

    intercepted_binops = frozenset({"*", "%", "**"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, finalize=text_of, keep_trailing_newline=True, cache_size=0)
        self.globals.clear()
        replaced = {"round": _round, "replace": _replace, "tojson": _json, "string": text_of}
        self.filters = {name: self.filters[name] for name in _FILTERS} | replaced
        self.tests = {name: self.tests[name] for name in _TESTS}

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Refuse an operation whose result could be huge, before it is carried out."""
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            # Text too can be multiplied ("x" * 10**9) or hold a width ("%999999999d" % 1).
            raise TemplateError(f"{operator} is for numbers only")
        if operator == "**" and (abs(left) > _MAX_BASE or abs(right) > _MAX_EXPONENT):
            raise TemplateError("** is for small numbers only")
        if operator == "*" and is_huge_product(left, right):
            raise TemplateError("the number is too big")
        return super().call_binop(context, operator, left, right)


_ENVIRONMENT = _Environment()


def is_template(source: str) -> bool:
    """Return whether a text has anything to render."""
    return "{{" in source or "{%" in source or "{#" in source


def _parse(source: str) -> nodes.Template:
    if len(source) > MAX_SOURCE:
        raise TemplateError(f"found a template of {len(source)} characters, allowed are at most {MAX_SOURCE}")
    try:
        tree = _ENVIRONMENT.parse(source)
    except JinjaError as error:
        raise TemplateError(f"found {source!r}, which is no Jinja2 template: {error.message}") from error
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, COMPUTING):
            what = _WHAT.get(type(node), f"{{% {type(node).__name__.lower()} %}}")
            raise TemplateError(
                f"found {what} in {source!r}, allowed are {{{{ expressions }}}}, filters and {{% if %}}"
            )
    return tree


@lru_cache(maxsize=8192)
def _compile(source: str) -> tuple[Renderer, frozenset[str]]:
    """Return how to render the template, and the names it needs; raises TemplateError."""
    try:
        tree = _parse(source)
        # Jinja2 takes "self" for declared: it is the template, which has no value.
        names = find_undeclared_variables(tree) | {each.name for each in tree.find_all(nodes.Name)} & {"self"}
        match tree.body:
            case [nodes.Output(nodes=[nodes.Name(name=name)])]:
                # Most are no more than a name, for whose value Jinja2 has a whole template rendered.
                return itemgetter(name), frozenset(names)
            case [nodes.Output(nodes=[nodes.Expr() as only])] if not isinstance(only, nodes.TemplateData):
                expression = source.strip().removeprefix("{{").removesuffix("}}")
                inner = expression.removeprefix("-").removeprefix("+").removesuffix("-").removesuffix("+")
                return _ENVIRONMENT.compile_expression(inner, undefined_to_none=False), frozenset(names)
            case _:
                return _ENVIRONMENT.from_string(source).render, frozenset(names)
    except JinjaError as error:
        raise TemplateError(f"found {source!r}, which can't be used: {error.message}") from error
    except (SyntaxError, RecursionError, MemoryError, OverflowError) as error:
        raise TemplateError(f"found the template {source[:40]!r}..., which is nested too deeply") from error


def problems(
    value: JsonValue, names: Collection[str], place: Place = (), what: str = "parameter of the function"
) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with a payload's templates, with its place: syntax, names that nobody provides, nesting.

    value: a payload as configured; every text inside may be a template. names: what the templates may name.
    place: the payload's own. what: what such a name stands for, in the singular.
    """
    yield from _problems(value, names, place, what, MAX_DEPTH)


def _problems(
    value: JsonValue, names: Collection[str], place: Place, what: str, depth: int
) -> Iterator[tuple[Place, str]]:
    match value:
        case _ if depth < 0:
            yield place, f"nested deeper than {MAX_DEPTH} levels"
        case str() if is_template(value):
            yield from ((place, problem) for problem in _template_problems(value, names, what))
        case float() if not math.isfinite(value):
            yield place, f"found {value}, which JSON can't carry"
        case dict():
            for key, item in value.items():
                yield from _problems(item, names, (*place, key), what, depth - 1)
        case list():
            for index, item in enumerate(value):
                yield from _problems(item, names, (*place, index), what, depth - 1)
        case _:
            pass


def _template_problems(source: str, names: Collection[str], what: str) -> Iterator[str]:
    try:
        _, wanted = _compile(source)
        if not wanted:
            # It gives the same whatever the arguments, or never anything.
            render(source, {})
    except TemplateError as fault:
        yield str(fault)
        return
    for name in sorted(wanted - set(names)):
        known = ", ".join(sorted(names)) or "none"
        yield f"the template names {name!r}, which is no {what} (there are: {known})"


def render(value: JsonValue, arguments: Mapping[str, JsonValue]) -> JsonValue:
    """Return the payload with every template in it rendered.

    A text that is one ``{{ expression }}`` and nothing else becomes the expression's value with its type: numbers stay
    numbers, true stays true. A text around an expression stays text. Raises TemplateError.
    """
    match value:
        case str() if is_template(value):
            renderer, _ = _compile(value)
            try:
                rendered = renderer(arguments)
            except TemplateError:
                raise
            except RENDER_FAULTS as error:
                raise TemplateError(f"the template {value!r} can't be rendered: {error}") from error
            text_of(rendered)
            return rendered
        case dict():
            return {key: render(item, arguments) for key, item in value.items()}
        case list():
            return [render(item, arguments) for item in value]
        case _:
            return value


def render_payload(value: JsonValue, arguments: Mapping[str, JsonValue]) -> bytes:
    """Return the payload's bytes: text as it is, anything else as JSON; raises TemplateError, also beyond 64 KiB."""
    try:
        payload = text_of(render(value, arguments)).encode()
    except UnicodeEncodeError as error:
        raise TemplateError("the payload holds characters that UTF-8 can't carry") from error
    if len(payload) > MAX_OUTPUT:
        raise TemplateError(f"the payload has {len(payload)} bytes, allowed are at most {MAX_OUTPUT}")
    return payload
