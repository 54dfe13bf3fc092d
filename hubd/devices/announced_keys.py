"""Short keys of discovery messages → their long names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

# A key is a subject with an aspect, as bri_cmd_t; both have a short form (``mqtt-devices.md`` 2, abbreviations).
_ASPECTS: Final[Mapping[str, str]] = {
    "cmd_tpl": "command_template",
    "cmd_t": "command_topic",
    "stat_tpl": "state_template",
    "stat_t": "state_topic",
    "val_tpl": "value_template",
    "tpl": "template",
    "t": "topic",
}
_SUBJECTS: Final[Mapping[str, str]] = {
    "act": "action",
    "avty": "availability",
    "b": "blue",
    "bri": "brightness",
    "clr_temp": "color_temp",
    "clrm": "color_mode",
    "cmd_off": "command_off",
    "cmd_on": "command_on",
    "curr_hum": "current_humidity",
    "curr_temp": "current_temperature",
    "dir": "direction",
    "fan_mode": "fan_mode",
    "fanspd": "fan_speed",
    "fx": "effect",
    "g": "green",
    "hs": "hs",
    "hum": "target_humidity",
    "img": "image",
    "json_attr": "json_attributes",
    "mode": "mode",
    "osc": "oscillation",
    "pct": "percentage",
    "pos": "position",
    "pow": "power",
    "pr_mode": "preset_mode",
    "r": "red",
    "rgb": "rgb",
    "rgbw": "rgbw",
    "rgbww": "rgbww",
    "send": "send",
    "set_fan_spd": "set_fan_speed",
    "set_pos": "set_position",
    "stat": "state",
    "swing_mode": "swing_mode",
    "temp": "temperature",
    "temp_hi": "temperature_high",
    "temp_lo": "temperature_low",
    "tilt": "tilt",
    "tilt_status": "tilt_status",
    "url": "url",
    "whit": "white",
    "xy": "xy",
}
_PAYLOADS: Final[Mapping[str, str]] = {
    "arm_away": "arm_away",
    "arm_custom_b": "arm_custom_bypass",
    "arm_home": "arm_home",
    "arm_nite": "arm_night",
    "arm_vacation": "arm_vacation",
    "avail": "available",
    "cln_sp": "clean_spot",
    "cls": "close",
    "disarm": "disarm",
    "inst": "install",
    "loc": "locate",
    "lock": "lock",
    "not_avail": "not_available",
    "off": "off",
    "on": "on",
    "open": "open",
    "osc_off": "oscillation_off",
    "osc_on": "oscillation_on",
    "paus": "pause",
    "prs": "press",
    "ret": "return_to_base",
    "rst": "reset",
    "rst_pct": "reset_percentage",
    "rst_pr_mode": "reset_preset_mode",
    "stop": "stop",
    "stop_tilt": "stop_tilt",
    "strt": "start",
    "trig": "trigger",
    "unlk": "unlock",
}
_STATES: Final[Mapping[str, str]] = {
    "clsd": "closed",
    "closing": "closing",
    "jam": "jammed",
    "locked": "locked",
    "locking": "locking",
    "off": "off",
    "on": "on",
    "open": "open",
    "opening": "opening",
    "stopped": "stopped",
    "unlocked": "unlocked",
    "unlocking": "unlocking",
}
_SINGLE: Final[Mapping[str, str]] = {
    "av_tones": "available_tones",
    "avty": "availability",
    "avty_mode": "availability_mode",
    "bri_scl": "brightness_scale",
    "clr_temp_k": "color_temp_kelvin",
    "cmps": "components",
    "cod_arm_req": "code_arm_required",
    "cod_dis_req": "code_disarm_required",
    "cod_form": "code_format",
    "cod_trig_req": "code_trigger_required",
    "def_ent_id": "default_entity_id",
    "dev": "device",
    "dev_cla": "device_class",
    "e": "encoding",
    "en": "enabled_by_default",
    "ent_cat": "entity_category",
    "evt_typ": "event_types",
    "exp_aft": "expire_after",
    "fanspd_lst": "fan_speed_list",
    "fx_list": "effect_list",
    "img_e": "image_encoding",
    "max_k": "max_kelvin",
    "max_mirs": "max_mireds",
    "min_k": "min_kelvin",
    "min_mirs": "min_mireds",
    "o": "origin",
    "obj_id": "object_id",
    "off_dly": "off_delay",
    "on_cmd_type": "on_command_type",
    "ops": "options",
    "opt": "optimistic",
    "p": "platform",
    "pl": "payload",
    "pos_clsd": "position_closed",
    "pos_open": "position_open",
    "pr_modes": "preset_modes",
    "ret": "retain",
    "spd_rng_max": "speed_range_max",
    "spd_rng_min": "speed_range_min",
    "stat_cla": "state_class",
    "sug_dsp_prc": "suggested_display_precision",
    "sup_clrm": "supported_color_modes",
    "sup_dur": "support_duration",
    "sup_feat": "supported_features",
    "sup_vol": "support_volume_set",
    "temp_unit": "temperature_unit",
    "tilt_clsd_val": "tilt_closed_value",
    "tilt_opnd_val": "tilt_opened_value",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
}
_LONG: Final[Mapping[str, str]] = {
    **{
        f"{subject}_{aspect}": f"{long}_{_ASPECTS[aspect]}"
        for subject, long in _SUBJECTS.items()
        for aspect in _ASPECTS
    },
    **{f"pl_{short}": f"payload_{long}" for short, long in _PAYLOADS.items()},
    **{f"stat_{short}": f"state_{long}" for short, long in _STATES.items()},
    **_ASPECTS,
    **_SINGLE,
}
_OF_DEVICES: Final[Mapping[str, str]] = {
    "cns": "connections",
    "ids": "identifiers",
    "mdl": "model",
    "mf": "manufacturer",
    "sa": "suggested_area",
}


def expanded(options: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a component's options by their long names, with the base topic ``~`` put into its topics.

    The places in which it says whether it can be reached are options of their own, and treated alike.
    """
    long = _long(options)
    base = long.pop("~", None)
    places = long.pop("availability", None)
    found = _based(long, base)
    match places:
        case None:
            return found
        case list():
            each = [_based(_long(place), base) if isinstance(place, dict) else place for place in places]
            return found | {"availability": each}
        case dict():
            return found | {"availability": _based(_long(places), base)}
        case _:
            return found | {"availability": places}


def expanded_device(device: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a device's own description by its long names."""
    return {_OF_DEVICES.get(key, key): value for key, value in device.items()}


def _long(options: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {_LONG.get(key, key): value for key, value in options.items()}


def _based(options: Mapping[str, JsonValue], base: JsonValue) -> dict[str, JsonValue]:
    """Return the options with ``~`` replaced at the start or the end of topics, if there is something for it."""
    if not isinstance(base, str):
        return dict(options)
    return {
        key: _rooted(value, base) if key.endswith("topic") and isinstance(value, str) else value
        for key, value in options.items()
    }


def _rooted(topic: str, base: str) -> str:
    if topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic
