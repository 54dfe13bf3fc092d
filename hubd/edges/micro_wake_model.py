"""Wake-word models of microWakeWord, as the package for computers runs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from hubd.edges.packages import pip_install
from hubd.errors import HubdError, MissingPartError
from hubd.wake import FRAME_SAMPLES, WARM_UP_FRAMES

# One every 10 ms.
_FEATURES = FRAME_SAMPLES // 160
# Its idea of the room's noise follows for seconds: 5 s after a gap scores were equal to a 256th, if the gap was three
# features or a multiple, for it looks at three at a time; else they differ by up to 0.3. So it gets no speech gate.
_MEMORY = 63


class MicroWakeModel:
    """Scores of wake words from the models inside pymicro-wakeword; implements ports.WakeModel.

    words: their names there. A score is the mean of the last five probabilities, as in the package (its JSON files'
    sliding_window_size), one every 30 ms; of those that fall into a frame the highest.
    Raises MissingPartError if the package is not installed or has no such word, HubdError if it can't be loaded.
    """

    def __init__(self, words: Iterable[str]) -> None:
        try:
            from pymicro_wakeword import (  # noqa: PLC0415 -- an extra, which few hubs have
                MicroWakeWord,
                MicroWakeWordFeatures,
                Model,
            )
        except ModuleNotFoundError as error:
            raise MissingPartError(
                'wake.engine = "microwakeword" needs a package that is not installed. '
                f"Run: {pip_install('pymicro-wakeword>=2.5,<3')}"
            ) from error
        except (ImportError, OSError) as error:
            raise _unloadable(error) from error
        wanted = list(words)
        if strangers := sorted(set(wanted) - {model.value for model in Model}):
            raise MissingPartError(
                f"pymicro-wakeword has no wake word {strangers[0]!r}; "
                f"there are {', '.join(sorted(model.value for model in Model))}."
            )
        self._features = MicroWakeWordFeatures()
        try:
            self._models = {word: MicroWakeWord.from_builtin(Model(word)) for word in wanted}
        except (OSError, RuntimeError, ValueError) as error:
            raise _unloadable(error) from error
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


def _unloadable(error: Exception) -> HubdError:
    return HubdError(f'wake.engine = "microwakeword": the package pymicro-wakeword can\'t be loaded: {error}.')
