"""A thousand devices as Zigbee2MQTT announces them, with the states that they report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import Any, Final

ROOMS: Final = (
    "kitchen", "living room", "dining room", "hall", "landing", "office", "study", "library", "nursery", "playroom",
    "master bedroom", "guest room", "Anna's room", "Peter's room", "bathroom", "shower", "toilet", "laundry",
    "pantry", "cellar", "wine cellar", "workshop", "garage", "carport", "attic", "loft", "gym", "sauna",
    "conservatory", "porch", "terrace", "balcony", "garden", "shed", "greenhouse", "pool", "driveway", "gatehouse",
    "Küche oben", "Gästezimmer",
)  # fmt: skip
THINGS: Final = (
    *(("light", name) for name in ("ceiling light", "floor lamp", "reading lamp", "spots", "wall light")),
    *(("light", name) for name in ("shelf light", "picture light", "night light", "strip")),
    *(("switch", name) for name in ("socket left", "socket right", "radio", "humidifier", "charger")),
    ("cover", "blind"),
    ("climate", "radiator"),
    ("fan", "fan"),
    *(("sensor", name) for name in ("temperature", "humidity", "air pressure", "power", "light level")),
    *(("binary_sensor", name) for name in ("window", "motion", "leak")),
)  # fmt: skip
_CLASSES: Final = {"window": "window", "motion": "motion", "leak": "moisture"}


@dataclass(slots=True, eq=False)
class BenchDevice:
    """One device; state: what it reports."""

    component: str
    room: str
    thing: str
    number: int
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.room} {self.thing}"

    @property
    def topic(self) -> str:
        """Where it reports; /set behind it is where it is told."""
        return f"zigbee2mqtt/{self.name}"

    @property
    def discovery(self) -> tuple[str, bytes]:
        """The topic with the message that announces it."""
        address = f"0x00158d00{self.number:08x}"
        message = {
            "name": None,
            "uniq_id": f"{address}_{self.component}_zigbee2mqtt",
            "obj_id": self.name,
            "stat_t": self.topic,
            "avty": [{"t": "zigbee2mqtt/bridge/state", "val_tpl": "{{ value_json.state }}"}],
            "dev": {"ids": [f"zigbee2mqtt_{address}"], "name": self.name, "sa": self.room, "mf": "Acme", "mdl": "A1"},
            "o": {"name": "Zigbee2MQTT", "sw": "2.0.0"},
            **self._options(),
        }
        return f"homeassistant/{self.component}/{address}/{self.component}/config", json.dumps(message).encode()

    def report(self, random: Random) -> bytes:
        """Return the next report: the state that it is in, with numbers that wander."""
        wandering = {
            "linkquality": random.randrange(20, 255),
            "last_seen": f"2026-11-23T10:{random.randrange(60):02}:00Z",
        }
        if self.component == "sensor":
            self.state["value"] = round(random.uniform(0, 40), 1)
        return json.dumps({**self.state, **wandering}).encode()

    def _options(self) -> Mapping[str, object]:
        command = f"{self.topic}/set"
        switch = {"cmd_t": command, "val_tpl": "{{ value_json.state }}"}
        match self.component:
            case "light":
                return {"cmd_t": command, "schema": "json", "brightness": True, "bri_scl": 254}
            case "cover":
                position = {"pos_t": self.topic, "pos_tpl": "{{ value_json.position }}", "set_pos_t": command}
                return {"cmd_t": command, "set_pos_tpl": '{ "position": {{ position }} }', **position}
            case "climate":
                return {
                    "temp_cmd_t": f"{command}/occupied_heating_setpoint",
                    "temp_stat_t": self.topic,
                    "temp_stat_tpl": "{{ value_json.occupied_heating_setpoint }}",
                    "min_temp": "5",
                    "max_temp": "30",
                }
            case "sensor":
                return {"val_tpl": "{{ value_json.value }}", "unit_of_meas": "°C", "dev_cla": "temperature"}
            case "binary_sensor":
                return {"val_tpl": "{{ value_json.state }}", "dev_cla": _CLASSES[self.thing]}
            case _:
                return switch


def house(count: int) -> list[BenchDevice]:
    """Return so many devices, each in another place or of another name."""
    states: Mapping[str, dict[str, Any]] = {
        "light": {"state": "OFF", "brightness": 127, "color_mode": "color_temp", "color_temp": 370},
        "cover": {"state": "OPEN", "position": 100},
        "climate": {"occupied_heating_setpoint": 20, "local_temperature": 19.5, "system_mode": "heat"},
        "sensor": {"value": 20.5, "battery": 97},
    }
    places = [(room, thing) for thing, room in product(THINGS, ROOMS)]
    rounds = -(-count // len(places))
    named = [
        (room, component, f"{thing} {number}" if number > 1 else thing)
        for number in range(1, rounds + 1)
        for room, (component, thing) in places
    ]
    return [
        BenchDevice(component, room, thing, number, dict(states.get(component, {"state": "OFF"})))
        for number, (room, component, thing) in enumerate(named[:count])
    ]
