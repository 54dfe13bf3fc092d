"""The files that a configuration is made of."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubd.config.complaints import complaints_about
from hubd.config.suggestions import quoted
from hubd.config.toml_files import TomlFile, name_of, read_toml
from hubd.config.toml_lines import KeyPath
from hubd.errors import Complaint, ConfigError

DEFAULT_INCLUDE = ("devices.d/*.toml",)
MAX_FILES = 1000
MAX_CHAIN = 16


@dataclass(slots=True)
class FileSet:
    """The main file first, then what it includes, each file once, with what was wrong about reading them."""

    files: list[TomlFile] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)


def read_all(main: Path) -> FileSet:
    """Read a file with all that it includes; patterns are relative to the folder of the file they stand in."""
    result = FileSet()
    _read(main, (), (), result)
    return result


def _read(path: Path, chain: tuple[TomlFile, ...], asked_at: KeyPath, result: FileSet) -> None:
    try:
        file = read_toml(path)
    except ConfigError as error:
        result.complaints += error.complaints
        return
    if file.identity in {above.identity for above in chain}:
        circle = " → ".join(each.name for each in (*chain, file))
        result.complaints += complaints_about(chain[-1], [(asked_at, f"goes round in a circle: {circle}")])
        return
    if file.identity in result.seen:
        return
    result.seen.add(file.identity)
    result.files.append(file)
    for position, pattern in enumerate(_patterns(file, is_main=not chain)):
        key: KeyPath = ("include", position)
        matches, problem = _expand(file.path.parent, pattern, required="include" in file.tree)
        if len(chain) >= MAX_CHAIN:
            problem = f"files include each other {MAX_CHAIN} deep, that is the limit"
        elif len(result.seen) + len(matches) > MAX_FILES:
            problem = f"{quoted(pattern)} makes it more than {MAX_FILES} files, that is the limit"
        if problem:
            result.complaints += complaints_about(file, [(key, problem)])
            continue
        for match in matches:
            _read(match, (*chain, file), key, result)


def _patterns(file: TomlFile, *, is_main: bool) -> Sequence[str]:
    """Return the patterns that can be followed; the model complains about all others."""
    patterns = file.tree.get("include", DEFAULT_INCLUDE if is_main else ())
    if not isinstance(patterns, list | tuple) or not all(isinstance(pattern, str) for pattern in patterns):
        return ()
    return patterns


def _expand(folder: Path, pattern: str, *, required: bool) -> tuple[list[Path], str]:
    """Return the files that a pattern names, in order, with what is wrong about it."""
    if not pattern or not pattern.isprintable():
        example = quoted(DEFAULT_INCLUDE[0])
        return [], f"found {quoted(pattern)}, allowed is the path of a file, or a pattern such as {example}"
    path = folder / pattern
    if not glob.has_magic(pattern):
        return [path], _problem_of(path, pattern, folder)
    if _is_folder(path.parent) and not os.access(path.parent, os.R_OK | os.X_OK):
        return [], f"{quoted(pattern)}: the folder {name_of(path.parent)} can't be read: permission denied"
    # Path.glob refuses absolute patterns.
    names = glob.glob(pattern, root_dir=folder)  # noqa: PTH207 - as the comment above says
    problem = f"{quoted(pattern)}: there is no such file{_beside(folder, pattern)}" if required and not names else ""
    return [folder / name for name in sorted(names)], problem


def _problem_of(path: Path, pattern: str, folder: Path) -> str:
    """Return what is wrong about a file that is named, not searched for."""
    if _is_folder(path):
        return f"{quoted(pattern)} is a folder; for its files write {quoted(pattern.rstrip('/') + '/*.toml')}"
    if not os.path.lexists(path):
        return f"{quoted(pattern)}: there is no such file{_beside(folder, pattern)}"
    return ""


def _beside(folder: Path, pattern: str) -> str:
    return "" if Path(pattern).is_absolute() else f" in {name_of(folder)}"


def _is_folder(path: Path) -> bool:
    """Return whether the path is a folder; one that can't be looked at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False
