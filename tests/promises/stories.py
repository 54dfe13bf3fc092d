"""Conversations to be replayed, in a house with a light, slow blinds, a garage door that is stuck."""

from __future__ import annotations

import asyncio
import functools
from functools import partial
from typing import Final

from pydantic import JsonValue

from hubd.audio.pcm import UPLINK_RATE
from hubd.devices.render import Publish
from hubd.offline.effects import Break, Close, Hush
from hubd.simulator.sound import speech
from tests.promises.kitchen import Kitchen

LIGHT, BLINDS, GARAGE = "set_light", "close_blinds", "open_garage_door"
DEVICES: Final[list[dict[str, JsonValue]]] = [
    {
        "id": "kitchen_lights",
        "name": "kitchen lights",
        "kind": "light",
        "dialect": "zigbee2mqtt",
        "topic": "zigbee2mqtt/kitchen_lights",
    },
    {
        "id": "blinds",
        "name": "blinds",
        "function": [
            {
                "name": BLINDS,
                "description": "Close the blinds.",
                "publish": {"topic": "blinds/set", "payload": "CLOSE"},
                "expect": {"topic": "blinds", "json": {"state": "closed"}, "within": "20s"},
                "first_answer_after": "1s",
            }
        ],
    },
    {
        "id": "garage",
        "name": "garage door",
        "function": [
            {
                "name": GARAGE,
                "description": "Open the garage door.",
                "behavior": "BLOCKING",
                "publish": {"topic": "garage/set", "payload": "OPEN"},
                "expect": {"topic": "garage", "json": {"state": "open"}, "within": "2s"},
            }
        ],
    },
]
TOPICS: Final = {LIGHT: "zigbee2mqtt/kitchen_lights/set", BLINDS: "blinds/set", GARAGE: "garage/set"}
# The blinds take so long, s.
SLOW: Final = 9.0
COSY, CAR, THANKS = "make it cosy", "let the car in", "thanks a lot"
SPOKEN: Final = 0.6
_REST: Final = """
words "note from the hub":
  say "That is how it stands." for 1s
words "thanks a lot":
  say "You are welcome." for 1s
answer open_garage_door:
  say "{answer}" for 1s
answer close_blinds:
  say "{answer}" for 1s
"""
# In the first the interruption takes the slow call back; in the second the slow call outlives the connection.
STORIES: Final = {
    "a call taken back": """
words "make it cosy":
  call set_light {"device": "kitchen lights", "on": true}
  also close_blinds
  say "I will tell you everything that I know about it." for 3s
words "let the car in":
  goaway 12s
  call open_garage_door
"""
    + _REST,
    "a call that outlives": """
words "make it cosy":
  call set_light {"device": "kitchen lights", "on": true}
  say "I will tell you everything that I know about it." for 3s
words "let the car in":
  goaway 12s
  call close_blinds
  also open_garage_door
"""
    + _REST,
}
ENDINGS: Final[dict[str, Close | Break | Hush]] = {
    "close": Close(1011, "Internal error encountered."),
    "reset": Break(),
    "silence": Hush(),
}


@functools.cache
def spoken(words: str) -> bytes:
    """Return the words as the simulator hears them."""
    return speech(words, UPLINK_RATE, SPOKEN)


def react(kitchen: Kitchen, publish: Publish) -> None:
    """Let the devices do what they do: the light at once, the blinds slowly, the garage door not at all."""
    loop, say = asyncio.get_running_loop(), kitchen.broker.say
    if publish.topic == TOPICS[LIGHT]:
        loop.call_later(0.2, partial(say, "zigbee2mqtt/kitchen_lights", {"state": "ON"}))
    elif publish.topic == TOPICS[BLINDS]:
        loop.call_later(SLOW, partial(say, "blinds", {"state": "closed"}))
    elif publish.topic == TOPICS[GARAGE]:
        loop.call_later(0.5, partial(say, "garage", {"state": "stuck"}))
