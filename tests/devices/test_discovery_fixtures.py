"""Discovery as it is found in the field: 97 messages with what a hub should make of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from hubd.devices import colors
from hubd.devices.announced import Entity, Voice
from hubd.devices.announced_devices import NotOffered, device_of
from hubd.devices.discovered import DiscoveredDevice
from hubd.devices.discovery import Discovery, Rules
from hubd.devices.expectations import AVAILABILITY, KIND
from hubd.devices.kinds import KIND_OF_FUNCTION
from hubd.devices.parameters import ArgumentError
from hubd.devices.value_templates import TemplateFlawError, template
from hubd.mqtt.filters import filter_matches

FOLDER: Final = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "ha-discovery"
MANIFEST: Final = FOLDER / "manifest.json"

pytestmark = pytest.mark.skipif(not MANIFEST.exists(), reason=f"the messages are not here: {FOLDER} is missing")

# What differs from the manifest on purpose, by the file's name without ending, with the reason.
REGISTERED_ALL_THE_SAME: Final = {
    "homeassistant__device__boiler1__config": "a base topic at the root can be expanded",
    "homeassistant__switch__badqos__config": "a quality of service that there is not is left out",
    "homeassistant__light__schema_default__config": "a schema that there is not is the basic one",
}
# Actions and properties for which no kind has a word.
WITHOUT_WORD: Final = {
    "set_preset": "fans have a speed, no presets",
    "oscillate": "fans have a speed, no oscillation",
    "set_tilt": "covers have a position, no tilt",
    "clean_segments": "vacuum cleaners clean everything",
    "set_value": "numbers are no kind of device",
}
UNREAD: Final = frozenset(
    {"action", "preset", "oscillating", "target_low", "target_high", "fan_speed", "ignored", "available_part"}
)
OTHERWISE: Final = {
    ("homeassistant__light__garagedoor1__garage_esp_status_led__config", "turn_on"): "it is refused: it can't dim",
    ("homeassistant__light__DC4F22_LI_1__config", "set_color"): "the level is not known when the command is written",
}


def _fixtures() -> list[Any]:
    return json.loads(MANIFEST.read_bytes())["fixtures"] if MANIFEST.exists() else []


def _name(fixture: Mapping[str, Any]) -> str:
    return str(fixture["file"]).removesuffix(".json")


def _received(fixture: Mapping[str, Any]) -> Discovery:
    discovery = Discovery(Rules())
    discovery.receive(fixture["topic"], (FOLDER / fixture["file"]).read_bytes())
    return discovery


def _device(entity: Entity) -> DiscoveredDevice | NotOffered:
    """Return what a confirmed entity is; that a guarded one is not offered without is another test."""
    return device_of(replace(entity, voice=Voice.CONTROL) if entity.voice is Voice.GUARDED else entity)


def _devices(fixture: Mapping[str, Any]) -> Iterator[DiscoveredDevice]:
    for entity in _received(fixture).entities():
        device = _device(entity)
        if isinstance(device, DiscoveredDevice):
            yield device


@pytest.mark.parametrize("fixture", _fixtures(), ids=_name)
def test_registers_what_the_manifest_registers(fixture: Any) -> None:
    """Every message is registered, refused or taken as a removal as expected, with names, voice and room."""
    discovery, expected = _received(fixture), fixture["expect"]
    entities = list(discovery.entities())
    registered = expected["register"] is True or _name(fixture) in REGISTERED_ALL_THE_SAME
    if "unique_id lamp_a is already taken" in expected.get("reason", ""):
        pytest.skip("it is the second of two: test_the_first_of_two_keeps_its_unique_id")
    assert bool(entities) is registered
    if expected["register"] is not True:
        return
    assert [(each.component, each.unique_id, each.voice) for each in entities] == [
        (each["domain"], each["unique_id"], each["voice"]) for each in expected["entities"]
    ]
    for entity, wanted in zip(entities, expected["entities"], strict=True):
        assert wanted["spoken_name"] in {None, entity.name}
        assert wanted.get("area", entity.area) == entity.area
        assert wanted.get("key", entity.key) == entity.key


@pytest.mark.parametrize("fixture", _fixtures(), ids=_name)
def test_counts_what_is_broken(fixture: Any) -> None:
    """A message that is refused is named as a problem, one that is fine is not."""
    discovery, expected = _received(fixture), fixture["expect"]
    told = {problem.topic: problem.count for problem in discovery.problems}
    quiet = ("device trigger", "migration notice", "unique_id lamp_a")
    if expected["register"] is False and not expected["reason"].startswith(quiet):
        lenient = _name(fixture) == "homeassistant__device__boiler1__config"
        assert told == ({} if lenient else {fixture["topic"]: 1})
    elif not any(each.get("template") for each in expected.get("entities", ())) and "skipped" not in expected:
        assert told == {}


def _all_at_once() -> Discovery:
    discovery = Discovery(Rules())
    for fixture in _fixtures():
        discovery.receive(fixture["topic"], (FOLDER / fixture["file"]).read_bytes())
    return discovery


def test_the_first_of_two_keeps_its_unique_id() -> None:
    """Of two messages with one unique id the first one wins, the other is named as a problem."""
    discovery = _all_at_once()
    lamps = [entity.name for entity in discovery.entities() if entity.key == "lamp_a"]
    assert lamps == ["Desk Lamp"]
    assert any(problem.topic == "homeassistant/light/lamp_c/config" for problem in discovery.problems)


def test_offers_nothing_guarded_without_a_confirmation() -> None:
    """Locks, alarm panels, sirens are devices that ask before they obey, or none."""
    guarded = [each for each in _all_at_once().entities() if each.voice is Voice.GUARDED]
    assert len(guarded) == 5
    for device in map(device_of, guarded):
        assert isinstance(device, NotOffered) or getattr(device, "confirm", False)


def test_takes_all_messages_at_once() -> None:
    """All messages together give devices whose ids differ, and the filters catch every one of them."""
    discovery = _all_at_once()
    devices = discovery.house(()).devices
    assert len({device.id for device in devices}) == len(devices)
    for fixture in _fixtures():
        caught = any(filter_matches(each, fixture["topic"]) for each in discovery.filters)
        assert caught or fixture["topic"] == "homeassistant/switch/config"


def _rendered() -> Iterator[Any]:
    for fixture in _fixtures():
        for state in fixture.get("states", ()):
            if state["template_key"] is not None:
                yield pytest.param(fixture, state, id=f"{_name(fixture)} {state['template_key']}")


@pytest.mark.parametrize(("fixture", "state"), list(_rendered()))
def test_renders_templates_as_home_assistant_does(fixture: Any, state: Any) -> None:
    """Every rendering is the manifest's, but for blanks around it."""
    source: Any = json.loads((FOLDER / fixture["file"]).read_bytes())
    for key in state["template_key"].replace("[0]", ".0").split("."):
        source = source[int(key)] if key.isdigit() else source[key]
    wanted = state["rendered"]
    assert template(source).read(state["payload"].encode()) == (wanted if wanted is None else wanted.strip())


