"""Files that options name: looked up beside the configuration, their mistakes found before the hub starts."""

from __future__ import annotations

import re
from pathlib import Path

from hubd.config.live_section import LiveSettings
from hubd.config.micro_models import cutoff_of
from hubd.config.sections import MqttSettings
from hubd.config.toml_files import name_of, read_bytes
from hubd.config.toml_lines import KeyPath
from hubd.config.wake_section import WakeSettings, WakeWordSettings
from hubd.errors import ConfigError

_TEXT_LIMIT = 64 * 1024
_CERTIFICATE_LIMIT = 1024 * 1024
_MODEL_LIMIT = 64 * 1024 * 1024
# A protobuf message whose first field is ir_version, a number (onnx.proto).
_ONNX_START = re.compile(rb"\x08")
# A FlatBuffer with an identifier in its bytes 4 to 8 (schema.fbs of TensorFlow Lite).
_LITE_START = re.compile(rb".{4}TFL3", re.DOTALL)

Problems = list[tuple[KeyPath, str]]


def with_models(wake: WakeSettings, folder: Path) -> tuple[WakeSettings, Problems]:
    """Return the wake words with the path of every model's file made absolute, with what is wrong about them.

    A word of microWakeWord without a threshold gets that of the .json file beside its model.
    """
    problems: Problems = []
    words = []
    for position, word in enumerate(wake.words):
        checked, found = _with_model(word, folder, ("wake", "words", position, "model"))
        words.append(checked)
        problems += found
    return wake.model_copy(update={"words": tuple(words)}), problems


def with_instruction(live: LiveSettings, folder: Path) -> tuple[LiveSettings, Problems]:
    """Return the section with the text of system_instruction_file as its system_instruction."""
    key: KeyPath = ("live", "system_instruction_file")
    if not live.system_instruction_file:
        return live, []
    if "system_instruction" in live.model_fields_set:
        return live, [(key, "found besides system_instruction, keep one of them")]
    data, problems = _read(_absolute(folder, live.system_instruction_file), _TEXT_LIMIT, key)
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return live, [(key, "the file is not written in UTF-8; save it as UTF-8")]
    if not text and not problems:
        problems = [(key, "the file is empty")]
    return live.model_copy(update={"system_instruction": text}), problems


def with_certificates(mqtt: MqttSettings, folder: Path) -> tuple[MqttSettings, Problems]:
    """Return the section with the path of ca_file made absolute."""
    key: KeyPath = ("mqtt", "ca_file")
    if not mqtt.ca_file:
        return mqtt, []
    path = _absolute(folder, mqtt.ca_file)
    data, problems = _read(path, _CERTIFICATE_LIMIT, key)
    if not problems and b"-----BEGIN CERTIFICATE-----" not in data:
        problems = [(key, f"{name_of(path)} holds no certificate in PEM format (-----BEGIN CERTIFICATE-----)")]
    return mqtt.model_copy(update={"ca_file": str(path)}), problems


def _with_model(word: WakeWordSettings, folder: Path, key: KeyPath) -> tuple[WakeWordSettings, Problems]:
    path = _absolute(folder, word.model)
    if word.model.endswith(".onnx"):
        return word.model_copy(update={"model": str(path)}), _model_problems(path, key, _ONNX_START, "ONNX model")
    if word.model.endswith(".tflite"):
        return _with_manifest(word, path, key)
    return word, []


def _with_manifest(word: WakeWordSettings, path: Path, key: KeyPath) -> tuple[WakeWordSettings, Problems]:
    """Return a word of microWakeWord as _with_model() does; path: of its model, beside which the .json file belongs."""
    problems = _model_problems(path, key, _LITE_START, "model for TensorFlow Lite")
    beside = path.with_suffix(".json")
    manifest, missing = _read(beside, _TEXT_LIMIT, key)
    if missing:
        return word, [*problems, *((place, f"{problem} (it belongs beside the model)") for place, problem in missing)]
    try:
        cutoff = cutoff_of(manifest, path.name)
    except ValueError as error:
        return word, [*problems, (key, f"{name_of(beside)} {error}")]
    threshold = word.threshold if "threshold" in word.model_fields_set else cutoff
    return word.model_copy(update={"model": str(path), "threshold": threshold}), problems


def _model_problems(path: Path, key: KeyPath, start: re.Pattern[bytes], kind: str) -> Problems:
    data, problems = _read(path, _MODEL_LIMIT, key)
    if not problems and not start.match(data):
        return [(key, f"{name_of(path)} is no {kind} (perhaps a web page was saved in its place)")]
    return problems


def _absolute(folder: Path, name: str) -> Path:
    return (folder / name).absolute()


def _read(path: Path, limit: int, key: KeyPath) -> tuple[bytes, Problems]:
    try:
        return read_bytes(path, limit)[0], []
    except ConfigError as error:
        return b"", [(key, f"{complaint.file} {complaint.problem}") for complaint in error.complaints]
