"""Hubs with something wrong about them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from hubd.config import load
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.doctor.case import Case, Trial
from hubd.doctor.examination import CHECKS, examine
from hubd.doctor.findings import Finding
from hubd.simulator.server import Simulator

# A configuration, with what is around it for as long as the context is entered; the folder is for files.
Patient = AbstractAsyncContextManager[str]

LAMP: Final = """
[[device]]
id = "lamp"
name = "lamp"
kind = "light"
dialect = "zigbee2mqtt"
topic = "z/lamp"
"""


def case(folder: Path, settings: str, environment: dict[str, str] | None = None) -> Case:
    """Return the hub of this configuration; environment: more than ours, but for what we know of other hubs."""
    file = folder / "hubd.toml"
    file.write_text(settings)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HUBD_", "GEMINI_"))}
    return Case(load(file), ours | (environment or {}), Trial.NOTHING, lambda _wish: None)


async def look(patient: Case, name: str) -> list[Finding]:
    """Return what one check of the doctor's finds."""
    told: list[Finding] = []
    found = await examine(patient, told.append, [check for check in CHECKS if check.name == name])
    assert found == told
    return found


@asynccontextmanager
async def at_broker(settings: str = "", further: Sequence[str] = ()) -> AsyncIterator[str]:
    """Have a real broker with these lines in its configuration; settings: more of [mqtt]."""
    async with PrivateBroker(further=further) as broker:
        yield f'[mqtt]\nhost = "{HOST}"\nport = {broker.port}\n{settings}{LAMP}'


async def passwords(folder: Path) -> Sequence[str]:
    """Return lines for a broker that knows one user: hub, with the password right."""
    file = folder / "passwords"
    making = await asyncio.create_subprocess_exec("mosquitto_passwd", "-c", "-b", str(file), "hub", "right")
    assert await making.wait() == 0
    return ["allow_anonymous false", f"password_file {file}"]


def access(folder: Path, *lines: str) -> Sequence[str]:
    """Return lines for a broker that has an access list."""
    file = folder / "access"
    file.write_text("".join(f"{line}\n" for line in lines))
    file.chmod(0o600)
    return [f"acl_file {file}"]


@asynccontextmanager
async def at_gemini(script: str, settings: str = "") -> AsyncIterator[str]:
    """Have a Live server that fails as Gemini fails; settings: more of [live]."""
    async with Simulator(script) as server:
        yield f'[live]\nbackend = "gemini"\nurl = "{server.url}"\n{settings}'
