"""What people call a device that announces itself."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# ``fixtures/ha-discovery`` and ``mqtt-devices.md`` 3: names reach the model, so they are short, on one line.
MAX_SPOKEN = 60
_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class SpokenName:
    """A name to say; tampered: something was cut out of it that no name needs."""

    text: str
    tampered: bool = False


def cleaned(name: str) -> SpokenName:
    """Return the name in normal form C, on one line, without control or format characters, at most 60 long."""
    whole = unicodedata.normalize("NFC", name.strip())
    line = _BREAK.split(whole, maxsplit=1)[0]
    kept = "".join(each for each in line if unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    text = " ".join(kept.split())
    short = text[:MAX_SPOKEN].rstrip()
    return SpokenName(short, tampered=kept != whole or short != text)


def in_words(identifier: str) -> str:
    """Return an identifier as words: reading_corner is "Reading corner"."""
    words = " ".join(re.split(r"[_\-\s]+", identifier)).strip()
    return words[:1].upper() + words[1:]


def unit_in_words(unit: str) -> str:
    """Return a unit that can be said: % is percent; empty for one that can't."""
    text = {"%": "percent", "°": "degrees"}.get(unit.strip(), cleaned(unit).text)
    return text if any(map(str.isalnum, text)) else ""


@dataclass(frozen=True, slots=True)
class Naming:
    """What a message says about a name.

    given: whether it has a name at all. name: the entity's own; None or empty for the device's. device: the device's
    name. attached: whether the entity belongs to the device: one without a unique id does not. device_class:
    what it measures. identifier: its object id, where nothing else is left.
    """

    given: bool
    name: str | None
    device: str | None
    attached: bool
    device_class: str | None
    identifier: str


def spoken_name(naming: Naming) -> SpokenName:
    """Return the name to say."""
    device = cleaned(naming.device or "")
    whole = cleaned(_whole(naming, device.text))
    return SpokenName(whole.text, tampered=whole.tampered or (device.tampered and device.text in whole.text))


def _whole(naming: Naming, device: str) -> str:
    name = naming.name
    if not name:
        measured = in_words(naming.device_class) if naming.device_class and not naming.given else ""
        return f"{device} {measured}".strip() if device else in_words(naming.identifier)
    own, prefix = name.casefold(), device.casefold()
    if not device or not naming.attached or own == prefix:
        return name
    if own.startswith(prefix) and own[len(prefix)] in " _-":
        return name
    return f"{device} {name}"
