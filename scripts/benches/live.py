"""hubd's Live client beside google-genai's: imports, memory, connecting, CPU per minute of sound.

Beside them stands what both are built on: a connection of websockets over TLS, without a client. It is the floor:
nothing that talks to the service can take less.

Memory of its own is what the computer gets back when the client ends. What it shares (Python itself, OpenSSL) is as
large for each, and a client's share of it depends on what else runs: the fewer Pythons, the larger.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
GOAL: Final = 0.5
_OURS: Final = CHECKOUT / ".venv/bin/python"
_PYTHONS: Final = {"hubd": _OURS, "google": CHECKOUT / ".venv-oracles/bin/python", "bare": _OURS}
# What is measured, as it is called, with what turns it into its unit.
_ROWS: Final = (
    ("import_s", "import", "ms", 1000),
    ("import_cpu_s", "CPU of the import", "ms", 1000),
    ("connect_first_ms", "connect to set-up complete, first", "ms", 1),
    ("connect_ms", "connect to set-up complete, later", "ms", 1),
    ("up_s", "CPU per minute of sound up", "ms", 1000),
    ("down_s", "CPU per minute of sound down", "ms", 1000),
    ("both_s", "CPU per minute of sound, up and down", "ms", 1000),
    ("own_kb", "resident memory of its own (USS)", "MB", 1 / 1024),
    ("resident_kb", "resident memory with its share (PSS)", "MB", 1 / 1024),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured, in unit: the least of all that was measured, for a disturbance only adds to it."""

    name: str
    unit: str
    hubd: float
    google: float
    bare: float

    @property
    def ratio(self) -> float:
        """What hubd takes of what google-genai takes."""
        return self.hubd / self.google

    @property
    def verdict(self) -> str:
        """Whether the goal is met; if not, whether anything that is built on websockets and TLS could meet it."""
        floor = self.bare / self.google
        if self.ratio <= GOAL:
            return "met"
        return (
            f"missed; out of reach, {floor:.2f} is the floor" if floor > GOAL else f"missed; the floor is {floor:.2f}"
        )


def run(arguments: Sequence[str]) -> int:
    """Measure, print; the exit code says whether it could be measured, not whether the goal was met."""
    parser = argparse.ArgumentParser(prog="scripts/bench live", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--rounds", type=int, default=5, help="processes of each client (default: %(default)s)")
    parser.add_argument("--minutes", type=int, default=10, help="of sound each way (default: %(default)s)")
    options = parser.parse_args(arguments)
    found: dict[str, list[dict[str, list[float]]]] = {name: [] for name in _PYTHONS}
    with _server() as (url, certificate):
        for _ in range(options.rounds):
            for name in _PYTHONS:
                found[name].append(_client(name, url, certificate, options.minutes))
    rows = [
        Row(name, unit, *(min(min(each[key]) for each in found[client]) * factor for client in _PYTHONS))
        for key, name, unit, factor in _ROWS
    ]
    print(_as_json(rows) if options.json else _as_table(rows))
    return 0


def _as_json(rows: Sequence[Row]) -> str:
    return json.dumps(
        {"goal": GOAL, "rows": [{**asdict(row), "ratio": round(row.ratio, 3), "verdict": row.verdict} for row in rows]}
    )


def _as_table(rows: Sequence[Row]) -> str:
    lines = [f"{'':40}{'hubd':>12}{'google-genai':>15}{'bare connection':>18}{'ratio':>8}   {f'goal: at most {GOAL}'}"]
    lines += [
        f"{row.name:40}{row.hubd:9.1f} {row.unit}{row.google:12.1f} {row.unit}{row.bare:15.1f} {row.unit}"
        f"{row.ratio:8.2f}   {row.verdict}"
        for row in rows
    ]
    return "\n".join(lines)


@contextmanager
def _server() -> Iterator[tuple[str, Path]]:
    """Yield the address of the local server, with its certificate: google-genai insists on TLS, so both talk it."""
    openssl = shutil.which("openssl") or "openssl"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]
        command += ["-keyout", "key.pem", "-out", "cert.pem"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        serving = [sys.executable, "-m", "scripts.benches.live_server", f"{folder}/cert.pem", f"{folder}/key.pem"]
        with subprocess.Popen(serving, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as server:
            try:
                yield f"https://127.0.0.1:{int(next(iter(server.stdout or ())))}", folder / "cert.pem"
            finally:
                server.kill()


def _client(name: str, url: str, certificate: Path, minutes: int) -> dict[str, list[float]]:
    command = [str(_PYTHONS[name]), "-m", f"scripts.benches.live_{name}", url, str(minutes)]
    environment = {**os.environ, "SSL_CERT_FILE": str(certificate)}
    ended = subprocess.run(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(ended.stdout))
