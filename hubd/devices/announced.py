"""Discovery messages → entities, checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Never

from pydantic import JsonValue

from hubd.devices.announced_keys import expanded, expanded_device
from hubd.devices.announced_options import COMPONENTS, TRIGGERS, Checked, UnusableError, check, command_topics
from hubd.devices.payloads import MAX_PAYLOAD
from hubd.devices.spoken_names import Naming, SpokenName, cleaned, spoken_name

MAX_COMPONENTS = 500
# Of a message that is wrong in a hundred ways, so many are named.
MAX_PROBLEMS = 8
_OF_THE_MESSAGE = frozenset({"device", "origin", "components"})


class Voice(StrEnum):
    """What an entity is for a person who speaks.

    CONTROL: to be commanded. GUARDED: the same, after a confirmation. READ: to be asked about. EVENT: to be waited for.
    HIDDEN: of no use to the voice. QUARANTINE: kept out until a user has given it a name.
    """

    CONTROL = "control"
    GUARDED = "guarded"
    READ = "read"
    EVENT = "event"
    HIDDEN = "hidden"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that announced itself.

    key: what it is known by: its unique id, else its topic. topic: of the message. part: its key among the message's
    components. options: by long names, checked.
    """

    key: str
    component: str
    unique_id: str | None
    name: str
    voice: Voice
    area: str | None
    topic: str
    part: str
    options: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a message brings; problems: what of it was left out, in words."""

    entities: tuple[Entity, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """The message takes back what its topic announced."""


class BrokenError(ValueError):
    """A message can't be used; the text says why."""


def read(topic: str, payload: bytes, prefix: str) -> Announcement | Gone:
    """Read a message in Home Assistant's form; raises BrokenError.

    prefix: of discovery topics, usually homeassistant.
    """
    component, identifier = _place(topic, prefix)
    if not payload.strip():
        return Gone()
    message = object_of(payload)
    if component == "device":
        return _of_device(topic, message, prefix)
    if component in TRIGGERS or message.get("migrate_discovery") is True:
        return Announcement()
    if component not in COMPONENTS:
        raise BrokenError(f"{component} is no component that is known here")
    try:
        return entity_of(topic, "", component, message, identifier, prefix)
    except UnusableError as error:
        raise BrokenError(str(error)) from error


def object_of(payload: bytes) -> dict[str, JsonValue]:
    """Return the JSON object that a payload is, every text in it fit for UTF-8; raises BrokenError."""
    if not isinstance(parsed := json_of(payload), dict):
        raise BrokenError("the message is no JSON object")
    return parsed


def json_of(payload: bytes) -> JsonValue:
    """Return the JSON that a payload is, every text in it fit for UTF-8; raises BrokenError."""
    if len(payload) > MAX_PAYLOAD:
        raise BrokenError(f"the message has {len(payload)} bytes, at most {MAX_PAYLOAD} are read")
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise BrokenError("the message is not UTF-8") from error
    try:
        parsed: JsonValue = json.loads(text, parse_constant=_refuse)
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BrokenError("the message holds characters that UTF-8 can't carry") from error
    except (ValueError, RecursionError) as error:
        raise BrokenError("the message is no JSON") from error
    return parsed


