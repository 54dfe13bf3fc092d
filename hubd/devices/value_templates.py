"""Home Assistant's value templates: the subset that devices announce, bounded in time, memory, output."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from jinja2 import TemplateError as JinjaError
from jinja2 import Undefined, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.visitor import NodeTransformer
from pydantic import JsonValue

from hubd.devices import value_filters, value_sums
from hubd.devices.templates import COMPUTING, RENDER_FAULTS, is_huge_product
from hubd.devices.value_filters import MAX_OUTPUT, DroppedError, formatted, replaced, text_of

# ``mqtt-devices.md`` 2, templates.
MAX_SOURCE = 4096
MAX_PAYLOAD = 64 * 1024
_MAX_ITEMS = 4096
_FILTERS = {**value_filters.FILTERS, **value_sums.FILTERS}
# Filters that Home Assistant has as functions as well.
_FUNCTIONS = frozenset({"bool", "float", "iif", "int", "is_number", "max", "min"})

_OF_MAPPINGS = frozenset({"get", "keys", "values", "items"})
_OF_TEXTS = frozenset(
    {"split", "lower", "upper", "title", "strip", "lstrip", "rstrip", "replace", "startswith", "endswith", "isdigit"}
)
_TESTS = frozenset(
    {
        "boolean",
        "defined",
        "undefined",
        "none",
        "string",
        "number",
        "integer",
        "float",
        "true",
        "false",
        "mapping",
        "sequence",
        "in",
        "eq",
        "equalto",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "lessthan",
        "greaterthan",
        "odd",
        "even",
    }
)
_METHODS = _OF_MAPPINGS | _OF_TEXTS
_COLLECTIONS = (nodes.List, nodes.Dict, nodes.Tuple)
_ALLOWED: tuple[type[nodes.Node], ...] = (*COMPUTING, nodes.Assign, nodes.Getattr, nodes.Call)
# What rendering can raise over any payload.
_FAULTS = (*RENDER_FAULTS, MemoryError)


class Flaw(Enum):
    """Why a template is not used: it asks for more than is offered here, or for what no device has to ask."""

    UNSUPPORTED = auto()
    REFUSED = auto()


class TemplateFlawError(ValueError):
    """A template can't be used; the text says why."""

    def __init__(self, flaw: Flaw, problem: str) -> None:
        super().__init__(problem)
        self.flaw = flaw


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox without loops, whose every result is small."""

    intercepted_binops = frozenset({"+", "*", "%"})

    def __init__(self) -> None:
        super().__init__(finalize=text_of, cache_size=0)
        self.globals.clear()
        self.filters = dict(_FILTERS)
        self.tests = {name: TESTS[name] for name in _TESTS}

    def getitem(self, obj: object, argument: object) -> object:
        """Return the item only: an attribute is never meant by a key."""
        try:
            return obj[argument]  # type: ignore[index]  # whatever the payload holds
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=argument)  # type: ignore[arg-type]  # a key of any type

    def getattr(self, obj: object, attribute: str) -> object:
        """Return a mapping's item, else one of the few methods: items come before methods."""
        if isinstance(obj, Undefined):
            return getattr(obj, attribute)
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        methods = _OF_MAPPINGS if isinstance(obj, Mapping) else _OF_TEXTS if isinstance(obj, str) else frozenset()
        if attribute not in methods:
            return self.undefined(obj=obj, name=attribute)
        if attribute == "replace":
            return lambda old, new: replaced(obj, old, new)
        return getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Refuse an operation whose result could be huge, before it is carried out."""
        match left, right:
            case (int() | float(), int() | float()):
                if operator == "*" and is_huge_product(left, right):
                    raise DroppedError("the number is too big")
            case (str(), str()) | (list(), list()) if operator == "+":
                limit = MAX_OUTPUT if isinstance(left, str) else _MAX_ITEMS
                if len(left) + len(right) > limit:  # type: ignore[arg-type]  # both have a length, by the pattern
                    raise DroppedError("the result is too long")
            case (str(), _) if operator == "%":
                # It may hold a width: "%999999999d" % 1.
                return formatted(left, *(right if isinstance(right, tuple) else (right,)))
            case _:
                # Text too can be multiplied: "x" * 10**9.
                raise DroppedError(f"{operator} does not take these values")
        return super().call_binop(context, operator, left, right)


_ENVIRONMENT = _Environment()


class _Rewriting(NodeTransformer):
    """Turns ``a ~ b`` into an addition of texts, which the sandbox can watch, functions into filters."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - named by Jinja2
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name):
            return node
        name, (first, *rest) = node.node.name, node.args
        if name in {"max", "min"} and rest:
            first, rest = nodes.List(node.args, lineno=node.lineno), []
        return nodes.Filter(first, name, rest, node.kwargs, None, None, lineno=node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - named by Jinja2
        self.generic_visit(node)
        texts = [nodes.Filter(part, "string", [], [], None, None, lineno=node.lineno) for part in node.nodes]
        total: nodes.Expr = texts[0]
        for text in texts[1:]:
            total = nodes.Add(total, text, lineno=node.lineno)
        return total


def _parse(source: str) -> nodes.Template:
    if len(source) > MAX_SOURCE:
        raise TemplateFlawError(Flaw.REFUSED, f"the template has {len(source)} characters, at most {MAX_SOURCE} can be")
    try:
        tree = _ENVIRONMENT.parse(source)
    except JinjaError as error:
        raise TemplateFlawError(Flaw.UNSUPPORTED, f"the template can't be read: {error.message}") from error
    flaws = [found for node in tree.find_all(nodes.Node) if (found := _flaw(node)) is not None]
    if flaws:
        # The worst one counts.
        raise TemplateFlawError(*max(flaws, key=lambda found: found[0] is Flaw.REFUSED))
    return tree


def _flaw(node: nodes.Node) -> tuple[Flaw, str] | None:
    if (reach := _reach(node)) is not None:
        return Flaw.REFUSED, f"the template {reach}"
    missing = _missing(node)
    return None if missing is None else (Flaw.UNSUPPORTED, f"the template {missing}, which is not offered here")


def _reach(node: nodes.Node) -> str | None:
    """Return what a template does that no device has to do, or None."""
    match node:
        case nodes.Pow():
            return "raises to a power"
        case nodes.Name(name="self"):
            return "reaches for itself"
        case nodes.Getattr(attr=name) | nodes.Getitem(arg=nodes.Const(value=str() as name)) if name.startswith("__"):
            return f"reaches for {name[:40]}"
        case _:
            return None


def _missing(node: nodes.Node) -> str | None:
    """Return what a template does that is not offered here, or None."""
    match node:
        case nodes.Call():
            found = None if _is_offered(node) else "calls a function"
        case nodes.Filter(name=name) if name not in _FILTERS:
            found = f"uses the filter {name[:40]}"
        case nodes.Test(name=name) if name not in _TESTS:
            found = f"uses the test {name[:40]}"
        case nodes.Assign(target=nodes.Name(), node=value):
            # Lists of lists of themselves would double with each line.
            found = "keeps a list of values" if any(each.find(nodes.Name) for each in _literals(value)) else None
        case nodes.Assign():
            found = "assigns to more than one name"
        case _:
            found = None if isinstance(node, _ALLOWED) else f"uses {type(node).__name__.lower()}"
    return found


def _is_offered(call: nodes.Call) -> bool:
    """Return whether a method or a function may be called; of states only the entity's own is to be had."""
    match call:
        case nodes.Call(dyn_args=nodes.Expr()) | nodes.Call(dyn_kwargs=nodes.Expr()):
            return False
        case nodes.Call(node=nodes.Getattr(attr=name)):
            return name in _METHODS
        case nodes.Call(node=nodes.Name(name="states"), args=[nodes.Name(name="entity_id")]):
            return True
        case nodes.Call(node=nodes.Name(name=name), args=[_, *_]):
            return name in _FUNCTIONS
        case _:
            return False


def _literals(value: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(value, _COLLECTIONS):
        yield value
    for kind in _COLLECTIONS:
        yield from value.find_all(kind)


@lru_cache(maxsize=8192)
def _compile(source: str) -> Callable[[Mapping[str, object]], str]:
    try:
        return _ENVIRONMENT.from_string(_Rewriting().visit(_parse(source))).render
    except JinjaError as error:
        raise TemplateFlawError(Flaw.UNSUPPORTED, f"the template can't be used: {error.message}") from error
    except (SyntaxError, RecursionError, MemoryError, OverflowError) as error:
        raise TemplateFlawError(Flaw.REFUSED, "the template is nested too deeply") from error


@dataclass(frozen=True, slots=True)
class Template:
    """One checked template; make it with template()."""

    source: str

    def render(self, names: Mapping[str, JsonValue]) -> str | None:
        """Return the text, stripped; None if it can't be rendered with these values, or drops the message."""
        try:
            text = _compile(self.source)(names)
        except (TemplateFlawError, *_FAULTS):
            return None
        return text.strip() if len(text) <= MAX_OUTPUT else None

    def read(self, payload: bytes) -> str | None:
        """Return what the template makes of a payload; None as for render(), and for what is no text."""
        if len(payload) > MAX_PAYLOAD:
            return None
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return None
        return self.render(dict(_names(text)))


def _names(text: str) -> Iterator[tuple[str, JsonValue]]:
    yield "value", text
    try:
        yield "value_json", json.loads(text)
    except (ValueError, RecursionError):
        return


def template(source: str) -> Template:
    """Return the template, checked; raises TemplateFlawError."""
    _compile(source)
    return Template(source)
