"""What is to be thought of a service, by what systemd says about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hubd.doctor.findings import Finding, bad, doubtful, good

CHECK: Final = "service"
# What is asked of systemctl show.
PROPERTIES: Final = (
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "SubState",
    "Result",
    "NRestarts",
    "StatusText",
    "ExecMainStatus",
    "ActiveEnterTimestamp",
)
_LOG: Final = "Read why: journalctl -u hubd -e"


def read(text: str) -> dict[str, str]:
    """Return the lines NAME=VALUE that systemctl show prints."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def judge(unit: Mapping[str, str]) -> Finding:
    """Return what the properties of the unit mean; those that are missing count as unknown."""
    state = unit.get("ActiveState", "")
    if unit.get("LoadState") == "masked":
        return bad(CHECK, "The service is masked, so nothing can start it.", "Run: sudo systemctl unmask hubd")
    if unit.get("LoadState") != "loaded":
        return doubtful(CHECK, "hubd is not installed as a service.", "Run scripts/install, or: hubd run")
    match state:
        case "active" | "reloading":
            return _running(unit)
        case "activating" if unit.get("SubState") != "auto-restart":
            return doubtful(CHECK, _with_status("hubd is starting", unit), "Look again in a minute.")
        case "activating" | "failed":
            return _failed(unit)
        case _:
            return doubtful(CHECK, "hubd does not run.", "Run: sudo systemctl start hubd")


def _running(unit: Mapping[str, str]) -> Finding:
    restarts = unit.get("NRestarts", "0")
    since = unit.get("ActiveEnterTimestamp", "")
    found = _with_status(f"running since {since}" if since else "running", unit)
    if restarts in {"", "0"}:
        return good(CHECK, found) if unit.get("UnitFileState") != "disabled" else _disabled(found)
    times = "once" if restarts == "1" else f"{restarts} times"
    return doubtful(CHECK, f"{found}; systemd had to start it again {times}.", _LOG)


def _disabled(found: str) -> Finding:
    return doubtful(CHECK, f"{found}; it does not start with the system.", "Run: sudo systemctl enable hubd")


def _failed(unit: Mapping[str, str]) -> Finding:
    match unit.get("ExecMainStatus"):
        case "78":
            return bad(CHECK, "hubd does not start: its configuration has mistakes.", "Run: hubd check")
        case "243":
            return bad(
                CHECK,
                "hubd does not start: a file of its credentials is missing.",
                "Put it into /etc/hubd/credentials; systemctl status hubd names it.",
            )
        case _:
            result = unit.get("Result", "unknown")
            return bad(CHECK, f"hubd does not stay up (result: {result}).", _LOG)


def _with_status(text: str, unit: Mapping[str, str]) -> str:
    status = unit.get("StatusText", "")
    return f"{text}: {status}" if status else text
