from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.devices.model import Device
from hubd.devices.parameters import ArgumentError
from hubd.devices.places import THE_HOUSE, Places


def lamp(device_id: str, room: str | None) -> Device:
    """Return a lamp in a room."""
    return Device.model_validate(
        {
            "id": device_id,
            "name": device_id,
            "room": room,
            "kind": "light",
            "dialect": "plain",
            "command_topic": device_id,
        }
    )


LAMPS = [lamp("a", "Kitchen"), lamp("b", "hall"), lamp("c", "Schlafzimmer Süd"), lamp("d", None), lamp("e", "kitchen")]
FLOORS = {"downstairs": ("kitchen", "Hall", "cellar"), "hall": ("hall", "kitchen"), "attic": ("loft",)}
PLACES = Places(LAMPS, FLOORS, "Kitchen")


@pytest.mark.parametrize(
    ("text", "name", "ids"),
    [
        ("kitchen", "Kitchen", "ae"),
        ("The KITCHEN", "Kitchen", "ae"),
        ("downstairs", "downstairs", "abe"),
        ("hall", "hall", "abe"),
        ("SCHLAFZIMMER SU\u0308D", "Schlafzimmer Süd", "c"),
        ("here", "Kitchen", "ae"),
        ("everywhere", "", "abcde"),
        ("the whole house", "", "abcde"),
    ],
)
def test_a_place_is_a_room_a_floor_here_or_all(text: str, name: str, ids: str) -> None:
    """Case, articles, composed letters make no difference; of a floor and a room of one name it is the floor."""
    area = PLACES.area(text)
    assert area.name == name
    assert "".join(device.id for device in LAMPS if area.holds(device)) == ids


def test_only_places_with_devices_are_named() -> None:
    """Rooms as the devices name them, floors with a device, here where that is known."""
    assert PLACES.names == ("Kitchen", "hall", "Schlafzimmer Süd", "downstairs", "here")
    assert Places(LAMPS, {}, "garage").names == ("Kitchen", "hall", "Schlafzimmer Süd")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kitchn", 'no room or floor called "kitchn"; there are: Kitchen'),
        ("attic", "there are: "),
        ("../#", "there are: Kitchen, hall"),
        ("x" * 1_000_000, "area has to be a room or a floor"),
        (7, "found 7"),
        ({"a": 1}, "something else"),
    ],
)
def test_what_is_no_place_is_answered_with_those_that_there_are(text: object, problem: str) -> None:
    """The answer fits a sentence, whatever was asked."""
    with pytest.raises(ArgumentError) as caught:
        PLACES.area(text)
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 300


def test_here_is_unknown_to_a_hub_without_a_room() -> None:
    """Then a room has to be named."""
    with pytest.raises(ArgumentError, match="not known in which room this hub is"):
        Places(LAMPS, FLOORS, "").area("here")


@given(st.text())
def test_any_text_is_a_place_or_a_complaint(text: str) -> None:
    """Nothing else is raised."""
    try:
        area = PLACES.area(text)
    except ArgumentError:
        return
    assert area is THE_HOUSE or area.rooms
