from __future__ import annotations

import pytest

from hubd.doctor.findings import Verdict
from hubd.doctor.unit import judge, read

RUNNING = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "Result": "success", "NRestarts": "0"}


@pytest.mark.parametrize(
    ("changes", "verdict", "told", "advice"),
    [
        ({"StatusText": "Listening"}, Verdict.GOOD, "running: Listening", ""),
        ({"ActiveEnterTimestamp": "Mon 12:00"}, Verdict.GOOD, "running since Mon 12:00", ""),
        ({"ActiveState": "reloading"}, Verdict.GOOD, "running", ""),
        ({"NRestarts": "3"}, Verdict.DOUBTFUL, "systemd had to start it again 3 times", "journalctl"),
        ({"NRestarts": "1"}, Verdict.DOUBTFUL, "start it again once", "journalctl"),
        ({"ActiveState": "activating", "SubState": "start"}, Verdict.DOUBTFUL, "hubd is starting", "minute"),
        ({"ActiveState": "activating", "SubState": "auto-restart"}, Verdict.BAD, "does not stay up", "journalctl"),
        ({"ActiveState": "failed", "Result": "watchdog"}, Verdict.BAD, "(result: watchdog)", "journalctl"),
        ({"ActiveState": "failed", "ExecMainStatus": "78"}, Verdict.BAD, "configuration has mistakes", "hubd check"),
        ({"ActiveState": "failed", "ExecMainStatus": "243"}, Verdict.BAD, "credentials is missing", "/etc/hubd"),
        ({"UnitFileState": "enabled"}, Verdict.GOOD, "running", ""),
        ({"UnitFileState": "disabled"}, Verdict.DOUBTFUL, "does not start with the system", "systemctl enable"),
        ({"LoadState": "masked", "ActiveState": "inactive"}, Verdict.BAD, "masked", "systemctl unmask"),
        ({"ActiveState": "inactive"}, Verdict.DOUBTFUL, "hubd does not run", "systemctl start"),
        ({"LoadState": "not-found", "ActiveState": "inactive"}, Verdict.DOUBTFUL, "not installed", "scripts/install"),
    ],
)
def test_states(changes: dict[str, str], verdict: Verdict, told: str, advice: str) -> None:
    """Each state of a unit means something for a person."""
    finding = judge(RUNNING | changes)
    assert finding.verdict is verdict
    assert told in finding.found
    assert advice in finding.advice


def test_nothing_known() -> None:
    """A manager that says nothing has no such service."""
    assert judge(read("")).verdict is Verdict.DOUBTFUL


def test_read() -> None:
    """A value may hold an equals sign."""
    assert read("NRestarts=0\nStatusText=a=b\n\n") == {"NRestarts": "0", "StatusText": "a=b"}