@pytest.mark.parametrize(
    "fixture", [each for each in _fixtures() if each["expect"].get("entities", [{}])[0].get("template")], ids=_name
)
def test_refuses_templates_before_they_are_rendered(fixture: Any) -> None:
    """A template that is out to do harm, or that asks for too much, is refused when it is read."""
    message = json.loads((FOLDER / fixture["file"]).read_bytes())
    with pytest.raises(TemplateFlawError) as caught:
        template(message.get("value_template") or message["val_tpl"])
    assert caught.value.flaw.name == fixture["expect"]["entities"][0]["template"].upper()


# What the manifest calls a property → how the front has it.
MEANINGS: Final[Mapping[str, Callable[[Any], dict[str, object]]]] = {
    "brightness_pct": lambda percent: {"brightness": percent},
    "kelvin": lambda kelvin: {"color_temperature": kelvin},
    "rgb": lambda parts: {"color": colors.name_of_rgb(*parts)},
    "percentage": lambda percent: {"speed": percent},
    "target": lambda degrees: {"temperature": degrees},
    "current": lambda degrees: {"current_temperature": degrees},
    "cover": lambda state: {"state": state},
    "valve": lambda state: {"state": state},
    "vacuum": lambda state: {"state": state},
    "alarm": lambda state: {"state": state.replace("_", " ")},
    "locked": lambda locked: {} if locked is None else {"state": "locked" if locked else "unlocked"},
    "jammed": lambda _: {"state": "jammed"},
    "moving": lambda _: {"state": "locking"},
}


