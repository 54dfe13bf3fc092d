from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.confirmation import VALID_FOR, Confirmations
from hubd.devices.model import Command, Device
from hubd.events import Drained, Event, MuteChanged, SpeechBegan, SpeechEnded, Woke
from hubd.pace import BargeIn

DOOR = Device.model_validate(
    {
        "id": "front_door",
        "name": "front door",
        "kind": "lock",
        "dialect": "zigbee2mqtt",
        "topic": "z/door",
        "confirm": True,
    }
)
UNLOCK = Command(DOOR, "set_lock", {"action": "unlock"})
LOCK = Command(DOOR, "set_lock", {"action": "lock"})
PLAYED = Drained(1)
SPOKE = SpeechBegan(1000)
WOKE = Woke("hey_jarvis", 0.9, 1000, 80)


def test_a_yes_is_what_a_person_says_after_the_question() -> None:
    """The second call is carried out, and only it: a third one is a question again."""
    confirmations = Confirmations()
    assert not confirmations.admit(UNLOCK, 0.0)
    confirmations.witness(PLAYED, speaking=False)
    confirmations.witness(SPOKE, speaking=False)
    assert confirmations.admit(UNLOCK, 10.0)
    assert not confirmations.admit(UNLOCK, 11.0)


@pytest.mark.parametrize(
    ("meanwhile", "barge_in", "admitted"),
    [
        ([], BargeIn.WAKE_WORD, False),
        ([(PLAYED, False)], BargeIn.WAKE_WORD, False),
        ([(SPOKE, False)], BargeIn.WAKE_WORD, False),
        ([(SPOKE, False), (PLAYED, False)], BargeIn.WAKE_WORD, False),
        ([(SPOKE, True), (PLAYED, False)], BargeIn.WAKE_WORD, False),
        ([(PLAYED, False), (SPOKE, True)], BargeIn.WAKE_WORD, False),
        ([(PLAYED, False), (SpeechEnded(9), False)], BargeIn.WAKE_WORD, False),
        ([(PLAYED, False), (MuteChanged(muted=False), False)], BargeIn.WAKE_WORD, False),
        ([(PLAYED, False), (SPOKE, False)], BargeIn.WAKE_WORD, True),
        ([(PLAYED, False), (WOKE, False)], BargeIn.WAKE_WORD, True),
        ([(WOKE, True)], BargeIn.WAKE_WORD, True),
        ([(WOKE, True)], BargeIn.OFF, False),
        ([(SPOKE, True)], BargeIn.SPEECH, True),
    ],
)
def test_what_counts_as_a_person_who_answers(
    meanwhile: list[tuple[Event, bool]],
    barge_in: BargeIn,
    admitted: bool,  # noqa: FBT001 -- a row of the table
) -> None:
    """Speech after the question was spoken, or over it where a person can be told from the hub; never its own voice."""
    confirmations = Confirmations(barge_in)
    confirmations.admit(UNLOCK, 0.0)
    for event, speaking in meanwhile:
        confirmations.witness(event, speaking=speaking)
    assert confirmations.admit(UNLOCK, 5.0) is admitted


def test_a_yes_is_for_what_was_asked() -> None:
    """Another command to the same device has a question of its own."""
    confirmations = Confirmations()
    confirmations.admit(LOCK, 0.0)
    confirmations.witness(PLAYED, speaking=False)
    confirmations.witness(SPOKE, speaking=False)
    assert not confirmations.admit(UNLOCK, 1.0)
    assert confirmations.admit(LOCK, 2.0)


def test_a_late_yes_is_to_something_else() -> None:
    """After a minute the question is put again, and can be answered again."""
    confirmations = Confirmations()
    confirmations.admit(UNLOCK, 0.0)
    confirmations.witness(PLAYED, speaking=False)
    confirmations.witness(SPOKE, speaking=False)
    assert not confirmations.admit(UNLOCK, VALID_FOR + 0.1)
    confirmations.witness(PLAYED, speaking=False)
    confirmations.witness(SPOKE, speaking=False)
    assert confirmations.admit(UNLOCK, 2 * VALID_FOR)


def test_asking_again_in_between_does_not_undo_the_question() -> None:
    """A model that calls twice before the person has spoken still has the one question open."""
    confirmations = Confirmations()
    confirmations.admit(UNLOCK, 0.0)
    confirmations.witness(PLAYED, speaking=False)
    assert not confirmations.admit(UNLOCK, 1.0)
    confirmations.witness(SPOKE, speaking=False)
    assert confirmations.admit(UNLOCK, 2.0)


def test_what_needs_no_yes_is_carried_out() -> None:
    """A device without confirm is never asked about; a function's own word goes before its device's."""
    confirmations = Confirmations()
    free = DOOR.model_copy(update={"confirm": False})
    assert confirmations.admit(Command(free, "set_lock", {"action": "unlock"}), 0.0)
    function = {"name": "open_gate", "description": "Open the gate.", "publish": {"topic": "gate"}}
    for device_says, function_says, needed in ((True, None, True), (True, False, False), (False, True, True)):
        table = {
            "id": "gate",
            "name": "gate",
            "confirm": device_says,
            "function": [{**function, "confirm": function_says}],
        }
        gate = Device.model_validate(table)
        assert Command(gate, "open_gate", {}, gate.functions[0]).needs_yes is needed


@given(st.lists(st.sampled_from(["unlock", "lock", "played", "echo", "ended"]), max_size=60))
def test_the_model_cannot_say_yes_to_itself(moves: list[str]) -> None:
    """However it calls, however much the hub speaks and hears itself: without a person nothing is carried out."""
    confirmations = Confirmations()
    for at, move in enumerate(moves):
        match move:
            case "unlock" | "lock":
                assert not confirmations.admit(UNLOCK if move == "unlock" else LOCK, at / 10)
            case "played":
                confirmations.witness(PLAYED, speaking=False)
            case "echo":
                confirmations.witness(SPOKE, speaking=True)
            case _:
                confirmations.witness(SpeechEnded(at), speaking=False)


def test_open_questions_are_bounded() -> None:
    """A model that asks for everything at once fills no memory; the newest questions stay open."""
    confirmations = Confirmations()
    for position in range(1000):
        confirmations.admit(Command(DOOR, "set_lock", {"action": f"{position}"}), 0.0)
    confirmations.witness(PLAYED, speaking=False)
    confirmations.witness(SPOKE, speaking=False)
    assert confirmations.admit(Command(DOOR, "set_lock", {"action": "999"}), 1.0)
    assert not confirmations.admit(Command(DOOR, "set_lock", {"action": "0"}), 1.0)
