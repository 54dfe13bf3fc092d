"""Command → Publish: topic, payload, qos."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Publish:
    """One MQTT message to send. A device command is never retained (``mqtt-devices.md``, rule 1).

    qos: 0 or 1. expiry: seconds after which the broker drops it undelivered (MQTT 5), or None.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    expiry: int | None = None