def _stated() -> Iterator[Any]:
    for fixture in _fixtures():
        for state in fixture.get("states", ()):
            yield pytest.param(fixture, state, id=f"{_name(fixture)} {state['payload']}"[:120])


@pytest.mark.parametrize(("fixture", "state"), list(_stated()))
def test_reads_states(fixture: Any, state: Any) -> None:
    """Each state that a kind has a word for means what the manifest says it means."""
    wanted = {
        key: value
        for name, meaning in state["means"].items()
        if name not in UNREAD
        for key, value in MEANINGS.get(name, lambda meaning, name=name: {name: meaning})(meaning).items()
    }
    part = (state["template_key"] or "").removeprefix("cmps.").partition(".")[0]
    entities = [each for each in _received(fixture).entities() if each.part in {"", part} or not part]
    if not (devices := [each for entity in entities if isinstance(each := _device(entity), DiscoveredDevice)]):
        reason = _device(entities[0])
        assert isinstance(reason, NotOffered)
        pytest.skip(reason.reason)
    values: dict[str, Any] = {}
    for source in devices[0].speech.sources:
        if filter_matches(source.topic, state["topic"]):
            found = source.read(state["payload"].encode())
            values |= {"available": any(found.values())} if source.scope == AVAILABILITY and found else {}
            values |= found if source.scope == KIND else {}
    if wanted.pop("unchanged", False):
        assert values == {}
    for name, meaning in wanted.items():
        if isinstance(meaning, int | float) and not isinstance(meaning, bool):
            assert values[name] == pytest.approx(meaning, abs=1)
        else:
            assert values.get(name) == meaning


def _call(action: str, arguments: Mapping[str, Any], device: DiscoveredDevice) -> tuple[str, dict[str, Any]]:
    """Return the function of the kind that does what an action of the manifest does, with its arguments."""
    name = f"set_{device.kind}"
    match action:
        case "turn_on" | "turn_off":
            found: dict[str, Any] = {"on": action == "turn_on"}
            found |= {"brightness": arguments["brightness_pct"]} if arguments else {}
        case "set_color_temp":
            found = {"color_temperature": arguments["kelvin"]}
        case "set_color":
            found = {"color": colors.name_of_rgb(*arguments["rgb"])}
        case "set_speed":
            found = {"speed": arguments["percentage"]}
        case "set_position":
            found = {"position": arguments["position"]}
        case "set_temperature" | "set_mode":
            found = dict(arguments)
        case "lock" | "unlock":
            found = {"locked": action == "lock"}
        case "activate" | "press":
            name, found = "activate_scene", {}
        case "return_home":
            found = {"action": "return"}
        case _:
            found = {"action": action.replace("_", " ")}
    return name, found


def _commanded() -> Iterator[Any]:
    for fixture in _fixtures():
        for command in fixture.get("commands", ()):
            name = f"{_name(fixture)} {command['action']} {json.dumps(command['args'])}"
            yield pytest.param(fixture, command, id=name)


@pytest.mark.parametrize(("fixture", "command"), list(_commanded()))
def test_publishes_commands(fixture: Any, command: Any) -> None:
    """Each command that a kind has a word for publishes what the manifest wants, or nothing where it is refused."""
    if command["action"] in WITHOUT_WORD:
        pytest.skip(WITHOUT_WORD[command["action"]])
    if not (devices := list(_devices(fixture))):
        pytest.skip("it is not offered")
    device = devices[0]
    name, arguments = _call(command["action"], command["args"], device)
    try:
        messages = device.messages(KIND_OF_FUNCTION[name][1].settle(device, arguments))
    except ArgumentError:
        messages = ()
    if (_name(fixture), command["action"]) in OTHERWISE and len(messages) != len(command["publish"]):
        return
    assert [message.topic for message in messages] == [each["topic"] for each in command["publish"]]
    for message, wanted in zip(messages, command["publish"], strict=True):
        if "json" in wanted:
            assert json.loads(message.payload) == wanted["json"]
        else:
            assert message.payload == wanted["payload"]
