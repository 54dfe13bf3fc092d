"""``hubd wake`` with a microphone."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.edges.sound_system import VirtualAudio
from tests.end_to_end.program import RECORDINGS, line, started
from tests.live_server import DEADLINE

pytestmark = pytest.mark.real_time


def listening(home: Path, options: str, **variables: str) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    """Run it with these options in its configuration while the block lasts."""
    config = home / "hubd.toml"
    config.write_text(options)
    return started("wake", "--config", config, home=home, **variables)


async def test_a_word_that_is_said(tmp_path: Path) -> None:
    """It asks for the word, shows that it was heard, and sums up at Ctrl-C."""
    words = '[wake]\nwords = ["alexa"]\n'
    async with VirtualAudio(tmp_path / "sound") as sound, listening(tmp_path, words, **sound.environment) as process:
        assert await line(process.stderr) == (
            'Listening. Say "alexa" several times, then something else. Ctrl-C ends it.\n'
        )
        await sound.do("play", RECORDINGS / "alexa_test.wav")
        assert (await line(process.stdout)).endswith("wakes\n")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(DEADLINE):
            out, err = await process.communicate()
        assert out.decode().startswith("\nalexa: 1 would have woken the hub (")
        assert (process.returncode, err) == (0, b"")


async def test_no_microphone(tmp_path: Path) -> None:
    """One line says so; it does not wait for ever."""
    async with listening(tmp_path, '[microphone]\ndevice = "no such card"\n') as process:
        async with asyncio.timeout(DEADLINE):
            out, err = await process.communicate()
        assert (process.returncode, out) == (1, b"")
        assert err.startswith(b"hubd: No microphone ")
        assert err.count(b"\n") == 1
