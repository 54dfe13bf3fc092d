"""Which devices are the same one, told twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue

from hubd.devices.announced_options import command_topics
from hubd.devices.keys import READ_ONLY
from hubd.devices.model import Device

# The words with which Tasmota's topics begin (``mqtt-devices.md`` 1).
_TASMOTA = frozenset({"cmnd", "stat", "tele"})


class Known:
    """The devices that there are; what is configured was there first."""

    def __init__(self, configured: Iterable[Device]) -> None:
        configured = list(configured)
        self._ids = {device.id for device in configured}
        self._read = {(device.kind, topic, device.key) for device in configured for topic in _reported(device)}
        self._commanded = {
            *(topic for device in configured if device.kind not in READ_ONLY for topic in _own(device)),
            *(function.publish.topic for device in configured for function in device.functions),
        }

    def add(self, device: Device, options: Mapping[str, JsonValue] | None = None) -> bool:
        """Return whether the device is a new one. options: as it announced itself, if it did."""
        if device.id in self._ids or self._is_configured(device, options or {}):
            return False
        self._ids.add(device.id)
        return True

    def _is_configured(self, device: Device, options: Mapping[str, JsonValue]) -> bool:
        if device.kind in READ_ONLY:
            state, template = options.get("state_topic", device.topic), str(options.get("value_template", device.key))
            return any(
                (kind, topic) == (device.kind, state) and (key is None or key in template)
                for kind, topic, key in self._read
            )
        topics = (*command_topics(options), *_own(device))
        return any(part in self._commanded for topic in topics for part in _parts(topic))


def spoken_about(options: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield every topic of an announced entity, and of what its commands are below."""
    for topic in command_topics(options):
        yield from _parts(topic)
    if isinstance(state := options.get("state_topic"), str):
        yield state


def _own(device: Device) -> Iterator[str]:
    yield from (topic for topic in (device.topic, device.command_topic) if topic is not None)


def _reported(device: Device) -> Iterator[str]:
    yield from (topic for topic in (device.topic, device.state_topic) if topic is not None)


def _parts(topic: str) -> Iterator[str]:
    """Yield the topic with what it stands below: zigbee2mqtt/lamp of zigbee2mqtt/lamp/set, lamp of cmnd/lamp/POWER."""
    levels = topic.split("/")
    for start in (0, 1) if levels[0] in _TASMOTA else (0,):
        yield from ("/".join(levels[start:end]) for end in range(start + 1, len(levels) + 1))
