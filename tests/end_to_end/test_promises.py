"""No syllable is lost (P3), and none leaves that was not meant for anybody (P4)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.events import MuteChanged, StopAsked
from hubd.reports import PublicState
from tests.end_to_end.house import WARM_UP, Home, Room, Tape, home, saying, speech
from tests.end_to_end.program import CHECKOUT, COMMAND, PATIENCE, environment, needs
from tests.live_server import LiveServer, Mark, Visit, at_once

pytestmark = pytest.mark.real_time

SECOND: Final = UPLINK_RATE
# A clock that runs faster than the real one; the delays below are in its seconds.
SPEED: Final = 3.0
# Whatever sounds like the beginning of the wake word has a connection opened, without a sound (test_head_start.py).
NOTHING_LIKE_IT: Final = "we need bread and butter"


class Delay:
    """Holds the server up until the microphone has heard so many seconds more."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.room: Room | None = None

    async def __call__(self) -> None:
        """Wait."""
        assert self.room is not None
        await self.room.listened(int(self._seconds * SECOND))


class Words:
    """A wake word with a request in one breath, spoken after something that is nobody's business.

    At this pace the wake word is recognised almost half a second after its end, in the middle of the request.
    Positions are samples in the tape.
    """

    def __init__(self) -> None:
        secret, wake, request = (
            speech(text, words_per_minute=165) for text in (NOTHING_LIKE_IT, "hey jarvis", "turn on the kitchen lights")
        )
        self.tape = Tape(WARM_UP, secret, SECOND // 2, wake, request, 12 * SECOND)
        _, _, self.wake_begins, self.wake_ends, self.request_ends, _ = self.tape.marks


@pytest.fixture(scope="module")
def words() -> Words:
    """Return what is said."""
    return Words()


class TestNoSyllableIsLost:
    @pytest.mark.parametrize("turn_end", ["server", "local"])
    @pytest.mark.parametrize(("seconds", "held_up"), [(0, "upgrade"), (1, "upgrade"), (5, "upgrade"), (5, "set-up")])
    async def test_however_long_connecting_takes(
        self, tmp_path: Path, words: Words, seconds: float, held_up: str, turn_end: str
    ) -> None:
        """The server hears one stretch of what the microphone heard, bit for bit.

        It begins within the wake word and reaches past the end of speech; with local activity detection it is marked.
        """
        delay = Delay(seconds)
        upgraded, set_up = (delay, at_once) if held_up == "upgrade" else (at_once, delay)
        async with LiveServer(upgraded=upgraded, set_up=set_up) as server:
            settings = f'[conversation]\nturn_end = "{turn_end}"\n'
            async with home(tmp_path, server.url, settings, speed=SPEED) as inside:
                delay.room = inside.room
                async with saying(inside.room, words.tape.pcm):
                    visit = await server.visit()
                    await visit.until(_all_said(visit, words, turn_end))
                heard, received = bytes(inside.room.heard), bytes(visit.audio)
        tape_begins = heard.find(words.tape.pcm[: words.request_ends * SAMPLE_BYTES])
        place = heard.find(received)
        assert tape_begins >= 0
        assert place >= 0, "what the server received is no stretch of what the microphone heard"
        begin = (place - tape_begins) // SAMPLE_BYTES
        end = begin + len(received) // SAMPLE_BYTES
        assert words.wake_begins <= begin <= words.wake_ends
        assert end >= words.request_ends
        if turn_end == "local":
            assert visit.marks == [Mark("start", 0), Mark("end", visit.samples)]


def _all_said(visit: Visit, words: Words, turn_end: str) -> Callable[[], bool]:
    """Return whether the server has heard the request to its end, with some of the silence after it."""
    if turn_end == "local":
        return lambda: any(mark.name == "end" for mark in visit.marks)
    return lambda: visit.samples > words.request_ends - words.wake_begins + SECOND


class TestNothingLeaves:
    async def test_while_idle(self, tmp_path: Path) -> None:
        """Speech without the wake word opens no connection."""
        tape = Tape(WARM_UP, speech(NOTHING_LIKE_IT), SECOND, speech("what time is it"), SECOND)
        async with LiveServer() as server, home(tmp_path, server.url, speed=SPEED) as inside:
            await inside.room.speak(tape.pcm)
            assert not server.dialled.is_set()
            assert inside.diary.reports == []

    async def test_after_the_conversation(self, tmp_path: Path, words: Words) -> None:
        """Once the conversation is closed its connection is, and what is said then goes nowhere."""
        async with LiveServer() as server, home(tmp_path, server.url, speed=SPEED) as inside:
            visit = await _converse(inside, server, words)
            inside.hub.post(StopAsked())
            await visit.until(lambda: visit.over)
            frames = len(visit.frames)
            await inside.room.speak(Tape(SECOND, speech(NOTHING_LIKE_IT), SECOND).pcm)
            assert len(visit.frames) == frames
            assert len(server.visits) == 1

    async def test_while_muted(self, tmp_path: Path, words: Words) -> None:
        """Muting ends the conversation; then not even the wake word opens a connection, until it is over.

        Of what was said meanwhile nothing is ever sent.
        """
        async with LiveServer() as server, home(tmp_path, server.url, speed=SPEED) as inside:
            visit = await _converse(inside, server, words)
            inside.hub.post(MuteChanged(muted=True))
            await visit.until(lambda: visit.over)
            frames = len(visit.frames)
            muted_from = len(inside.room.heard)
            await inside.room.speak(Tape(SECOND, speech("hey jarvis"), speech("what time is it"), SECOND).pcm)
            assert len(visit.frames) == frames
            assert len(server.visits) == 1
            muted_to = len(inside.room.heard)
            place = len(inside.diary.reports)
            inside.hub.post(MuteChanged(muted=False))
            await inside.diary.state(PublicState.IDLE, place)
            async with saying(inside.room, words.tape.pcm):
                again = await server.visit(1)
                await again.until(_all_said(again, words, "server"))
            heard = bytes(inside.room.heard)
            assert heard.find(bytes(again.audio), muted_to) >= 0
            assert bytes(again.audio[:SECOND]) not in heard[muted_from:muted_to]


async def _converse(inside: Home, server: LiveServer, words: Words) -> Visit:
    """Say the wake word with the request; return the connection when the request is heard."""
    async with saying(inside.room, words.tape.pcm):
        visit = await server.visit()
        await visit.until(_all_said(visit, words, "server"))
    return visit


@dataclass(frozen=True, slots=True)
class Trace:
    """What a run asked of the system, call by call; home: its home directory."""

    calls: list[str]
    home: Path

    def targets(self) -> set[tuple[str, int]]:
        """Return address and port of everybody that was connected to, or sent something without a connection."""
        pattern = re.compile(r"port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"([^\"]+)\"")
        lines = [call for call in self.calls if re.match(r"(connect|sendto|sendmsg|sendmmsg)\(", call)]
        found = [pattern.search(line) for line in lines if "AF_INET" in line]
        return {(match[2], int(match[1])) if match else ("unreadable", 0) for match in found}

    def own_ports(self) -> set[int]:
        """Return the ports that it opened itself."""
        lines = [call for call in self.calls if re.match(r"(bind|getsockname)\(", call)]
        return {int(port) for line in lines for port in re.findall(r"sin6?_port=htons\((\d+)\)", line)} - {0}


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Trace a demo that calls, publishes and speaks, with all its processes."""
    needs("strace", "strace")
    place, file = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("trace") / "calls"
    demo = (*COMMAND, "demo", "--say", "hey jarvis, set the heater to twenty one degrees")
    run = subprocess.run(
        ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=%network", "-o", file, *demo],  # noqa: S607 -- see needs()
        cwd=CHECKOUT,
        env=environment(place),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return Trace([line.partition(" ")[2].lstrip() for line in file.read_text().splitlines()], place)


class TestTalksToNobodyElse:
    def test_connects_to_itself_alone(self, trace: Trace) -> None:
        """Every connection of the whole run, over IP, goes to a port on loopback that the demo opened itself."""
        assert trace.targets()
        assert {address for address, _ in trace.targets()} <= {"127.0.0.1", "::1"}
        assert {port for _, port in trace.targets()} <= trace.own_ports()

    def test_asks_no_name_server(self, trace: Trace) -> None:
        """No socket is made that could ask one, nor for anything else but connections."""
        sockets = [call for call in trace.calls if call.startswith("socket(")]
        assert [call for call in sockets if "AF_INET" in call and "SOCK_STREAM" not in call] == []
        assert [call for call in sockets if "AF_INET" not in call and "AF_UNIX" not in call] == []

    def test_looks_for_no_sound_server(self, trace: Trace) -> None:
        """Nobody is looked for on this computer either, but the cache of user names that the C library asks."""
        paths = {path for call in trace.calls for path in re.findall(r'^connect\(.*sun_path="([^"]*)"', call)}
        assert paths <= {"/var/run/nscd/socket", "/dev/null"}

    def test_leaves_nothing_at_home(self, trace: Trace) -> None:
        """Nothing is written below the home directory."""
        assert list(trace.home.rglob("*")) == []
