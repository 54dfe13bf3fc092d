"""Whether announced entities can be reached."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from hubd.devices.announced_presence import presence
from hubd.devices.expectations import AVAILABILITY

STATE = "{{ value_json.state }}"
BOTH: list[JsonValue] = [{"topic": "bridge", "value_template": STATE}, {"topic": "lamp/lwt"}]


def said(options: dict[str, JsonValue], *messages: tuple[str, bytes]) -> list[object]:
    """Return what is known after messages, without the names under which it is known."""
    known: dict[str, JsonValue] = {}
    for topic, payload in messages:
        for source in presence(options):
            assert source.scope == AVAILABILITY
            known |= source.read(payload) if source.topic == topic else {}
    return list(known.values())


@pytest.mark.parametrize(
    ("options", "messages", "known"),
    [
        ({}, [("lwt", b"online")], []),
        ({"availability_topic": "lwt"}, [("lwt", b"online")], [True]),
        ({"availability_topic": "lwt"}, [("lwt", b"offline")], [False]),
        ({"availability_topic": "lwt"}, [("lwt", b"sleeping")], []),
        ({"availability_topic": "lwt", "payload_available": True}, [("lwt", b"True")], [True]),
        ({"availability_topic": "lwt", "availability_template": STATE}, [("lwt", b'{"state":"offline"}')], [False]),
        ({"availability": {"topic": "lwt"}}, [("lwt", b"offline")], [False]),
        ({"availability": BOTH}, [("bridge", b'{"state":"offline"}'), ("lamp/lwt", b"online")], [True]),
        (
            {"availability": BOTH, "availability_mode": "all"},
            [("bridge", b'{"state":"offline"}'), ("lamp/lwt", b"online")],
            [False, True],
        ),
        ({"availability": BOTH, "availability_mode": "any"}, [("lamp/lwt", b"offline")], []),
        ({"availability": [{"topic": "lwt", "value_template": "{{ now() }}"}]}, [("lwt", b"offline")], []),
        ({"availability": [{"topic": "a/#/b"}, "lwt", None]}, [("lwt", b"offline")], []),
    ],
)
def test_what_is_known(options: dict[str, JsonValue], messages: list[tuple[str, bytes]], known: list[object]) -> None:
    """The latest word counts, or that of each place where all have to say yes; what says nothing changes nothing."""
    assert said(options, *messages) == known
