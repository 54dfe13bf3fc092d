from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hubd
from hubd import __main__ as program


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who calls it with a Python that is too old is told what it needs, and how to get it; the status is not 0."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    with pytest.raises(SystemExit, match=r"^hubd needs Python 3\.11, 3\.12 or 3\.13: scripts/demo .* \.venv/bin/hubd$"):
        program.main()


@pytest.mark.parametrize("path", [hubd.__file__, program.__file__])
def test_an_old_python_can_read_it(path: str) -> None:
    """What is read before that holds nothing that an old Python does not know."""
    ast.parse(Path(path).read_bytes(), feature_version=(3, 7))


def test_a_python_without_the_packages() -> None:
    """Who calls it with a Python that lacks what hubd needs is told what, and how to get it; there is no traceback."""
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "hubd", "--help"],
        cwd=Path(hubd.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert re.fullmatch(r"hubd needs \w+, which this Python does not have: scripts/demo .*/hubd\n", ended.stderr)
    assert ended.stdout == ""
