"""What the Live connection gets to hear, from which sample on."""

from __future__ import annotations

from enum import Enum, auto

from hubd.audio.pcm import UPLINK_RATE
from hubd.effects import BeginActivity, Effect, EndActivity, Feed, Source

# The detector notices speech a little after its beginning (``live-protocol.md`` 4 asks for 0.3 to 0.5 s).
_PRE_ROLL = UPLINK_RATE // 2


class Mark(Enum):
    """Whether the person's speech is marked as going on; only with manual activity."""

    NONE = auto()
    OPEN = auto()


class Ear:
    """Follows the source of sound with the activity marks; every method returns the effects that follow.

    manual: we mark where the person's speech begins and ends, and nothing else is sent; else the server finds out. It
    may be changed between conversations.
    Positions are those of the uplink, samples at 16 kHz. What the person says is owed an answer until answered(): a
    connection that is lost before is replaced by one that hears it again, whole.
    """

    def __init__(self, *, manual: bool) -> None:
        self.manual = manual
        self._source = Source.NOTHING
        self._mark = Mark.NONE
        self._start: int | None = None
        self._end: int | None = None
        self._decided = 0
        self._covered = False
        self._said_from: int | None = None
        self._said_to: int | None = None
        self._anew: int | None = None

    @property
    def owed(self) -> bool:
        """Whether the person said, or is about to say, what has no answer yet."""
        return self._said_from is not None

    @property
    def finished(self) -> bool:
        """Whether the person is known to have finished with that."""
        return self._said_to is not None

    @property
    def in_activity(self) -> bool:
        """Whether the person's speech is marked as going on."""
        return self._mark is Mark.OPEN

    @property
    def covered(self) -> bool:
        """Whether the server is kept from hearing what the hub announces."""
        return self._covered

    @property
    def _hears_all(self) -> bool:
        """Whether the server hears everything anyway: going back would say it twice."""
        return not self.manual and self._source is Source.MICROPHONE and not self._covered

    def woke(self, end: int, decided: int) -> None:
        """Note a wake word: where it ended, and where the sound was when it was decided."""
        self._start = None if self._hears_all else end
        self._end, self._decided = None, decided
        self._said_from, self._said_to, self._anew = end, None, None

    def speech_began(self, position: int) -> None:
        """Note where the person began; what the wake word's sound began is noted already."""
        start = max(self._decided, position - _PRE_ROLL)
        if self._said_from is None or self.finished:
            self._anew = start
        self._end = self._said_to = None
        if self._said_from is None:
            self._said_from = start
        if self._start is None and not self._hears_all:
            self._start = start

    def speech_ended(self, position: int) -> bool:
        """Note where the person paused; return False for the pause after the wake word itself."""
        if position <= self._decided:
            return False
        self._end = self._said_to = position
        self._anew = None
        return True

    def answered(self) -> None:
        """Note that the model has understood what was said, but for speech that is marked as still going on."""
        if self._mark is Mark.NONE:
            self._said_from = self._said_to = self._anew = None

    def called(self, *, just_began: bool) -> None:
        """Note that the model has understood what was said, as answered() does.

        just_began: the person began to speak too short a time ago for that to be understood: if they go on, and what
        they said before had ended, the call is about that.
        """
        anew = self._anew if just_began else None
        self.answered()
        if self._said_from is None and anew is not None:
            self._said_from = self._anew = anew

    def open(self) -> tuple[Effect, ...]:
        """Let the server hear the person, from what was noted on; without a note, from now on."""
        start, self._start = self._start, None
        if not self.manual:
            return self.feed(Source.MICROPHONE, start)
        if self._mark is Mark.OPEN or start is None:
            return self.feed(Source.MICROPHONE) if self._source is Source.HELD else ()
        self._mark = Mark.OPEN
        return (BeginActivity(), *self.feed(Source.MICROPHONE, start))

    def close(self) -> tuple[Effect, ...]:
        """Mark the end of the person's speech where it was noted, if it was; before open() the note is kept."""
        if self._mark is Mark.NONE or self._end is None or self._source is Source.HELD:
            return ()
        end, self._end = self._end, None
        self._mark = Mark.NONE
        self._source = Source.SILENCE
        return (EndActivity(end),)

    def pause(self, *, deaf: bool) -> tuple[Effect, ...]:
        """Forget what was noted, for the hub speaks; deaf: let the server hear silence meanwhile.

        Speech that is marked as going on is heard to its end.
        """
        if self._source is Source.HELD:
            return (*self.feed(Source.MICROPHONE), *self.close(), *self.pause(deaf=deaf))
        self._start = self._end = None
        return self.feed(Source.SILENCE) if deaf and self._mark is Mark.NONE else ()

    def hold(self) -> tuple[Effect, ...]:
        """Let the server hear nothing until open(), and then what was said meanwhile."""
        return self.feed(Source.HELD) if self._source is Source.MICROPHONE else ()

    def cover(self) -> tuple[Effect, ...]:
        """Let the server hear silence in place of the microphone, but for speech that is marked as going on."""
        heard, self._covered = self._hears_all, True
        return (Feed(Source.SILENCE),) if heard else ()

    def uncover(self) -> tuple[Effect, ...]:
        """Let it hear the microphone again, from what was noted on; without a note, from now on."""
        was, self._covered = self._covered, False
        if not (was and self._hears_all):
            return ()
        start, self._start = self._start, None
        return (Feed(Source.MICROPHONE, start),)

    def nudged(self) -> None:
        """Note that the end of speech was marked without a position."""
        if self._mark is Mark.OPEN:
            self._mark = Mark.NONE
            self._source = Source.SILENCE

    def reconnect(self) -> None:
        """Note that the connection is gone: the next one hears what is owed an answer from its beginning."""
        self._source, self._mark = Source.NOTHING, Mark.NONE
        self._start, self._end, self._anew = self._said_from, self._said_to, None

    def shut(self) -> tuple[Effect, ...]:
        """Let nothing out any more, and forget what was noted."""
        self._start = self._end = self._said_from = self._said_to = self._anew = None
        self._mark = Mark.NONE
        return self.feed(Source.NOTHING)

    def feed(self, source: Source, start: int | None = None) -> tuple[Effect, ...]:
        """Change the source; a start is always honoured, for it names samples that were not sent."""
        if source is self._source and start is None:
            return ()
        self._source = source
        if start is not None:
            self._covered = False
        elif self._covered and source is Source.MICROPHONE and self._mark is Mark.NONE:
            return (Feed(Source.SILENCE),)
        return (Feed(source, start),)
