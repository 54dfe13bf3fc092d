from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pydantic
import pytest

from hubd.edges.packages import folders_of, pip_install


def test_of_an_installed_package() -> None:
    """A package is where Python would import it from."""
    assert folders_of("pydantic") == (Path(pydantic.__file__).parent,)


@pytest.mark.parametrize("name", ["no_such_package", "sys"])
def test_of_none(name: str) -> None:
    """What is not installed, or no package, has no folder."""
    assert folders_of(name) == ()


def test_a_package_is_found_without_being_imported() -> None:
    """To look for a package costs nothing: it is not imported."""
    code = (
        "import sys; from hubd.edges.packages import folders_of; assert folders_of('onnxruntime'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "onnxruntime" not in done.stdout.split()


def test_installs_where_this_one_is() -> None:
    """The command names this Python, and keeps the bounds of a version from the shell."""
    assert pip_install("numpy>=1.26,<2") == f'{sys.executable} -m pip install "numpy>=1.26,<2"'
