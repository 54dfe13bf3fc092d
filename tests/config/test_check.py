"""The table of broken configurations: what a user reads about each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubd.config import load
from hubd.errors import ConfigError

TABLE = Path(__file__).with_name("broken.txt")


@dataclass(frozen=True)
class Case:
    """One entry of broken.txt."""

    name: str
    files: dict[str, str]
    expected: list[str]


def cases() -> list[Case]:
    """Return the entries of broken.txt; its head says how they are written."""
    _, *entries = re.split(r"^=== ", TABLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [case_of(entry) for entry in entries]


def case_of(entry: str) -> Case:
    """Return one entry, without its leading mark."""
    head, *files = re.split(r"^--- ", entry, flags=re.MULTILINE)
    expected = [line.removeprefix(">>> ") for line in entry.splitlines() if line.startswith(">>> ")]
    contents = {}
    for file in files:
        name, _, content = file.partition("\n")
        # A file ends without a line end, so that a truncated one is truncated.
        contents[name] = content.partition(">>> ")[0].rstrip("\n")
    return Case(name=head.strip(), files=contents, expected=expected)


def check(folder: Path, files: dict[str, str]) -> list[str]:
    """Return the complaints about these files, in their order."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(Path("hubd.toml"))
    assert str(caught.value).splitlines() == [str(complaint) for complaint in caught.value.complaints]
    return [str(complaint).replace(str(folder), "{folder}") for complaint in caught.value.complaints]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_every_mistake_is_named(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each broken configuration gives the expected sentences, all of them, no others, and no secret."""
    monkeypatch.chdir(tmp_path)
    found = check(tmp_path, case.files)
    assert found == case.expected
    assert "s3cret" not in "".join(found)


def test_table_is_whole() -> None:
    """The table has the many kinds that it should have, each under a name of its own."""
    names = [case.name for case in cases()]
    assert len(names) >= 80
    assert len(set(names)) == len(names)


def test_all_mistakes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file with the mistakes of several entries gives all their complaints, in the order of its lines."""
    monkeypatch.chdir(tmp_path)
    wanted = ("too much", "text for a truth", "word misspelt", "half a number", "section misspelt", "key")
    chosen = {case.name: case for case in cases() if case.name in wanted}
    one = "\n".join(chosen[name].files["hubd.toml"].removeprefix("[live]\na") for name in wanted[:-1])
    found = check(tmp_path, {"hubd.toml": one})
    expected = [chosen[name].expected[0].partition(": ")[2] for name in wanted[:-1]]
    assert [line.partition(": ")[2] for line in found] == expected
