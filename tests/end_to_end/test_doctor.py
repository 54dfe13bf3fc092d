"""``hubd doctor`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

from hubd.demo.private_broker import HOST, PrivateBroker
from tests.end_to_end.program import run


async def test_everything_is_looked_at(tmp_path: Path) -> None:
    """Every part has its line, in one form; what is broken decides the exit status, and secrets are not shown."""
    async with PrivateBroker() as gone:
        port = gone.port
    config = tmp_path / "hubd.toml"
    config.write_text(
        f'[mqtt]\nhost = "{HOST}"\nport = {port}\nusername = "hub"\n[live]\nurl = "ws://{HOST}:{port}"\n'
        '[microphone]\ndevice = "none"\n[speaker]\ndevice = "none"\n'
    )
    secrets = {"GEMINI_API_KEY": "AIza-canary", "HUBD_MQTT_PASSWORD": "canary"}
    outcome = run("doctor", "--json", "--config", config, home=tmp_path, **secrets)
    assert (outcome.status, outcome.stderr) == (1, "")
    findings = [json.loads(line) for line in outcome.stdout.splitlines()]
    verdicts = {each["check"]: each["verdict"] for each in findings}
    assert verdicts == {
        "software": verdicts["software"],
        "configuration": "doubtful",
        "clock": verdicts["clock"],
        "disk": verdicts["disk"],
        "service": verdicts["service"],
        "microphone": "good",
        "wake word": verdicts["wake word"],
        "speaker": "good",
        "broker": "bad",
        "Gemini": "bad",
        "offline server": "good",
        "last troubles": verdicts["last troubles"],
    }
    assert verdicts["wake word"] != "bad"
    assert all(each.keys() == {"check", "verdict", "found", "advice"} for each in findings)
    assert all(each["advice"] for each in findings if each["verdict"] != "good")
    assert "canary" not in outcome.stdout


def test_a_broken_configuration(tmp_path: Path) -> None:
    """The mistake is told as hubd check tells it, and nothing is looked at that would depend on it."""
    config = tmp_path / "hubd.toml"
    config.write_text('[mqtt]\nhots = "broker"\n')
    outcome = run("doctor", "--config", config, home=tmp_path, PYTHONIOENCODING="utf-8")
    assert (outcome.status, outcome.stderr) == (1, "")
    *_, mistake, advice, empty, summary = outcome.stdout.splitlines()
    assert mistake == f"✗ configuration  {config}:2: mqtt.hots: unknown option"
    assert advice.strip() == "Did you mean host?"
    assert (empty, summary.split(",")[0].rstrip(".")) == ("", "1 to mend")
