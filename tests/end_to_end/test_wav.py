"""Requests from files: recorded and synthetic voices, at the rates that recordings have."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.program import RECORDINGS, Outcome, demos, needs

pytestmark = pytest.mark.real_time

# Rates with the number of channels.
RATES: Final = ((8_000, 1), (16_000, 2), (44_100, 1), (48_000, 2))
# Who says it in one breath, who makes a long pause.
VOICES: Final = (("en-us", "breath"), ("en-gb", "pause"), ("en-us+m3", "breath"), ("en-us+f3", "pause"))
PARTS: Final = ("hey jarvis", "turn on the kitchen lights")
# What is no command, though all of it has words of the house in it.
CHATTER: Final = (
    ("en-gb", "the heater is too expensive"),
    ("en-us+f3", "somebody left the lights on"),
    ("en-us+m3", "he works in an office downtown"),
)
# Beside the wake words of the recordings the demo's own.
SETTINGS: Final = """
[wake]
words = ["hey_jarvis", "alexa", "hey_mycroft"]
[live]
backend = "offline"
"""
KITCHEN_ON: Final = [("zigbee2mqtt/kitchen_lights/set", {"state": "ON"})]
COFFEE_OFF: Final = [("zigbee2mqtt/coffee_machine/set", {"state": "OFF"})]


class Studio:
    """Makes WAV files in a folder, with espeak-ng and sox."""

    def __init__(self, folder: Path) -> None:
        needs("espeak-ng", "espeak-ng")
        needs("sox", "sox")
        self._folder = folder
        self._numbers = itertools.count()

    def spoken(self, text: str, voice: str = "en-us") -> Path:
        """Return a text as speech."""
        return self._made("espeak-ng", "-v", voice, "-s", "130", "-w", "{}", text)

    def converted(self, file: Path, rate: int, channels: int = 1) -> Path:
        """Return a file at another rate; as stereo it is on both sides."""
        return self._made("sox", "-D", str(file), "-r", str(rate), "-c", str(channels), "{}")

    def spliced(self, files: Sequence[Path], pause: float) -> Path:
        """Return files one after the other at 16 kHz, with so many seconds of silence after each."""
        padded = [self._made("sox", "-D", str(file), "-r", "16000", "{}", "pad", "0", str(pause)) for file in files]
        return self._made("sox", *map(str, padded), "{}")

    def _made(self, *command: str) -> Path:
        file = self._folder / f"{next(self._numbers)}.wav"
        subprocess.run([word.replace("{}", str(file)) for word in command], check=True, capture_output=True)
        return file


@dataclass(frozen=True, slots=True)
class Runs:
    """How the runs went.

    rates: a request at each rate. voices: a request by each voice. chatter: wake words with something else behind them.
    recorded: recorded wake words, and at last a recording that is no wake word.
    """

    rates: Outcome
    voices: Outcome
    chatter: Outcome
    recorded: Outcome | None


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Run the demos, all at once."""
    studio = Studio(tmp_path_factory.mktemp("files"))
    home = tmp_path_factory.mktemp("home")
    settings = home / "hubd.toml"
    settings.write_text(SETTINGS)
    clear = studio.spoken("hey jarvis, turn on the kitchen lights")
    manners = {
        "breath": lambda voice: studio.spoken("hey jarvis, turn on the kitchen lights", voice),
        "pause": lambda voice: studio.spliced([studio.spoken(text, voice) for text in PARTS], 1.2),
    }
    todo: list[list[str | Path]] = [
        ["--wav", *(studio.converted(clear, rate, channels) for rate, channels in RATES)],
        ["--wav", *(manners[manner](voice) for voice, manner in VOICES)],
        ["--wav", *(studio.spoken(f"hey jarvis, {text}", voice) for voice, text in CHATTER)],
    ]
    recordings = [RECORDINGS / name for name in ("alexa_test.wav", "hey_mycroft_test.wav", "hey_jane.wav")]
    if all(recording.exists() for recording in recordings):
        command = studio.spoken("turn off the coffee machine")
        alexa, mycroft, jane = (studio.spliced([recording, command], 0.3) for recording in recordings)
        todo.append(["--config", settings, "--wav", alexa, mycroft, jane])
    rates, voices, chatter, *others = demos(*todo, home=home)
    return Runs(rates, voices, chatter, others[0] if others else None)


def recorded(outcome: Outcome | None) -> Outcome:
    """Return the outcome of a run with recordings; skip the test where there are none."""
    if outcome is None:
        pytest.skip(f"needs the recordings in {RECORDINGS}, which are not part of this repository")
    return outcome


@pytest.mark.parametrize("place", range(len(RATES)), ids=str)
def test_rates(runs: Runs, place: int) -> None:
    """A request is done at every rate, mono or stereo."""
    requests = runs.rates.requests()
    assert len(requests) == len(RATES)
    assert requests[place].done == KITCHEN_ON


@pytest.mark.parametrize("place", range(len(VOICES)), ids=str)
def test_voices(runs: Runs, place: int) -> None:
    """A request is done for men and women, of either side of the sea, in one breath or after a long pause."""
    requests = runs.voices.requests()
    assert len(requests) == len(VOICES)
    assert requests[place].done == KITCHEN_ON


@pytest.mark.parametrize("place", range(len(CHATTER)), ids=[text for _, text in CHATTER])
def test_chatter(runs: Runs, place: int) -> None:
    """What is no command opens a session, and does nothing in it."""
    requests = runs.chatter.requests()
    assert len(requests) == len(CHATTER)
    assert requests[place].of("woke")
    assert requests[place].of("published") == []
    assert runs.chatter.status == 1


@pytest.mark.parametrize(("place", "word"), [(0, "alexa"), (1, "hey_mycroft")])
def test_recorded_people(runs: Runs, place: int, word: str) -> None:
    """A request is done after the recorded wake word of a person, which is named."""
    requests = recorded(runs.recorded).requests()
    assert [event["model"] for event in requests[place].of("woke")] == [word]
    assert requests[place].done == COFFEE_OFF


def test_a_stranger_is_not_served(runs: Runs) -> None:
    """A person who says another name opens no session, though a request follows; the run fails for that."""
    outcome = recorded(runs.recorded)
    assert outcome.kinds().count("woke") == 2
    assert outcome.status == 1


def test_all_is_well(runs: Runs) -> None:
    """Runs whose requests all were done end with 0, and complain about nothing."""
    for outcome in (runs.rates, runs.voices):
        assert (outcome.status, outcome.stderr) == (0, "")
