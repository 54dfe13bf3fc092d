from __future__ import annotations

from pathlib import Path

import pytest

from hubd.config import describe, load, notices

DEVICE = '\n[[device]]\nid = "x"\nname = "x"\nkind = "switch"\ndialect = "plain"\ncommand_topic = "x"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[live]\nvoice = "Kora"', 'live.voice: "Kora" is no voice known to hubd; did you mean "Kore"?'),
        (
            '[live]\nmodel = "gemini-3.8-life"',
            (
                'live.model: "gemini-3.8-life" is no model known to hubd, it gets the common options only; '
                'did you mean "gemini-3.8-live"?'
            ),
        ),
        (
            '[live]\nmodel = "gemini-3.8-livid"\ngoogle_search = true\n[live.generation]\nseed = 1\ntop_k = 2',
            (
                (
                    'live.model: "gemini-3.8-livid" is no model known to hubd, it gets the common options only; '
                    'did you mean "gemini-3.8-live"?'
                ),
                (
                    "live.google_search, live.generation.top_k, live.generation.seed: not sent, as hubd does not know "
                    "what gemini-3.8-livid takes; if it does: live.model_takes = "
                    '["google_search", "generation.top_k", "generation.seed"]'
                ),
            ),
        ),
        (
            "[live]\nproactive_audio = true",
            "live.proactive_audio: not sent, for with gemini-3.8-live it is always on",
        ),
        (
            '[live]\nmodel = "gemini-3.1-flash-live-preview"\nspeech_detection.silence = "600ms"',
            (
                (
                    "live.speech_detection.silence: gemini-3.1-flash-live-preview ignores it; "
                    'with conversation.turn_end = "local" the hub finds the end'
                ),
                (
                    "live.model: gemini-3.1-flash-live-preview knows BLOCKING functions only, so this holds for "
                    "set_switch as well; the conversation waits for them, a few seconds at most, "
                    "and hears of the rest as a note"
                ),
            ),
        ),
        (
            (
                '[live]\nmodel = "gemini-2.5-flash-native-audio-preview-12-2025"\n'
                "[live.generation]\nmax_output_tokens = 10000"
            ),
            (
                "live.generation.max_output_tokens: "
                "gemini-2.5-flash-native-audio-preview-12-2025 never says more than 8192 tokens"
            ),
        ),
        (
            '[live]\nlanguage = "de-DE"',
            'live.language: the model is told "de-DE" as it stands; write words, as in "German"',
        ),
        (
            "[live]\ncompression = false\ncompression_trigger_tokens = 30000",
            "live.compression_trigger_tokens: not used with compression = false",
        ),
        (
            '[live.transcription]\nvocabulary = ["pergola"]',
            (
                "live.transcription.vocabulary: the service takes it, but does not document it; "
                "take it out if sessions fail"
            ),
        ),
        ("[live.transcription]\nlanguages = []\nvocabulary = []", ()),
        (
            '[live.transcription]\ninput = false\nlanguages = ["de"]\nvocabulary = ["pergola"]',
            "live.transcription.languages, live.transcription.vocabulary: not used with input = false",
        ),
        (
            '[live.speech_detection]\nsilence = "600ms"\n[conversation]\nturn_end = "local"',
            'live.speech_detection.silence: not used with conversation.turn_end = "local"',
        ),
        (
            '[live]\nactivity_handling = "no-interruption"',
            'live.activity_handling: "no-interruption" needs conversation.barge_in = "off"',
        ),
        (
            '[live]\nbackend = "offline"\nproactive_audio = true\ngeneration.temperature = 0.5',
            'live.generation, live.proactive_audio: not used with backend = "offline"',
        ),
        (
            '[live]\nurl = "ws://192.168.1.2"',
            "live.url: the connection would not be encrypted, so no key is sent there; use wss://",
        ),
        (
            '[live]\nbackend = "offline"\nvoice = "Puck"\nlanguage = "German"',
            'live.language, live.voice: not used with backend = "offline"',
        ),
        ("[wake]\nwords = []", "wake.words: with no wake word only automations can wake the hub"),
        ('[microphone]\ndevice = "none"', 'wake.words: not used with microphone.device = "none"'),
        ('[microphone]\ndevice = "None"', 'wake.words: not used with microphone.device = "none"'),
        (
            '[wake]\nengine = "microwakeword"\nspeech_gate = true',
            'wake.speech_gate: not used with engine = "microwakeword", which never rests',
        ),
        ('[wake]\nengine = "microwakeword"', ()),
        ('[live]\nbackend = "offline"\nhead_start = false', 'live.head_start: not used with backend = "offline"'),
        (
            '[wake]\nwords = [{ model = "alexa", threshold = 0.1 }]',
            "wake.words[alexa].threshold: with 0.1 the hub will often wake by itself; 0.5 is usual",
        ),
        (
            '[wake]\nwords = [{ model = "alexa", threshold = 0.99 }]',
            "wake.words[alexa].threshold: with 0.99 the hub will hardly ever wake; 0.5 is usual",
        ),
        ("[mqtt]\nport = 8883", "mqtt.port: 8883 is usual with TLS, but tls is false"),
        ("[mqtt]\nport = 1883\ntls = true", "mqtt.port: 1883 is usual without TLS, but tls is true"),
        (
            '[mqtt]\nhost = "broker.lan"\nusername = "hub"',
            "mqtt.tls: false, so the password crosses the network unencrypted",
        ),
        ('[limits]\nallow = ["x*"]\ndeny = ["lok"]', 'limits.deny: "lok" fits no device and no function'),
        ('[limits]\ndeny = ["*_timer", "turn_off_everything"]', ()),
        ('[limits]\ndeny = ["lok"]\n[discovery]\nenabled = true', ()),
        ('[hub]\nfloors = { up = ["attic"] }', 'hub.floors.up: no device is in the room "attic"'),
        (
            '[conversation]\nbarge_in = "speech"',
            'conversation.barge_in: "speech" needs echo cancellation; without it the hub interrupts itself',
        ),
    ],
)
def test_what_is_probably_not_meant(text: str, expected: str | tuple[str, ...], tmp_path: Path) -> None:
    """What is allowed but odd gives a notice, and does not fail."""
    path = tmp_path / "hubd.toml"
    path.write_text(text + DEVICE, encoding="utf-8")
    assert notices(load(path)) == ((expected,) if isinstance(expected, str) else expected)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('state_on = "1"', "device[x].state_on: not used without state_topic"),
        (
            'state_topic = "y/state"' + DEVICE.replace('"x"', '"y"', 2).replace('"x"', '"y/state"'),
            'device[x]: "y/state" is no topic of reports: it carries the commands to y, which would count as reports',
        ),
        (DEVICE.replace('"x"', '"y"', 2), 'device[y]: "x" switches x as well'),
    ],
)
def test_devices_that_are_probably_not_meant_so(more: str, expected: str, tmp_path: Path) -> None:
    """An option that does nothing, a device that is there twice, a report that is a command give a notice."""
    path = tmp_path / "hubd.toml"
    path.write_text(DEVICE + more, encoding="utf-8")
    assert notices(load(path)) == (expected,)


