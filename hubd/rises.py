"""Where the scores of wake words rise, peak, fall again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

# A rise begins at this score. Measured with espeak-ng: how much sooner than 0.5 the score of a wake word passes a bar
# (348 utterances: 6 voices at 130 to 175 words a minute, alone or before a request, at three positions within a frame;
# two recordings), ms on average; how often an hour narration without a wake word passes it (2 h, 8 voices, no pause).
#
#                 sooner                             an hour
#       bar       hey_jarvis  alexa  hey_mycroft     hey_jarvis  alexa  hey_mycroft
#       0.3            92       31        20             1.5      1.0      1.5
#       0.1           207       51        47             4.5      5.0      6.0
#       0.05          237       60        63             8.0      8.5      9.5
#       0.02          266       66        82            20       19       16
#       0.01          290       66        90            42       38       27
#       0.002         326       74       164           170      132       80
BAR: Final = 0.05
# Wake words are what people begin with. So within 0.7 s after somebody has begun to speak a rise begins at this score.
# Measured with 60 other voices a word, and half an hour of sentences with pauses (333 beginnings an hour): how many of
# the wake words that were found passed the bar 240 ms, 320 ms sooner than 0.5, %; how often an hour the rest passed it.
#
#                            hey_jarvis        alexa          hey_mycroft
#       0.01 at any time     65  35   57     15   2   19       5   0   63
#       0.05 at any time     35  16   17     10   2    6       0   0   31
#       and 0.0005           95  79   36     15   6   13      25  15   31
#       and 0.0001          100  84   59     15  12   36      55  45   40
#       and 0.00005         100  91   75     15  12   50      70  60   59
BAR_AT_THE_BEGINNING: Final = 0.0001
BEGINNING: Final = 0.7
# It is over when all scores have been below the bar for so long, s: within a word they dip for less.
CALM: Final = 0.5
# It is over in any case after so long, s: no word takes more, but a model may idle above the bar.
LONGEST: Final = 3.0


@dataclass(frozen=True, slots=True)
class Rise:
    """One rise so far. model: the word that has scored highest. score: how high. began, peaked: when, s."""

    model: str
    score: float
    began: float
    peaked: float


class Rises:
    """Follows the best of several words' scores; ``now`` is monotonic, s.

    current: the rise that goes on; None between two of them.
    """

    def __init__(self) -> None:
        self.current: Rise | None = None
        self._high_at = 0.0

    def take(self, scores: Mapping[str, float], now: float, bar: float = BAR) -> Rise | None:
        """Take the next scores, 0 to 1 by name; return the rise that they show to be over, if any.

        The same scores may begin the next one. A name that is missing counts as below the bar.
        """
        over = None
        if self.current is not None and (now - self._high_at >= CALM or now - self.current.began >= LONGEST):
            over = self.drop()
        high = [(score, name) for name, score in scores.items() if score >= bar]
        if high:
            self._high_at = now
            score, name = max(high)
            if self.current is None:
                self.current = Rise(name, score, began=now, peaked=now)
            elif score > self.current.score:
                self.current = replace(self.current, model=name, score=score, peaked=now)
        return over

    def drop(self) -> Rise | None:
        """End the rise that goes on, and return it."""
        over, self.current = self.current, None
        return over
