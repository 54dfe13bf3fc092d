"""What is known of the house from messages of discovery."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from hubd.devices import announced, bridge_list, native_tasmota
from hubd.devices.announced import Announcement, BrokenError, Entity, Gone
from hubd.devices.announced_devices import NotOffered, device_of
from hubd.devices.bridge_list import Listing
from hubd.devices.discovered import DiscoveredDevice
from hubd.devices.known import Known, spoken_about
from hubd.devices.model import Device

MAX_ENTITIES: Final = 10_000
# So many messages with a problem are remembered, the newest; the others are only counted.
MAX_PROBLEMS: Final = 500
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What to look for.

    prefix: of Home Assistant's topics. bridges: base topics of Zigbee2MQTT. include, exclude: patterns with * for a
    topic, a unique id, a name, a component, an area; without any to include everything is. given: options that a user
    has set for a device, by its unique id or topic.
    """

    prefix: str = "homeassistant"
    bridges: tuple[str, ...] = ("zigbee2mqtt",)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    given: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the messages of a topic; count: how many were."""

    topic: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Left:
    """An entity that is no device for the voice."""

    entity: Entity
    reason: str


@dataclass(frozen=True, slots=True)
class House:
    """The devices, those of the configuration first; left: what announced itself for nothing."""

    devices: tuple[Device, ...]
    left: tuple[Left, ...] = ()


class Discovery:
    """Takes messages as they come; what they add up to can be asked at any time."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._announced: dict[str, Announcement] = {}
        self._listed: dict[str, Listing] = {}
        # The topics that announce an identity; the first one owns it.
        self._owners: dict[tuple[str, str], dict[str, None]] = {}
        self._made: dict[tuple[str, str, str], DiscoveredDevice | NotOffered] = {}
        self._problems: OrderedDict[str, Problem] = OrderedDict()
        self.forgotten_problems = 0

    @property
    def filters(self) -> tuple[str, ...]:
        """The topic filters to subscribe to; under the prefix some keep states too, so not all of it."""
        prefix = self._rules.prefix
        lists = (f"{base}/bridge/{each}" for base in self._rules.bridges for each in ("devices", "groups"))
        return (f"{prefix}/+/+/config", f"{prefix}/+/+/+/config", native_tasmota.FILTER, *lists)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong with messages, by topic, the oldest first."""
        return tuple(self._problems.values())

    def receive(self, topic: str, payload: bytes) -> bool:
        """Take a message; return whether it changed anything. Never raises, whatever it holds."""
        try:
            if (read := self._reader(topic)) is None:
                return False
            found = read(topic, payload)
        except BrokenError as error:
            self._note(topic, str(error))
            return self._forget(topic)
        match found:
            case Gone():
                self._problems.pop(topic, None)
                return self._forget(topic)
            case Announcement():
                return self._take(topic, found)
            case _:
                return self._take_list(topic, found)

    def entities(self) -> Iterator[Entity]:
        """Yield what announced itself; of two with one unique id the one that was first."""
        for topic, announcement in self._announced.items():
            for entity in announcement.entities:
                if next(iter(self._owners[_identity(entity)])) == topic:
                    yield entity

    def house(self, configured: Iterable[Device]) -> House:
        """Return the house with what is configured; that wins over what describes itself."""
        devices = list(configured)
        known = Known(devices)
        left: list[Left] = []
        about: set[str] = set()
        for entity in self.entities():
            about.update(spoken_about(entity.options))
            match self._made[entity.topic, *_identity(entity)]:
                case NotOffered(reason=reason):
                    left.append(Left(entity, reason))
                case device:
                    if known.add(device, entity.options):
                        devices.append(device)
                    else:
                        left.append(Left(entity, "the configuration has it"))
        for listed in (each for several in self._listed.values() for each in several.listed):
            own = self._rules.given.get(listed.key, {})
            # What Zigbee2MQTT announces in Home Assistant's form too says more there.
            if listed.topic in about or (listed.is_nameless and "name" not in own):
                continue
            if self._wanted(*listed.texts) and known.add(listed.device):
                devices.append(_with(listed.device, own))
        return House(tuple(devices), tuple(left))

    def _make(self, entity: Entity) -> DiscoveredDevice | NotOffered:
        texts = (entity.topic, entity.key, entity.name, entity.component, entity.area or "")
        if not self._wanted(*texts):
            return NotOffered("the configuration leaves it out (discovery.include, discovery.exclude)")
        return device_of(entity, self._rules.given.get(entity.key))

    def _wanted(self, *texts: str) -> bool:
        return (not self._rules.include or _matches(self._rules.include, texts)) and not _matches(
            self._rules.exclude, texts
        )

    def _reader(self, topic: str) -> Callable[[str, bytes], Announcement | Gone | Listing] | None:
        """Return what reads the topic's messages, None for a topic that is none of discovery."""
        rules = self._rules
        if topic.startswith(f"{rules.prefix}/device/hubd_"):
            return None
        if topic.startswith(f"{rules.prefix}/"):
            return lambda topic, payload: announced.read(topic, payload, rules.prefix)
        if native_tasmota.is_announcement(topic):
            return native_tasmota.read
        for base in rules.bridges:
            if topic == f"{base}/bridge/devices":
                return lambda _topic, payload: bridge_list.devices(base, payload)
            if topic == f"{base}/bridge/groups":
                return lambda _topic, payload: bridge_list.groups(base, payload)
        return None

    def _take(self, topic: str, found: Announcement) -> bool:
        before = self._announced.get(topic, Announcement())
        if len(self._owners) + len(found.entities) > MAX_ENTITIES:
            self._note(topic, f"there are {MAX_ENTITIES} entities already, no more are taken")
            return False
        changed = found.entities != before.entities
        if changed:
            self._exchange(topic, before, found)
        owners = [(entity, next(iter(self._owners[_identity(entity)]))) for entity in found.entities]
        taken = [f"the unique id {entity.key} is taken by {owner}" for entity, owner in owners if owner != topic]
        self._judge(topic, (*found.problems, *taken))
        return changed

    def _exchange(self, topic: str, before: Announcement, found: Announcement) -> None:
        """Put what a topic announces now in place of what it did; who owns an identity keeps it."""
        kept = {_identity(entity) for entity in found.entities}
        self._disown(entity for entity in before.entities if _identity(entity) not in kept)
        for entity in found.entities:
            self._owners.setdefault(_identity(entity), {})[topic] = None
            # Made one by one as the messages come: a thousand at once would hold everything up.
            self._made[topic, *_identity(entity)] = self._make(entity)
        self._announced[topic] = found

    def _take_list(self, topic: str, found: Listing) -> bool:
        before = self._listed.get(topic, Listing())
        self._listed[topic] = found
        self._judge(topic, found.problems)
        return found.listed != before.listed

    def _forget(self, topic: str) -> bool:
        gone = self._announced.pop(topic, Announcement())
        self._disown(gone.entities)
        listed = self._listed.pop(topic, Listing()).listed
        return bool(gone.entities or listed)

    def _disown(self, entities: Iterable[Entity]) -> None:
        for entity in entities:
            self._made.pop((entity.topic, *_identity(entity)), None)
            if (owners := self._owners.get(_identity(entity))) is not None:
                owners.pop(entity.topic, None)
                if not owners:
                    del self._owners[_identity(entity)]

    def _judge(self, topic: str, problems: tuple[str, ...]) -> None:
        """Note what is wrong with a message that was taken, or that nothing is any more."""
        if problems:
            self._note(topic, "; ".join(problems))
        else:
            self._problems.pop(topic, None)

    def _note(self, topic: str, text: str) -> None:
        shown = topic[:_SHOWN]
        count = self._problems[shown].count + 1 if shown in self._problems else 1
        self._problems[shown] = Problem(shown, text[:_SHOWN], count)
        if len(self._problems) > MAX_PROBLEMS:
            self.forgotten_problems += self._problems.popitem(last=False)[1].count


def _identity(entity: Entity) -> tuple[str, str]:
    return entity.component, entity.key


def _with(device: Device, given: Mapping[str, object]) -> Device:
    return device.model_copy(update=dict(given)) if given else device


def _matches(patterns: Iterable[str], texts: Iterable[str]) -> bool:
    folded = [text.casefold() for text in texts if text]
    return any(fnmatchcase(text, pattern.casefold()) for pattern in patterns for text in folded)
