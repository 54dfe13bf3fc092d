"""A device that described itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict, Field, InstanceOf, JsonValue

from hubd.devices.expectations import Source
from hubd.devices.fields import Place
from hubd.devices.model import Device
from hubd.devices.templates import TemplateError


@dataclass(frozen=True, slots=True)
class Sent:
    """One message of a command; the payload is sent as it is."""

    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class Speech:
    """How a device said it is spoken to.

    compose: settings by the kind's parameter names, in its units → messages in order; empty if there is nothing to
    send. sources: where it reports, in the same names and units. confirms: what a report confirms, with how far a
    number may be off. features: what it can do of what not every device of its kind can. command_topics: all that it is
    ever sent to.
    """

    compose: Callable[[Mapping[str, JsonValue]], tuple[Sent, ...]]
    sources: tuple[Source, ...] = ()
    confirms: Mapping[str, float] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    command_topics: frozenset[str] = frozenset()


class DiscoveredDevice(Device):
    """A device as any other, but for how it is spoken to.

    origin: the topic that announced it. unique_id: what it is known by there.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)

    speech: InstanceOf[Speech] = Field(repr=False)
    origin: str
    unique_id: str

    def messages(self, settings: Mapping[str, JsonValue]) -> tuple[Sent, ...]:
        """Return what sets the device; raises TemplateError where it did not say how, or its template gives nothing."""
        if not (sent := self.speech.compose(settings)):
            asked = next((str(value) for value in settings.values() if isinstance(value, str)), "that")
            raise TemplateError(f"the device did not announce how it is told {asked}")
        return sent

    def can(self, feature: str) -> bool:
        """Return whether it can do what not every device of its kind can."""
        return feature in self.speech.features

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Return nothing: what is wrong with a message was found when it was read."""
        return iter(())
