from __future__ import annotations

import asyncio
import threading

from hubd.stages.announce import Announce
from tests.running import running


class Voice:
    """A voice that says a text's own letters, when it may."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()

    def speak(self, text: str) -> bytes:
        """Return the letters; block until it is free."""
        self.free.wait(30)
        return text.encode()


async def said(voice: Voice | None, *texts: str, wanted: int) -> list[bytes]:
    """Return what is played of these texts, once it is so many."""
    played: list[bytes] = []
    done = asyncio.Event()

    def play(pcm: bytes) -> None:
        played.append(pcm)
        if len(played) == wanted:
            done.set()

    announce = Announce(voice, play=play)
    for text in texts:
        announce.say(text)
    if voice is not None:
        voice.free.set()
    async with running(announce.run()):
        if wanted:
            await done.wait()
    return played


async def test_one_after_the_other() -> None:
    """Texts are said in order; one that can't be said leaves nothing."""
    assert await said(Voice(), "one", "", "two", wanted=2) == [b"one", b"two"]


async def test_too_much() -> None:
    """Who has more to say than anybody listens to is cut off."""
    texts = [str(number) for number in range(10)]
    assert await said(Voice(), *texts, wanted=4) == [b"0", b"1", b"2", b"3"]


async def test_no_voice() -> None:
    """Without a voice nothing is said, and nothing fails."""
    assert await said(None, "one", wanted=0) == []


# NOIMPORT
