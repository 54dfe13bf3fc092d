"""When scores of a wake model become a wake."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType

from hubd.audio.pcm import UPLINK_RATE
from hubd.events import Woke
from hubd.hunches import FellBack, Rising
from hubd.reports import NearMissReport
from hubd.rises import BAR, BAR_AT_THE_BEGINNING, Rise, Rises

FRAME_SAMPLES = 1280
FRAME_MS = FRAME_SAMPLES * 1000 // UPLINK_RATE
WARM_UP_FRAMES = 16


class WakeEngine(StrEnum):
    """What finds wake words."""

    OPENWAKEWORD = "openwakeword"
    MICROWAKEWORD = "microwakeword"


# How long after a word's last sample its score first crosses the threshold, ms: never less than the longest that was
# measured, because sound between the two would be lost. Measured with 1700 utterances a word (espeak-ng en-us, en-gb,
# en-us+f3, en-us+m3, en-gb-scotland at 130 to 175 words a minute, recordings; alone, before a pause, in one breath with
# a request; at all positions within a frame; loud and soft; thresholds 0.3 to 0.9), median in one breath / longest:
# hey_jarvis 417 / 673, alexa 63 / 458, hey_mycroft 153 / 370; microWakeWord, 500 a word, thresholds 0.3 to 0.98:
# hey_jarvis 134 / 421, alexa 220 / 474, hey_mycroft -37 / 795, okay_nabu 124 / 554. A crossing later than 800 ms is not
# counted: it was the request that woke. Recordings crossed from 290 ms before their end to 40 ms after it, with
# microWakeWord from 233 ms before to 365 ms after. Other words get their engine's longest lag.
LAG_MS = 720
LAG_MS_OF: Mapping[WakeEngine, Mapping[str, int]] = MappingProxyType(
    {
        WakeEngine.OPENWAKEWORD: MappingProxyType({"alexa": 520, "hey_mycroft": 440}),
        WakeEngine.MICROWAKEWORD: MappingProxyType(
            {"alexa": 520, "hey_jarvis": 480, "hey_mycroft": 800, "okay_nabu": 600}
        ),
    }
)

# The score from which on a rise that woke nothing is a near miss (``voice.md`` 5.3).
NEAR_MISS = 0.25
# So many seconds after a near miss no other is told: a room full of talk must not flood the event stream.
NEAR_MISS_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class WakeWord:
    """A wake word with its bar.

    name: as the wake model calls it. threshold: the score, 0 to 1, that each of patience consecutive frames of 80 ms
    has to reach; 0.5, once: what ``scripts/bench wake --quality`` found (README, "How well the wake word is heard").
    threshold_while_speaking, patience_while_speaking: the same while the hub itself speaks, never below the two others:
    its own voice can cross for a frame (``voice.md`` 2.4, 2.5). refractory: for so many seconds after it woke nothing
    wakes. engine: what scores it.
    """

    name: str
    threshold: float = 0.5
    patience: int = 1
    threshold_while_speaking: float = 0.5
    patience_while_speaking: int = 2
    refractory: float = 2.0
    engine: WakeEngine = WakeEngine.OPENWAKEWORD

    def __post_init__(self) -> None:
        lowest = min(self.patience, self.patience_while_speaking)
        if lowest < 1:
            raise ValueError(f"patience is a number of frames from 1 on, not {lowest}")

    @property
    def lag_ms(self) -> int:
        """How long after the word's last sample its score may first cross the threshold, ms."""
        measured = LAG_MS_OF[self.engine]
        return measured.get(self.name, max(LAG_MS, *measured.values()))

    def bar(self, *, speaking: bool) -> tuple[float, int]:
        """Return the threshold in force with the number of consecutive frames that have to reach it."""
        if not speaking:
            return self.threshold, self.patience
        return max(self.threshold, self.threshold_while_speaking), max(self.patience, self.patience_while_speaking)


def spoken(name: str) -> str:
    """Return a wake word as people say it; name: as the wake model calls it."""
    return name.replace("_", " ")


Noticed = Woke | Rising | FellBack | NearMissReport


class _Hope(Enum):
    """What may come of the rise that goes on.

    NONE: there is none. OPEN: a wake or a near miss. SPENT: neither; it woke, or began in the refractory period.
    """

    NONE = auto()
    OPEN = auto()
    SPENT = auto()


