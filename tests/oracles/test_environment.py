from __future__ import annotations

import json
import subprocess

from packaging.utils import canonicalize_name

from tests.oracles.reading import CHECKOUT, ORACLE_PYTHON


def test_what_was_pinned_is_installed() -> None:
    """Google's software runs at the versions that constraints-oracles.txt gives, with nothing else beside it."""
    lines = (CHECKOUT / "constraints-oracles.txt").read_text().splitlines()
    pinned = {
        canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines) if version
    }
    command = [str(ORACLE_PYTHON), "-m", "pip", "--disable-pip-version-check", "list", "--format", "json"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    installed = {canonicalize_name(each["name"]): each["version"] for each in listed}
    assert {name: installed[name] for name in installed.keys() - {"pip", "setuptools"}} == pinned
    assert pinned[canonicalize_name("google-genai")] == "3.4.0"


def test_the_two_environments_are_apart() -> None:
    """Nothing of hubd's can be imported beside Google's software."""
    command = [str(ORACLE_PYTHON), "-I", "-c", "import hubd"]
    assert subprocess.run(command, check=False, capture_output=True, cwd=CHECKOUT).returncode == 1
