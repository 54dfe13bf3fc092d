from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import pytest

from hubd.audio.pcm import UPLINK_RATE
from hubd.offline.grammar import Grammar
from hubd.offline.pocketsphinx_recognizer import Recognizer, serve
from hubd.offline.words import spoken
from tests.offline.house import HOUSE, devices, function
from tests.offline.speaking import say

GRAMMAR = Grammar(HOUSE)
VOICES = ["en-us", "en-gb", "en-us+f3"]


def transitions(grammar: Grammar) -> list[tuple[int, int, float, str | None]]:
    """Return the grammar as the recogniser takes it."""
    return [(arc.start, arc.end, arc.probability, arc.word) for arc in grammar.arcs]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    """Return a recogniser for the house."""
    recognizer = Recognizer()
    assert recognizer.load(transitions(GRAMMAR)) == ["mycroft"]
    recognizer.pronounce({"mycroft": ["M AY K R AO F T"]})
    return recognizer


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize(
    "text",
    [
        "turn on the kitchen lights",
        "turn off the kitchen lights",
        "dim the kitchen lights to thirty percent",
        "switch on the coffee machine and turn off the office lights",
        "turn on the lights",
        "turn off the lights",
        "turn on the living room lights",
        "set the heater to twenty one degrees",
        "open the garage door",
        "goodbye",
    ],
)
def test_commands_are_recognised(recognizer: Recognizer, text: str, voice: str) -> None:
    """Each sentence that the house is for is understood in each voice."""
    words = recognizer.words(say(text, voice))
    assert words is not None
    assert GRAMMAR.meaning(words) == GRAMMAR.meaning(spoken(text))


def test_a_number_in_a_name_has_no_rival() -> None:
    """Where no sentence has the ten, a teen needs no telling apart."""
    named = Grammar([function("start_program", "Start a program.", ["name"], name=devices("program seventeen"))])
    recognizer = Recognizer()
    unknown = recognizer.load(transitions(named))
    recognizer.pronounce({word: ["M AY K R AO F T"] for word in unknown})
    assert recognizer.words(say("start program seventeen")) == ["start", "program", "seventeen"]


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize(
    "text",
    [
        "what a lovely day",
        "turn around and look at me",
        "I think the kitchen is on fire",
        "hey jarvis tell me a joke",
        "what is the weather like tomorrow",
        "please give me the newspaper",
        "I would like some coffee",
        "the heater is too expensive",
        "somebody left the lights on",
    ],
)
def test_other_speech_is_refused(recognizer: Recognizer, text: str, voice: str) -> None:
    """Speech that is no command is not forced into one."""
    assert recognizer.words(say(text, voice)) is None


def test_a_british_sound_helps_where_it_differs() -> None:
    """A word is heard by each pronunciation that it is given, the dictionary's included."""
    recognizer = Recognizer()
    recognizer.load(transitions(GRAMMAR))
    recognizer.pronounce({"mycroft": ["M AY K R AO F T"], "kitchen": ["B AH N AE N AH"]})
    for text in ("turn on the kitchen lights", "turn on the banana lights"):
        assert recognizer.words(say(text)) == ["turn", "on", "the", "kitchen", "lights"]


def test_the_same_sound_is_heard_the_same(recognizer: Recognizer) -> None:
    """What was heard before has no influence: neither its noise nor its average."""
    pcm = say("turn on the kitchen lights")
    first = recognizer.evidence(pcm)
    loud = np.random.default_rng(1).normal(0, 4000, UPLINK_RATE * 2).astype("<i2").tobytes()
    recognizer.evidence(loud)
    assert recognizer.evidence(pcm) == first


@pytest.mark.parametrize("pcm", [b"", bytes(2), bytes(32_000), b"\xff\x7f" * 16_000])
def test_what_is_no_speech_has_no_words(recognizer: Recognizer, pcm: bytes) -> None:
    """Nothing, silence and a stuck microphone are not understood, and not an error."""
    assert not recognizer.words(pcm)


def test_a_strange_name_is_learnt() -> None:
    """A word that is in no dictionary is recognised by the pronunciation that it is given."""
    grammar = Grammar(
        [function("set_switch", "Plug.", ["device", "on"], device=devices("Xiaomi"), on={"type": "BOOLEAN"})]
    )
    recognizer = Recognizer()
    assert "xiaomi" in recognizer.load(transitions(grammar))
    recognizer.pronounce({"xiaomi": ["Z AY AH OW M IY"], "mycroft": ["M AY K R AO F T"]})
    words = recognizer.words(say("turn on the Xiaomi"))
    assert words is not None
    assert words[-1] == "xiaomi"


def test_without_a_grammar_nothing_is_heard() -> None:
    """Sound that comes too early is no error."""
    assert Recognizer().words(bytes(640)) is None


@pytest.fixture
def conversation() -> Callable[[bytes], list[object]]:
    """Answer requests as the program does."""

    def talk(requests: bytes) -> list[object]:
        answers = io.BytesIO()
        serve(io.BytesIO(requests), answers)
        return [json.loads(line) for line in answers.getvalue().splitlines()]

    return talk


def test_the_program_answers_line_by_line(conversation: Callable[[bytes], list[object]]) -> None:
    """A grammar, pronunciations, sound: one answer each."""
    pcm = say("turn off the lights")
    requests = [
        json.dumps({"grammar": transitions(GRAMMAR)}).encode() + b"\n",
        json.dumps({"pronunciations": {"mycroft": ["M AY K R AO F T"]}}).encode() + b"\n",
        json.dumps({"sound": len(pcm)}).encode() + b"\n" + pcm,
        json.dumps({"sound": 0}).encode() + b"\n",
    ]
    assert conversation(b"".join(requests)) == [
        {"unknown": ["mycroft"]},
        {"ready": True},
        {"words": ["turn", "off", "the", "lights"]},
        {"words": None},
    ]
