from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[1]


def pins() -> dict[str, str]:
    """Return the version that constraints.txt gives each package."""
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    named = (re.fullmatch(r"([\w.-]+)==([\w.+!]+)", line) for line in lines if line and not line.startswith("#"))
    found = [(canonicalize_name(match[1]), match[2]) for match in named if match]
    assert len(dict(found)) == sum(1 for line in lines if line and not line.startswith("#"))
    return dict(found)


def parts_of_project(*, to_build: bool) -> list[Requirement]:
    """Return what pyproject.toml asks for: to run, to develop, optionally to build."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    texts = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["development"]
    return [Requirement(text) for text in texts + (project["build-system"]["requires"] if to_build else [])]


def test_every_requirement_is_pinned() -> None:
    """constraints.txt gives each package that pyproject.toml names one version, which fits."""
    pinned = pins()
    for wanted in parts_of_project(to_build=True):
        version = pinned.get(canonicalize_name(wanted.name), "none")
        assert wanted.specifier.contains(version), f"{wanted} is pinned to {version}"


def test_nothing_unpinned_is_installed() -> None:
    """Every package that hubd draws in, however deep, is installed at its pinned version."""
    pinned = pins()
    waiting = parts_of_project(to_build=False)
    seen: set[str] = set()
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        assert found.version == pinned.get(name), f"{name} {found.version} is installed"
        drawn_in = (Requirement(text) for text in found.requires or ())
        waiting += [wanted for wanted in drawn_in if wanted.marker is None or wanted.marker.evaluate({"extra": ""})]
    assert "scipy" in seen, "a package that only other packages ask for"
