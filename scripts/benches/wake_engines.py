"""One wake-word engine in a process of its own; imports nothing before the engine does.

Run as ``python -m scripts.benches.wake_engines ENGINE WORD …``. Prints what loading took, then for each line on its
standard input (``quick`` or ``real``, with the path of a recording) what listening to that took, each as JSON.
"""

from __future__ import annotations

import sys
import time

_BEGAN = time.process_time()

import importlib  # noqa: E402 (from here on the clock runs)
import json  # noqa: E402 (the same)
from collections.abc import Callable, Iterator, Sequence  # noqa: E402 (the same)
from enum import StrEnum  # noqa: E402 (the same)
from pathlib import Path  # noqa: E402 (the same)

FRAME_BYTES = 2560  # 80 ms
THRESHOLD = 0.5


class Pace(StrEnum):
    """How quickly a recording is brought: as quickly as it is taken, or as it was recorded."""

    QUICK = "quick"
    REAL = "real"


Listener = Callable[[memoryview, Pace], object]


def frames(pcm: memoryview, size: int = FRAME_BYTES) -> Iterator[bytes]:
    """Yield a recording piece by piece, as a microphone brings it."""
    for start in range(0, len(pcm) - len(pcm) % FRAME_BYTES, size):
        yield bytes(pcm[start : start + size])


def hubd_stage(words: Sequence[str]) -> Listener:
    """Return hubd's stage that listens, as the daemon runs it."""
    module = importlib.import_module("scripts.benches.wake_stage")
    listen: Listener = module.ListeningStage(words).listen
    return listen


def hubd_model(words: Sequence[str]) -> Listener:
    """Return hubd's wake model alone: every frame is scored, nothing else is done."""
    numpy = importlib.import_module("numpy")
    edge = importlib.import_module("hubd.edges.onnx_wake_model")
    files = importlib.import_module("hubd.edges.wake_model_files")
    model = edge.OnnxWakeModel({word: files.find_model(word) for word in words})
    return _each_frame(lambda frame: model.score(numpy.frombuffer(frame, "<i2")))


def openwakeword(words: Sequence[str]) -> Listener:
    """Return openWakeWord's loop as its README shows it, by its own defaults: one thread, no VAD, no Speex."""
    numpy = importlib.import_module("numpy")
    package = importlib.import_module("openwakeword")
    loop = importlib.import_module("openwakeword.model")
    folder = Path(next(iter(package.__path__))) / "resources" / "models"
    model = loop.Model(wakeword_model_paths=[str(folder / f"{word}_v0.1.onnx") for word in words])
    detected = []

    def take(frame: bytes) -> None:
        for name, score in model.predict(numpy.frombuffer(frame, "<i2")).items():
            if score >= THRESHOLD:
                detected.append(name)

    return _each_frame(take)


def pyopen_wakeword(words: Sequence[str]) -> Listener:
    """Return pyopen-wakeword's loop as its README shows it, 80 ms at a time."""
    package = importlib.import_module("pyopen_wakeword")
    features = package.OpenWakeWordFeatures.from_builtin()
    models = [package.OpenWakeWord.from_builtin(package.Model(word)) for word in words]
    detected: list[object] = []

    def take(frame: bytes) -> None:
        for feature in features.process_streaming(frame):
            for model in models:
                scores = model.process_streaming(feature)
                detected.extend(score for score in scores if score >= THRESHOLD)

    return _each_frame(take)


def pymicro_wakeword(words: Sequence[str]) -> Listener:
    """Return pymicro-wakeword's loop as its README shows it, 80 ms at a time."""
    package = importlib.import_module("pymicro_wakeword")
    features = package.MicroWakeWordFeatures()
    models = [package.MicroWakeWord.from_builtin(package.Model(word)) for word in words]
    detected: list[object] = []

    def take(frame: bytes) -> None:
        for feature in features.process_streaming(frame):
            detected.extend(model.id for model in models if model.process_streaming(feature))

    return _each_frame(take)


ENGINES: dict[str, Callable[[Sequence[str]], Listener]] = {
    "hubd": hubd_stage,
    "hubd's model": hubd_model,
    "openWakeWord": openwakeword,
    "pyopen-wakeword": pyopen_wakeword,
    "pymicro-wakeword": pymicro_wakeword,
}


def main(name: str, words: Sequence[str]) -> None:
    """Load an engine, then listen to what is named."""
    listen = ENGINES[name](words)
    _tell({"load_ms": (time.process_time() - _BEGAN) * 1000})
    for line in sys.stdin:
        pace, _, path = line.rstrip("\n").partition(" ")
        pcm = memoryview(Path(path).read_bytes())
        began, cpu = time.monotonic(), time.process_time()
        listen(pcm, Pace(pace))
        took = time.process_time() - cpu
        _tell({"frame_ms": took * 1000 / (len(pcm) // FRAME_BYTES), "second_s": took / (time.monotonic() - began)})


def _each_frame(take: Callable[[bytes], object]) -> Listener:
    def listen(pcm: memoryview, pace: Pace) -> None:
        began = time.monotonic()
        for number, frame in enumerate(frames(pcm), start=1):
            if pace is Pace.REAL:
                time.sleep(max(0.0, began + number * 0.08 - time.monotonic()))  # as a microphone brings it
            take(frame)

    return listen


def _tell(found: dict[str, float]) -> None:
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
