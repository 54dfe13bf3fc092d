"""A real systemd to install the hub in (``tools/systemd-sandbox``): what happens in there, stays in there."""

from __future__ import annotations

import asyncio
import enum
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.edges.sound_system import TOOLS, needs_tools
from tests.live_server import DEADLINE

CHECKOUT: Final = Path(__file__).resolve().parents[2]
# In a sandbox: the checkout as it was when the hub was installed, whatever is edited meanwhile.
SOURCE: Final = Path("/root/hubd")
PARTS: Final = ("LICENSE", "README.md", "config", "constraints.txt", "hubd", "pyproject.toml", "scripts", "systemd")
UNIT: Final = "hubd.service"
SETTINGS: Final = Path("/etc/hubd/hubd.toml")
_DROP_IN: Final = Path("/etc/systemd/system/hubd.service.d/test.conf")
_CANNOT_WORK: Final = 77
# How pip reaches packages is the machine's business.
_OF_PIP: Final = ("PIP_", "SSL_", "REQUESTS_", "http_", "https_", "no_", "HTTP_", "HTTPS_", "NO_")


class Network(enum.StrEnum):
    """Whose network a sandbox has: the machine's, or nothing but a loopback of its own."""

    HOST = "host"
    PRIVATE = "private"


class Sandbox:
    """A systemd that runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def attempt(
        self, *command: str | Path, environment: Mapping[str, str] | None = None, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root, with given as its standard input; return how it ended."""
        variables = [part for item in (environment or {}).items() for part in ("--setenv", "=".join(item))]
        line = [TOOLS / "systemd-sandbox", "exec", self._folder, *variables, "--", *command]
        return subprocess.run(list(map(str, line)), input=given, capture_output=True, text=True, check=False)

    def run(self, *command: str | Path, environment: Mapping[str, str] | None = None, given: str = "") -> str:
        """Run a command as root, which has to succeed; return what it printed."""
        ended = self.attempt(*command, environment=environment, given=given)
        assert ended.returncode == 0, f"{' '.join(map(str, command))}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    async def do(self, *command: str | Path) -> str:
        """Do what run() does, beside what else goes on in the test."""
        return await asyncio.to_thread(self.run, *command)

    def write(self, path: Path, text: str) -> None:
        """Write a file."""
        self.run("install", "-D", "-m", "644", "/dev/stdin", path, given=text)

    def remove(self, *paths: Path) -> None:
        """Remove files and folders, if they are there."""
        self.run("rm", "-rf", "--", *paths)

    def install(self, *options: str, source: Path = SOURCE) -> str:
        """Run a checkout's ``scripts/install``, which has to succeed; return what it told."""
        return self.run(source / "scripts" / "install", *options, environment=_pip_environment())

    def attempt_install(self, *options: str, source: Path = SOURCE) -> subprocess.CompletedProcess[str]:
        """Run a checkout's ``scripts/install``; return how it ended."""
        return self.attempt(source / "scripts" / "install", *options, environment=_pip_environment())

    def copy_checkout(self, folder: Path) -> None:
        """Make a checkout with the content of this one."""
        self.run("mkdir", folder)
        self.run("cp", "-r", *(CHECKOUT / part for part in PARTS), folder)

    def systemctl(self, *arguments: str) -> str:
        """Run systemctl, which has to succeed; return what it printed."""
        return self.run("systemctl", *arguments)

    def property(self, name: str, unit: str = UNIT) -> str:
        """Return what systemd knows of a unit."""
        return self.systemctl("show", "--property", name, "--value", unit).strip()

    def journal(self, unit: str = UNIT, *asked: str) -> str:
        """Return what has been sent to the journal of a unit, messages alone; asked: more for journalctl."""
        # It is read from files: what was sent before may be on its way to them.
        self.run("journalctl", "--sync")
        return self.run("journalctl", "--unit", unit, "--output", "cat", "--no-pager", *asked)

    def journalled(self, text: str, unit: str = UNIT) -> None:
        """Return when the journal of a unit holds this text."""
        end = time.monotonic() + DEADLINE
        while text not in (journal := self.journal(unit)):
            assert time.monotonic() < end, journal

    def status(self, begins: str, unit: str = UNIT) -> str:
        """Return a unit's status line once it begins so."""
        end = time.monotonic() + DEADLINE
        while not (line := self.property("StatusText", unit)).startswith(begins):
            assert time.monotonic() < end, line
        return line

    def files(self) -> frozenset[str]:
        """Return the paths of all files and folders that a program may have put on the disk."""
        where = ("/etc", "/opt", "/srv", "/usr", "/var", "/home")
        return frozenset(self.run("find", *where, "-xdev").splitlines())

    def adapt_unit(self, *lines: str) -> None:
        """Add lines to the section [Service] of hubd's unit, in place of those that were added before."""
        self.write(_DROP_IN, "\n".join(("[Service]", *lines, "")))
        self.systemctl("daemon-reload")

    @contextmanager
    def serving(self, unit: str, text: str) -> Iterator[None]:
        """Run a unit of one's own."""
        file = Path("/etc/systemd/system", unit)
        self.write(file, text)
        self.systemctl("daemon-reload")
        self.systemctl("start", unit)
        yield
        self.systemctl("stop", unit)
        self.remove(file)

    def restore(self) -> None:
        """Bring the hub back to how it was installed: stopped, with the default configuration, nothing remembered."""
        self.systemctl("stop", UNIT)
        self.systemctl("reset-failed")
        self.remove(_DROP_IN, *map(Path, ("/etc/hubd", "/var/lib/hubd")))
        self.systemctl("daemon-reload")
        self.run("systemd-tmpfiles", "--create", "/usr/local/lib/tmpfiles.d/hubd.conf")
        self.run("cp", "/opt/hubd/current/share/hubd/config/hubd.toml", SETTINGS)


def _pip_environment() -> dict[str, str]:
    """Return what makes pip quick here: where packages are, those that are here already, and nothing compiled ahead."""
    found = {name: value for name, value in os.environ.items() if name.startswith(_OF_PIP)}
    return {"PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip"), **found, "PIP_NO_COMPILE": "1"}


@contextmanager
def sandbox(
    folder: Path, *, network: Network = Network.PRIVATE, shared: Sequence[Path] = (), units: Sequence[str] = ()
) -> Iterator[Sandbox]:
    """Boot a systemd in a folder of its own; skips the test where that can't work.

    shared: folders of this machine that are seen, and may be written, in there. units: of this machine, to be started.
    """
    needs_tools()
    tool = TOOLS / "systemd-sandbox"
    options = ["--net", network, "--bind-ro", str(CHECKOUT)]
    options += [part for path in (TOOLS.resolve(), *shared) for part in ("--bind", str(path))]
    options += [part for unit in units for part in ("--with-unit", unit)]
    started = subprocess.run([tool, "start", folder, *options], capture_output=True, text=True, check=False)
    if started.returncode == _CANNOT_WORK:
        pytest.skip(f"needs a systemd of its own: {started.stderr.strip()}")
    assert started.returncode == 0, started.stderr
    try:
        yield Sandbox(folder)
    finally:
        subprocess.run([tool, "stop", folder], check=True)
