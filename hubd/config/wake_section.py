"""[wake]: what the hub wakes up to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from hubd.config.options import Flag, Fraction, Line, Timeout, Whole
from hubd.config.suggestions import found, not_allowed, quoted
from hubd.devices.fields import Place, Table, complaint
from hubd.wake import NEAR_MISS, WakeEngine, WakeWord

# The wake words that each engine's package brings, with the score from which on it is the word: for openwakeword 0.4.0
# ``voice.md`` 3, threshold effect; for pymicro-wakeword 2.5.0 its models' probability_cutoff.
BUNDLED_WAKE_WORDS: Final[Mapping[WakeEngine, Mapping[str, float]]] = MappingProxyType(
    {
        WakeEngine.OPENWAKEWORD: MappingProxyType(
            dict.fromkeys(("alexa", "hey_jarvis", "hey_marvin", "hey_mycroft", "timer", "weather"), 0.5)
        ),
        WakeEngine.MICROWAKEWORD: MappingProxyType(
            {"alexa": 0.9, "hey_jarvis": 0.97, "hey_mycroft": 0.95, "okay_nabu": 0.85}
        ),
    }
)
# What to do with a model in a format that both engines' training writes.
_LITE_HINT: Final = (
    'if it is one of microWakeWord: engine = "microwakeword"; if it is one of openWakeWord: take the .onnx of the same '
    "wake word, which its training writes beside the .tflite; or, on a computer, pip install tf2onnx tensorflow, then "
    "python -m tf2onnx.convert --opset 13 --tflite ITS.tflite --output ITS.onnx"
)


class WakeWordSettings(Table):
    """One entry of wake.words. model: a bundled name, or the path of a model's file; the others: see WakeWord.

    threshold: as long as it is not given, WakeSettings sets what is right for the engine, for a file whoever reads it.
    """

    model: Line
    threshold: Fraction = 0.5
    patience: Annotated[Whole, Field(ge=1, le=25)] = 1
    threshold_while_speaking: Fraction = 0.5
    patience_while_speaking: Annotated[Whole, Field(ge=1, le=25)] = 2
    refractory: Timeout = 2.0

    @field_validator("model")
    @classmethod
    def _fold_name(cls, name: str) -> str:
        """Write names as the packages do; leave paths as they are, what is nearly one too: a complaint quotes it."""
        return re.sub(r"[\s-]+", "_", name.lower()) if re.fullmatch(r"[\w\s-]+", name) else name

    @property
    def name(self) -> str:
        """What the wake word is called: the model's name, or its file's without folder, ending, version."""
        return re.sub(r"_v\d[\d._]*$", "", PurePath(self.model).name.removesuffix(".onnx").removesuffix(".tflite"))

    @property
    def is_file(self) -> bool:
        """Whether it is a model of one's own."""
        return self.model.endswith((".onnx", ".tflite"))

    def wake_word(self, engine: WakeEngine) -> WakeWord:
        """Return the entry as the wake gate takes it."""
        return WakeWord(
            name=self.name,
            engine=engine,
            threshold=self.threshold,
            patience=self.patience,
            threshold_while_speaking=self.threshold_while_speaking,
            patience_while_speaking=self.patience_while_speaking,
            refractory=self.refractory,
        )


def _word_table(value: object) -> object:
    if isinstance(value, str):
        return {"model": value}
    if not isinstance(value, dict | WakeWordSettings):
        raise complaint(f"found {found(value)}, allowed is the name of a wake word or a table")
    return value


class WakeSettings(Table):
    """[wake]: what the hub wakes up to; with no words only automations wake it.

    engine: what finds the words. speech_gate: whether the wake model rests while the room is quiet (SpeechGate); never
    with microWakeWord, whose scores depend on what it would miss. near_miss: see WakeGate.
    """

    engine: WakeEngine = WakeEngine.OPENWAKEWORD
    words: Annotated[
        tuple[Annotated[WakeWordSettings, BeforeValidator(_word_table)], ...], Field(validate_default=True)
    ] = (WakeWordSettings(model="hey_jarvis"),)
    speech_gate: Annotated[Flag, Field(validate_default=True)] = True
    near_miss: Fraction = NEAR_MISS

    @field_validator("words")
    @classmethod
    def _set_thresholds(cls, words: tuple[WakeWordSettings, ...], info: ValidationInfo) -> tuple[WakeWordSettings, ...]:
        """Give each word the threshold that is right for the engine, if it has none of its own."""
        # None if what stands there is no engine.
        engine: WakeEngine | None = info.data.get("engine")
        bundled = {} if engine is None else BUNDLED_WAKE_WORDS[engine]
        return tuple(
            word
            if "threshold" in word.model_fields_set or word.model not in bundled
            else word.model_copy(update={"threshold": bundled[word.model]})
            for word in words
        )

    @field_validator("speech_gate")
    @classmethod
    def _needs_an_engine_that_may_rest(cls, wanted: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 -- pydantic's way
        return wanted and info.data.get("engine") is not WakeEngine.MICROWAKEWORD

    def wake_words(self) -> list[WakeWord]:
        """Return the words as the wake gate takes them."""
        return [word.wake_word(self.engine) for word in self.words]

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield every word that the engine does not know, or that is there before."""
        names = [word.name for word in self.words]
        for position, word in enumerate(self.words):
            if problem := _problem(word.model, self.engine):
                yield ("words", position, "model"), problem
            elif word.name in names[:position]:
                yield ("words", position), f"{quoted(word.name)} is there twice, keep one"


def _problem(model: str, engine: WakeEngine) -> str:
    """Return what is wrong about a model's name or path; empty if nothing is."""
    bundled = tuple(BUNDLED_WAKE_WORDS[engine])
    if model in bundled:
        return ""
    match engine:
        case WakeEngine.MICROWAKEWORD if model.endswith(".tflite"):
            return ""
        case WakeEngine.MICROWAKEWORD:
            return (
                f"{not_allowed(model, bundled, ' or the path of a .tflite file')} (with wake.engine = {quoted(engine)})"
            )
        case WakeEngine.OPENWAKEWORD if model.endswith(".onnx"):
            return ""
        case WakeEngine.OPENWAKEWORD if model.endswith(".tflite"):
            return f"found {quoted(model)}, a model for TensorFlow Lite; {_LITE_HINT}"
        case WakeEngine.OPENWAKEWORD:
            return not_allowed(model, bundled, " or the path of an .onnx file")
