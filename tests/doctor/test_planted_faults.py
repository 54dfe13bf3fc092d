"""Faults that are planted, each with the cause that the doctor has to name."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hubd.demo.private_broker import HOST
from hubd.devices.render import Publish
from hubd.doctor.findings import Finding, Verdict
from hubd.doctor.probes import broker, configuration, live, service, sound
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from tests.doctor.patients import access, at_broker, at_gemini, case, look, passwords
from tests.running import running

KEY = "AIza-planted-key"


def the_only(found: list[Finding], verdict: Verdict = Verdict.BAD) -> Finding:
    """Return the one finding that is not good; it must have this verdict, with advice."""
    (finding,) = [each for each in found if each.verdict is not Verdict.GOOD]
    assert finding.verdict is verdict
    assert finding.advice
    return finding


class TestBroker:
    """The broker itself is real."""

    async def test_stopped(self, tmp_path: Path, quiet_port: int) -> None:
        """A broker that does not run is told from all that it could do wrong."""
        finding = the_only(await look(case(tmp_path, f"[mqtt]\nport = {quiet_port}\nhost = '{HOST}'"), "broker"))
        assert finding.found == f"no MQTT broker listens at {HOST}:{quiet_port}."
        assert finding.advice == "Start the broker, or correct mqtt.host and mqtt.port."

    async def test_wrong_password(self, tmp_path: Path) -> None:
        """A password that the broker refuses is the cause, and is not shown."""
        async with at_broker('username = "hub"\n', await passwords(tmp_path)) as settings:
            patient = case(tmp_path, settings, {"HUBD_MQTT_PASSWORD": "wrong-canary"})
            finding = the_only(await look(patient, "broker"))
        assert "refuses the connection: not authorised: user name or password is wrong" in finding.found
        assert "mqtt_password" in finding.advice
        assert "wrong-canary" not in f"{finding}"

    async def test_right_password(self, tmp_path: Path) -> None:
        """With the right one there is nothing to say against the broker, but that it has no word of any device."""
        async with at_broker('username = "hub"\n', await passwords(tmp_path)) as settings:
            found = await look(case(tmp_path, settings, {"HUBD_MQTT_PASSWORD": "right"}), "broker")
        assert found[0].verdict is Verdict.DOUBTFUL
        assert found[0].found.endswith("but it has no word of any device.")
        assert "access list" in found[0].advice

    async def test_no_password(self, tmp_path: Path) -> None:
        """A user without a password is told where to put it, for the broker does not say that it is missing."""
        async with at_broker('username = "hub"\n', await passwords(tmp_path)) as settings:
            finding = the_only(await look(case(tmp_path, settings), "broker"))
        assert finding.advice == ("There is no password for hub: put it into /etc/hubd/credentials/mqtt_password.")

    async def test_password_that_is_closed_to_us(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who may not look for the password is not told that it is missing, or wrong."""
        monkeypatch.setattr(broker, "is_closed", lambda _source: True)
        finding = the_only(await look(case(tmp_path, '[mqtt]\nusername = "hub"'), "broker"), Verdict.DOUBTFUL)
        assert finding.found == "The broker's password can't be read by this user."
        assert finding.advice == "Run: sudo hubd doctor"

    async def test_open_credential(self, tmp_path: Path) -> None:
        """A credential that others may read is refused by the hub, and named here."""
        secret = tmp_path / "mqtt_password"
        secret.write_text("right")
        secret.chmod(0o644)
        patient = case(tmp_path, "", {"HUBD_MQTT_PASSWORD_FILE": str(secret)})
        (finding,) = await look(patient, "broker")
        assert finding.verdict is Verdict.BAD
        assert finding.found == f"{secret}: can be read or changed by others (mode 0644)"
        assert finding.advice == f"Run: chmod 600 {secret}"

    async def test_may_not_publish(self, tmp_path: Path) -> None:
        """An access list that lets the hub read alone is the cause."""
        async with at_broker(further=access(tmp_path, "topic read #")) as settings:
            finding = the_only(await look(case(tmp_path, settings), "broker"))
        assert finding.found.startswith("Nothing can be published below hubd/hub: the MQTT broker refused the message")
        assert "access list" in finding.advice

    async def test_may_not_read(self, tmp_path: Path) -> None:
        """An access list that lets the hub write alone is the cause: the broker itself keeps silent about it."""
        async with at_broker(further=access(tmp_path, "topic write #")) as settings:
            finding = the_only(await look(case(tmp_path, settings), "broker"))
        assert finding.found == "The broker takes what is published below hubd/hub, but delivers none of it."
        assert "access list" in finding.advice

    async def test_no_broker_at_all(self, tmp_path: Path) -> None:
        """Something else that listens on the port is no broker."""

        async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(hang_up, HOST, 0) as server:
            port = server.sockets[0].getsockname()[1]
            finding = the_only(await look(case(tmp_path, f"[mqtt]\nport = {port}\nhost = '{HOST}'"), "broker"))
        assert finding.found == f"what listens at {HOST}:{port} closed the connection without an MQTT greeting."

    async def test_trouble_of_a_hub_that_runs(self, tmp_path: Path) -> None:
        """What a hub says of itself on MQTT is told."""
        how = {"state": "idle", "since": 1.0, "muted": False, "volume": 80, "last_error": "The microphone is gone"}
        async with at_broker() as settings, speaking(settings) as publish:
            await publish("hubd/hub/availability", b"online")
            await publish("hubd/hub/state", json.dumps(how).encode())
            await publish("z/lamp", b'{"state":"ON"}')
            found = await look(case(tmp_path, settings), "broker")
        assert "1 of 1 devices have told how they are" in found[0].found
        assert the_only(found).found == "The hub has trouble: The microphone is gone."


