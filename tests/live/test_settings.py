"""How settings become a set-up that the model takes."""

from __future__ import annotations

import json
import pathlib
from dataclasses import replace
from typing import Final

import pytest
from pydantic import JsonValue

from hubd.events import Behavior
from hubd.live.codec import decode_client, encode
from hubd.live.declarations import FunctionDeclaration
from hubd.live.history import HistoryTurn, Role
from hubd.live.messages import ClientMessage
from hubd.live.models import MODELS, Option, Verdict, capabilities, endpoint
from hubd.live.settings import (
    Generation,
    SessionSettings,
    SpeechDetection,
    Thinking,
    Transcription,
    setup_message,
)
from hubd.live.setup import (
    ActivityHandling,
    EndSensitivity,
    MediaResolution,
    Modality,
    Setup,
    StartSensitivity,
    ThinkingLevel,
    TurnCoverage,
)

FRAMES: Final = pathlib.Path(__file__).resolve().parents[2] / ".." / "shared" / "reference" / "live-frames"
RECOMMENDED: Final = "gemini-3.8-live"
EXTENDED: Final = "gemini-3.8-live-extended-thinking"
PREVIEW: Final = "gemini-3.1-flash-live-preview"
NATIVE: Final = "gemini-2.5-flash-native-audio-preview-12-2025"
UNKNOWN: Final = "gemini-9-live"
BOTH: Final = tuple(FunctionDeclaration(name=each.lower(), description="", behavior=each) for each in Behavior)
EVERYTHING: Final = frozenset(Option)
HELLO: Final = HistoryTurn(Role.USER, "Hello.")


def wire(settings: SessionSettings, handle: str | None = None, *functions: FunctionDeclaration) -> dict[str, JsonValue]:
    """Return the set-up as the server sees it."""
    setup: dict[str, JsonValue] = json.loads(encode(ClientMessage(setup=setup_message(settings, functions, handle))))[
        "setup"
    ]
    return setup


def at(setup: JsonValue, path: str) -> JsonValue:
    """Return what stands at a path such as ``generationConfig.topP``; None if nothing does."""
    for name in path.split("."):
        if isinstance(setup, list):
            setup = next((item for item in setup if isinstance(item, dict) and name in item), None)
        setup = setup.get(name) if isinstance(setup, dict) else None
    return setup


PLAIN: Final = SessionSettings(model=NATIVE, model_takes=EVERYTHING)
DETECTION: Final = "realtimeInputConfig.automaticActivityDetection"

