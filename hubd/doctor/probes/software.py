"""A look at Python with the packages that hubd needs."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Iterator
from importlib import metadata
from typing import Final

from hubd.doctor.findings import Finding, Findings, bad, doubtful, good
from hubd.doctor.requirements import Requirement, required
from hubd.edges.packages import pip_install

CHECK: Final = "software"

# Packages that bring compiled code, each with the module of ours that imports it.
_IMPORTED_BY: Final = {
    "numpy": "hubd.audio.level",
    "onnxruntime": "hubd.edges.onnx_session",
    "paho-mqtt": "hubd.edges.paho_dialling",
    "pocketsphinx": "hubd.offline.pocketsphinx_decoder",
    "pyaudio": "hubd.edges.pyaudio_sound",
    "soxr": "hubd.audio.resample",
    "websockets": "hubd.edges.websockets_link",
}
# What a hub can do without: then systemd hears nothing of it.
_OPTIONAL: Final = frozenset({"systemd-python"})


def look() -> Findings:
    """Return what is missing or has another version than hubd is made for; blocks for a second."""
    try:
        needs = list(required(metadata.requires("hubd") or ()))
        python = Requirement("Python", metadata.metadata("hubd")["Requires-Python"] or "")
    except metadata.PackageNotFoundError:
        return [doubtful(CHECK, "hubd is not installed as a package.", "Run: pip install . in its folder")]
    version = platform.python_version()
    faults = [fault for each in needs for fault in _faults(each)]
    if not python.is_met_by(version):
        faults.insert(0, doubtful(CHECK, f"Python is {version}; hubd is made for {python.bounds}.", "Install another."))
    return faults or [good(CHECK, f"Python {version}, {len(needs)} packages as needed")]


def _faults(need: Requirement) -> Iterator[Finding]:
    install = f"Run: {pip_install(need.name + need.bounds)}"
    try:
        version = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        how = doubtful if need.name in _OPTIONAL else bad
        yield how(CHECK, f"The package {need.name} is not installed.", install)
        return
    if not need.is_met_by(version):
        yield doubtful(CHECK, f"The package {need.name} is {version}; hubd is made for {need.bounds}.", install)
    if (module := _IMPORTED_BY.get(need.name)) is not None:
        try:
            importlib.import_module(module)
        except (ImportError, OSError) as error:  # OSError: a library of the system that it needs
            yield bad(CHECK, f"The package {need.name} can't be loaded: {error}.", install)
