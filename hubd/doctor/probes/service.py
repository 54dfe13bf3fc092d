"""A look at the service, with its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hubd.doctor import diary, unit
from hubd.doctor.case import Case
from hubd.doctor.findings import Finding, Findings, doubtful, good
from hubd.doctor.holders import named
from hubd.doctor.probes.processes import PROC, hubs, output_of

# sd_booted(3): it is there while systemd runs the computer.
_SYSTEMD: Final = Path("/run/systemd/system")
# A Pi with a big journal on a slow card needs seconds.
_PATIENCE: Final = 15.0
# The system's service, then that of the session's user.
_MANAGERS: Final = ("--system", "--user")
_JOURNALS: Final = ("--unit=hubd", "--user-unit=hubd")
_LINES: Final = 5_000


async def look(_case: Case, *, systemd: Path = _SYSTEMD, proc: Path = PROC) -> Findings:
    """Return how the service is, and whether there is one hub alone."""
    running = hubs(proc)
    alone: list[Finding] = []
    if len(running) > 1:
        found = f"{len(running)} hubs run: {named(running)}."
        alone = [doubtful(unit.CHECK, found, "With one configuration they take card and broker from each other.")]
    if not _booted(systemd):
        if alone:
            return alone
        if not running:
            return [doubtful(unit.CHECK, "no systemd here, and no hub runs.", "Run: hubd run")]
        return [good(unit.CHECK, f"no systemd here; a hub runs: {named(running)}")]
    units = [await _properties(manager) for manager in _MANAGERS]
    installed = [each for each in units if each.get("LoadState") == "loaded"]
    running_units = [each for each in installed if each.get("ActiveState") == "active"]
    return [*(unit.judge(each) for each in running_units or installed[:1] or units[:1]), *alone]


async def troubles(_case: Case, *, systemd: Path = _SYSTEMD) -> Findings:
    """Return what the journal has of troubles."""
    if not _booted(systemd):
        return [good(diary.CHECK, "no journal here")]
    texts = [await _journal(option) for option in _JOURNALS]
    entries = [entry for text in texts for entry in diary.read(text)]
    if not entries:
        return [good(diary.CHECK, "the journal has nothing from hubd that this user may read")]
    return [diary.judge(entries)]


def _booted(systemd: Path) -> bool:
    return systemd.exists()


async def _properties(manager: str) -> dict[str, str]:
    asked = f"--property={','.join(unit.PROPERTIES)}"
    return unit.read(await output_of("systemctl", manager, "show", "hubd", asked, "--no-pager", within=_PATIENCE))


async def _journal(chosen: str) -> str:
    options = (
        "--since=-1day",
        f"--lines={_LINES}",
        "--output=json",
        "--output-fields=MESSAGE,HUBD_EVENT",
        "--no-pager",
        "--quiet",
    )
    return await output_of("journalctl", chosen, *options, within=_PATIENCE)
