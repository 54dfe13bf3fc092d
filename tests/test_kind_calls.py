from __future__ import annotations

import pytest
from pydantic import JsonValue

from hubd.all_off import ALL_OFF
from hubd.devices.catalog import Catalog
from hubd.devices.model import Command, Device
from hubd.devices.parameters import MAX_DESCRIPTION
from hubd.events import AnswerKind, Behavior, Call, CallStatus, Scheduling
from hubd.live.models import COMMON_SUBSET, Capabilities
from hubd.requests import EarlyAnswer, Refusal, Resolved, Several
from hubd.site import Site
from hubd.tools import SHORT_ANSWER, Toolbox


def device(device_id: str, kind: str, room: str, **more: JsonValue) -> dict[str, JsonValue]:
    """Return a table of a plain device, named as its id."""
    name = device_id.replace("_", " ")
    table = {"id": device_id, "name": name, "room": room, "kind": kind, "dialect": "plain"}
    return {**table, "command_topic": f"{device_id}/set", "state_topic": device_id, **more}


HOUSE = [
    device("ceiling_light", "light", "kitchen", brightness_command_topic="k/level"),
    device("counter_light", "light", "kitchen", name="lamp"),
    device("hall_light", "light", "hall", name="lamp", brightness_command_topic="h/level"),
    device("bed_light", "light", "bedroom", scheduling={"done": "WHEN_IDLE"}),
    device("kettle", "switch", "kitchen"),
    device("freezer", "switch", "cellar", confirm=True),
    device("radio", "media_player", "hall"),
    device("east_blind", "cover", "bedroom"),
    device("west_blind", "cover", "kitchen", first_answer_after=9),
    device("garage_door", "cover", "garage", confirm=True),
    device("front_door", "lock", "hall"),
    device("back_door", "lock", "kitchen"),
    {
        "id": "bell",
        "name": "bell",
        "function": [{"name": "ring", "description": "Ring.", "publish": {"topic": "bell"}}],
    },
]
FLOORS = {"downstairs": ("kitchen", "hall", "garage"), "upstairs": ("bedroom",)}
CATALOG = Catalog([Device.model_validate(table) for table in HOUSE])
TOOLBOX = Toolbox(CATALOG, site=Site(room="Hall", floors=FLOORS))


def resolve(name: str, **arguments: JsonValue) -> Resolved:
    """Check one call."""
    return TOOLBOX.resolve(Call("1", name, arguments))


def several(name: str, **arguments: JsonValue) -> Several:
    """Check a call for several devices."""
    found = resolve(name, **arguments)
    assert isinstance(found, Several), found
    return found


@pytest.mark.parametrize(
    ("name", "arguments", "label", "ids"),
    [
        ("set_light", {"area": "kitchen", "on": True}, "kitchen lights", ["ceiling_light", "counter_light"]),
        ("set_light", {"area": "here", "on": False}, "hall lights", ["hall_light"]),
        (
            "set_light",
            {"area": "downstairs", "on": False},
            "downstairs lights",
            ["ceiling_light", "counter_light", "hall_light"],
        ),
        (
            "set_light",
            {"area": "everywhere", "on": False, "device": None},
            "lights",
            ["ceiling_light", "counter_light", "hall_light", "bed_light"],
        ),
        ("set_cover", {"area": "The Whole House", "action": "close"}, "covers", ["east_blind", "west_blind"]),
        (ALL_OFF, {"area": "upstairs"}, "upstairs devices", ["bed_light"]),
        (
            ALL_OFF,
            {},
            "devices",
            ["ceiling_light", "counter_light", "hall_light", "bed_light", "kettle", "radio"],
        ),
    ],
)
def test_an_area_is_all_that_is_in_it(name: str, arguments: dict[str, JsonValue], label: str, ids: list[str]) -> None:
    """One call is a command for each device there, but never for one that needs a yes."""
    found = several(name, **arguments)
    assert (found.label, found.name) == (label, name)
    assert [command.device.id for command in found.commands] == ids
    assert not any(command.needs_yes for command in found.commands)


def test_everything_is_turned_off_in_each_kinds_own_way() -> None:
    """Lights, switches go off, players stop; shutters, locks, heating stay as they are."""
    settings = {command.device.id: command.arguments for command in several(ALL_OFF, area="downstairs").commands}
    assert settings == {
        "ceiling_light": {"on": False},
        "counter_light": {"on": False},
        "hall_light": {"on": False},
        "kettle": {"on": False},
        "radio": {"action": "stop"},
    }


