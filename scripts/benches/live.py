"""hubd's Live client beside google-genai's: imports, memory, connecting, CPU per minute of sound.

What both are built on, a connection of websockets over TLS without a client, is measured as well. It is the floor:
nothing that talks to the service can take less. To connect takes the server's time, too, which is the same for each.
The first time is from a program that has its imports and nothing else: it makes the client, reads who is to be trusted,
and checks the server's certificates.

Memory of its own is what the computer gets back when the client ends. What it shares (Python itself, OpenSSL) is as
large for each, and a client's share of it depends on what else runs: the fewer Pythons, the larger.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.benches.loopback import certificate_chain
from scripts.benches.rows import CHECKOUT, Row, count, options_of, show

GOAL: Final = 0.5
MINUTES: Final = 10
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


def run(arguments: Sequence[str]) -> int:
    """Measure, print; the exit code says whether it could be measured, not whether the goal was met."""
    parser = options_of("live", __doc__)
    parser.add_argument("--minutes", type=count, default=MINUTES, help="of sound each way (default: %(default)s)")
    options = parser.parse_args(arguments)
    show(measure(options.rounds, options.minutes), as_json=options.json)
    return 0


def measure(rounds: int, minutes: int = MINUTES) -> list[Row]:
    """Run each client so often, in turn, with so many minutes of sound each way.

    Of what is measured again and again in one process the least counts: a disturbance only adds to it.
    """
    found: dict[str, list[dict[str, list[float]]]] = {name: [] for name in _PYTHONS}
    with _server() as (url, trusted):
        for _ in range(rounds):
            for name in _PYTHONS:
                found[name].append(_client(name, url, trusted, minutes))

    def taken(client: str, key: str, factor: float) -> list[float]:
        return [min(each[key]) * factor for each in found[client]]

    return [
        Row(
            name,
            unit,
            taken("hubd", key, factor),
            "google-genai",
            taken("google", key, factor),
            goal=GOAL,
            floor=taken("bare", key, factor),
        )
        for key, name, unit, factor in _ROWS
    ]


@contextmanager
def _server() -> Iterator[tuple[str, Path]]:
    """Yield the address of the local server, with whom to trust: google-genai insists on TLS, so all talk it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trusted = certificate_chain(folder)
        serving = [sys.executable, "-m", "scripts.benches.live_server", f"{folder}/chain.pem", f"{folder}/key.pem"]
        with subprocess.Popen(serving, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as server:
            try:
                yield f"https://127.0.0.1:{int(next(iter(server.stdout or ())))}", trusted
            finally:
                server.kill()


def _client(name: str, url: str, trusted: Path, minutes: int) -> dict[str, list[float]]:
    command = [str(_PYTHONS[name]), "-m", f"scripts.benches.live_{name}", url, str(minutes)]
    environment = {**os.environ, "SSL_CERT_FILE": str(trusted)}
    ended = subprocess.run(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(ended.stdout))
