"""What several tests of a whole hub need around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.edges.sound_system import VirtualAudio, needs_tools


@pytest.fixture
async def virtual(tmp_path: Path) -> AsyncIterator[VirtualAudio]:
    """Run a sound server with a virtual microphone and a virtual speaker."""
    needs_tools()
    sound = VirtualAudio(tmp_path / "sound")
    await sound.start()
    try:
        yield sound
    finally:
        await sound.do("stop")