def test_what_some_can_not_do_is_told_beside_what_others_do() -> None:
    """A lamp that can't be dimmed is left out, with the reason; one that can is dimmed."""
    found = several("set_light", area="kitchen", brightness=30)
    assert [command.device.id for command in found.commands] == ["ceiling_light"]
    assert found.commands[0].arguments == {"on": True, "brightness": 30}
    assert found.said == "on at 30 percent"
    assert found.left_out == ("Kitchen lamp: this light can't be dimmed: leave brightness out.",)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("set_light", {"area": "attic", "on": True}, 'There is no room or floor called "attic"; there are:'),
        ("set_light", {"area": "garage", "on": True}, "There are no lights in the garage that can be set together."),
        ("set_cover", {"area": "garage", "action": "open"}, "There are no covers in the garage that can be set"),
        ("set_light", {"area": "kitchen"}, "Ceiling light: give on, brightness, or both."),
        ("set_light", {"area": "kitchen", "on": "yes"}, 'On has to be true or false, found "yes".'),
        ("set_light", {"area": "kitchen", "on": True, "colour": "red"}, 'There is no argument "colour"'),
        ("set_light", {"area": ["kitchen"], "on": True}, "Area has to be a room or a floor, found something else."),
        ("set_light", {"on": True}, "device has to be the name of a light, found nothing or give an area."),
        ("set_lock", {"area": "hall", "locked": False}, "device has to be the name of a lock, found nothing."),
        ("set_switch", {"area": "kitchen", "on": True}, "device has to be the name of a switch, found nothing."),
        ("set_light", {"device": "bed light", "area": "kitchen", "on": True}, '"bed light" is not in the kitchen'),
        (ALL_OFF, {"area": "cellar"}, "There is nothing in the cellar that can be turned off so."),
        (ALL_OFF, {"device": "kettle"}, 'There is no argument "device", allowed are: none.'),
    ],
)
def test_a_wrong_area_is_told_what_is_allowed(name: str, arguments: dict[str, JsonValue], message: str) -> None:
    """Nothing is sent, and the refusal says why."""
    found = resolve(name, **arguments)
    assert isinstance(found, Refusal)
    assert found.message.startswith(message)


def test_a_name_in_an_area_is_one_device() -> None:
    """Two lamps of one name are told apart by the area, or by the room in which the hub hears."""
    ways: list[tuple[dict[str, JsonValue], str]] = [
        ({"area": "kitchen"}, "counter_light"),
        ({"area": "here"}, "hall_light"),
        ({}, "hall_light"),
    ]
    for arguments, meant in ways:
        found = resolve("set_light", device="lamp", on=True, **arguments)
        assert isinstance(found, Command)
        assert found.device.id == meant
    nowhere = resolve("set_light", device="lamp", area="bedroom", on=True)
    assert isinstance(nowhere, Refusal)
    assert nowhere.message == '"lamp" is not in the bedroom; there are: kitchen lamp, hall lamp.'
    elsewhere = Toolbox(CATALOG, site=Site(room="bedroom", floors=FLOORS))
    found = elsewhere.resolve(Call("1", "set_light", {"device": "lamp", "on": True}))
    assert isinstance(found, Refusal)
    assert found.choices == ("kitchen lamp", "hall lamp")


def test_areas_are_declared_where_several_can_be_set() -> None:
    """Kinds of which two may be set together take an area; locks, one switch, a device that needs a yes don't."""
    declared = {each.name: each.parameters for each in TOOLBOX.declarations()}
    takes = {name for name, schema in declared.items() if schema is not None and "area" in schema.properties}
    assert takes == {"set_light", "set_cover", ALL_OFF, "get_state"}
    light = declared["set_light"]
    assert light is not None
    rooms = ("kitchen", "hall", "bedroom", "cellar", "garage")
    assert light.properties["area"].enum == (*rooms, "downstairs", "upstairs", "here", "everywhere")
    switch = declared["set_switch"]
    assert switch is not None
    assert switch.required == ("device", "on")


def test_of_several_the_most_urgent_word_counts() -> None:
    """One of the lamps is to be spoken of when it is done, so the sum is."""
    assert TOOLBOX.schedule(several("set_light", area="kitchen", on=True)).done is Scheduling.SILENT
    assert TOOLBOX.schedule(several("set_light", area="everywhere", on=True)).done is Scheduling.WHEN_IDLE


def test_several_are_on_their_way_as_soon_as_the_first_is() -> None:
    """The model hears of slow devices when the least patient of them is due."""
    blinds = several("set_cover", area="everywhere", action="close")
    assert TOOLBOX.early_answer(blinds) == EarlyAnswer(3.0, AnswerKind.FIRST, CallStatus.ON_ITS_WAY)
    assert TOOLBOX.early_answer(several("set_light", area="kitchen", on=True)) is None
    waiting = Capabilities(behaviors=frozenset({Behavior.BLOCKING}))
    early = Toolbox(CATALOG, waiting).early_answer(several(ALL_OFF))
    assert early == EarlyAnswer(SHORT_ANSWER, AnswerKind.OUTCOME, CallStatus.ON_ITS_WAY)
    assert waiting != COMMON_SUBSET


def test_a_thousand_devices_in_all_kinds_fit_into_the_setup() -> None:
    """Fifteen rooms on three floors with 1,000 named devices of six kinds stay below 64 kB (design.md 10)."""
    kinds = ("light", "light", "switch", "cover", "fan", "media_player", "light")
    rooms = [f"room number {each}" for each in range(15)]
    tables = [device(f"{kinds[each % 7]}_number_{each}", kinds[each % 7], rooms[each % 15]) for each in range(1000)]
    floors = {f"floor {each}": tuple(rooms[each * 5 : each * 5 + 5]) for each in range(3)}
    house = Toolbox(Catalog([Device.model_validate(table) for table in tables]), site=Site(floors=floors))
    assert sum(len(each.to_text()) for each in house.declarations()) < 64_000


def test_a_house_full_of_second_names_is_declared() -> None:
    """However long the names and however many, the model is told as many of the pairs as the description holds."""
    lamps = [device(f"lamp_{n}", "light", "hall", aliases=[f"the lamp with the long name {n}"]) for n in range(60)]
    toolbox = Toolbox(Catalog([Device.model_validate(lamp) for lamp in lamps]))
    declared = next(each for each in toolbox.declarations() if each.name == "set_light")
    assert declared.parameters is not None
    which = declared.parameters.properties["device"]
    assert "the lamp with the long name 0 = lamp 0; " in which.description
    assert len(which.description) <= MAX_DESCRIPTION
    assert "the lamp with the long name 59" in which.enum
