"""Protocols that edges implement for stages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hubd.devices.render import Publish


@dataclass(frozen=True, slots=True)
class MicrophoneFrame:
    """Whole frames of 20 ms, at least one: 320 samples each at 16 kHz, signed 16-bit little-endian mono.

    captured: monotonic time of the last sample, s.
    lost_ms: sound that was lost just before these, ms; 0 in a stream without gaps.
    """

    pcm: bytes
    captured: float
    lost_ms: int = 0


class Microphone(Protocol):
    """Where sound comes from."""

    def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield frames until the hub stops; while the microphone is away nothing is yielded and nothing raised."""
        ...

    def gather(self, first_ms: int) -> None:
        """Bring so much sound, ms, next, then 80 ms at a time; 0: whatever is there at once, as at the start.

        Nobody is in a hurry for what is gathered, and to bring it wakes the processor. A wish: a microphone may bring
        what it can.
        """
        ...


class Speaker(Protocol):
    """Where sound goes to. While the speaker is away sound is dropped, and counts as played."""

    def play(self, pcm: bytes) -> None:
        """Queue samples at 24 kHz, signed 16-bit little-endian mono; returns at once."""
        ...

    def flush(self) -> None:
        """Drop what has not been played yet; returns at once, silence follows within 30 ms plus the card's buffer."""
        ...

    async def drained(self) -> None:
        """Return when all that was given to play() has been played or flushed."""
        ...


class Sound(Microphone, Speaker, Protocol):
    """Microphone and speaker side by side, as one owner."""

    @property
    def looks_by(self) -> float | None:
        """By when a missing microphone is looked for again, on the loop's clock, s; None while there is one.

        Infinity: none is wanted. A time that has passed long ago: nobody looks for it any more.
        """
        ...

    async def run(self) -> None:
        """Own the devices until cancelled; faults are reported as trouble and retried, never raised."""
        ...


class OfflineVoice(Protocol):
    """A voice that needs no server."""

    def speak(self, text: str) -> bytes:
        """Return a text as speech at 24 kHz, signed 16-bit little-endian mono; blocks. Nothing if it can't be said."""
        ...


class WakeModel(Protocol):
    """Scores of wake words. Called from one worker thread, never reset."""

    @property
    def memory(self) -> int:
        """How many frames a score is about: once it has heard so many, a model that missed some scores as any other."""
        ...

    def score(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        """Take the next sound; return the score at its end, 0 to 1, for each wake word.

        samples: n times 1280 at 16 kHz, a whole number of frames of 80 ms, at least one. The scores at the end are the
        same, however the sound is cut into calls. The mapping is empty while the model warms up: up to the 16th frame.
        """
        ...


class LiveLink(Protocol):
    """One open WebSocket."""

    async def send(self, text: str) -> None:
        """Send one text frame; raises LinkError if the connection is gone."""
        ...

    def messages(self) -> AsyncIterator[str | bytes]:
        """Yield text and binary frames; raises LinkError with the close code when the connection ends."""
        ...

    async def close(self) -> None:
        """Close with code 1000; returns within 2 s whatever the server does."""
        ...


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """An MQTT message as it came.

    answer_to: the topic on which an answer is wanted; empty for none, as always before MQTT 5. correlation: what the
    answer has to carry, or None.
    """

    topic: str
    payload: bytes
    retained: bool
    answer_to: str = ""
    correlation: bytes | None = None


class Wanted(Enum):
    """What a subscription brings.

    EVERYTHING: what the broker has stored comes first, and marked as retained; what follows is not marked.
    ORDERS: nothing that was stored, nothing of the hub's own; what was published as retained is marked. Before MQTT 5
    it brings what EVERYTHING does.
    """

    EVERYTHING = auto()
    ORDERS = auto()


class Broker(Protocol):
    """The MQTT broker."""

    @property
    def connected(self) -> bool:
        """Whether a connection is up and accepted."""
        ...

    async def run(self) -> None:
        """Hold the connection until cancelled; faults are reported as trouble and retried, never raised."""
        ...

    async def newer_connection(self, than: int) -> int:
        """Return the number of the connection that is up, once it is higher than this one; the first has number 1."""
        ...

    async def publish(self, publish: Publish, valid_for: float) -> None:
        """Hand one message to the broker; returns when it is written (QoS 0) or acknowledged (QoS 1).

        Raises BrokerError at once if there is no connection, and after valid_for seconds if the broker has not
        taken the message, which is then withdrawn: it is never sent later.
        """
        ...

    def hand_over(self, publish: Publish, valid_for: float) -> Callable[[], Awaitable[None]]:
        """Do the first part of publish() at once: write the message, unless others are waited for.

        Returns the rest, to be called once, and awaited. Raises BrokerError as publish() does at once.
        """
        ...

    def subscribe(self, topics: Sequence[str], wanted: Wanted = Wanted.EVERYTHING) -> None:
        """Keep these topic filters subscribed, now and after every reconnect, until as many have done without them.

        What the broker has stored comes again, to all readers, if somebody else keeps a filter already.
        """
        ...

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Do without these topic filters, each of which was subscribed; one that somebody else keeps stays."""
        ...

    def messages(self) -> AsyncIterator[InboundMessage]:
        """Yield messages of all subscriptions until the hub stops."""
        ...


class Store(Protocol):
    """Where one private text is kept; reports its own troubles, and raises nothing."""

    def read(self) -> str:
        """Return the text, with the lines behind it; empty if there is none."""
        ...

    def set_aside(self) -> None:
        """Put away the text, which whoever keeps it here can't understand: trouble, until another one is written."""
        ...

    async def write(self, text: str) -> bool:
        """Put the text in the place of the one before; return whether that could be done.

        Whoever is cancelled meanwhile has written it all the same.
        """
        ...

    def write_now(self, text: str) -> None:
        """Do the same, without giving way to anything else."""
        ...

    def append(self, line: str) -> None:
        """Put a line behind the text at next to no cost: it outlives this process, but maybe not a loss of power.

        line: without a line break; one may be there already, and one that was cut off. What write() and write_now()
        were given before does not take its place, what they are given later does.
        """
        ...


class Notifier(Protocol):
    """Whoever looks after the daemon; nothing here blocks or raises."""

    @property
    def interval(self) -> float | None:
        """How often to say alive(), s; None if nobody waits for it."""
        ...

    def ready(self) -> None:
        """Say that the hub does what it is there for, as far as it can; also at the end of reloading()."""
        ...

    def status(self, text: str) -> None:
        """Say in one line what the hub is doing, and what is wrong."""
        ...

    def reloading(self) -> None:
        """Say that the configuration is being changed; ready() says when that is over."""
        ...

    def alive(self) -> None:
        """Say that nothing hangs; whoever stays silent for four times the interval is ended, and started again."""
        ...

    def stopping(self) -> None:
        """Say that the hub has begun to stop."""
        ...
