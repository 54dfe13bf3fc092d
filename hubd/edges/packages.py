"""The packages beside this one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path


def folders_of(name: str) -> Sequence[Path]:
    """Return the folders of an installed top-level package, none if it is not installed; does not import it."""
    spec = importlib.util.find_spec(name)
    return tuple(Path(folder) for folder in (spec.submodule_search_locations or ())) if spec is not None else ()


def pip_install(requirement: str) -> str:
    """Return the command that installs a package where this one is; requirement: as pip takes it."""
    return f'{sys.executable} -m pip install "{requirement}"'