def _refuse(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


def _place(topic: str, prefix: str) -> tuple[str, str]:
    match = re.fullmatch(rf"{re.escape(prefix)}/(\w+)/(?:[\w-]+/)?([\w-]+)/config", topic, re.ASCII)
    if match is None:
        raise BrokenError("the topic is not <prefix>/<component>/[<node id>/]<object id>/config")
    return match[1], match[2]


def _of_device(topic: str, given: Mapping[str, JsonValue], prefix: str) -> Announcement:
    """Read a message that announces a device with all that it consists of."""
    message = expanded(given)
    components, device = message.get("components"), message.get("device")
    if not isinstance(device, dict):
        raise BrokenError("device is missing")
    if not isinstance(components, dict):
        raise BrokenError("components is no object")
    if len(components) > MAX_COMPONENTS:
        raise BrokenError(f"the message has {len(components)} components, at most {MAX_COMPONENTS} are read")
    # A base topic at the root counts for the components too.
    shared = {key: value for key, value in message.items() if key not in _OF_THE_MESSAGE}
    shared |= {key: value for key, value in given.items() if key == "~"}
    found: list[Announcement] = []
    for part, options in components.items():
        try:
            found.append(_component(topic, part, options, shared, device, prefix))
        except UnusableError as error:
            found.append(Announcement(problems=(f"{cleaned(part).text}: {error}",)))
    entities = tuple(entity for each in found for entity in each.entities)
    problems = [problem for each in found for problem in each.problems]
    return Announcement(entities, tuple(problems[:MAX_PROBLEMS]))


def _component(  # noqa: PLR0913, PLR0917 - where it stands, what it says, what stands around it
    topic: str,
    part: str,
    options: JsonValue,
    shared: Mapping[str, JsonValue],
    device: Mapping[str, JsonValue],
    prefix: str,
) -> Announcement:
    if not isinstance(options, dict):
        raise UnusableError("it is no object")
    own = dict(options)
    platform = own.pop("platform", own.pop("p", None))
    if not isinstance(platform, str):
        raise UnusableError("it has no platform")
    # With a platform alone it is taken back.
    if platform in TRIGGERS or not own:
        return Announcement()
    if platform not in COMPONENTS:
        raise UnusableError(f"{cleaned(platform).text!r} is no component that is known here")
    return entity_of(topic, part, platform, {**shared, **own, "device": dict(device)}, part, prefix)


def entity_of(  # noqa: PLR0913, PLR0917 - where it stands, what it says
    topic: str, part: str, component: str, given: Mapping[str, JsonValue], identifier: str, prefix: str
) -> Announcement:
    """Return the one entity that the options describe; raises UnusableError.

    topic: of the message. part: its key among the message's components. identifier: a name if there is no other.
    """
    checked = check(component, given, prefix)
    options = checked.options
    raw_device = options.get("device")
    device = expanded_device(raw_device) if isinstance(raw_device, dict) else {}
    unique_id = _text(options.get("unique_id"))
    name = _name(options, device, unique_id, identifier)
    entity = Entity(
        key=unique_id or (f"{topic}#{part}" if part else topic),
        component=component,
        unique_id=unique_id,
        name=name.text,
        voice=_voice(component, checked, name),
        area=cleaned(_text(device.get("suggested_area")) or "").text or None,
        topic=topic,
        part=part,
        options=options,
    )
    return Announcement((entity,), checked.problems[:MAX_PROBLEMS])


def _name(
    options: Mapping[str, JsonValue], device: Mapping[str, JsonValue], unique_id: str | None, identifier: str
) -> SpokenName:
    entity_id = (_text(options.get("default_entity_id")) or "").partition(".")[2]
    naming = Naming(
        given="name" in options,
        name=_text(options.get("name")),
        device=_text(device.get("name")),
        attached=unique_id is not None,
        device_class=_text(options.get("device_class")),
        identifier=_text(options.get("object_id")) or entity_id or identifier,
    )
    return spoken_name(naming)


def _text(value: JsonValue) -> str | None:
    """Return an option that is a text; a number counts as one, as with Home Assistant."""
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return text if text.strip() else None


_GUARDED = frozenset({"alarm_control_panel", "lock", "siren"})
_GUARDED_COVERS = frozenset({"door", "garage", "gate"})
_READ = frozenset({"binary_sensor", "camera", "image", "sensor"})
_OF_NO_USE = frozenset({"device_tracker", "notify", "update"})
_UNASKED = frozenset({"identify", "restart", "update"})
# A number that tunes a device is no wish of a person's.
_TUNING = re.compile(
    r"calibration|correction|demand|external|hysteresis|interval|offset|threshold|timeout", re.IGNORECASE
)


def _voice(component: str, checked: Checked, name: SpokenName) -> Voice:
    """Return what the entity is for the voice (``mqtt-devices.md``, rules 7 to 9)."""
    options = checked.options
    if any(_hiding(component, checked)) or not any(map(str.isalnum, name.text)):
        return Voice.HIDDEN
    if name.tampered:
        return Voice.QUARANTINE
    if component in _GUARDED or (component == "cover" and _text(options.get("device_class")) in _GUARDED_COVERS):
        return Voice.GUARDED
    if component == "event":
        return Voice.EVENT
    if component in _READ or (component == "number" and _TUNING.search(name.text)):
        return Voice.READ
    return Voice.CONTROL


def _hiding(component: str, checked: Checked) -> Iterator[bool]:
    options = checked.options
    yield component in _OF_NO_USE
    yield options.get("entity_category") in ("config", "diagnostic")
    yield options.get("enabled_by_default") is False
    yield component == "button" and _text(options.get("device_class")) in _UNASKED
    yield any("/bridge/request/" in topic for topic in command_topics(options))
    yield component in _READ and "value_template" in checked.flaws