# Every option beyond the common subset: a setting, where the reference wants it (``live-protocol.md`` 3), its value.
TABLE: Final[dict[Option, tuple[SessionSettings, str, JsonValue]]] = {
    Option.TEXT: (replace(PLAIN, modality=Modality.TEXT), "generationConfig.responseModalities", ["TEXT"]),
    Option.AFFECTIVE_DIALOG: (replace(PLAIN, affective_dialog=True), "generationConfig.enableAffectiveDialog", True),
    Option.PROACTIVE_AUDIO: (replace(PLAIN, proactive_audio=True), "proactivity.proactiveAudio", True),
    Option.GOOGLE_SEARCH: (replace(PLAIN, google_search=True), "tools.googleSearch", {}),
    Option.CODE_EXECUTION: (replace(PLAIN, code_execution=True), "tools.codeExecution", {}),
    Option.URL_CONTEXT: (replace(PLAIN, url_context=True), "tools.urlContext", {}),
    Option.ACTIVITY_HANDLING: (
        replace(PLAIN, activity_handling=ActivityHandling.NO_INTERRUPTION),
        "realtimeInputConfig.activityHandling",
        "NO_INTERRUPTION",
    ),
    Option.TURN_COVERAGE: (
        replace(PLAIN, turn_coverage=TurnCoverage.ALL_INPUT),
        "realtimeInputConfig.turnCoverage",
        "TURN_INCLUDES_ALL_INPUT",
    ),
    Option.HISTORY: (
        replace(PLAIN, model=RECOMMENDED, history=(HELLO,)),
        "historyConfig.initialHistoryInClientContent",
        True,
    ),
    Option.TRANSCRIPTION_LANGUAGES: (
        replace(PLAIN, transcription=Transcription(languages=("de-DE",))),
        "inputAudioTranscription.languageCodes",
        ["de-DE"],
    ),
    Option.TRANSCRIPTION_VOCABULARY: (
        replace(PLAIN, transcription=Transcription(vocabulary=("pergola",))),
        "inputAudioTranscription.customVocabulary",
        ["pergola"],
    ),
    Option.THINKING_BUDGET: (
        replace(PLAIN, thinking=Thinking(budget=0)),
        "generationConfig.thinkingConfig.thinkingBudget",
        0,
    ),
    Option.THINKING_LEVEL: (
        replace(PLAIN, thinking=Thinking(level=ThinkingLevel.LOW)),
        "generationConfig.thinkingConfig.thinkingLevel",
        "LOW",
    ),
    Option.INCLUDE_THOUGHTS: (
        replace(PLAIN, thinking=Thinking(include_thoughts=True)),
        "generationConfig.thinkingConfig.includeThoughts",
        True,
    ),
    Option.TEMPERATURE: (
        replace(PLAIN, generation=Generation(temperature=0.4)),
        "generationConfig.temperature",
        0.4,
    ),
    Option.TOP_P: (replace(PLAIN, generation=Generation(top_p=0.9)), "generationConfig.topP", 0.9),
    Option.TOP_K: (replace(PLAIN, generation=Generation(top_k=40)), "generationConfig.topK", 40),
    Option.MAX_OUTPUT_TOKENS: (
        replace(PLAIN, generation=Generation(max_output_tokens=2048)),
        "generationConfig.maxOutputTokens",
        2048,
    ),
    Option.CANDIDATE_COUNT: (
        replace(PLAIN, generation=Generation(candidate_count=1)),
        "generationConfig.candidateCount",
        1,
    ),
    Option.SEED: (replace(PLAIN, generation=Generation(seed=7)), "generationConfig.seed", 7),
    Option.PRESENCE_PENALTY: (
        replace(PLAIN, generation=Generation(presence_penalty=0.5)),
        "generationConfig.presencePenalty",
        0.5,
    ),
    Option.FREQUENCY_PENALTY: (
        replace(PLAIN, generation=Generation(frequency_penalty=-0.5)),
        "generationConfig.frequencyPenalty",
        -0.5,
    ),
    Option.MEDIA_RESOLUTION: (
        replace(PLAIN, generation=Generation(media_resolution=MediaResolution.LOW)),
        "generationConfig.mediaResolution",
        "MEDIA_RESOLUTION_LOW",
    ),
    Option.START_SENSITIVITY: (
        replace(PLAIN, speech_detection=SpeechDetection(start_sensitivity=StartSensitivity.LOW)),
        f"{DETECTION}.startOfSpeechSensitivity",
        "START_SENSITIVITY_LOW",
    ),
    Option.END_SENSITIVITY: (
        replace(PLAIN, speech_detection=SpeechDetection(end_sensitivity=EndSensitivity.HIGH)),
        f"{DETECTION}.endOfSpeechSensitivity",
        "END_SENSITIVITY_HIGH",
    ),
    Option.PREFIX_PADDING: (
        replace(PLAIN, speech_detection=SpeechDetection(prefix_padding_ms=20)),
        f"{DETECTION}.prefixPaddingMs",
        20,
    ),
    Option.SILENCE: (
        replace(PLAIN, speech_detection=SpeechDetection(silence_ms=600)),
        f"{DETECTION}.silenceDurationMs",
        600,
    ),
}
# What all models take: a setting, where the reference wants it, its value, what stands there without it.
COMMON: Final[list[tuple[SessionSettings, str, JsonValue, JsonValue]]] = [
    (replace(PLAIN, model="m"), "model", "models/m", f"models/{NATIVE}"),
    (
        replace(PLAIN, voice="Kore"),
        "generationConfig.speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName",
        "Kore",
        None,
    ),
    (replace(PLAIN, system_instruction="Be."), "systemInstruction.parts", [{"text": "Be."}], None),
    (replace(PLAIN, manual_activity=True), f"{DETECTION}.disabled", True, None),
    (replace(PLAIN, session_resumption=False), "sessionResumption", None, {}),
    (replace(PLAIN, compression=False), "contextWindowCompression", None, at(wire(PLAIN), "contextWindowCompression")),
    (replace(PLAIN, trigger_tokens=30_000), "contextWindowCompression.triggerTokens", "30000", "25000"),
    (replace(PLAIN, target_tokens=9_000), "contextWindowCompression.slidingWindow.targetTokens", "9000", "8000"),
    (replace(PLAIN, transcription=Transcription(input=False)), "inputAudioTranscription", None, {}),
    (replace(PLAIN, transcription=Transcription(output=False)), "outputAudioTranscription", None, {}),
]