class WakeGate:
    """Turns scores into at most one Woke: threshold, patience, refractory period, mute.

    words: those whose scores count; scores of other names are passed over. near_miss: the score, 0 to 1, from which on
    a rise that wakes nothing is told; rises begin at the bars of ``rises``.
    """

    def __init__(self, words: Sequence[WakeWord], near_miss: float = NEAR_MISS) -> None:
        self._recent: dict[str, deque[float]] = {}
        self._ready_at: float | None = None
        self._spoke_at: int | None = None
        self._rises = Rises()
        self._hope = _Hope.NONE
        self._wanted = 0.0
        self._told_at: float | None = None
        self.adopt(words, near_miss)

    def adopt(self, words: Sequence[WakeWord], near_miss: float = NEAR_MISS) -> None:
        """Have these words count from now on, with their bars; what was scored already counts by them as well."""
        self._words = tuple(words)
        self._near_miss = near_miss
        self._recent = {
            word.name: deque(self._recent.get(word.name, ()), maxlen=max(word.patience, word.patience_while_speaking))
            for word in words
        }

    def feed(  # noqa: PLR0913 -- each is something else that is known about the same 80 ms
        self,
        scores: Mapping[str, float],
        position: int,
        now: float,
        *,
        speaking: bool,
        muted: bool = False,
        beginning: bool = False,
    ) -> tuple[Noticed, ...]:
        """Take the scores of the next 80 ms; return what they show, a Woke among it if they wake the hub.

        scores: 0 to 1 by name; a name that is missing starts anew (warming up, sound was lost).
        position: of the uplink just after the last sample that was scored. now: monotonic time, s.
        speaking: the hub itself spoke in these 80 ms. muted: nothing wakes. beginning: somebody has just begun to
        speak.
        Among several words the highest score wins. ``Woke.end`` is at or before the end of the wake word: position
        less the word's lag, less the frames that its patience took.

        A rise of the scores leads to a Rising as it begins, unless it wakes at once or begins in the refractory period;
        a Rising to a Woke, or else to a FellBack: as the rise ends, with a NearMissReport if it was high enough, or as
        the microphone is muted. Of one rise comes a Woke or a NearMissReport, never both.
        """
        counted = {} if muted else {word.name: scores[word.name] for word in self._words if word.name in scores}
        for name, recent in self._recent.items():
            if name in counted:
                recent.append(counted[name])
            else:
                recent.clear()
        if speaking:
            self._spoke_at = position
        noticed: list[Noticed] = []
        bar = BAR_AT_THE_BEGINNING if beginning else BAR
        before = self._rises.current
        over = self._rises.drop() if muted else self._rises.take(counted, now, bar)
        if over is not None:
            noticed += self._disappointment(over, now, muted=muted)
        if (rise := self._rises.current) is not None and rise is not before:
            word = next(word for word in self._words if word.name == rise.model)
            self._wanted = word.bar(speaking=self._heard_itself(word, position))[0]
        if muted or (self._ready_at is not None and now < self._ready_at):
            self._begin(_Hope.SPENT)
        elif (woke := self._wake(counted, position, now)) is not None:
            self._hope = _Hope.NONE if self._rises.current is None else _Hope.SPENT
            noticed.append(woke)
        elif (begun := self._begin(_Hope.OPEN)) is not None:
            noticed.append(Rising(begun.model))
        return tuple(noticed)

    def _disappointment(self, over: Rise, now: float, *, muted: bool) -> Iterator[Noticed]:
        """Yield what a rise means that woke nothing."""
        hope, self._hope = self._hope, _Hope.NONE
        if hope is not _Hope.OPEN:
            return
        yield FellBack()
        told_lately = self._told_at is not None and now - self._told_at < NEAR_MISS_PAUSE
        if over.score >= self._near_miss and not muted and not told_lately:
            self._told_at = now
            yield NearMissReport(over.model, round(over.score, 3), self._wanted)

    def _begin(self, hope: _Hope) -> Rise | None:
        """Give a rise that has just begun its hope; return it, or None if none has."""
        if self._hope is not _Hope.NONE or self._rises.current is None:
            return None
        self._hope = hope
        return self._rises.current

    def _wake(self, counted: Mapping[str, float], position: int, now: float) -> Woke | None:
        woken = [(counted[word.name], word) for word in self._words if self._reached(word, position)]
        if not woken:
            return None
        score, word = max(woken, key=lambda pair: pair[0])
        self._ready_at = now + word.refractory
        patience = word.bar(speaking=self._heard_itself(word, position))[1]
        end_ms = word.lag_ms + (patience - 1) * FRAME_MS
        return Woke(model=word.name, score=score, end=max(0, position - end_ms * UPLINK_RATE // 1000), end_ms=end_ms)

    def _reached(self, word: WakeWord, position: int) -> bool:
        threshold, patience = word.bar(speaking=self._heard_itself(word, position))
        newest = list(self._recent[word.name])[-patience:]
        return len(newest) == patience and all(score >= threshold for score in newest)

    def _heard_itself(self, word: WakeWord, position: int) -> bool:
        """Whether the scores may be about the hub's own voice: they speak of sound as old as the lag."""
        return self._spoke_at is not None and position - self._spoke_at < word.lag_ms * UPLINK_RATE // 1000
