"""Where a hub is, what may be operated from there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from hubd.devices.kinds import KINDS
from hubd.devices.model import Device


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a hub.

    hub: its id. room: the one that it hears in, or empty. floors: the name of each → its rooms.
    allow, deny: patterns with * for what may be operated; each is held against the id, the name, the kind of a device,
    the names of its functions. Without any to allow everything is that is not denied.
    """

    hub: str = "hub"
    room: str = ""
    floors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def offers(self, device: Device) -> bool:
        """Return whether the device may be asked about here, and be operated by a function that is permitted."""
        if device.only_in and self.hub not in device.only_in:
            return False
        if _any(self.deny, _names(device)):
            return False
        return not self.allow or _any(self.allow, (*_names(device), *_functions(device)))

    def permits(self, device: Device, function: str) -> bool:
        """Return whether a device that is offered may be operated by the function of this name."""
        return not _any(self.deny, (function,)) and (not self.allow or _any(self.allow, (function, *_names(device))))

    def grants(self, function: str) -> bool:
        """Return whether a function that belongs to no device may be called: only a denial keeps it away."""
        return not _any(self.deny, (function,))


def fits(pattern: str, device: Device) -> bool:
    """Return whether a pattern is for the device, or for one of its functions."""
    return matches(pattern, (*_names(device), *_functions(device)))


def matches(pattern: str, texts: Iterable[str]) -> bool:
    """Return whether a pattern with * is for one of the texts, in any case."""
    return any(fnmatchcase(text.casefold(), pattern.casefold()) for text in texts if text)


def _names(device: Device) -> tuple[str, ...]:
    return device.id, device.name, device.kind or ""


def _functions(device: Device) -> Iterator[str]:
    yield from (function.name for function in device.functions)
    if device.kind is not None:
        yield from (function.name for function in KINDS[device.kind].functions)


def _any(patterns: Iterable[str], texts: Iterable[str]) -> bool:
    those = tuple(texts)
    return any(matches(pattern, those) for pattern in patterns)