class TestFields:
    def test_the_table_is_whole(self) -> None:
        """Every option that some model refuses is in the table."""
        assert TABLE.keys() == set(Option)

    @pytest.mark.parametrize("option", TABLE)
    def test_every_option_has_its_field(self, option: Option) -> None:
        """An option changes the one field that the reference names, and nothing else."""
        settings, path, value = TABLE[option]
        plain = replace(PLAIN, model=settings.model)
        assert at(wire(settings), path) == value
        assert at(wire(plain), path) in (None, ["AUDIO"])
        changed = {
            name for name in {**wire(settings), **wire(plain)} if wire(settings).get(name) != wire(plain).get(name)
        }
        assert changed == {path.partition(".")[0]}

    @pytest.mark.parametrize(("settings", "path", "value", "without"), COMMON)
    def test_common_options_have_their_fields(
        self, settings: SessionSettings, path: str, value: JsonValue, without: JsonValue
    ) -> None:
        """What every model takes stands where the reference wants it."""
        assert (at(wire(settings), path), at(wire(PLAIN), path)) == (value, without)

    @pytest.mark.parametrize("option", TABLE)
    @pytest.mark.parametrize("model", [*MODELS, UNKNOWN])
    def test_a_model_gets_what_it_takes(self, model: str, option: Option) -> None:
        """An option that a model refuses, or that nobody knows about, is left out; model_takes overrules that."""
        settings, path, value = TABLE[option]
        sent = at(wire(replace(settings, model=model, model_takes=frozenset())), path)
        announced = option is not Option.HISTORY or capabilities(model).seeds_history
        taken = capabilities(model).verdict(option) in (Verdict.TAKEN, Verdict.IGNORED)
        assert (sent == value) is (taken and announced)
        overruled = at(wire(replace(settings, model=model, model_takes=frozenset({option}))), path)
        assert (overruled == value) is announced

    def test_the_whole_set_up(self) -> None:
        """What hubd asks for with everything set, on the recommended model."""
        settings = SessionSettings(
            model=RECOMMENDED,
            system_instruction="Speak for the house.\n",
            voice="Leda",
            language="German",
            generation=Generation(temperature=0.4),
            manual_activity=True,
            speech_detection=SpeechDetection(silence_ms=600),
            google_search=True,
            proactive_audio=True,
            thinking=Thinking(level=ThinkingLevel.LOW),
            history=(HELLO,),
        )
        setup = wire(settings, "h", *BOTH)
        assert setup == {
            "model": "models/gemini-3.8-live",
            "generationConfig": {
                "responseModalities": ["AUDIO"],
                "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Leda"}}},
                "temperature": 0.4,
            },
            "systemInstruction": {"parts": [{"text": "Speak for the house.\n\nAlways speak German."}]},
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": "blocking", "description": "", "behavior": "BLOCKING"},
                        {"name": "non_blocking", "description": "", "behavior": "NON_BLOCKING"},
                    ]
                },
                {"googleSearch": {}},
            ],
            "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}},
            "sessionResumption": {"handle": "h"},
            "contextWindowCompression": {"triggerTokens": "25000", "slidingWindow": {"targetTokens": "8000"}},
            "inputAudioTranscription": {},
            "outputAudioTranscription": {},
        }

    def test_the_common_subset(self) -> None:
        """A model that nobody knows gets what all of them take, handles asked for."""
        settings = SessionSettings(
            model=UNKNOWN,
            modality=Modality.TEXT,
            thinking=Thinking(budget=0, include_thoughts=True),
            proactive_audio=True,
            affective_dialog=True,
            generation=Generation(temperature=1.0),
            url_context=True,
            history=(HELLO,),
        )
        assert wire(settings) == {
            "model": f"models/{UNKNOWN}",
            "generationConfig": {"responseModalities": ["AUDIO"]},
            "sessionResumption": {},
            "contextWindowCompression": {"triggerTokens": "25000", "slidingWindow": {"targetTokens": "8000"}},
            "inputAudioTranscription": {},
            "outputAudioTranscription": {},
        }

    def test_a_text_has_no_voice(self) -> None:
        """With text for an answer no voice is named."""
        assert at(wire(replace(PLAIN, modality=Modality.TEXT, voice="Kore")), "generationConfig.speechConfig") is None


