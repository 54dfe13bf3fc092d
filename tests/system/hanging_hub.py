"""``hubd`` that hangs when it is told to: SIGUSR1 blocks the event loop, SIGUSR2 the wake model's thread."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hubd.cli import main
from hubd.edges import onnx_wake_model

_never, _stuck = threading.Event(), threading.Event()


class Stuck(onnx_wake_model.OnnxWakeModel):
    """A wake model that hangs in the middle of a frame."""

    def score(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        """Score, until it is told to hang."""
        if _stuck.is_set():
            stick_in_the_model()
        return super().score(samples)


def stick_in_the_model() -> None:
    """Hang in the wake model's thread."""
    _never.wait()


def block_the_loop(*_: object) -> None:
    """Hang in the thread of the event loop, where handlers of signals run."""
    _never.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, block_the_loop)
    signal.signal(signal.SIGUSR2, lambda *_: _stuck.set())
    vars(onnx_wake_model)["OnnxWakeModel"] = Stuck
    sys.exit(main())
