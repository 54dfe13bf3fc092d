"""What announces itself, and could let somebody in or wake the street, is operated after a person's yes."""

from __future__ import annotations

import json

import pytest
from pydantic import JsonValue

from hubd.devices.discovery import Discovery, Rules
from hubd.devices.model import Device


def house(component: str, options: dict[str, JsonValue], given: dict[str, object] | None = None) -> tuple[Device, ...]:
    """Return the devices of a house in which one entity announces itself."""
    discovery = Discovery(Rules(given={"thing": given or {}}))
    body = {"name": "Thing", "unique_id": "thing", "command_topic": "thing/set", "state_topic": "thing", **options}
    discovery.receive(f"homeassistant/{component}/thing/config", json.dumps(body).encode())
    return discovery.house(()).devices


@pytest.mark.parametrize(
    ("component", "options", "confirm"),
    [
        ("lock", {}, True),
        ("alarm_control_panel", {}, True),
        ("siren", {}, True),
        ("cover", {"device_class": "garage"}, True),
        ("cover", {"device_class": "gate"}, True),
        ("cover", {"device_class": "door"}, True),
        ("cover", {"device_class": "blind"}, False),
        ("cover", {}, False),
        ("light", {}, False),
        ("switch", {}, False),
    ],
)
def test_what_needs_a_yes(component: str, options: dict[str, JsonValue], confirm: bool) -> None:  # noqa: FBT001 -- a row
    """It is offered, with confirm; what can do no harm is offered without."""
    (device,) = house(component, options)
    assert device.confirm is confirm


@pytest.mark.parametrize(("component", "confirm"), [("lock", False), ("light", True)])
def test_the_users_word_wins(component: str, confirm: bool) -> None:  # noqa: FBT001 -- a row
    """Whoever writes confirm into the configuration means it, either way."""
    (device,) = house(component, {}, {"confirm": confirm, "only_in": ("hub",)})
    assert device.confirm is confirm
    assert device.only_in == ("hub",)
