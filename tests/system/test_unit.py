from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.system.sandbox import SETTINGS, UNIT, Sandbox

pytestmark = pytest.mark.real_time

# `systemd-analyze security` calls up to 4.9 OK; this is what is left of a service that may use sound and network.
_LIMIT: Final = 1.5
_COMPARED: Final = "/etc/systemd/system/compared.service"


def test_units_verify(installed: Sandbox) -> None:
    """There is nothing that systemd has to say against the system's unit, nor against the login session's."""
    system = installed.attempt("systemd-analyze", "verify", UNIT)
    session = installed.attempt(
        *("systemd-analyze", "--user", "verify", "/usr/local/lib/systemd/user/hubd.service"),
        environment={"XDG_RUNTIME_DIR": "/run"},
    )
    for verified in (system, session):
        assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_exposure(installed: Sandbox) -> None:
    """The service is shut in as tightly as its limit says, and far more tightly than the broker's own."""
    installed.run("cp", "/lib/systemd/system/mosquitto.service", _COMPARED)
    try:
        installed.systemctl("daemon-reload")
        ours, theirs = (exposure(installed, unit) for unit in (UNIT, Path(_COMPARED).name))
    finally:
        installed.run("rm", _COMPARED)
    assert ours <= _LIMIT < theirs


def exposure(system: Sandbox, unit: str) -> float:
    """Return how exposed a unit is, 0 to 10."""
    report = system.run("systemd-analyze", "security", unit, "--no-pager")
    (level,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", report)
    return float(level)


def test_starts_without_network(hub: Sandbox) -> None:
    """With nothing but a loopback the hub is ready, and says what it lacks."""
    hub.adapt_unit("PrivateNetwork=yes")
    hub.systemctl("start", UNIT)
    assert hub.property("ActiveState") == "active"
    hub.journalled("no MQTT broker listens")


def test_secrets_come_from_root(hub: Sandbox) -> None:
    """A secret that is missing does not keep the hub from starting; one that is there is for the service alone."""
    secrets = Path("/run/credentials/hubd.service")
    hub.systemctl("start", UNIT)
    assert [hub.run("cat", secrets / name).strip() for name in ("api_key", "mqtt_password")] == ["", ""]
    hub.run("install", "-m", "600", "/dev/stdin", "/etc/hubd/credentials/mqtt_password", given="correct horse\n")
    hub.systemctl("restart", UNIT)
    assert hub.run("cat", secrets / "mqtt_password") == "correct horse\n"
    as_somebody = ("setpriv", "--reuid", "nobody", "--clear-groups", "cat")
    for path in (secrets / "mqtt_password", "/etc/hubd/credentials/mqtt_password"):
        assert hub.attempt(*as_somebody, path).returncode != 0


def test_a_broken_configuration_is_not_tried_again(hub: Sandbox) -> None:
    """A start with a broken configuration fails, names the mistake, and is the last one."""
    hub.write(SETTINGS, "[hub]\nroom = 7\n")
    assert hub.attempt("systemctl", "start", UNIT).returncode != 0
    assert (hub.property("ActiveState"), hub.property("ExecMainStatus")) == ("failed", "78")
    assert "hubd.toml:2: hub.room" in hub.journal()
