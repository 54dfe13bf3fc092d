"""From the lines of [live] to what goes over the wire, or to what a user reads instead."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Final

import pytest
from pydantic import JsonValue

from hubd.cli import main
from hubd.config import LiveSettings, load, notices
from hubd.errors import ConfigError
from hubd.events import Backend
from hubd.live.codec import encode
from hubd.live.messages import ClientMessage
from hubd.live.models import MODELS, Option, capabilities
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings, setup_message

NATIVE: Final = "gemini-2.5-flash-native-audio-preview-12-2025"
PREVIEW: Final = "gemini-3.1-flash-live-preview"
EXTENDED: Final = "gemini-3.8-live-extended-thinking"
DEVICE: Final = '\n[[device]]\nid = "x"\nname = "x"\nkind = "switch"\ndialect = "plain"\ncommand_topic = "x"\n'
SPEAK_GERMAN: Final[JsonValue] = {"parts": [{"text": "Always speak German."}]}
THINKING: Final = "generationConfig.thinkingConfig"
# Lines of [live], with what they add to the set-up, or take from it (None).
DETECTION: Final = "realtimeInputConfig.automaticActivityDetection"
LINES: Final[list[tuple[str, str, JsonValue]]] = [
    (f'model = "{EXTENDED}"', "model", f"models/{EXTENDED}"),
    ('voice = "Puck"', "generationConfig.speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName", "Puck"),
    ('voice = ""', "generationConfig.speechConfig", None),
    (
        'language = "German"\nsystem_instruction = ""',
        "systemInstruction",
        {"parts": [{"text": "Always speak German."}]},
    ),
    ('system_instruction = "Be."', "systemInstruction", {"parts": [{"text": "Be."}]}),
    ("google_search = true", "tools", [{"googleSearch": {}}]),
    ('model_takes = ["code_execution"]\ncode_execution = true', "tools", [{"codeExecution": {}}]),
    ('model_takes = ["url_context"]\nurl_context = true', "tools", [{"urlContext": {}}]),
    ('model_takes = ["modality"]\nmodality = "text"', "generationConfig.responseModalities", ["TEXT"]),
    ('modality = "audio"', "generationConfig.responseModalities", ["AUDIO"]),
    (
        f'model = "{NATIVE}"\napi_version = "v1alpha"\naffective_dialog = true',
        "generationConfig.enableAffectiveDialog",
        True,
    ),
    (f'model = "{NATIVE}"\napi_version = "v1alpha"\nproactive_audio = true', "proactivity", {"proactiveAudio": True}),
    ('activity_handling = "no-interruption"', "realtimeInputConfig.activityHandling", "NO_INTERRUPTION"),
    ('activity_handling = "interrupts"', "realtimeInputConfig.activityHandling", "START_OF_ACTIVITY_INTERRUPTS"),
    ('turn_coverage = "only-activity"', "realtimeInputConfig.turnCoverage", "TURN_INCLUDES_ONLY_ACTIVITY"),
    ('turn_coverage = "all-input"', "realtimeInputConfig.turnCoverage", "TURN_INCLUDES_ALL_INPUT"),
    (
        'turn_coverage = "audio-activity-and-all-video"',
        "realtimeInputConfig.turnCoverage",
        "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
    ),
    ("session_resumption = true", "sessionResumption", {}),
    ("session_resumption = false", "sessionResumption", None),
    ("compression = false", "contextWindowCompression", None),
    ("compression_trigger_tokens = 30000", "contextWindowCompression.triggerTokens", "30000"),
    ("compression_target_tokens = 9000", "contextWindowCompression.slidingWindow.targetTokens", "9000"),
    ('history = [{ role = "user", text = "Hi." }]', "historyConfig", {"initialHistoryInClientContent": True}),
    ("transcription.input = true", "inputAudioTranscription", {}),
    ("transcription.input = false", "inputAudioTranscription", None),
    ("transcription.output = true", "outputAudioTranscription", {}),
    ("transcription.output = false", "outputAudioTranscription", None),
    ('transcription.languages = ["de-DE", "en"]', "inputAudioTranscription.languageCodes", ["de-DE", "en"]),
    ('transcription.vocabulary = ["pergola"]', "inputAudioTranscription.customVocabulary", ["pergola"]),
    ("generation.temperature = 0.4", "generationConfig.temperature", 0.4),
    ("generation.temperature = 0", "generationConfig.temperature", 0),
    ("generation.top_p = 0.9", "generationConfig.topP", 0.9),
    ("generation.top_k = 40", "generationConfig.topK", 40),
    ("generation.max_output_tokens = 2048", "generationConfig.maxOutputTokens", 2048),
    ("generation.candidate_count = 2", "generationConfig.candidateCount", 2),
    ("generation.seed = -7", "generationConfig.seed", -7),
    ("generation.presence_penalty = -0.5", "generationConfig.presencePenalty", -0.5),
    ("generation.frequency_penalty = 2", "generationConfig.frequencyPenalty", 2),
    ('generation.media_resolution = "high"', "generationConfig.mediaResolution", "MEDIA_RESOLUTION_HIGH"),
    (f'model = "{NATIVE}"\nthinking.budget = -1', THINKING, {"thinkingBudget": -1}),
    (f'model = "{NATIVE}"\nthinking.budget = 0', THINKING, {"thinkingBudget": 0}),
    (
        f'model = "{PREVIEW}"\nthinking.level = "minimal"',
        THINKING,
        {"thinkingLevel": "MINIMAL"},
    ),
    (f'model = "{EXTENDED}"\nthinking.level = "high"', THINKING, {"thinkingLevel": "HIGH"}),
    (
        f'model = "{EXTENDED}"\nthinking.include_thoughts = true',
        THINKING,
        {"includeThoughts": True},
    ),
    ('speech_detection.start_sensitivity = "low"', f"{DETECTION}.startOfSpeechSensitivity", "START_SENSITIVITY_LOW"),
    ('speech_detection.end_sensitivity = "high"', f"{DETECTION}.endOfSpeechSensitivity", "END_SENSITIVITY_HIGH"),
    ('speech_detection.prefix_padding = "20ms"', f"{DETECTION}.prefixPaddingMs", 20),
    ('speech_detection.prefix_padding = "0s"', f"{DETECTION}.prefixPaddingMs", 0),
    ('speech_detection.silence = "1.5s"', f"{DETECTION}.silenceDurationMs", 1500),
]


def settings_of(lines: str, folder: Path) -> LiveSettings:
    """Return [live] with these lines, from a file that is right."""
    path = folder / "hubd.toml"
    path.write_text(f"[live]\n{lines}\n{DEVICE}", encoding="utf-8")
    return load(path).live


def wire(settings: SessionSettings) -> JsonValue:
    """Return the set-up as the server sees it."""
    setup: JsonValue = json.loads(encode(ClientMessage(setup=setup_message(settings, (), None))))["setup"]
    return setup


def at(setup: JsonValue, path: str) -> JsonValue:
    """Return what stands at a path; None if nothing does."""
    for name in path.split("."):
        setup = setup.get(name) if isinstance(setup, dict) else None
    return setup


def told(lines: str, folder: Path) -> list[str]:
    """Return what a user reads about these lines of [live]: complaints, else notices, but for those on the model."""
    path = folder / "hubd.toml"
    path.write_text(f"[live]\n{lines}\n{DEVICE}", encoding="utf-8")
    try:
        return [notice for notice in notices(load(path)) if not notice.startswith("live.model: ")]
    except ConfigError as error:
        return [f"{complaint.key}: {complaint.problem}" for complaint in error.complaints]


class TestWire:
    @pytest.mark.parametrize(("lines", "path", "value"), LINES)
    def test_every_line_has_its_field(self, lines: str, path: str, value: JsonValue, tmp_path: Path) -> None:
        """A line of the file arrives where the reference wants it (``live-protocol.md`` 3)."""
        assert at(wire(settings_of(lines, tmp_path).session(manual_activity=False)), path) == value

    def test_every_option_is_tried(self) -> None:
        """The table above has each option of [live] but those that are about the connection itself."""
        keys = {line.split(" = ")[0] for lines, _, _ in LINES for line in lines.splitlines()}
        tables = {"transcription", "generation", "thinking", "speech_detection"}
        options = {name for name in LiveSettings.model_fields if name not in tables}
        for table in tables:
            options |= {f"{table}.{name}" for name in type(getattr(LiveSettings(), table)).model_fields}
        connection = {"backend", "url", "connect_timeout", "setup_timeout", "head_start", "system_instruction_file"}
        cost = {"daily_token_budget", "when_budget_is_spent"}
        assert options - keys == connection | cost
        assert {str(option) for option in Option} <= options

    def test_defaults(self) -> None:
        """An empty [live] asks for what all models take, and for nothing else."""
        assert wire(LiveSettings(system_instruction="Be.").session(manual_activity=False)) == {
            "model": "models/gemini-3.8-live",
            "generationConfig": {
                "responseModalities": ["AUDIO"],
                "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
            },
            "systemInstruction": {"parts": [{"text": "Be."}]},
            "sessionResumption": {},
            "contextWindowCompression": {"triggerTokens": "25000", "slidingWindow": {"targetTokens": "8000"}},
            "inputAudioTranscription": {},
            "outputAudioTranscription": {},
        }

    def test_marks_of_our_own(self) -> None:
        """With the hub's own end of speech the server's detection is off, whatever its settings."""
        live = LiveSettings.model_validate({"speech_detection": {"silence": "600ms"}})
        assert at(wire(live.session(manual_activity=True)), "realtimeInputConfig") == {
            "automaticActivityDetection": {"disabled": True}
        }

    def test_history_is_said(self, tmp_path: Path) -> None:
        """The entries of history are what a fresh session hears first."""
        lines = 'history = [{ role = "user", text = "Good night." }, { role = "model", text = "Sleep well." }]'
        session = LiveSession(
            Opening(settings_of(lines, tmp_path).session(manual_activity=False), ()), None, Backend.GEMINI
        )
        session.data_to_send()
        session.receive('{"setupComplete":{}}')
        assert [json.loads(frame) for frame in session.data_to_send()] == [
            {
                "clientContent": {
                    "turns": [
                        {"role": "user", "parts": [{"text": "Good night."}]},
                        {"role": "model", "parts": [{"text": "Sleep well."}]},
                    ],
                    "turnComplete": True,
                }
            }
        ]

    @pytest.mark.parametrize("lines", [lines for lines, _, _ in LINES])
    def test_settings_can_be_taken_over(self, lines: str) -> None:
        """What was read can be read again, as it is when an option of the command line replaces another."""
        live = LiveSettings.model_validate(tomllib.loads(lines))
        assert LiveSettings.model_validate(live.model_dump(exclude_unset=True)) == live


class TestPitfalls:
    def test_pitfall_12_tiny_compression(self, tmp_path: Path) -> None:
        """A trigger that breaks resumption is refused; so is a target above the trigger."""
        assert told("compression_trigger_tokens = 9999", tmp_path) == [
            "live.compression_trigger_tokens: found the number 9999, allowed are at least 10000"
        ]
        assert told("compression_trigger_tokens = 10000\ncompression_target_tokens = 10001", tmp_path) == [
            "live.compression_target_tokens: found 10001, allowed are at most compression_trigger_tokens (10000)"
        ]

    @pytest.mark.parametrize("model", [*MODELS, "gemini-9-live"])
    def test_pitfall_16_v1alpha(self, model: str, tmp_path: Path) -> None:
        """A version in which the model is not found is refused; v1beta is the default."""
        said = told(f'model = "{model}"\napi_version = "v1alpha"', tmp_path)
        found = "v1alpha" in capabilities(model).api_versions
        assert ([line for line in said if line.startswith("live.api_version: ")] == []) is found
        assert LiveSettings().api_version == "v1beta"

    @pytest.mark.parametrize("model", MODELS)
    def test_pitfall_17_text(self, model: str, tmp_path: Path) -> None:
        """A model that only speaks is not asked for text; the user reads how to get at its words."""
        advice = "transcription.output = true brings what it says as text"
        assert told(f'model = "{model}"\nmodality = "text"', tmp_path) == [
            f'live.modality: found "text", but {model} only speaks; {advice}'
        ]

    def test_pitfall_18_language_code(self, tmp_path: Path) -> None:
        """A code is no word that a model could be told; it is never sent as one."""
        assert told('language = "pt-BR"', tmp_path) == [
            'live.language: the model is told "pt-BR" as it stands; write words, as in "German"'
        ]
        assert "languageCode" not in json.dumps(
            wire(settings_of('language = "pt-BR"', tmp_path).session(manual_activity=False))
        )

    @pytest.mark.parametrize("option", ["proactive_audio", "affective_dialog"])
    def test_pitfall_19_what_never_answers(self, option: str, tmp_path: Path) -> None:
        """What 3.1 would hang on is refused before it is tried."""
        assert told(f'model = "{PREVIEW}"\n{option} = true', tmp_path) == [
            f'live.{option}: found true, but {PREVIEW} refuses it; {NATIVE} takes it with api_version = "v1alpha"'
        ]

    def test_pitfall_27_silence(self, tmp_path: Path) -> None:
        """3.1 ignores it, which the user reads with what to do instead; it is no mistake."""
        advice = 'with conversation.turn_end = "local" the hub finds the end'
        assert told(f'model = "{PREVIEW}"\nspeech_detection.silence = "600ms"', tmp_path) == [
            f"live.speech_detection.silence: {PREVIEW} ignores it; {advice}"
        ]


class TestCheck:
    def run(self, lines: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str], list[str]]:
        """Return what `hubd check` makes of these lines of [live]: its status, its notices, its complaints."""
        path = folder / "hubd.toml"
        path.write_text(f"[live]\n{lines}\n{DEVICE}", encoding="utf-8")
        status = main(["check", "--config", str(path)])
        output = capsys.readouterr()
        shown = [line.removeprefix("notice: ") for line in output.out.splitlines() if line.startswith("notice: ")]
        return status, shown, [line for line in output.err.splitlines() if line.startswith(str(path))]

    def test_notices_are_no_mistakes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What is only odd is shown as a notice, and the configuration is fine."""
        status, shown, complaints = self.run('voice = "Kora"\nproactive_audio = true', tmp_path, capsys)
        assert (status, complaints) == (0, [])
        assert shown == [
            'live.voice: "Kora" is no voice known to hubd; did you mean "Kore"?',
            "live.proactive_audio: not sent, for with gemini-3.8-live it is always on",
        ]

    def test_complaints_are(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What the model refuses is a mistake, with file, line, key, what was found, who takes it."""
        status, shown, complaints = self.run('voice = "Kora"\nthinking.level = "low"', tmp_path, capsys)
        assert (status, shown) == (1, [])
        where = f"{tmp_path}/hubd.toml:3: live.thinking.level"
        takers = f"{EXTENDED}, {PREVIEW} take it"
        assert complaints == [f'{where}: found "low", but gemini-3.8-live refuses it; {takers}']
