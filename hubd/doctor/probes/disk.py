"""A look at the disk on which a hub keeps what survives a restart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from hubd.doctor.case import Case
from hubd.doctor.findings import Findings, good
from hubd.doctor.storage import CHECK, Place, judge

# Where systemd has the service keep it; the service alone is told so.
_OF_SERVICE: Final = Path("/var/lib/hubd")


async def look(case: Case, *, of_service: Path = _OF_SERVICE) -> Findings:
    """Return whether there is room, and whether it can be written."""
    folder = case.config.hub.state_folder(case.environment)
    if folder is None:
        return [good(CHECK, "nothing is kept there, says the configuration (state_dir)")]
    if not case.config.hub.state_dir and _is_there(of_service):
        folder = of_service
    return [judge(_place(folder))]


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _place(folder: Path) -> Place:
    """Return how much room there is; a folder that is not there yet comes to be beside the next one that is."""
    at = next(each for each in (folder, *folder.parents) if each.is_dir())
    status = os.statvfs(at)
    return Place(str(folder), status.f_bavail * status.f_frsize, bool(status.f_flag & os.ST_RDONLY))
