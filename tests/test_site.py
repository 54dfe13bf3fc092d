from __future__ import annotations

import pytest
from pydantic import JsonValue, ValidationError

from hubd.all_off import ALL_OFF
from hubd.devices.catalog import Catalog
from hubd.devices.model import Command, Device
from hubd.devices.queries import GET_STATE
from hubd.events import Call
from hubd.requests import Refusal
from hubd.site import Site
from hubd.tools import END_CONVERSATION, Toolbox

HOUSE: list[dict[str, JsonValue]] = [
    {"id": "kitchen_lamp", "name": "kitchen lamp", "kind": "light", "dialect": "plain", "command_topic": "k/set"},
    {"id": "hall_lamp", "name": "Hall Lamp", "kind": "light", "dialect": "plain", "command_topic": "h/set"},
    {"id": "plug", "name": "plug", "kind": "switch", "dialect": "plain", "command_topic": "p/set"},
    {
        "id": "gate",
        "name": "gate",
        "function": [
            {"name": "open_gate", "description": "Open the gate.", "publish": {"topic": "gate", "payload": "open"}},
            {"name": "close_gate", "description": "Close the gate.", "publish": {"topic": "gate", "payload": "close"}},
        ],
    },
]
OWN = {GET_STATE, END_CONVERSATION}


def toolbox(site: Site, *, only_in: tuple[str, ...] = ()) -> Toolbox:
    """Return what is offered at a site; only_in: for the plug."""
    tables = [{**table, "only_in": [*only_in]} if only_in and table["id"] == "plug" else table for table in HOUSE]
    return Toolbox(Catalog([Device.model_validate(table) for table in tables]), site=site)


@pytest.mark.parametrize(
    ("site", "devices", "functions"),
    [
        (
            Site(),
            ["kitchen_lamp", "hall_lamp", "plug", "gate"],
            {"set_light", "set_switch", "open_gate", "close_gate", ALL_OFF},
        ),
        (Site(allow=("*lamp",)), ["kitchen_lamp", "hall_lamp"], {"set_light"}),
        (Site(allow=("HALL*",)), ["hall_lamp"], {"set_light"}),
        (Site(allow=("switch", "open_gate")), ["plug", "gate"], {"set_switch", "open_gate"}),
        (Site(allow=("set_light",), deny=("hall_lamp",)), ["kitchen_lamp"], {"set_light"}),
        (Site(deny=("light", "gate")), ["plug"], {"set_switch"}),
        (Site(deny=("*_gate", ALL_OFF)), ["kitchen_lamp", "hall_lamp", "plug", "gate"], {"set_light", "set_switch"}),
        (Site(deny=("set_*",)), ["kitchen_lamp", "hall_lamp", "plug", "gate"], {"open_gate", "close_gate"}),
        (Site(allow=("*",), deny=("*",)), [], set()),
    ],
)
def test_what_is_offered_where(site: Site, devices: list[str], functions: set[str]) -> None:
    """Devices and functions that are denied, or not allowed, are neither declared nor understood."""
    offered = toolbox(site)
    assert [device.id for device in offered.catalog.devices] == devices
    assert {each.name for each in offered.declarations()} - OWN == functions


def test_what_is_denied_is_refused() -> None:
    """The model may know the name from elsewhere: the call is refused all the same, and nothing tells of the device."""
    offered = toolbox(Site(deny=("hall_lamp", "open_gate")))
    for call in (Call("1", "set_light", {"device": "Hall Lamp", "on": True}), Call("2", "open_gate")):
        assert isinstance(refusal := offered.resolve(call), Refusal)
        assert "Hall Lamp" not in refusal.choices
        assert "open_gate" not in refusal.choices
    assert isinstance(offered.resolve(Call("3", "close_gate")), Command)


@pytest.mark.parametrize(("hub", "there"), [("kitchen", True), ("hall", True), ("attic", False)])
def test_a_device_may_be_for_some_hubs_only(hub: str, there: bool) -> None:  # noqa: FBT001 -- a row of the table
    """Where a hub's id is not among those of only_in the device is not there for it."""
    offered = toolbox(Site(hub=hub), only_in=("kitchen", "hall"))
    assert ("plug" in {device.id for device in offered.catalog.devices}) is there
    assert ("set_switch" in {each.name for each in offered.declarations()}) is there


@pytest.mark.parametrize(("only_in", "problem"), [(["Kitchen Hub"], "allowed is the id of a hub"), ([], "empty list")])
def test_hubs_are_named_by_their_ids(only_in: list[str], problem: str) -> None:
    """What can't be a hub's id, or names none at all, is no mistake to make in silence."""
    with pytest.raises(ValidationError, match=problem):
        Device.model_validate({**HOUSE[0], "only_in": only_in})
