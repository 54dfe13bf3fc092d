"""``hubd demo``, run as a user runs it."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from tests.end_to_end.program import CHECKOUT, Outcome, Payload, Request, demos

pytestmark = pytest.mark.real_time

KITCHEN: Final = "zigbee2mqtt/kitchen_lights/set"
OFFICE: Final = "zigbee2mqtt/office_lights/set"
COFFEE: Final = "zigbee2mqtt/coffee_machine/set"
LIVING_ROOM: Final = "home/living/light/set"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request, as it is said, with what it has to lead to, in order: topics with payloads."""

    manner: str
    words: str
    published: tuple[tuple[str, Payload], ...]


# How it is said: in one breath with the wake word, or after a comma.
BREATH: Final = "hey jarvis {}"
COMMA: Final = "hey jarvis, {}"
WISHES: Final = (
    Wish(BREATH, "turn on the kitchen lights", ((KITCHEN, {"state": "ON"}),)),
    Wish(
        BREATH,
        "dim the kitchen lights to thirty percent",
        ((KITCHEN, {"state": "ON", "brightness": pytest.approx(76, abs=1)}),),
    ),
    Wish(COMMA, "turn off the living room lights", ((LIVING_ROOM, {"state": "OFF"}),)),
    Wish(COMMA, "turn off the kitchen lights", ((KITCHEN, {"state": "OFF"}),)),
    Wish(
        COMMA,
        "switch on the coffee machine and turn off the office lights",
        ((COFFEE, {"state": "ON"}), (OFFICE, {"state": "OFF"})),
    ),
    Wish(BREATH, "turn on the living room lights", ((LIVING_ROOM, {"state": "ON", "brightness": 254}),)),
)
HALF: Final = len(WISHES) // 2
EXAMPLES: Final = CHECKOUT / "config" / "devices.d"


@dataclass(frozen=True, slots=True)
class Runs:
    """How the first runs went.

    spoken: the first half of the wishes, then the second. recording: what default's speaker played.
    """

    spoken: list[Outcome]
    default: Outcome
    recording: Path


