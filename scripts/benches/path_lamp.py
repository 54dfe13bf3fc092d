"""The lamp that hubd as well as its peer operate on the bench."""

from __future__ import annotations

from typing import Any

TOPIC = "bench/lamp/set"
REPORT = "bench/lamp"
DECLARATION: dict[str, Any] = {
    "name": "set_lamp",
    "description": "Set the lamp's brightness.",
    "behavior": "NON_BLOCKING",
    "parameters": {
        "type": "OBJECT",
        "properties": {"level": {"type": "INTEGER", "minimum": 0, "maximum": 100, "description": "Percent."}},
        "required": ["level"],
    },
}
# The same for hubd; it may be told more often than people tell a lamp.
SETTINGS = f"""
[conversation]
chime = false
[limits]
messages_per_second = 100
messages_per_device = 100
[[device]]
id = "lamp"
name = "lamp"
[[device.function]]
name = "set_lamp"
description = "Set the lamp's brightness."
publish = {{ topic = "{TOPIC}", payload = {{ level = "{{{{ level }}}}" }}, qos = 1 }}
  [device.function.parameters.level]
  type = "integer"
  minimum = 0
  maximum = 100
  description = "Percent."
"""
# For one request: a lamp that says what it did, and a hub that finds the end of speech by itself.
ONE_REQUEST = f"""
[conversation]
chime = false
turn_end = "local"
[[device]]
id = "lamp"
name = "lamp"
[[device.function]]
name = "set_lamp"
description = "Turn on the lamp."
publish = {{ topic = "{TOPIC}", payload = {{ state = "ON" }}, qos = 1 }}
expect = {{ topic = "{REPORT}", json = {{ state = "ON" }}, within = "2s" }}
scheduling = "INTERRUPT"
"""