def test_unused_certificate(tmp_path: Path) -> None:
    """A certificate without TLS is noticed."""
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----", encoding="utf-8")
    path = tmp_path / "hubd.toml"
    path.write_text('[mqtt]\nca_file = "ca.pem"' + DEVICE, encoding="utf-8")
    assert notices(load(path)) == ("mqtt.ca_file: not used without tls = true",)


def test_no_device(tmp_path: Path) -> None:
    """A house without devices is noticed."""
    path = tmp_path / "hubd.toml"
    path.write_text("", encoding="utf-8")
    (notice,) = notices(load(path))
    assert notice.startswith("there is no device: ")


def test_description(tmp_path: Path) -> None:
    """The summary names files, wake words, conversation partner, broker, devices, what is off."""
    path = tmp_path / "hubd.toml"
    path.write_text(
        '[hub]\nid = "attic"\nroom = "attic"\n[conversation]\nchime = false\nfollow_up = "0s"\n'
        '[mqtt]\nhost = "broker.lan"\ntls = true\nusername = "hub"\n[live]\nbackend = "offline"' + DEVICE,
        encoding="utf-8",
    )
    assert describe(load(path)).splitlines() == [
        f"files:      {path}",
        "hub:        attic, in the attic",
        "wake words: hey_jarvis (threshold 0.5)",
        "live:       offline, gemini-3.8-live, voice Kore, wss://generativelanguage.googleapis.com",
        "mqtt:       mqtts://broker.lan:8883, as hub",
        "devices:    1 (1 switch)",
        "automation: none",
        "off:        chime, follow-up, transcripts on MQTT",
    ]
