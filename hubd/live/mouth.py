"""What of the microphone's sound a session says next."""

from __future__ import annotations

from typing import Final, assert_never

from hubd.audio.buffers import Uplink
from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.effects import Source
from hubd.live.session import LiveSession

# Google advises 20 to 40 ms (``live-protocol.md`` 4), samples.
_CHUNK: Final = UPLINK_RATE * 40 // 1000
# Silence that goes before the end of the stream, 0.8 s: some models don't take the end for one (pitfall 24).
_LULL: Final = 20


class Mouth:
    """Feeds an open session from the uplink, in frames of 40 ms.

    manual: the session wants activity marks, and nothing but what lies between them. No sample is said twice.
    left_off: where the conversation's last connection ended, a position in the uplink; None for a conversation's first.
    """

    def __init__(self, session: LiveSession, uplink: Uplink, *, manual: bool) -> None:
        self.session = session
        self.left_off: int | None = None
        self._uplink = uplink
        self._manual = manual
        self._source = Source.NOTHING
        self._end: int | None = None
        self._said = 0
        self._streaming = False

    @property
    def position(self) -> int | None:
        """Where the next connection would go on; None if nobody was listened to."""
        return self.left_off if self._source is Source.NOTHING else self._uplink.position

    @property
    def streaming(self) -> bool:
        """Whether the server waits for more sound, so that a pause of the microphone is worth mentioning."""
        return self._streaming and self._source in (Source.MICROPHONE, Source.SILENCE)

    def feed(self, source: Source, start: int | None) -> None:
        """Say this from now on: from a position in the uplink, else from where saying stopped, else from now on.

        A start that lies before what was said already is moved behind it.
        """
        if start is not None:
            self._uplink.seek(max(start, self._said))
        elif self._source is Source.NOTHING:
            self._uplink.seek(self._uplink.end if self.left_off is None else self.left_off)
        self._source, self.left_off = source, None

    def begin(self) -> None:
        """Mark the start of the person's speech; an end that is still to be marked is marked before it."""
        if self._end is not None:
            self._end_now()
        self.session.begin_activity()

    def end_at(self, position: int) -> None:
        """Mark the end of the person's speech once all up to this position is said; then fall silent."""
        self._end = position

    def nudge(self) -> None:
        """Say that the person has finished, in the way that the session wants it."""
        if not self._manual:
            self._end_stream()
        elif self._source is Source.MICROPHONE:
            self._end_now()

    def pause(self) -> None:
        """Note that the microphone has brought nothing for more than 1 s (``live-protocol.md`` 4)."""
        if self.streaming:
            self._end_stream()

    def frames(self) -> list[str]:
        """Return the text frames that are due, the session's own included."""
        match self._source:
            case Source.NOTHING | Source.HELD:
                pass
            case Source.MICROPHONE:
                self._say_sound()
            case Source.SILENCE:
                self._say_silence()
            case _:
                assert_never(self._source)
        return self.session.data_to_send()

    def _say_sound(self) -> None:
        while self._end is None or self._uplink.position < self._end:
            pcm = self._uplink.take(_CHUNK)
            if pcm is None:
                return
            self._send(pcm)
            self._said = self._uplink.position
        self._finish()

    def _say_silence(self) -> None:
        while self._uplink.take(_CHUNK) is not None:
            if not self._manual:
                self._send(bytes(_CHUNK * SAMPLE_BYTES))

    def _send(self, pcm: bytes) -> None:
        self.session.send_audio(pcm)
        self._streaming = not self._manual

    def _end_stream(self) -> None:
        if self._streaming:
            self.session.send_audio(bytes(_LULL * _CHUNK * SAMPLE_BYTES))
        self.session.end_audio_stream()
        self._streaming = False

    def _end_now(self) -> None:
        """Say what is there, and mark the end."""
        self._say_sound()
        if self._source is not Source.SILENCE:
            self._finish()

    def _finish(self) -> None:
        self._end = None
        self._source = Source.SILENCE
        self.session.end_activity()
