from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import ROWS, stale_rows, violations

PACKAGE = Path(__file__).resolve().parents[1] / "hubd"

CHARTER = '"""What this module is for."""\n'


def plant(top: Path, files: dict[str, str]) -> Path:
    """Write a package with these files, each with a charter unless its text begins with a docstring."""
    for name, text in files.items():
        path = top / name
        for folder in (path.parent, *path.parent.relative_to(top).parents):
            package = top / folder / "__init__.py"
            package.parent.mkdir(parents=True, exist_ok=True)
            package.write_text(CHARTER)
        path.write_text(text if text.startswith('"""') else CHARTER + text)
    return top


def test_layout_is_kept() -> None:
    """Every module of hubd stands in its place, imports only from above, and has a short charter."""
    found = violations(PACKAGE)
    assert not found, "\n".join(found)


def test_order_names_only_what_exists() -> None:
    """The import order lists no module that is gone."""
    assert stale_rows(PACKAGE) == []


def test_order_names_each_module_once() -> None:
    """No module has two places in the import order."""
    names = " ".join(ROWS).split()
    assert sorted(set(names)) == sorted(names)


def test_sound_tree_passes(tmp_path: Path) -> None:
    """A package that keeps every rule draws no complaint, so that the complaints below are about what was planted."""
    tree = {
        "errors.py": "import logging\n",
        "reports.py": "from hubd.errors import HubdError\nfrom hubd import __version__\n",
        "edges/pyaudio_sound.py": "import threading\nimport pyaudio\nfrom hubd import reports\n",
        "config/toml_files.py": "import os\nfrom urllib.parse import urlsplit\n",
    }
    assert violations(plant(tmp_path, tree)) == []


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        pytest.param(
            {"errors.py": "from hubd.events import Event\n", "events.py": ""},
            "hubd.errors imports hubd.events, which does not stand above it",
            id="wrong-order",
        ),
        pytest.param(
            {"errors.py": "def late() -> None:\n    import hubd.events\n", "events.py": ""},
            "hubd.errors imports hubd.events, which does not stand above it",
            id="wrong-order-inside-a-function",
        ),
        pytest.param(
            {"errors.py": "from hubd import events\n", "events.py": ""},
            "hubd.errors imports hubd.events, which does not stand above it",
            id="wrong-order-by-a-module-s-name",
        ),
        pytest.param(
            {"stages/listen.py": "from hubd.stages.speak import speak\n", "stages/speak.py": ""},
            "hubd.stages.listen imports hubd.stages.speak, which does not stand above it",
            id="stage-to-stage",
        ),
        pytest.param(
            {"stages/speak.py": "from hubd.stages.listen import listen\n", "stages/listen.py": ""},
            "hubd.stages.speak imports hubd.stages.listen, which does not stand above it",
            id="stage-to-stage-the-other-way",
        ),
        pytest.param(
            {"edges/sound_link.py": "from hubd.edges import pyaudio_sound\n", "edges/pyaudio_sound.py": ""},
            "hubd.edges.sound_link imports hubd.edges.pyaudio_sound, which does not stand above it",
            id="edge-to-edge",
        ),
        pytest.param(
            {"stages/speak.py": "from hubd.edges import pyaudio_sound\n", "edges/pyaudio_sound.py": ""},
            "hubd.stages.speak imports hubd.edges.pyaudio_sound, which does not stand above it",
            id="stage-to-edge",
        ),
        pytest.param(
            {"audio/__init__.py": "import hubd.errors\n", "errors.py": ""},
            "hubd.audio imports hubd.errors, which does not stand above it",
            id="package-with-imports",
        ),
        pytest.param(
            {"live/codec.py": "from . import messages\n", "live/messages.py": ""},
            "hubd.live.codec imports ..messages relatively",
            id="relative",
        ),
        pytest.param(
            {"ports.py": "from time import monotonic\n"},
            "hubd.ports is pure but imports time.monotonic",
            id="clock",
        ),
        pytest.param(
            {"live/session.py": "import asyncio.queues\n"},
            "hubd.live.session is pure but imports asyncio.queues",
            id="loop",
        ),
        pytest.param(
            {"wake.py": "from urllib.request import urlopen\n"},
            "hubd.wake is pure but imports urllib.request.urlopen",
            id="web",
        ),
        pytest.param(
            {"wake.py": 'import importlib\nclock = importlib.import_module("time")\n'},
            "hubd.wake is pure but imports importlib",
            id="import-by-name",
        ),
        pytest.param(
            {"devices/render.py": "from pathlib import Path\n"},
            "hubd.devices.render is pure but imports pathlib.Path",
            id="files",
        ),
        pytest.param(
            {"edges/onnx_wake_model.py": "import pyaudio\n"},
            r"hubd.edges.onnx_wake_model imports pyaudio, which belongs to edges\.pyaudio_sound",
            id="another-edge-s-library",
        ),
        pytest.param(
            {"errors.py": "import requests\n"},
            "hubd.errors imports requests, a library that nobody was given",
            id="foreign-library",
        ),
        pytest.param(
            {"errors.py": '"""Errors and events."""\n'},
            'hubd.errors has an "and" in its charter: two subjects are two modules',
            id="two-subjects",
        ),
        pytest.param(
            {"errors.py": '"""Errors.\n\nMany of them.\n"""\n'},
            "hubd.errors has a charter of more than one line",
            id="long-charter",
        ),
        pytest.param(
            {"errors.py": '""""""\n'},
            "hubd.errors has no charter: its docstring has to say in one line what it is for",
            id="no-charter",
        ),
        pytest.param({"errors.py": "\n" * 300}, "hubd.errors has 301 lines, more than 300", id="too-long"),
        pytest.param(
            {"live/helpers.py": ""},
            "hubd.live.helpers is not in the import order: place it in ROWS of architecture.py",
            id="unlisted",
        ),
    ],
)
def test_planted_violation_is_found(tmp_path: Path, files: dict[str, str], complaint: str) -> None:
    """A tree with one violation draws exactly one complaint, which names the module."""
    assert violations(plant(tmp_path, files)) == [complaint]


def test_stale_row_is_found(tmp_path: Path) -> None:
    """A row for a module that is gone is reported."""
    assert "events" in stale_rows(plant(tmp_path, {"errors.py": ""}))
