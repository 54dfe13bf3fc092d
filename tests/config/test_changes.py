from __future__ import annotations

from pathlib import Path

import pytest

from hubd.config import Config, load
from hubd.config.changes import AT_START, in_force, waiting
from hubd.config.loading import MainFile


def config(folder: Path, text: str = "") -> Config:
    """Return what a hubd.toml of this text means."""
    (folder / "hubd.toml").write_text(text)
    return load(folder / "hubd.toml")


OTHERS = {
    "hub.id": "attic",
    "hub.state_dir": "none",
    "wake.engine": "microwakeword",
    "microphone.device": "none",
    "microphone.rate": 48_000,
    "microphone.channels": 2,
    "speaker.device": "none",
    "speaker.rate": 48_000,
    "speaker.channels": 2,
    "live.backend": "offline",
    "live.url": "ws://127.0.0.1:9",
    "mqtt.host": "broker",
    "mqtt.port": 1884,
    "mqtt.tls": True,
    "mqtt.ca_file": "ca.pem",
    "mqtt.username": "hub",
    "mqtt.client_id": "hub",
    "mqtt.keepalive": 60,
    "presence.enabled": False,
    "presence.base_topic": "voice",
    "presence.home_assistant": False,
    "presence.discovery_prefix": "ha",
    "timers.enabled": False,
    "discovery.enabled": True,
}


def test_every_option_that_waits_exists() -> None:
    """No option is named that has gone, and each of them is tried below."""
    for section, options in AT_START.items():
        model = MainFile.model_fields[section].annotation
        assert model is not None
        assert set(options) <= set(model.model_fields)
    assert {f"{section}.{option}" for section, options in AT_START.items() for option in options} == set(OTHERS)


@pytest.mark.parametrize("name", OTHERS)
def test_what_waits_for_the_next_start(name: str, tmp_path: Path) -> None:
    """It is named, stays in force as it was, and is named no more once it is back."""
    section, option = name.split(".")
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    started = config(tmp_path)
    value = OTHERS[name]
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    tls = "tls = true\nport = 1883\n" if option == "ca_file" else "port = 1883\n" if option == "tls" else ""
    wanted = config(tmp_path, f"[{section}]\n{option} = {shown}\n{tls}")
    assert name in waiting(started, wanted)
    kept, before = getattr(in_force(started, wanted), section), getattr(started, section)
    assert getattr(kept, option) == getattr(before, option)
    assert waiting(started, config(tmp_path)) == ()


def test_everything_else_is_taken(tmp_path: Path) -> None:
    """Names, rooms, persona, pace, volume, limits, devices, automations are in force as they are wanted."""
    text = """
        [hub]
        name = "attic hub"
        room = "attic"
        floors = { up = ["attic"] }
        [live]
        voice = "Puck"
        language = "German"
        daily_token_budget = 5
        model = "gemini-2.5-flash-native-audio-preview-12-2025"
        [conversation]
        follow_up = 3
        [speaker]
        volume = 10
        [limits]
        deny = ["lamp*"]
        [privacy]
        publish_transcripts = true
        [discovery]
        exclude = ["x"]
        [presence]
        commands = false
        [[device]]
        id = "lamp"
        name = "lamp"
        kind = "switch"
        dialect = "plain"
        command_topic = "lamp/set"
        [[automation]]
        id = "bell"
        when = { topic = "bell" }
        then = { say = "ding" }
    """
    started = config(tmp_path)
    wanted = config(tmp_path, text)
    assert waiting(started, wanted) == ()
    assert in_force(started, wanted) == wanted


def test_another_wake_engine(tmp_path: Path) -> None:
    """Until it is loaded all about wake words stays as it was: a threshold for one engine is none for another."""
    started = config(tmp_path, '[wake]\nwords = ["alexa", "hey_jarvis"]\n')
    wanted = config(tmp_path, '[wake]\nengine = "microwakeword"\nwords = ["alexa"]\n[hub]\nname = "attic hub"\n')
    assert waiting(started, wanted) == ("wake.engine",)
    assert in_force(started, wanted).wake == started.wake
    assert in_force(started, wanted).hub.name == "attic hub"


def test_wake_words_that_are_loaded(tmp_path: Path) -> None:
    """Their bars are taken over, and one may go; another one waits, and until then those of the start stay."""
    started = config(tmp_path, '[wake]\nwords = ["hey_jarvis", "alexa"]\n')
    lower = config(tmp_path, '[wake]\nwords = [{ model = "hey_jarvis", threshold = 0.3 }]\n')
    assert waiting(started, lower) == ()
    assert in_force(started, lower).wake == lower.wake
    other = config(tmp_path, '[wake]\nwords = [{ model = "hey_jarvis", threshold = 0.3 }, "hey_mycroft"]\n')
    assert waiting(started, other) == ("wake.words",)
    assert [(word.model, word.threshold) for word in in_force(started, other).wake.words] == [
        ("hey_jarvis", 0.3),
        ("alexa", 0.5),
    ]
    none = config(tmp_path, "[wake]\nwords = []\nnear_miss = 0.4\nspeech_gate = false\n")
    assert in_force(started, none).wake.words == ()
    assert in_force(started, none).wake.near_miss == 0.4
    assert not in_force(started, none).wake.speech_gate