@dataclass(frozen=True, slots=True)
class Others:
    """How the other runs went. nothing_to_do: a wake word with no command, a command with no wake word."""

    nothing_to_do: Outcome
    own_devices: Outcome
    questions: Outcome


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Run demos, several at a time: mostly they wait for their own speech."""
    recording = tmp_path_factory.mktemp("recording") / "out.wav"
    *spoken, default = demos(
        *(("--say", *(wish.manner.format(wish.words) for wish in half)) for half in (WISHES[:HALF], WISHES[HALF:])),
        ("--record", recording),
        home=tmp_path_factory.mktemp("home"),
    )
    return Runs(spoken, default, recording)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Others:
    """Run demos, several at a time."""
    nothing_to_do, own_devices, questions = demos(
        ("--say", "hey jarvis what a lovely day", "turn on the kitchen lights"),
        ("--devices", EXAMPLES, "--say", "hey jarvis, turn on the office lights", "hey jarvis, turn on the printer"),
        ("--say", "hey jarvis, which windows are open", "hey jarvis, set a timer for ten minutes"),
        home=tmp_path_factory.mktemp("home"),
    )
    return Others(nothing_to_do, own_devices, questions)


@pytest.fixture(params=range(len(WISHES)), ids=[wish.words for wish in WISHES])
def said(request: pytest.FixtureRequest, runs: Runs) -> tuple[Wish, Request]:
    """One wish with what happened."""
    requests = [request for outcome in runs.spoken for request in outcome.requests()]
    assert len(requests) == len(WISHES), f"{len(requests)} of {len(WISHES)} wake words were heard"
    return WISHES[request.param], requests[request.param]


class TestRequests:
    def test_does_what_was_asked(self, said: tuple[Wish, Request]) -> None:
        """A request leads to its messages, and to no other; the devices report that it is done."""
        wish, request = said
        assert len(request.done) == len(wish.published)
        for (topic, payload), (wanted_topic, wanted) in zip(request.done, wish.published, strict=True):
            assert topic == wanted_topic
            assert payload == wanted
        assert len(request.of("published")) == len(wish.published)

    def test_in_order(self, said: tuple[Wish, Request]) -> None:
        """Woke, session, called, published, answered: in this order, for each call."""
        wish, request = said
        calls = [event["call"] for event in request.of("called")]
        assert len(calls) == len(wish.published)
        for call in calls:
            places = [
                request.first("woke", model="hey_jarvis"),
                request.first("session"),
                request.first("called", call=call),
                request.first("published", call=call),
                request.first("answered", call=call, status="done", scheduling="SILENT"),
            ]
            assert places == sorted(places)

    def test_goes_on_where_it_was(self, runs: Runs) -> None:
        """The first request opens a session, each later one resumes it; each is closed in the end."""
        for outcome in runs.spoken:
            changes = [[event["change"] for event in request.of("session")] for request in outcome.requests()]
            assert changes == [["opened", "closed"]] + [["resumed", "closed"]] * (HALF - 1)

    def test_is_a_success(self, runs: Runs) -> None:
        """A demo whose requests all were done ends with 0, and has nothing to complain about."""
        for outcome in runs.spoken:
            assert outcome.status == 0
            assert outcome.stderr == ""


class TestNothingToDo:
    def test_no_command(self, others: Others) -> None:
        """Speech that is no command calls nothing, publishes nothing, and is told so; the demo fails."""
        outcome = others.nothing_to_do
        assert outcome.status == 1
        assert outcome.kinds().count("session") == 2
        assert not {"called", "published", "answered"} & {*outcome.kinds()}
        assert [event["text"] for event in outcome.events if event["event"] == "said"]

    def test_no_wake_word(self, others: Others) -> None:
        """Speech without the wake word leads to nothing at all: the run ends with what came before it."""
        outcome = others.nothing_to_do
        assert outcome.kinds().count("woke") == 1
        assert outcome.events[-1] | {"time": 0} == {"time": 0, "event": "state", "state": "idle"}


def test_questions_and_timers(others: Others) -> None:
    """A question is answered with what the devices have reported, a timer is set: both are told, nothing is sent."""
    windows, timer = others.questions.requests()
    assert "bedroom window is open" in windows.of("said")[0]["text"]
    assert [event["function"] for event in timer.of("called")] == ["set_timer"]
    assert "10 minute" in timer.of("said")[0]["text"]
    assert "published" not in others.questions.kinds()
    assert others.questions.status == 0


class TestDefault:
    def test_shows_the_three_schedulings(self, runs: Runs) -> None:
        """A lamp is done in silence, a heater is told in the next pause, a jammed door at once: all went as meant."""
        lamp, heater, door = runs.default.requests()
        assert runs.default.status == 0
        assert [(event["status"], event["scheduling"]) for event in lamp.of("answered")] == [("done", "SILENT")]
        assert [(event["status"], event["scheduling"]) for event in heater.of("answered")] == [("done", "WHEN_IDLE")]
        assert [(event["status"], event["scheduling"]) for event in door.of("answered")] == [("failed", "INTERRUPT")]
        assert not lamp.of("said")
        assert "21" in heater.of("said")[0]["text"]
        assert "garage door" in door.of("said")[0]["text"]

    def test_speaks_after_the_outcome(self, runs: Runs) -> None:
        """What is said about an outcome begins once the outcome is known."""
        for request in runs.default.requests()[1:]:
            assert request.first("answered") < request.first("state", state="speaking") < request.first("said")

    def test_records_what_was_said(self, runs: Runs) -> None:
        """The recording holds speech where the event stream says that the hub spoke, a second and more each time."""
        requests = runs.default.requests()
        with wave.open(str(runs.recording), "rb") as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
        loud = np.abs(samples) > 500
        # The recording ends with the run, a little after the last event.
        end = runs.default.events[-1]["time"]
        for request in requests[1:]:
            began = request.events[request.first("state", state="speaking")]["time"]
            ended = request.events[request.first("said")]["time"]
            piece = loud[max(0, len(loud) - int((end - began) * 24_000)) : len(loud) - int((end - ended) * 24_000)]
            spoken = piece[: len(piece) // 480 * 480].reshape(-1, 480).any(axis=1)
            assert spoken.sum() * 0.02 > 1.0


def test_own_devices(others: Others) -> None:
    """With --devices the demo has these devices, and no other."""
    outcome = others.own_devices
    office, printer = outcome.requests()
    assert office.done == [("home/office/light/set", "ON")]
    assert printer.done == [("home/office/printer/set", "1")]
    assert outcome.status == 0
