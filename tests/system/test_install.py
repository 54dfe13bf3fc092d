from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from hubd.config import load
from hubd.demo.house import House
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from tests.edges.sound_system import VirtualAudio
from tests.end_to_end.automation import Automation, automation
from tests.system.sandbox import SETTINGS, UNIT, Sandbox

pytestmark = pytest.mark.real_time

_DEVICES: Final = Path("/etc/hubd/devices.d")
_RELEASES: Final = Path("/opt/hubd/releases")
_KEPT: Final = Path("/opt/kept")
_OUT_OF_ORDER: Final = """

def run(options: argparse.Namespace) -> int:
    raise SystemExit("out of order")
"""
_SETTINGS: Final = """
[live]
backend = "offline"
[conversation]
follow_up = "0s"
[mqtt]
port = {0}
"""
_LAMP: Final = """
[[device]]
id = "{0}_lamp"
name = "{0} lamp"
kind = "light"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/{0}_lamp"
"""


@pytest.fixture
async def sound(tmp_path: Path, shared_folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[VirtualAudio]:
    """Run a sound server that the hub can reach."""
    monkeypatch.setenv("TMPDIR", str(shared_folder))
    async with VirtualAudio(tmp_path / "sound") as virtual:
        yield virtual


@pytest.fixture(scope="module")
def newer(installed: Sandbox) -> Path:
    """Return a checkout with other defaults."""
    folder = Path("/root/newer")
    installed.copy_checkout(folder)
    installed.run("sed", "-i", "$ a # The end.", folder / "config/hubd.toml")
    return folder


@pytest.fixture(scope="module")
def broken(installed: Sandbox) -> Path:
    """Return a checkout whose hub does not get ready."""
    folder = Path("/root/broken")
    installed.copy_checkout(folder)
    installed.run("tee", "-a", folder / "hubd/commands/run.py", given=_OUT_OF_ORDER)
    return folder


@asynccontextmanager
async def at_home(folder: Path, devices: str, port: int) -> AsyncIterator[None]:
    """Have the devices of a configuration at home."""
    file = folder / "house.toml"
    file.write_text(devices, encoding="utf-8")
    house = House(load(file).devices, PahoBroker(BrokerSettings(HOST, port, "house"), lambda _: None))
    async with asyncio.TaskGroup() as tasks:
        living = tasks.create_task(house.run())
        await house.ready.wait()
        yield
        living.cancel()


def environment_lines(environment: Mapping[str, str]) -> list[str]:
    """Return what leads a unit to a sound server."""
    return [f"Environment={name}={environment[name]}" for name in environment if name.startswith(("PULSE_", "ALSA_"))]


async def test_spoken_to_as_a_service(tmp_path: Path, hub: Sandbox, sound: VirtualAudio) -> None:
    """A fresh service switches what it is asked to, shows it in its status, takes a new device by a reload, ends."""
    async with (
        PrivateBroker() as broker,
        at_home(tmp_path, _LAMP.format("bedroom") + _LAMP.format("kitchen"), broker.port),
    ):
        hub.write(SETTINGS, _SETTINGS.format(broker.port))
        hub.write(_DEVICES / "bedroom.toml", _LAMP.format("bedroom"))
        hub.adapt_unit(*environment_lines(sound.environment))
        await hub.do("systemctl", "start", UNIT)
        async with automation(broker.port) as somebody:
            await switched_on("bedroom", somebody, sound)
            await asyncio.to_thread(hub.journalled, "answered: done")
            assert "answered: done" in await hub.do("systemctl", "status", UNIT)
            hub.write(_DEVICES / "kitchen.toml", _LAMP.format("kitchen"))
            await hub.do("systemctl", "reload", UNIT)
            await switched_on("kitchen", somebody, sound)
            await hub.do("systemctl", "stop", UNIT)
            assert hub.property("Result") == "success"
            await somebody.message("hubd/hub/availability", lambda body: body["text"] == "offline")
    kept = hub.run("stat", "--format", "%U %a %n", "/var/lib/hubd", "/var/lib/hubd/session-hub.json")
    assert kept == "hubd 750 /var/lib/hubd\nhubd 600 /var/lib/hubd/session-hub.json\n"


async def switched_on(room: str, somebody: Automation, sound: VirtualAudio) -> None:
    """Ask for a room's lamp to be switched on; return when it has said that it is, and the conversation is over."""
    since = len(somebody.seen)
    await sound.do("say", "--speed", "130", "--pad", "1600", f"hey jarvis, turn on the {room} lamp")
    published = await somebody.message("hubd/hub/event/published", since=since)
    assert published["topic"] == f"zigbee2mqtt/{room}_lamp/set"
    answered = await somebody.message("hubd/hub/event/answered", since=since)
    assert answered["status"] == "done"
    await somebody.message("hubd/hub/event/session", lambda body: body["change"] == "closed", since)


def current(system: Sandbox) -> str:
    """Return the release that the service and the command lead to."""
    return system.run("readlink", "-e", "/opt/hubd/current").strip()


def test_installed_again_nothing_changes(hub: Sandbox) -> None:
    """Run twice, the installer says that there was nothing to change, and asks hubd doctor once more."""
    before = hub.files()
    told = hub.install()
    assert "there was nothing to change" in told
    assert "asking hubd doctor" in told
    assert hub.files() == before


def test_a_release_that_can_not_read_the_configuration(hub: Sandbox, newer: Path) -> None:
    """An update names what is wrong in the live configuration, and leaves the service alone."""
    before = current(hub)
    hub.write(SETTINGS, "[hub]\nroom = 7\n")
    refused = hub.attempt_install("--upgrade", source=newer)
    assert refused.returncode == 1
    assert "hubd.toml:2: hub.room" in refused.stderr
    assert current(hub) == before


def test_update_and_back(hub: Sandbox, newer: Path) -> None:
    """A newer release takes the place of one that runs; the configuration stays, with other defaults beside it."""
    own = '[hub]\nid = "mine"\n'
    hub.write(SETTINGS, own)
    hub.systemctl("start", UNIT)
    first = current(hub)
    hub.install("--upgrade", "--watch", "1", source=newer)
    assert current(hub) != first
    assert hub.property("ActiveState") == "active"
    assert hub.run("cat", SETTINGS) == own
    assert hub.run("tail", "-n", "1", SETTINGS.with_name("hubd.toml.new")) == "# The end.\n"

    hub.run("/opt/hubd/current/share/hubd/scripts/install", "--rollback", "--watch", "1")
    assert (current(hub), hub.property("ActiveState")) == (first, "active")


def test_a_release_that_does_not_work(hub: Sandbox, broken: Path) -> None:
    """A release that does not get ready gives its place back to the one before, and tells why."""
    before, releases = current(hub), hub.run("ls", _RELEASES)
    hub.systemctl("start", UNIT)
    failed = hub.attempt_install("--watch", "1", source=broken)
    assert failed.returncode == 1
    assert "out of order" in failed.stderr
    assert (current(hub), hub.property("ActiveState")) == (before, "active")
    assert hub.run("ls", _RELEASES) == releases


def test_uninstalled_nothing_is_left(hub: Sandbox, files_at_first: frozenset[str]) -> None:
    """Uninstalled while it runs, nothing but /etc/hubd is left on the disk, no account, no unit; twice is once."""
    hub.run("cp", "-al", _RELEASES, _KEPT)
    hub.systemctl("start", UNIT)
    try:
        hub.install("--uninstall")
        hub.run("mv", _KEPT, "/srv/kept")
        left = {path for path in hub.files() - files_at_first if not path.startswith(("/srv/kept", "/etc/hubd"))}
        assert left == set()
        assert "hubd" not in hub.run("cat", "/etc/passwd", "/etc/group", "/etc/shadow")
        assert hub.property("LoadState") == "not-found"
        assert "hubd is not installed" in hub.install("--uninstall")
    finally:
        hub.run("mkdir", "-p", "/opt/hubd")
        hub.run("mv", "/srv/kept", _RELEASES)
        hub.install()
