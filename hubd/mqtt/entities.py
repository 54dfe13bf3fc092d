"""The hub as a device of Home Assistant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from hubd.mqtt.tree import Tree
from hubd.reports import PublicState, Report

MAKER: Final = "hubd"
MODEL: Final = "Voice hub"
# The longest state that Home Assistant takes (``mqtt-devices.md`` 2a).
_LONGEST_STATE: Final = 255
_DIAGNOSTIC: Final = {"ent_cat": "diagnostic"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the hub is. name: as people call it. room: empty for none. version: of the program."""

    name: str
    room: str
    version: str


def announcement(identity: Identity, tree: Tree) -> bytes:
    """Return the message that makes the hub a device of Home Assistant (``mqtt-devices.md`` 2a)."""
    name = f"hubd_{tree.hub}"
    device = {
        "ids": [name],
        "name": identity.name,
        "mf": MAKER,
        "mdl": MODEL,
        "sw": identity.version,
        **({"sa": identity.room} if identity.room else {}),
    }
    body = {
        "dev": device,
        "o": {"name": MAKER, "sw": identity.version},
        "avty_t": tree.availability,
        "qos": 1,
        "cmps": {key: {"uniq_id": f"{name}_{key}", **options} for key, options in _components(tree)},
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _components(tree: Tree) -> Iterator[tuple[str, Mapping[str, object]]]:
    yield from _states(tree)
    yield from _controls(tree)
    yield from _diagnostics(tree)


def _states(tree: Tree) -> Iterator[tuple[str, Mapping[str, object]]]:
    yield (
        "state",
        {
            "p": "sensor",
            "name": "State",
            "stat_t": tree.state,
            "val_tpl": "{{ value_json.state }}",
            "dev_cla": "enum",
            "ops": list(PublicState),
            "json_attr_t": tree.state,
            "ic": "mdi:account-voice",
        },
    )
    for key, name, member, icon in (
        ("heard", "Last heard", "user", "mdi:text-to-speech"),
        ("said", "Last said", "assistant", "mdi:speaker-message"),
    ):
        yield (
            key,
            {
                "p": "sensor",
                "name": name,
                "stat_t": tree.transcript,
                "val_tpl": f"{{{{ value_json.{member}[:{_LONGEST_STATE}] }}}}",
                "json_attr_t": tree.transcript,
                "ic": icon,
                **_DIAGNOSTIC,
            },
        )
    yield (
        "event",
        {
            "p": "event",
            "name": "Event",
            "stat_t": tree.event("+"),
            # The one form of the event stream, with its kind under the name that Home Assistant asks for.
            "val_tpl": "{{ dict(value_json, event_type=value_json.event) | to_json }}",
            "evt_typ": [report.kind for report in get_args(Report)],
            "ic": "mdi:bell-ring",
        },
    )


def _controls(tree: Tree) -> Iterator[tuple[str, Mapping[str, object]]]:
    yield (
        "mute",
        {
            "p": "switch",
            "name": "Microphone mute",
            "stat_t": tree.state,
            "val_tpl": "{{ 'ON' if value_json.muted else 'OFF' }}",
            "cmd_t": tree.command("mute"),
            "ic": "mdi:microphone-off",
        },
    )
    yield (
        "volume",
        {
            "p": "number",
            "name": "Volume",
            "stat_t": tree.state,
            "val_tpl": "{{ value_json.volume }}",
            "cmd_t": tree.command("volume"),
            "min": 0,
            "max": 100,
            "step": 1,
            "mode": "slider",
            "unit_of_meas": "%",
            "ic": "mdi:volume-high",
        },
    )
    for key, name, icon in (("listen", "Listen", "mdi:microphone"), ("stop", "Stop", "mdi:stop")):
        yield key, {"p": "button", "name": name, "cmd_t": tree.command(key), "pl_prs": "PRESS", "ic": icon}
    yield "say", {"p": "notify", "name": "Say", "cmd_t": tree.command("say")}
    text = {"p": "text", "min": 1, "max": _LONGEST_STATE, "mode": "text"}
    yield "say_text", {**text, "name": "Say text", "cmd_t": tree.command("say"), "ic": "mdi:bullhorn"}
    yield "ask_text", {**text, "name": "Ask text", "cmd_t": tree.command("ask"), "en": False}


def _diagnostics(tree: Tree) -> Iterator[tuple[str, Mapping[str, object]]]:
    yield (
        "problem",
        {
            "p": "binary_sensor",
            "name": "Problem",
            "dev_cla": "problem",
            "stat_t": tree.state,
            "val_tpl": "{{ 'ON' if value_json.last_error else 'OFF' }}",
            "json_attr_t": tree.state,
            **_DIAGNOSTIC,
        },
    )
    yield (
        "cloud",
        {
            "p": "binary_sensor",
            "name": "Cloud connection",
            "dev_cla": "connectivity",
            "stat_t": tree.state,
            # Home Assistant reads None as unknown: the hub connects only when somebody talks to it.
            "val_tpl": "{{ 'None' if value_json.cloud is none else 'ON' if value_json.cloud else 'OFF' }}",
            **_DIAGNOSTIC,
        },
    )
    yield (
        "started",
        {
            "p": "sensor",
            "name": "Started",
            "dev_cla": "timestamp",
            "stat_t": tree.diagnostics,
            "val_tpl": "{{ value_json.started }}",
            **_DIAGNOSTIC,
        },
    )
    yield (
        "tokens",
        {
            "p": "sensor",
            "name": "Tokens today",
            "stat_cla": "total_increasing",
            "unit_of_meas": "tokens",
            "stat_t": tree.diagnostics,
            "val_tpl": "{{ value_json.tokens_today }}",
            **_DIAGNOSTIC,
        },
    )
    yield (
        "near_misses",
        {
            "p": "sensor",
            "name": "Near misses",
            # Counted from the start on: one that falls has begun anew.
            "stat_cla": "total_increasing",
            "stat_t": tree.diagnostics,
            "val_tpl": "{{ value_json.near_misses }}",
            "json_attr_t": tree.diagnostics,
            "json_attr_tpl": "{{ (value_json.last_near_miss or {}) | to_json }}",
            "ic": "mdi:ear-hearing-off",
            **_DIAGNOSTIC,
        },
    )
