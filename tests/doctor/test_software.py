from __future__ import annotations

import importlib
from importlib import metadata
from types import ModuleType

import pytest

from hubd.doctor.findings import Finding, Verdict
from hubd.doctor.probes import software

_version = metadata.version
_import = importlib.import_module


def found(name: str) -> Finding:
    """Return what is found about a package."""
    (finding,) = [each for each in software.look() if f"The package {name} " in each.found]
    return finding


@pytest.mark.parametrize(("name", "verdict"), [("pyaudio", Verdict.BAD), ("systemd-python", Verdict.DOUBTFUL)])
def test_missing(name: str, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not installed is named with the command that installs it; one is needed under systemd alone."""

    def version(package: str) -> str:
        if package == name:
            raise metadata.PackageNotFoundError(package)
        return _version(package)

    monkeypatch.setattr(metadata, "version", version)
    finding = found(name)
    assert finding.verdict is verdict
    assert finding.found == f"The package {name} is not installed."
    assert f'-m pip install "{name}>=' in finding.advice


def test_other_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that hubd is not made for is told."""
    monkeypatch.setattr(metadata, "version", lambda name: "1.0" if name == "openwakeword" else _version(name))
    finding = found("openwakeword")
    assert finding.verdict is Verdict.DOUBTFUL
    assert finding.found == "The package openwakeword is 1.0; hubd is made for ==0.4.0."


def test_library_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is there, but can't be loaded for want of something else, is told with the reason."""

    def load(name: str) -> ModuleType:
        if name == "hubd.edges.pyaudio_sound":
            raise ImportError("libportaudio.so.2: cannot open shared object file")
        return _import(name)

    monkeypatch.setattr(importlib, "import_module", load)
    finding = found("pyaudio")
    assert finding.verdict is Verdict.BAD
    assert finding.found == "The package pyaudio can't be loaded: libportaudio.so.2: cannot open shared object file."