def captured(name: str) -> Setup:
    """Return the set-up of a frame that Google's own client sent; skips where the frames are missing."""
    path = FRAMES / name
    if not path.exists():
        pytest.skip("the captured frames (../shared/reference/live-frames) are not there")
    setup = decode_client(path.read_bytes()).setup
    assert setup is not None
    return setup


def same(ours: SessionSettings, theirs: Setup, handle: str | None = None) -> None:
    """Compare what we would send with a captured set-up: all but the functions, and what is sent in any case."""
    setup = setup_message(ours, (), handle)
    ignored: dict[str, object] = {
        "tools": tuple(tool for tool in theirs.tools if not tool.function_declarations),
        # Their instruction says that it is the user's; the service does not look (``live-protocol.md`` 3).
        "system_instruction": theirs.system_instruction and theirs.system_instruction.changed(role=""),
    }
    assert setup == theirs.changed(**ignored)


class TestCapturedFrames:
    def test_minimal(self) -> None:
        """With all switched off, it is the smallest set-up there is."""
        bare = SessionSettings(
            model=RECOMMENDED,
            session_resumption=False,
            compression=False,
            transcription=Transcription(input=False, output=False),
        )
        same(bare, captured("setup-minimal.json"))

    def test_extended_thinking(self) -> None:
        """A level for thinking, and a search."""
        bare = SessionSettings(
            model=EXTENDED,
            session_resumption=False,
            compression=False,
            transcription=Transcription(input=False, output=False),
            thinking=Thinking(level=ThinkingLevel.LOW),
            google_search=True,
        )
        same(bare, captured("setup-extended-thinking.json"))

    def test_new_session(self) -> None:
        """A hub's session; compression comes with numbers, where the captured one leaves them to the service."""
        theirs = captured("setup-hub-new-session.json")
        settings = SessionSettings(
            model=RECOMMENDED,
            voice="Kore",
            system_instruction="You are the voice of a house.",
            manual_activity=True,
            transcription=Transcription(languages=("en-US",), vocabulary=("pergola",)),
        )
        ours = setup_message(settings, (), None).context_window_compression
        assert theirs.context_window_compression is not None
        assert theirs.context_window_compression.sliding_window is not None
        same(settings, theirs.changed(context_window_compression=ours))

    def test_rich(self) -> None:
        """Everything that there is; but for the language code, which goes into the instruction (pitfall 18)."""
        theirs = captured("setup-rich-v1alpha.json")
        settings = SessionSettings(
            model=NATIVE,
            voice="Kore",
            system_instruction="You are the voice of a house. Answer in one sentence.",
            generation=Generation(
                temperature=0.4,
                top_p=0.9,
                top_k=40,
                max_output_tokens=2048,
                media_resolution=MediaResolution.LOW,
                seed=7,
            ),
            thinking=Thinking(budget=0),
            affective_dialog=True,
            proactive_audio=True,
            speech_detection=SpeechDetection(
                start_sensitivity=StartSensitivity.LOW,
                end_sensitivity=EndSensitivity.LOW,
                prefix_padding_ms=20,
                silence_ms=600,
            ),
            activity_handling=ActivityHandling.INTERRUPTS,
            turn_coverage=TurnCoverage.ONLY_ACTIVITY,
        )
        handle = "handle-from-last-connection"
        assert theirs.generation_config is not None
        assert theirs.generation_config.speech_config is not None
        # A handle with a history, as they have it, would seed a session twice (pitfall 13).
        speech = theirs.generation_config.speech_config.changed(language_code="")
        generation = theirs.generation_config.changed(speech_config=speech)
        same(settings, theirs.changed(generation_config=generation, history_config=None), handle)


