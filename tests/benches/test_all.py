from __future__ import annotations

import ast
import json
import os
import re
import select
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.benches import all as every_bench
from scripts.benches import readme, request
from scripts.benches.__main__ import FOLDER, benches
from scripts.benches.growth_table import Growth
from scripts.benches.rows import Row
from tests.live_server import DEADLINE

ROW = Row("PSS, idle", "MB", [50.0, 51.0, 52.0], goal=120.0)
GROWTH = Growth("memory of no file", "MB", "device", (10, 100, 1000), [[1.0], [1.0], [1.0]])
MARKED = f"# hubd\n\n{readme.BEGIN}\nold\n{readme.END}\n\n## More\n"


def found(name: str, _rounds: int) -> dict[str, Any]:
    """Return what a bench finds."""
    if name == every_bench.GROWTH:
        return {"growth": [GROWTH.as_json()]}
    return {"rows": [ROW.as_json()] if name == "memory" else []}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a README of one's own, and a folder for what is found."""
    (tmp_path / "README.md").write_text(MARKED)
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    monkeypatch.setattr(readme, "FOUND", tmp_path / "docs" / "bench.json")
    monkeypatch.setattr(readme, "REQUEST", tmp_path / "docs" / "request.png")
    monkeypatch.setattr(request, "draw", lambda _rows, path: path.write_bytes(b"PNG"))
    return tmp_path


def test_every_bench_is_one_of_all() -> None:
    """Whatever measures rows is run."""
    measuring = {
        name
        for name in benches()
        for node in ast.parse((FOLDER / f"{name.replace('-', '_')}.py").read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == "measure"
    }
    assert measuring | {every_bench.GROWTH} == every_bench.BENCHES.keys()


def test_the_readme_says_what_was_measured() -> None:
    """The README's tables are those of docs/bench.json, none without it; `scripts/bench all` makes both."""
    written = readme.README.read_text(encoding="utf-8")
    if not readme.FOUND.exists():
        assert f"{readme.BEGIN}\n{readme.END}\n" in written, "figures that nobody measured"
        return
    measured = json.loads(readme.FOUND.read_text(encoding="utf-8"))
    assert f"{readme.BEGIN}\n\n{readme.section(measured)}\n\n{readme.END}\n" in written
    assert [words for words, _ in readme.shown(measured)] == [words for words, *_ in readme.SHOWN]


def test_all_is_written_from_one_run(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What all benches found is kept with machine, date, versions; the README is made of that alone."""
    monkeypatch.setattr(every_bench, "_measure", found)
    assert every_bench.run([]) == 0
    assert "50 to 52" in capsys.readouterr().out
    measured = json.loads((files / "docs" / "bench.json").read_text())
    assert measured.keys() >= {"machine", "date", "load", "versions", "rounds", "minutes"}
    assert measured["benches"].keys() == every_bench.BENCHES.keys() - {every_bench.GROWTH}
    written = (files / "README.md").read_text()
    assert written.startswith("# hubd\n")
    assert written.endswith("\n## More\n")
    assert "old" not in written
    assert "](docs/request.png)" in written
    assert "| 51 (50 to 52) MB |  |  | met: at most 120 MB |" in written
    assert "| memory of no file, MB | 1 | 1 | 1 | flat |" in written


@pytest.mark.parametrize("broken", ["live", every_bench.GROWTH])
def test_nothing_is_written_unless_all_was_measured(broken: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bench that can't be run leaves the files as they were, and the exit status tells."""
    monkeypatch.setattr(every_bench, "_measure", lambda name, rounds: None if name == broken else found(name, rounds))
    assert every_bench.run([]) == 1
    assert (files / "README.md").read_text() == MARKED
    assert not (files / "docs").exists()


def test_a_bench_that_fails_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    """What can't be run is named with its exit status."""
    assert every_bench._measure("speed", 1) is None
    assert re.search(r"^speed: \d+ s, exit status 2$", capfd.readouterr().err, re.MULTILINE)


def test_a_bench_that_hangs_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """After a while it is ended, with what it started; a second try may do better."""
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    monkeypatch.setattr(every_bench, "_LIMIT", 0.5)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "hang"))
    (tmp_path / "hang").write_text(f'#!/bin/sh\nsleep 600 >"{alive}" &\nwait\n')
    (tmp_path / "hang").chmod(0o700)
    ends, begins = os.open(alive, os.O_RDONLY | os.O_NONBLOCK), os.open(alive, os.O_WRONLY)
    try:
        assert every_bench._measure("live", 1) is None
    finally:
        os.close(begins)
    assert capfd.readouterr().err.count("which is too long") == 2
    # The pipe ends with the last process that holds it.
    assert select.select([ends], [], [], DEADLINE)[0], "what it started goes on"
    os.close(ends)


def test_a_readme_without_a_place_is_refused(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part is written where it belongs, or nowhere."""
    monkeypatch.setattr(every_bench, "_measure", found)
    (files / "README.md").write_text("# hubd\n")
    with pytest.raises(ValueError, match="has no lines"):
        every_bench.run([])