@asynccontextmanager
async def speaking(settings: str) -> AsyncIterator[Callable[[str, bytes], Awaitable[None]]]:
    """Yield what publishes a retained message."""
    port = int(settings.partition("port = ")[2].partition("\n")[0])
    edge = PahoBroker(BrokerSettings(HOST, port, "somebody"), lambda _report: None)

    async def publish(topic: str, payload: bytes) -> None:
        await edge.publish(Publish(topic, payload, qos=1, retain=True), 5.0)

    async with running(edge.run()):
        await edge.wait_connected()
        yield publish


class TestGemini:
    """The server fails as Gemini fails."""

    async def test_refused_key(self, tmp_path: Path) -> None:
        """A key that the server refuses is the cause, and is not shown."""
        async with at_gemini('key "the good one"') as settings:
            finding = the_only(await look(case(tmp_path, settings, {"GEMINI_API_KEY": KEY}), "Gemini"))
        assert finding.found.startswith("The Live server refuses the API key")
        assert KEY not in f"{finding}"

    async def test_good_key(self, tmp_path: Path) -> None:
        """With the right one a session is opened, which is timed."""
        async with at_gemini(f'key "{KEY}"') as settings:
            (finding,) = await look(case(tmp_path, settings, {"GEMINI_API_KEY": KEY}), "Gemini")
        assert finding.verdict is Verdict.GOOD
        assert finding.found.startswith("gemini-3.8-live opened a session in ")

    async def test_unknown_model(self, tmp_path: Path) -> None:
        """A model that there is not is the cause, with the option that names it."""
        async with at_gemini("", 'model = "gemini-9-live"') as settings:
            finding = the_only(await look(case(tmp_path, settings, {"GEMINI_API_KEY": KEY}), "Gemini"))
        assert finding.found.startswith("The Live server has no such model")
        assert "live.model" in finding.advice

    async def test_nobody_there(self, tmp_path: Path) -> None:
        """A server that can't be reached is told from one that refuses."""
        async with at_gemini("") as settings:
            pass
        finding = the_only(await look(case(tmp_path, settings, {"GEMINI_API_KEY": KEY}), "Gemini"))
        assert finding.found.startswith("The Live server can't be reached")

    async def test_no_key(self, tmp_path: Path) -> None:
        """Without a key Gemini can't be had; with the offline server as the way out that is no fault."""
        finding = the_only(await look(case(tmp_path, '[live]\nbackend = "gemini"'), "Gemini"))
        assert finding.found == "There is no key."
        assert "/etc/hubd/credentials/api_key" in finding.advice
        assert the_only(await look(case(tmp_path, ""), "Gemini"), Verdict.DOUBTFUL).found.startswith("There is no key")

    async def test_key_that_is_closed_to_us(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who may not look for the key is not told that it is missing."""
        monkeypatch.setattr(live, "is_closed", lambda _source: True)
        finding = the_only(await look(case(tmp_path, '[live]\nbackend = "gemini"'), "Gemini"), Verdict.DOUBTFUL)
        assert finding.advice == "Run: sudo hubd doctor"

    async def test_half_a_key(self, tmp_path: Path) -> None:
        """A file with more than a key in it is named, and what is in it is not."""
        (tmp_path / "key").write_text("my key is canary-key\n")
        (tmp_path / "key").chmod(0o600)
        (finding,) = await look(case(tmp_path, "", {"HUBD_API_KEY_FILE": str(tmp_path / "key")}), "Gemini")
        assert finding.verdict is Verdict.BAD
        assert "holds more than a key" in finding.found
        assert "canary" not in f"{finding}"


class TestThisComputer:
    """What is wrong is here."""

    async def test_no_espeak(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without espeak-ng there is no offline voice: it is named with the command that installs it."""
        monkeypatch.setenv("PATH", str(tmp_path))
        finding = the_only(await look(case(tmp_path, ""), "offline server"))
        assert "espeak-ng" in finding.found
        assert finding.advice == "Run: sudo apt install espeak-ng"

    async def test_no_pocketsphinx(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without pocketsphinx nothing is recognised offline; to whom Gemini alone answers that is no fault."""
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
        finding = the_only(await look(case(tmp_path, ""), "offline server"))
        assert finding.advice == f'Run: {sys.executable} -m pip install "pocketsphinx>=5.0,<6"'
        only_gemini = case(tmp_path, '[live]\nbackend = "gemini"')
        the_only(await look(only_gemini, "offline server"), Verdict.DOUBTFUL)

    async def test_a_clock_in_1970(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A date before hubd was installed is wrong, whatever keeps it."""
        monkeypatch.setattr(time, "time", lambda: 3600.0)
        finding = the_only(await look(case(tmp_path, ""), "clock"))
        assert finding.found.startswith("The clock says 1970-01-01 01:00 UTC, but hubd was installed on 20")

    async def test_a_model_that_is_a_web_page(self, tmp_path: Path) -> None:
        """A wake word whose file is no model does not load, and its file is named."""
        model = tmp_path / "hey_house.onnx"
        model.write_bytes(b"\x08 but no more than that")
        finding = the_only(await look(case(tmp_path, "[wake]\nwords = ['hey_house.onnx']"), "wake word"))
        assert finding.found.startswith(f"{model} can't be used as a wake word")

    def test_a_model_that_is_missing(self, tmp_path: Path) -> None:
        """The configuration is checked first, and names the line."""
        file = tmp_path / "hubd.toml"
        file.write_text("[wake]\nwords = ['hey_house.onnx']\n[mqtt]\nhots = 'there'\n")
        config, (finding,) = configuration.look(file, {})
        assert config is None
        assert finding.verdict is Verdict.BAD
        assert finding.found.startswith(f"{file}:2: wake.words[0].model: {tmp_path}/hey_house.onnx can't be read")
        assert finding.found.endswith("(1 more mistake)")
        assert finding.advice == "hubd check names every mistake."

    async def test_a_card_that_another_program_holds(self, tmp_path: Path) -> None:
        """Who holds the card is named; if it is the hub, that is as it should be."""
        patient = case(tmp_path, "[microphone]\ndevice = 'no such card'")
        proc = tmp_path / "proc"
        busy(proc, "pcm0c", 4711, b"/usr/bin/arecord\0-f\0dat\0")
        (finding,) = await sound.look_at_microphone(patient, proc=proc)
        assert finding.verdict is Verdict.BAD
        assert "It is in use by arecord (process 4711)." in finding.found
        busy(proc, "pcm0c", 4712, b"/opt/hubd/bin/python\0-P\0-m\0hubd.edges.pyaudio_sound\0microphone\0007\0")
        (finding,) = await sound.look_at_microphone(patient, proc=proc)
        assert finding == Finding(
            "microphone", Verdict.GOOD, "in use by the hub that runs (process 4712), which is fine"
        )

    async def test_two_hubs(self, tmp_path: Path) -> None:
        """Two hubs throw each other out of the broker, take the card from each other: both are named."""
        proc = tmp_path / "proc"
        process(proc, 1, b"/sbin/init\0")
        process(proc, 20, b"/opt/hubd/current/bin/python\0/opt/hubd/current/bin/hubd\0run\0")
        patient = case(tmp_path, "")
        (finding,) = await service.look(patient, systemd=tmp_path / "none", proc=proc)
        assert finding.verdict is Verdict.GOOD
        process(proc, 300, b"python3\0-m\0hubd\0run\0--json\0")
        (finding,) = await service.look(patient, systemd=tmp_path / "none", proc=proc)
        assert finding.verdict is Verdict.DOUBTFUL
        assert finding.found == "2 hubs run: hubd (process 20), hubd (process 300)."


def process(proc: Path, pid: int, command: bytes) -> None:
    """Let a process run."""
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    (folder / "cmdline").write_bytes(command)


def busy(proc: Path, device: str, pid: int, command: bytes) -> None:
    """Let a process hold the sound card."""
    process(proc, pid, command)
    substream = proc / "asound" / "card0" / device / "sub0"
    substream.mkdir(parents=True, exist_ok=True)
    (substream / "status").write_text(f"state: RUNNING\nowner_pid   : {pid}\ntrigger_time: 12.3\n")