class TestFunctions:
    def test_no_functions_are_no_tools(self) -> None:
        """A house without devices offers no empty list."""
        assert setup_message(SessionSettings(model=UNKNOWN), (), None).tools == ()

    @pytest.mark.parametrize(
        ("model", "declared"),
        [
            (RECOMMENDED, {"blocking": "BLOCKING", "non_blocking": "NON_BLOCKING"}),
            (EXTENDED, {"blocking": "NON_BLOCKING", "non_blocking": "NON_BLOCKING"}),
            (f"models/{PREVIEW}", {"blocking": "BLOCKING", "non_blocking": "BLOCKING"}),
            (UNKNOWN, {"blocking": "BLOCKING", "non_blocking": "NON_BLOCKING"}),
        ],
    )
    def test_pitfall_5_a_behavior_is_always_declared(self, model: str, declared: dict[str, str]) -> None:
        """Every function declares its behavior; where a model knows one only, it is that."""
        declarations = at(wire(SessionSettings(model=model), None, *BOTH), "tools.functionDeclarations")
        assert isinstance(declarations, list)
        assert [each["behavior"] for each in declarations if isinstance(each, dict)] == list(declared.values())

    @pytest.mark.parametrize("tool", ["google_search", "code_execution", "url_context"])
    def test_tools_stand_side_by_side(self, tool: str) -> None:
        """The service's own tools are offered beside the functions, each for itself."""
        setup = setup_message(replace(PLAIN, **{tool: True}), BOTH, None)  # type: ignore[arg-type] # all are flags
        assert [list(each.to_json()) for each in setup.tools] == [
            ["functionDeclarations"],
            [{"google_search": "googleSearch", "code_execution": "codeExecution", "url_context": "urlContext"}[tool]],
        ]


