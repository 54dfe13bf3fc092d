"""A program that reads the microphone through PyAudio, 80 ms at a time, as openWakeWord's README shows it.

Run as ``python -m scripts.benches.idle_peer WHAT``: ``openwakeword`` scores what it reads, ``nothing`` throws it away.
Prints a line when it listens.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pyaudio

_BLOCK = 1280


def _scorer() -> Callable[[bytes], object]:
    """Return openWakeWord's model by its own defaults."""
    import numpy as np  # noqa: PLC0415 -- who reads alone is to load nothing else
    import openwakeword  # noqa: PLC0415 -- the same
    from openwakeword.model import Model  # noqa: PLC0415 -- the same

    folder = Path(openwakeword.__file__).parent / "resources" / "models"
    model = Model(wakeword_model_paths=[str(folder / "hey_jarvis_v0.1.onnx")])
    return lambda frame: model.predict(np.frombuffer(frame, np.int16))


def main(what: str) -> None:
    """Listen for ever."""
    take = _scorer() if what == "openwakeword" else len
    # ALSA and JACK write a hundred lines to standard error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    microphone = pyaudio.PyAudio().open(
        rate=16_000, channels=1, format=pyaudio.paInt16, input=True, frames_per_buffer=_BLOCK
    )
    print("listening", flush=True)
    while True:
        take(microphone.read(_BLOCK, exception_on_overflow=False))


if __name__ == "__main__":
    main(sys.argv[1])
