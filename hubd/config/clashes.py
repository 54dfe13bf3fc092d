"""Names that two devices, or two automations, can't both have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hubd.config.complaints import complaints_about, key_name
from hubd.config.suggestions import quoted
from hubd.config.toml_files import TomlFile
from hubd.config.toml_lines import KeyPath, key_lines, line_of
from hubd.devices.catalog import fold
from hubd.devices.kinds import KIND_OF_FUNCTION, KINDS
from hubd.devices.queries import GET_STATE
from hubd.errors import Complaint
from hubd.timer_functions import FUNCTIONS
from hubd.tools import END_CONVERSATION

_NAME = "name"
_FUNCTION = "function name"
_AUTOMATION = "automation id"
_RESERVED: Mapping[str, str] = {
    END_CONVERSATION: "ends a conversation",
    GET_STATE: "tells how devices are",
    **{function.name: "is for timers" for function in FUNCTIONS},
    **{name: f"is the function of every {KINDS[kind].noun}" for name, (kind, _) in KIND_OF_FUNCTION.items()},
}


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

    It looks at the files as they are, so that a device with another mistake is compared as well. Two devices may have
    one name if they are in two rooms (``catalog.py`` tells them apart).
    """
    first: dict[tuple[str, str], _Claim] = {}
    complaints: list[Complaint] = []
    for claim in (claim for file in files for claim in _claims(file)):
        if claim.what == _FUNCTION and (meaning := _RESERVED.get(claim.form)):
            problem = f"the function name {quoted(claim.text)} is taken: it {meaning}"
            complaints += complaints_about(claim.file, [(claim.path, problem)])
            continue
        known = first.setdefault((claim.what, claim.form), claim)
        # An alias that repeats its own device's name harms nobody.
        if known is claim or (known.owner == claim.owner and claim.what == _NAME):
            continue
        problem = f"the {claim.what} {quoted(claim.text)} is taken: {_place(known)} has it"
        complaints += complaints_about(claim.file, [(claim.path, problem)])
    return complaints


def _claims(file: TomlFile) -> Iterator[_Claim]:
    for index, automation in _tables(file.tree.get("automation")):
        if isinstance(name := automation.get("id"), str):
            path: KeyPath = ("automation", index)
            owner = (file.name, index)
            yield _Claim(what=_AUTOMATION, form=name, text=name, owner=owner, file=file, path=(*path, "id"))
    for index, device in _tables(file.tree.get("device")):
        owner = (file.name, index)
        path = ("device", index)
        for what, text, inner in _texts(device):
            form = f"{fold(str(device.get('room', '')))}/{fold(text)}" if what == _NAME else text
            # Names of functions that differ by case only sound the same.
            form = form.casefold() if what == _FUNCTION else form
            yield _Claim(what=what, form=form, text=text, owner=owner, file=file, path=(*path, *inner))


def _texts(device: Mapping[str, object]) -> Iterator[tuple[str, str, KeyPath]]:
    """Yield what the device claims, with its key path inside the device."""
    aliases = device.get("aliases")
    values: list[tuple[str, object, KeyPath]] = [
        ("id", device.get("id"), ("id",)),
        (_NAME, device.get("name"), ("name",)),
        *((_NAME, alias, ("aliases", n)) for n, alias in enumerate(aliases if isinstance(aliases, list) else ())),
        *((_FUNCTION, table.get("name"), ("function", n, "name")) for n, table in _tables(device.get("function"))),
    ]
    return ((what, value, path) for what, value, path in values if isinstance(value, str) and value.strip())


def _tables(value: object) -> Iterator[tuple[int, dict[str, object]]]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield index, item


def _place(claim: _Claim) -> str:
    line = line_of(claim.path, key_lines(claim.file.text))
    where = claim.file.name if line is None else f"{claim.file.name}:{line}"
    return f"{where} ({key_name(claim.path[:2], claim.file.tree)})"
