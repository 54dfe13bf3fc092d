"""What the programs on a bench need around them: certificates, processes that are followed line by line."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
OURS: Final = CHECKOUT / ".venv/bin/python"
ORACLES: Final = CHECKOUT / ".venv-oracles/bin/python"
PEERS: Final = CHECKOUT / ".venv-peers/bin/python"
# A hundred minutes of conversation pass in three.
_PATIENCE: Final = 600.0


def certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 in a folder, with its key beside it as key.pem; return its file."""
    openssl = shutil.which("openssl") or "openssl"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]
    command += ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


def certificate_chain(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 in a folder, issued as the service's is; return the file of whom to trust.

    chain.pem is what a server shows, key.pem its key. As with Google's WE2: a key on P-256, vouched for by another on
    P-256, vouched for by a root on P-384. To check that takes longer than the rest of the handshake.
    """
    openssl = shutil.which("openssl") or "openssl"
    issuer: list[str] = []
    for name, curve in (("root", "P-384"), ("issuer", "P-256"), ("leaf", "P-256")):
        command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-nodes"]
        command += ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1", *issuer]
        command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]  # asked for from Python 3.13 on
        command += ["-keyout", f"{name}-key.pem", "-out", f"{name}.pem"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        issuer = ["-CA", f"{name}.pem", "-CAkey", f"{name}-key.pem"]
    (folder / "leaf-key.pem").rename(folder / "key.pem")
    (folder / "chain.pem").write_text((folder / "leaf.pem").read_text() + (folder / "issuer.pem").read_text())
    return folder / "root.pem"


class Program:
    """A module of the benches in a process of its own: it prints lines, some wait for one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    def line(self) -> str:
        """Return the next line that it prints; raises RuntimeError if it ends without one, or takes 10 minutes."""
        hangs = threading.Timer(_PATIENCE, self._process.kill)
        hangs.start()
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        hangs.cancel()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return line.strip()

    def speaks_within(self, seconds: float) -> bool:
        """Return whether a line comes by then; for one that prints a line at a time."""
        out = self._process.stdout
        return out is not None and bool(select.select([out], [], [], seconds)[0])

    def found(self) -> Any:
        """Return what the next line holds as JSON."""
        return json.loads(self.line())

    def go_on(self, line: str = "") -> None:
        """Give it the line that it waits for."""
        print(line, file=self._process.stdin, flush=True)


@contextmanager
def program(
    module: str, *arguments: object, python: Path = OURS, environment: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Run ``scripts.benches.MODULE`` while the block lasts; environment: on top of this process's."""
    command = [str(python), "-m", f"scripts.benches.{module}", *map(str, arguments)]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Program(process)
        finally:
            process.kill()
