from __future__ import annotations

import json

import pytest

from tests.system.sandbox import SETTINGS, UNIT, Sandbox

pytestmark = pytest.mark.real_time

_HUBD = "/opt/hubd/current/bin/hubd"
_SECRET = "/etc/hubd/credentials/mqtt_password"  # noqa: S105 -- where it is kept


def examined(hub: Sandbox, *before: str) -> dict[str, dict[str, str]]:
    """Return what the doctor finds, by the names of the checks; before: what runs it."""
    printed = hub.attempt(*before, _HUBD, "doctor", "--json").stdout
    return {finding["check"]: finding for finding in map(json.loads, printed.splitlines())}


def test_beside_the_service(hub: Sandbox) -> None:
    """As root the doctor sees the service, its secrets, the troubles in its journal; others are told to be root."""
    hub.write(SETTINGS, '[mqtt]\nusername = "hub"\n')
    hub.run("install", "-m", "644", "/dev/stdin", _SECRET, given="correct horse\n")
    hub.run("chgrp", "hubd", SETTINGS)
    hub.run("chmod", "640", SETTINGS)
    hub.systemctl("start", UNIT)
    hub.journalled("microphone: No microphone was found.")
    findings = examined(hub)
    assert findings["service"]["found"].startswith("running since ")
    assert findings["service"]["verdict"] == "good"
    assert findings["broker"]["found"] == f"{_SECRET}: can be read or changed by others (mode 0644)"
    assert "microphone: No microphone was found." in findings["last troubles"]["found"]
    as_somebody = examined(hub, "setpriv", "--reuid", "nobody", "--clear-groups")
    assert as_somebody["configuration"]["found"] == f"{SETTINGS} can't be read by this user."
    assert as_somebody["configuration"]["advice"] == "Run: sudo hubd doctor"
