"""Promise P6 for the codec: whatever is in a frame, an error of ours or none."""

from __future__ import annotations

import gc
import pathlib
import resource
from collections.abc import Callable
from typing import Final

import pytest

from hubd.errors import LinkError, RemoteProtocolError
from hubd.events import Backend
from hubd.live import codec
from hubd.live.messages import ClientMessage, ServerMessage
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from tests.live.mutation import SERVER_FRAMES, Mutator, client_corpus

FRAMES: Final = 50_000  # in each direction
# What the allocator keeps for itself varies by a few MB; a frame kept in memory would make 50,000 times 1 kB.
MOST_GROWTH: Final = 16 * 2**20
_STATM: Final = pathlib.Path("/proc/self/statm")


def resident() -> int:
    """Return how much memory this process has now, bytes."""
    gc.collect()
    return int(_STATM.read_text().split()[1]) * resource.getpagesize()


def refusal(decode: Callable[[str | bytes], ClientMessage | ServerMessage], frame: bytes) -> str:
    """Return what a frame is refused with, nothing if it is read; then it can be written again."""
    try:
        codec.encode(decode(frame))
    except RemoteProtocolError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("decode", "corpus"),
    [(codec.decode_server, SERVER_FRAMES), (codec.decode_client, client_corpus())],
    ids=["server", "client"],
)
def test_mutated_frames_are_read_or_refused(
    decode: Callable[[str | bytes], ClientMessage | ServerMessage],
    corpus: tuple[str, ...],
    record_property: Callable[[str, object], None],
) -> None:
    """50,000 bent and broken frames each way: a message that can be written again, or RemoteProtocolError in one line.

    The memory that they take is given back.
    """
    mutator = Mutator(corpus, seed=6)
    refused = 0
    before = resident()
    for number, frame in enumerate(mutator.frames(FRAMES)):
        if number == FRAMES // 5:
            before = resident()  # by now all caches are warm
        complaint = refusal(decode, frame)
        refused += bool(complaint)
        assert complaint.isprintable()
    record_property("refused", refused)
    assert FRAMES // 10 < refused < FRAMES * 99 // 100, "the mutations are too mild or too wild"
    assert resident() - before < MOST_GROWTH


def test_sessions_hear_mutated_frames() -> None:
    """20,000 of them through LiveSession: events, or an error of ours after which the session is over."""
    mutator = Mutator(SERVER_FRAMES, seed=7)
    frames = iter(mutator.frames(20_000))
    sessions = 0
    for first in frames:
        sessions += 1
        session = LiveSession(Opening(SessionSettings(model="gemini-3.8-live"), ()), None, Backend.GEMINI)
        session.data_to_send()
        try:
            session.receive(b'{"setupComplete":{}}')
            session.receive(first)
            for frame in frames:
                session.receive(frame)
        except (RemoteProtocolError, LinkError):
            assert session.receive(b'{"serverContent":{"turnComplete":true}}') == []
    assert sessions > 1000
