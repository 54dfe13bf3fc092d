"""A cut of what ``scripts/soak`` does for hours."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.edges.sound_system import needs_tools
from tests.end_to_end.program import CHECKOUT

pytestmark = pytest.mark.real_time


@pytest.mark.timeout(600)
async def test_three_simulated_hours_beside_real_sound() -> None:
    """Each request is carried out once whatever goes wrong around it, and memory stays as it is."""
    needs_tools()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.soaking", "--hours", "3", "--minutes", "2"),
        cwd=CHECKOUT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, out.decode() + log.decode()
