from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from hubd.devices.catalog import Ambiguous, Catalog, Unknown
from hubd.devices.model import Device, Kind


def light(device_id: str, name: str, *, room: str | None = None, aliases: tuple[str, ...] = ()) -> Device:
    """Return a lamp."""
    return Device.model_validate(
        {
            "id": device_id,
            "name": name,
            "room": room,
            "aliases": aliases,
            "kind": "light",
            "dialect": "zigbee2mqtt",
            "topic": f"z/{device_id}",
        }
    )


KITCHEN = light("kitchen_lights", "kitchen lights", room="kitchen", aliases=("the big light",))
DESK = light("desk", "lamp", room="office")
HALL = light("hall", "lamp", room="hall")
COAT = light("coat", "lamp", room="hall")
CAFE = light("cafe", "Café Straße")
FAN = Device.model_validate(
    {"id": "fan", "name": "lamp", "kind": "switch", "dialect": "plain", "command_topic": "fan/set"}
)
CATALOG = Catalog([KITCHEN, DESK, HALL, COAT, CAFE, FAN])


def test_a_device_has_many_names() -> None:
    """Case, articles, underscores, slashes, room, alias and id make no difference."""
    for name in ("Kitchen Lights", "the kitchen/lights", "kitchen_lights", "big light", "kitchen  big light"):
        assert CATALOG.find(name) is KITCHEN


@given(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from([str.upper, str.lower, str.title]))
def test_unicode_forms_make_no_difference(form: str, change: object) -> None:
    """A name is found however its letters are composed or written."""
    assert callable(change)
    assert CATALOG.find(change(unicodedata.normalize(form, "Café Straße"))) is CAFE  # type: ignore[arg-type]  # a form


def test_ambiguity_is_an_answer() -> None:
    """A name that several devices have is answered with names that tell them apart."""
    assert CATALOG.find("lamp", Kind.LIGHT) == Ambiguous(("office lamp", "hall", "coat"))
    assert CATALOG.find("office lamp") is DESK
    assert CATALOG.find("lamp", Kind.SWITCH) is FAN


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    """A misheard name never widens to a device; the answer names what there is."""
    assert CATALOG.find("kichen light") == Unknown(("kitchen lights",))
    assert CATALOG.find("kitchen") == Unknown(("kitchen lights",))
    assert isinstance(CATALOG.find("", Kind.LIGHT), Unknown)


def test_every_label_finds_its_device() -> None:
    """What the hub calls a device is understood when it is said back."""
    for device in CATALOG.devices:
        assert CATALOG.find(CATALOG.label(device), device.kind) is device


def test_every_spoken_name_is_offered_once() -> None:
    """The names for the model hold labels first, then the other names and aliases."""
    assert CATALOG.spoken(Kind.LIGHT) == (
        "kitchen lights",
        "office lamp",
        "hall",
        "coat",
        "Café Straße",
        "the big light",
        "lamp",
    )


@given(st.text())
def test_any_name_has_an_answer(name: str) -> None:
    """No text raises."""
    assert isinstance(CATALOG.find(name), Device | Ambiguous | Unknown)
