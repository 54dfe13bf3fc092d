from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine

from hubd.events import Event
from hubd.stages.announce import Announce
from hubd.wishes import Announced, Ending, Sign
from tests.running import running

POSITION = 4_000


class Voice:
    """A voice that says a text's own letters, when it may."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()

    def speak(self, text: str) -> bytes:
        """Return the letters; block until it is free."""
        self.free.wait(30)
        return text.encode()


class Room:
    """Somebody who hears what is announced; patient: who does not hear it out before he is told to."""

    def __init__(self, voice: Voice | None, *, patient: bool = False) -> None:
        self.heard: list[tuple[bytes, Sign | None]] = []
        self.volumes: list[int | None] = []
        self.ends: asyncio.Queue[Announced] = asyncio.Queue()
        self.cut: asyncio.Future[bool] | None = None
        self._patient = patient
        self._began = asyncio.Event()
        self.stage = Announce(voice, self, post=self._post, position=lambda: POSITION)

    def _post(self, event: Event) -> None:
        assert isinstance(event, Announced)
        self.ends.put_nowait(event)

    async def announce(self, pcm: bytes, sign: Sign | None, volume: int | None) -> bool:
        """Hear it."""
        self.heard.append((pcm, sign))
        self.volumes.append(volume)
        if not self._patient:
            return True
        self.cut = asyncio.get_running_loop().create_future()
        self._began.set()
        return await self.cut

    def silence(self) -> None:
        """Stop hearing it."""
        cut, self.cut = self.cut, None
        if cut is not None:
            cut.set_result(False)

    async def began(self) -> None:
        """Wait until something is heard."""
        await self._began.wait()

    async def end(self) -> tuple[int, Ending]:
        """Wait for the end of an announcement."""
        event = await self.ends.get()
        assert event.position == POSITION
        return event.number, event.ending


async def with_a_room(room: Room, scenario: Callable[[Room], Coroutine[None, None, None]]) -> None:
    """Run the scenario with a running stage."""
    async with running(room.stage.run()):
        await scenario(room)


async def test_one_after_the_other() -> None:
    """Texts are said in order, with their signs, and each is told to be over."""

    async def scenario(room: Room) -> None:
        room.stage.say(1, "one", None)
        room.stage.say(2, "", Sign.WOKE)
        room.stage.say(3, "three", Sign.ALERT, 30)
        assert [await room.end() for _ in range(3)] == [(number, Ending.PLAYED) for number in (1, 2, 3)]
        assert room.volumes == [None, None, 30]
        assert room.heard == [(b"one", None), (b"", Sign.WOKE), (b"three", Sign.ALERT)]

    await with_a_room(Room(Voice()), scenario)


async def test_no_voice() -> None:
    """Without a voice a sign is played all the same; that the text was not said is told."""

    async def scenario(room: Room) -> None:
        room.stage.say(1, "one", Sign.RING)
        room.stage.say(2, "", Sign.RING)
        assert [await room.end() for _ in range(2)] == [(1, Ending.UNSPEAKABLE), (2, Ending.PLAYED)]
        assert room.heard == [(b"", Sign.RING)] * 2

    await with_a_room(Room(None), scenario)


async def test_silence_while_it_is_said() -> None:
    """What is cut while it is played is told to be cut; the next one is said."""

    async def scenario(room: Room) -> None:
        room.stage.say(1, "one", None)
        await room.began()
        room.stage.silence()
        assert await room.end() == (1, Ending.CUT)
        room.stage.say(2, "two", None)
        room.stage.silence()
        assert await room.end() == (2, Ending.CUT)

    await with_a_room(Room(Voice(), patient=True), scenario)


async def test_silence_before_it_is_said() -> None:
    """What is cut while it is being made into sound is never heard; what is given afterwards is."""
    voice = Voice()
    voice.free.clear()

    async def scenario(room: Room) -> None:
        room.stage.say(1, "one", Sign.ALERT)
        room.stage.silence()
        room.stage.say(2, "two", None)
        voice.free.set()
        assert [await room.end() for _ in range(2)] == [(1, Ending.CUT), (2, Ending.PLAYED)]
        assert room.heard == [(b"two", None)]

    await with_a_room(Room(voice), scenario)


async def test_too_much() -> None:
    """What is given beyond all measure is told not to be said."""
    room = Room(Voice())
    for number in range(1, 10):
        room.stage.say(number, "x", None)
    assert await room.end() == (9, Ending.UNSPEAKABLE)
