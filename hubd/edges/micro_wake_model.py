"""Wake-word models of microWakeWord, as the package for computers runs them."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hubd.edges.packages import folders_of, pip_install
from hubd.errors import HubdError, MissingPartError
from hubd.wake import FRAME_SAMPLES, WARM_UP_FRAMES

if TYPE_CHECKING:
    from pymicro_wakeword import MicroWakeWord

# One every 10 ms, with so many bands.
_FEATURES: Final = FRAME_SAMPLES // 160
_BANDS: Final = 40
# Its idea of the room's noise follows for seconds: 5 s after a gap scores were equal to a 256th, if the gap was three
# features or a multiple, for it looks at three at a time; else they differ by up to 0.3. So it gets no speech gate.
_MEMORY: Final = 63


def missing() -> str:
    """Return what to do before the engine can be had; empty if its package is installed."""
    if folders_of("pymicro_wakeword"):
        return ""
    install = pip_install("pymicro-wakeword>=2.5,<3")
    return f"needs a package that is not installed here. Run: {install}"


class MicroWakeModel:
    """Scores of wake words from the models of pymicro-wakeword, or from one's own; implements ports.WakeModel.

    words: for each name under which a score is wanted, the model's name in the package, or the path of its .tflite
    file, beside which the .json file lies that came with it. A score is the mean of the last probabilities, as in the
    package (as many as its JSON file's sliding_window_size says), one every 30 ms; of those that fall into a frame the
    highest.
    Raises MissingPartError if the package is not installed or has no such word, HubdError if a model can't be loaded.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        if what := missing():
            raise MissingPartError(f'wake.engine = "microwakeword" {what}')
        try:
            from pymicro_wakeword import MicroWakeWordFeatures  # noqa: PLC0415 -- an extra, which few hubs have

            self._features = MicroWakeWordFeatures()
            self._models = {
                name: _own(Path(model)) if model.endswith(".tflite") else _bundled(model)
                for name, model in words.items()
            }
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise HubdError(
                f'wake.engine = "microwakeword": the package pymicro-wakeword can\'t be loaded: {error}.'
            ) from error
        self._heard = 0

    @property
    def memory(self) -> int:
        """How many frames a score is about."""
        return _MEMORY

    def score(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        """Take the next n times 1280 samples at 16 kHz; return a score of 0 to 1 in their last 80 ms for each word."""
        features = [*self._features.process_streaming(samples.tobytes())]
        found = {}
        for word, model in self._models.items():
            # Two of three features bring no probability, which is written as 0.0.
            probabilities = [model.process_streaming_prob(each) or 0.0 for each in features]
            found[word] = max(probabilities[-_FEATURES:])
        self._heard += len(samples) // FRAME_SAMPLES
        return found if self._heard > WARM_UP_FRAMES else {}


def _bundled(name: str) -> MicroWakeWord:
    from pymicro_wakeword import MicroWakeWord, Model  # noqa: PLC0415 -- as above

    known = sorted(model.value for model in Model)
    if name not in known:
        raise MissingPartError(f"pymicro-wakeword has no wake word {name!r}; there are {', '.join(known)}.")
    return MicroWakeWord.from_builtin(Model(name))


def _own(path: Path) -> MicroWakeWord:
    from pymicro_wakeword import MicroWakeWord  # noqa: PLC0415 -- as above

    # The package ends the process with a model that its library refuses: it goes on without looking.
    if not _is_taken(_bundled("okay_nabu").lib, path):
        raise HubdError(_no_wake_word(path))
    try:
        model = MicroWakeWord.from_config(path.with_suffix(".json"))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise HubdError(_no_wake_word(path)) from error
    # Bytes, for the package takes no other numbers.
    takes, gives = (model.lib.TfLiteTensorByteSize(tensor) for tensor in (model.input_tensor, model.output_tensor))
    if (takes, gives) != (model.stride * _BANDS, 1):
        raise HubdError(_no_wake_word(path))
    return model


def _is_taken(library: ctypes.CDLL, path: Path) -> bool:
    """Return whether TensorFlow Lite can run what is in the file."""
    model = library.TfLiteModelCreateFromFile(bytes(path))
    interpreter = library.TfLiteInterpreterCreate(model, None) if model else None
    taken = interpreter is not None and library.TfLiteInterpreterAllocateTensors(interpreter) == 0
    # Both do nothing with nothing.
    library.TfLiteInterpreterDelete(interpreter)
    library.TfLiteModelDelete(model)
    return taken


def _no_wake_word(path: Path) -> str:
    return (
        f"{path} can't be used as a wake word: with the .json beside it, it is no model of microWakeWord, or is cut "
        "short. Download both anew, or name another."
    )
