"""Reports of announced entities: a topic, through a template, to one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices.expectations import Source, number_of
from hubd.devices.payloads import is_readable, text_in
from hubd.devices.value_templates import TemplateFlawError, template

Options = Mapping[str, JsonValue]
# What a device is set to: values by the kind's parameter names, in its units.
Settings = Mapping[str, JsonValue]
Convert = Callable[[str], JsonValue]

_MOST = 10**9
# What a rendering says that says nothing (``mqtt-devices.md`` 2).
_UNKNOWN = "None"


class Unchanged(ValueError):  # noqa: N818 - it is no error: a report may say nothing about a value
    """A report that says nothing about the value."""


@dataclass(frozen=True, slots=True)
class Report:
    """One value that an entity reports.

    name: at the front. topic, template: keys of the options. convert: rendered text → value, None for one that is
    unknown; raises Unchanged.
    """

    name: str
    topic: str
    template: str
    convert: Convert


def sources(options: Options, reports: Iterable[Report]) -> tuple[Source, ...]:
    """Return where the entity reports, for the reports that it has topics for, and templates that can be used."""
    return tuple(
        Source(topic, _reader(report, options, text_of))
        for report in reports
        if isinstance(topic := options.get(report.topic), str)
        and (text_of := reader_of(options, report.template)) is not None
    )


def reported(options: Options, reports: Iterable[Report], tolerances: Mapping[str, float]) -> dict[str, float]:
    """Return what the entity's reports can confirm, with how far a number may be off."""
    return {
        each.name: tolerances.get(each.name, 0.0)
        for each in reports
        if each.topic in options and reader_of(options, each.template) is not None
    }


def reader_of(options: Options, key: str) -> Callable[[bytes], str | None] | None:
    """Return what makes text of a payload: the template under the key, if there is one; None if it can't be used."""
    source = options.get(key)
    try:
        return template(source).read if isinstance(source, str) else text_in
    except TemplateFlawError:
        return None


def _reader(
    report: Report, options: Options, text_of: Callable[[bytes], str | None]
) -> Callable[[bytes], dict[str, JsonValue]]:
    is_rendered = report.template in options

    def read(payload: bytes) -> dict[str, JsonValue]:
        text = text_of(payload)
        # A template that fails, or that gives nothing, changes nothing.
        if text is None or (text == "" and is_rendered):
            return {}
        if text == _UNKNOWN and is_rendered:
            return {report.name: None}
        if not is_readable(text):
            return {}
        try:
            return {report.name: report.convert(text)}
        except Unchanged:
            return {}

    return read


def text_option(options: Options, key: str, usual: str) -> str:
    """Return a payload or state as text, as Home Assistant compares it: true is True, 0 is 0."""
    value = options.get(key)
    return str(value) if isinstance(value, str | int | float) else usual


def number_option(options: Options, key: str, usual: float) -> float:
    """Return a number, also one that is written as text; the usual one for what no device means."""
    number = number_of(options.get(key))
    return usual if number is None or abs(number) > _MOST else number


def list_option(options: Options, key: str) -> tuple[str, ...]:
    """Return a list of texts, as far as they can be said."""
    value = options.get(key)
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str) and item.strip() and is_readable(item))


def words(table: Mapping[str, JsonValue], *, otherwise_unknown: bool = True) -> Convert:
    """Return text → value by a table; any other text is unknown, or changes nothing."""

    def convert(text: str) -> JsonValue:
        if text in table:
            return table[text]
        if otherwise_unknown:
            return None
        raise Unchanged

    return convert


def number(text: str) -> JsonValue:
    """Return the number that a text is, None for none: ESPHome says nan for what it can't read."""
    found = number_of(text)
    return int(found) if found is not None and found.is_integer() else found


def rendered(options: Options, key: str, names: Mapping[str, JsonValue], usual: str) -> str | None:
    """Return what a command's template makes of these names, the usual text without one; None for nothing to send."""
    source = options.get(key)
    return (template(source).render(names) if isinstance(source, str) else usual) or None
