"""Names that two devices can't both have."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubd.config.complaints import complaints_about, key_name
from hubd.config.suggestions import quoted
from hubd.config.toml_files import TomlFile
from hubd.config.toml_lines import KeyPath, key_lines, line_of
from hubd.errors import Complaint


@dataclass(frozen=True, slots=True)
class _Claim:
    """Something that has to be unique: what it is ("the id"), its comparable form, whose it is, where it stands."""

    what: str
    form: str
    text: str
    owner: tuple[str, int]
    file: TomlFile
    path: KeyPath


def clashes(files: Sequence[TomlFile]) -> list[Complaint]:
    """Return a complaint for each id, name or function name that was taken before, naming the first place too.

    It looks at the files as they are, so that a device with another mistake is compared as well.
    """
    first: dict[tuple[str, str], _Claim] = {}
    complaints: list[Complaint] = []
    for claim in (claim for file in files for claim in _claims(file)):
        known = first.setdefault((claim.what, claim.form), claim)
        # An alias that repeats its own device's name harms nobody.
        if known is claim or (known.owner == claim.owner and claim.what == "name"):
            continue
        problem = f"the {claim.what} {quoted(claim.text)} is taken: {_place(known)} has it"
        complaints += complaints_about(claim.file, [(claim.path, problem)])
    return complaints


def _claims(file: TomlFile) -> Iterator[_Claim]:
    for index, device in _tables(file.tree.get("device")):
        owner = (file.name, index)
        path: KeyPath = ("device", index)
        yield from _claim("id", device.get("id"), owner, file, (*path, "id"))
        yield from _claim("name", device.get("name"), owner, file, (*path, "name"))
        aliases = device.get("aliases")
        for position, alias in enumerate(aliases if isinstance(aliases, list) else ()):
            yield from _claim("name", alias, owner, file, (*path, "aliases", position))
        for position, function in _tables(device.get("function")):
            where = (*path, "function", position, "name")
            yield from _claim("function name", function.get("name"), owner, file, where)


def _claim(what: str, value: object, owner: tuple[str, int], file: TomlFile, path: KeyPath) -> Iterator[_Claim]:
    if isinstance(value, str) and value.strip():
        form = " ".join(unicodedata.normalize("NFKC", value).casefold().split()) if what == "name" else value
        yield _Claim(what=what, form=form, text=value, owner=owner, file=file, path=path)


def _tables(value: object) -> Iterator[tuple[int, dict[str, object]]]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield index, item


def _place(claim: _Claim) -> str:
    line = line_of(claim.path, key_lines(claim.file.text))
    where = claim.file.name if line is None else f"{claim.file.name}:{line}"
    return f"{where} ({key_name(claim.path[:2], claim.file.tree)})"
