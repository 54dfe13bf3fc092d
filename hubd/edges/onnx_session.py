"""Models of wake words, loaded into onnxruntime."""

from __future__ import annotations

import os
from pathlib import Path

from hubd.edges.wake_model_files import check_readable
from hubd.errors import HubdError

# onnxruntime reads this when it is imported; its own switch comes too late (operations.md 1, item 4).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_state

_LOAD_ERRORS: tuple[type[Exception], ...] = tuple(
    kind
    for kind in vars(onnxruntime_state).values()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == onnxruntime_state.__name__
)


def session(path: Path, content: bytes | None = None) -> onnxruntime.InferenceSession:
    """Load a model, or the content that was made of it.

    With one thread: the default pool spins a core away (``voice.md`` 0, 2). Without arena, which would keep 3 MB of
    what 27 frames at once take; for that they take a quarter longer, a single frame does not. All else is as
    onnxruntime has it: without memory pattern or prepacking a frame takes as long, and no memory less; a lower level of
    optimisation takes a seventh more time.
    Raises MissingPartError if there is no such file, HubdError for one that is no model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    # On 64-bit Arm onnxruntime 1.27 computed this embedding wrongly with KleidiAI; elsewhere the entry is ignored.
    options.add_session_config_entry("mlas.disable_kleidiai", "1")
    if content is None:
        check_readable(path)
    try:
        # From its path, not its content: big models keep their weights in a file beside it.
        return onnxruntime.InferenceSession(content or str(path), options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise HubdError(
            not_a_wake_word(path, "is no ONNX model, is cut short, or lacks its weights beside it")
        ) from error


def not_a_wake_word(path: Path, why: str) -> str:
    """Return the sentence about a file that holds something else."""
    return f"{path} can't be used as a wake word: it {why}. Download it anew, or name a model made for openWakeWord."