class TestPitfalls:
    @pytest.mark.parametrize("model", [*MODELS, UNKNOWN])
    def test_pitfall_12_compression_is_far_from_tiny(self, model: str) -> None:
        """By default compression begins where resumption has been seen to work."""
        compression = setup_message(SessionSettings(model=model), (), None).context_window_compression
        assert compression is not None
        assert compression.trigger_tokens == 25_000
        assert compression.sliding_window is not None
        assert compression.sliding_window.target_tokens == 8_000

    @pytest.mark.parametrize("model", [*MODELS, UNKNOWN])
    def test_pitfall_13_a_resumed_session_is_not_seeded(self, model: str) -> None:
        """With a handle no history is announced; nor is one where there is none."""
        settings = SessionSettings(model=model, history=(HELLO,))
        assert setup_message(settings, (), "handle").history_config is None
        assert setup_message(replace(settings, history=()), (), None).history_config is None

    def test_pitfall_16_the_version_is_v1beta(self) -> None:
        """Current models are not asked for where they are not found."""
        for model in MODELS:
            assert "v1beta" in capabilities(model).api_versions
            assert ("v1alpha" in capabilities(model).api_versions) is (model == NATIVE)

    @pytest.mark.parametrize("model", [*MODELS, UNKNOWN])
    def test_pitfall_17_text_is_not_asked_for(self, model: str) -> None:
        """Models that speak are asked for sound with its transcript, whatever is wanted."""
        setup = setup_message(SessionSettings(model=model, modality=Modality.TEXT), (), None)
        assert setup.generation_config is not None
        assert setup.generation_config.response_modalities == (Modality.AUDIO,)
        assert setup.output_audio_transcription is not None

    @pytest.mark.parametrize("model", [*MODELS, UNKNOWN])
    def test_pitfall_18_the_language_is_an_instruction(self, model: str) -> None:
        """No language code is ever sent; the instruction names the language, even where it is all there is."""
        setup = wire(SessionSettings(model=model, voice="Kore", language="German"))
        assert "languageCode" not in json.dumps(setup)
        assert setup["systemInstruction"] == {"parts": [{"text": "Always speak German."}]}

    def test_pitfall_19_what_would_hang_is_left_out(self) -> None:
        """3.1 never answers a set-up with these, so it never gets them."""
        setup = wire(SessionSettings(model=PREVIEW, proactive_audio=True, affective_dialog=True))
        assert setup["generationConfig"] == {"responseModalities": ["AUDIO"]}
        assert "proactivity" not in setup

    @pytest.mark.parametrize("proactive", [True, False, None])
    def test_proactive_audio_that_is_always_on_is_not_named(self, *, proactive: bool | None) -> None:
        """3.8 takes the naming of it for an error."""
        assert "proactivity" not in wire(SessionSettings(model=RECOMMENDED, proactive_audio=proactive))

    @pytest.mark.parametrize(
        ("model", "thinking"),
        [
            (RECOMMENDED, None),
            (EXTENDED, {"thinkingLevel": "LOW"}),
            (NATIVE, {"thinkingBudget": 0}),
            (PREVIEW, {"thinkingLevel": "LOW"}),
        ],
    )
    def test_thinking_is_told_in_the_models_way(self, model: str, thinking: JsonValue) -> None:
        """A level, a budget or nothing, never two of them."""
        settings = SessionSettings(model=model, thinking=Thinking(budget=0, level=ThinkingLevel.LOW))
        assert at(wire(settings), "generationConfig.thinkingConfig") == thinking

    def test_a_level_that_the_model_lacks(self) -> None:
        """Extended thinking does not know the lowest level."""
        settings = SessionSettings(model=EXTENDED, thinking=Thinking(level=ThinkingLevel.MINIMAL))
        assert at(wire(settings), "generationConfig.thinkingConfig") is None
        assert at(wire(replace(settings, model=PREVIEW)), "generationConfig.thinkingConfig.thinkingLevel") == "MINIMAL"


def test_a_models_id_may_carry_its_prefix() -> None:
    """Both forms of the id mean the same model."""
    assert setup_message(SessionSettings(model="models/x"), (), None).model == "models/x"
    assert capabilities("models/gemini-3.8-live") is capabilities("gemini-3.8-live")


@pytest.mark.parametrize("base", ["wss://example.org", "wss://example.org/"])
def test_the_endpoint(base: str) -> None:
    """The address holds the version and the method, and no key."""
    assert endpoint(base, "v1beta") == (
        "wss://example.org/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
    )
