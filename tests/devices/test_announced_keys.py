"""Short keys and base topics."""

from __future__ import annotations

from pydantic import JsonValue

from hubd.devices.announced_keys import expanded, expanded_device


def test_expands_short_keys_beside_long_ones() -> None:
    """Short and long forms may be mixed; what is no key of ours stays as it is."""
    assert expanded({"cmd_t": "a", "state_topic": "b", "bri_val_tpl": "c", "pl_cls": "d", "odd": 1}) == {
        "command_topic": "a",
        "state_topic": "b",
        "brightness_value_template": "c",
        "payload_close": "d",
        "odd": 1,
    }


def test_some_keys_are_told_apart() -> None:
    """Subjects that begin alike don't run into each other."""
    short = [
        "clr_temp_cmd_t",
        "temp_cmd_t",
        "temp_hi_stat_tpl",
        "curr_temp_t",
        "set_pos_tpl",
        "stat_val_tpl",
        "stat_on",
    ]
    assert list(expanded(dict.fromkeys(short))) == [
        "color_temp_command_topic",
        "temperature_command_topic",
        "temperature_high_state_template",
        "current_temperature_topic",
        "set_position_template",
        "state_value_template",
        "state_on",
    ]


def test_puts_the_base_topic_into_topics() -> None:
    """At the start or the end of whatever is a topic, those of availability included; nowhere else."""
    options: dict[str, JsonValue] = {"~": "base", "cmd_t": "~/set", "stat_t": "x/~", "name": "~"}
    options["avty"] = [{"t": "~/lwt", "pl_avail": "1"}]
    assert expanded(options) == {
        "command_topic": "base/set",
        "state_topic": "x/base",
        "name": "~",
        "availability": [{"topic": "base/lwt", "payload_available": "1"}],
    }


def test_expands_places_of_availability_without_a_base_topic() -> None:
    """Their keys are as short as the others; a single place may stand alone, what is none stays as it is."""
    short: dict[str, JsonValue] = {"t": "lwt", "val_tpl": "{{ value }}", "pl_not_avail": "0"}
    long = {"topic": "lwt", "value_template": "{{ value }}", "payload_not_available": "0"}
    assert expanded({"avty": short}) == {"availability": long}
    assert expanded({"avty": [short, "lwt"]}) == {"availability": [long, "lwt"]}


def test_expands_a_devices_own_keys() -> None:
    """A device's description has short keys of its own."""
    assert expanded_device({"sa": "Kitchen", "name": "x"}) == {"suggested_area": "Kitchen", "name": "x"}
