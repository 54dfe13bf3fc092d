from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from hubd.config.wake_section import BUNDLED_WAKE_WORDS, WakeSettings, WakeWordSettings
from hubd.wake import LAG_MS_OF, WakeEngine, WakeWord

MICRO = WakeEngine.MICROWAKEWORD


def folder_of(package: str, *below: str) -> Path:
    """Return a folder of an installed package."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], *below)


class TestBundledWords:
    def test_of_openwakeword(self) -> None:
        """Every bundled wake word is a model of the installed package, and none of its is left out."""
        models = folder_of("openwakeword", "resources", "models").glob("*_v0.1.onnx")
        assert {path.name.removesuffix("_v0.1.onnx") for path in models} == set(
            BUNDLED_WAKE_WORDS[WakeEngine.OPENWAKEWORD]
        )

    def test_of_microwakeword(self) -> None:
        """The words are those of the installed package, each with the threshold that comes with its model."""
        files = folder_of("pymicro_wakeword", "models").glob("*.json")
        models = {path.stem: json.loads(path.read_text())["micro"]["probability_cutoff"] for path in files}
        assert models == BUNDLED_WAKE_WORDS[MICRO]

    def test_lags_were_measured(self) -> None:
        """Every word of microWakeWord has a lag of its own."""
        assert LAG_MS_OF[MICRO].keys() == BUNDLED_WAKE_WORDS[MICRO].keys()


class TestModel:
    @pytest.mark.parametrize("written", ["hey jarvis", "Hey-Jarvis", "HEY_JARVIS"])
    def test_name(self, written: str) -> None:
        """A name may be written as people write it."""
        assert WakeWordSettings(model=written).model == "hey_jarvis"

    @pytest.mark.parametrize("path", ["My Words/Hey-You.onnx", "My Words/Hey.ONNX", "Words/Hey", "Hey_v0.1", ""])
    def test_path(self, path: str) -> None:
        """What is no name stays as it is: a file's name is another one in small letters."""
        assert WakeWordSettings(model=path).model == path


class TestThresholds:
    def test_defaults_of_a_wake_word(self) -> None:
        """An entry that says nothing but its model has the wake gate's own defaults."""
        assert WakeSettings(words=(WakeWordSettings(model="alexa"),)).wake_words() == [WakeWord("alexa")]

    def test_of_another_engine(self) -> None:
        """With microWakeWord a word that says nothing but its model has the model's threshold, by default too."""
        given = WakeSettings.model_validate({"engine": "microwakeword", "words": ["okay nabu", {"model": "alexa"}]})
        assert given.wake_words() == [WakeWord("okay_nabu", 0.85, engine=MICRO), WakeWord("alexa", 0.9, engine=MICRO)]
        assert WakeSettings(engine=MICRO).wake_words() == [WakeWord("hey_jarvis", 0.97, engine=MICRO)]

    @pytest.mark.parametrize("engine", WakeEngine)
    def test_ones_own(self, engine: WakeEngine) -> None:
        """A threshold that is given is taken, whatever the engine."""
        table = {"engine": engine, "words": [{"model": "alexa", "threshold": 0.5}]}
        assert [word.threshold for word in WakeSettings.model_validate(table).wake_words()] == [0.5]


@pytest.mark.parametrize("wanted", [{}, {"speech_gate": True}, {"speech_gate": False}])
def test_microwakeword_never_rests(wanted: dict[str, bool]) -> None:
    """The speech gate is for models alone whose scores are about the newest seconds."""
    assert not WakeSettings.model_validate({"engine": "microwakeword", **wanted}).speech_gate
    assert WakeSettings.model_validate(wanted).speech_gate is wanted.get("speech_gate", True)
