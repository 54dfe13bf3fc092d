"""The topics of a hub on MQTT."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubd.devices.fields import topic_problem

# In place of a hub's id: every hub (``mqtt-devices.md`` 5).
ALL_HUBS = "all"


@dataclass(frozen=True, slots=True)
class Tree:
    """The topics of one hub (``mqtt-devices.md`` 5).

    base: what stands before every hub's id. hub: its id. discovery_prefix: what Home Assistant's discovery topics begin
    with, None for a hub that has nothing to do with it.
    """

    base: str
    hub: str
    discovery_prefix: str | None = None

    @property
    def root(self) -> str:
        """What all of the hub's own topics begin with."""
        return f"{self.base}/{self.hub}"

    @property
    def availability(self) -> str:
        """Retained: online or offline."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """Retained: how the hub is."""
        return f"{self.root}/state"

    @property
    def diagnostics(self) -> str:
        """Retained: what the hub counts."""
        return f"{self.root}/diag"

    @property
    def transcript(self) -> str:
        """What was last heard, what was last said; only where the configuration lets words out."""
        return f"{self.root}/transcript"

    def event(self, kind: str) -> str:
        """Return the topic of the events of a kind, + for all."""
        return f"{self.root}/event/{kind}"

    def command(self, name: str) -> str:
        """Return the topic of a command, + for all."""
        return f"{self.root}/cmd/{name}"

    def result(self, command: str) -> str:
        """Return the topic of the results of a command that names no other."""
        return f"{self.root}/result/{command}"

    @property
    def announcement(self) -> str | None:
        """Retained: what makes the hub a device of Home Assistant (``mqtt-devices.md`` 2a)."""
        return None if self.discovery_prefix is None else f"{self.discovery_prefix}/device/hubd_{self.hub}/config"

    @property
    def birth(self) -> str | None:
        """Where Home Assistant says that it has started."""
        return None if self.discovery_prefix is None else f"{self.discovery_prefix}/status"

    @property
    def command_filters(self) -> tuple[str, ...]:
        """The filters by which commands come: the hub's own, those for every hub."""
        return tuple(dict.fromkeys((self.command("+"), f"{self.base}/{ALL_HUBS}/cmd/+")))

    def command_in(self, topic: str) -> str | None:
        """Return the name of the command that a topic stands for, None for another topic."""
        head, _, name = topic.rpartition("/")
        return name if head in {f"{self.root}/cmd", f"{self.base}/{ALL_HUBS}/cmd"} else None

    def may_answer_on(self, topic: str) -> bool:
        """Return whether a result may go to a topic that who asked has named (``mqtt-devices.md`` 4, replies).

        It must be a plain topic, neither under the discovery prefix nor a hub's own but for its results.
        """
        prefix = self.discovery_prefix
        if topic_problem(topic) is not None or (prefix is not None and topic.startswith(f"{prefix}/")):
            return False
        return not topic.startswith(f"{self.base}/") or bool(
            re.fullmatch(rf"{re.escape(self.base)}/[^/]+/result/.+", topic)
        )
