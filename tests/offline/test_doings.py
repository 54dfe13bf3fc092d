from __future__ import annotations

import pytest

from tests.offline.calling import called
from tests.offline.house import devices, function

PLAYS = devices("play", "pause", "stop", "next", "previous")
ONE = [function("set_media_player", "Play.", device=devices("radio"), action=PLAYS)]
TWO = [function("set_media_player", "Play.", device=devices("radio", "speaker"), action=PLAYS)]
OTHERS = [
    function(
        "set_vacuum",
        "Clean.",
        ["device", "action"],
        device=devices("robot"),
        action=devices("start", "return", "locate", "dance"),
    ),
    function(
        "set_alarm",
        "Arm.",
        ["device", "action"],
        device=devices("house alarm"),
        action=devices("disarm", "arm away", "arm night"),
    ),
]


@pytest.mark.parametrize(
    ("text", "device", "action"),
    [
        ("send the robot home", "robot", "return"),
        ("start the robot", "robot", "start"),
        ("where is the robot", "robot", "locate"),
        ("dance the robot", "robot", "dance"),
        ("arm the house alarm for the night", "house alarm", "arm night"),
        ("set the house alarm to away", "house alarm", "arm away"),
        ("disarm the house alarm", "house alarm", "disarm"),
    ],
)
def test_a_doing_is_said_as_people_say_it(text: str, device: str, action: str) -> None:
    """A declared action has its everyday words; one that nobody thought of is a verb."""
    ((_, arguments),) = called(OTHERS, text) or [("", {})]
    assert arguments == {"device": device, "action": action}


def test_one_player_need_not_be_named() -> None:
    """Where there is one player, "next song" is enough; where there are two, it has to be said which."""
    assert called(ONE, "next song") == [("set_media_player", {"device": "radio", "action": "next"})]
    assert called(ONE, "pause the music") == [("set_media_player", {"device": "radio", "action": "pause"})]
    assert called(TWO, "next song") is None
    assert called(TWO, "next song on the speaker") == [("set_media_player", {"device": "speaker", "action": "next"})]
