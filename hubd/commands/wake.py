"""``hubd wake``: the scores of the wake words, live."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from hubd.commands.common import OK, TERMINATED, clock, columns, number, on_terminal, say, until_told
from hubd.config import Config, find, load
from hubd.errors import UsageError
from hubd.peaks import Peak, Peaks, bar, shown
from hubd.tables import wrapped
from hubd.thresholds import Advice, advice
from hubd.wake import WakeWord, spoken

SUMMARY: Final = "see the wake words' scores live, choose a threshold"
_BAR: Final = 30
# Back to the line's begin; clear what was there (ECMA-48 EL).
_ANEW: Final = "\r\x1b[K"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Open the microphone and show how high the wake words score: a live line on a terminal, and one line for each "
        "time a score rose, with its peak and whether it would have woken the hub. Say the wake word several times as "
        "you would every day, then talk of something else; Ctrl-C ends it with a summary and a threshold to choose. "
        "Nothing is sent anywhere. A hub that holds the microphone has to be stopped meanwhile."
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--seconds", type=number(1, 86_400, "seconds"), metavar="N", help="listen for so long")
    source.add_argument("--wav", type=Path, metavar="FILE", help="score a recording instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line instead")
    parser.set_defaults(log_level=logging.ERROR)


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    config = load(find(options.config, os.environ))
    words = config.wake.wake_words()
    if not words:
        raise UsageError("wake.words is empty: there is no wake word to be scored.")
    if options.wav is not None:
        from hubd.commands.scoring import score_recording  # noqa: PLC0415 -- loads the models' library

        score = _Score(words, _offset, as_json=options.json, live=False)
        score_recording(config, options.wav, score.take)
        return score.end()
    if config.microphone.off:
        raise UsageError('microphone.device is "none": name a microphone, or score a recording with --wav FILE.')
    score = _Score(words, clock, as_json=options.json, live=not options.json and on_terminal())
    heard = asyncio.run(until_told(_listen(config, score, options.seconds)))
    return TERMINATED if heard is None else score.end()


async def _listen(config: Config, score: _Score, seconds: float | None) -> bool:
    from hubd.commands.scoring import score_microphone  # noqa: PLC0415 -- loads the models' library

    try:
        await score_microphone(config, score.take, score.tell, ready=score.begin, seconds=seconds)
    finally:
        score.clear()
    return True


class _Score:
    """Prints the peaks as they come, on a terminal the live score below them.

    clock: returns a time as people write it.
    """

    def __init__(self, words: list[WakeWord], clock: Callable[[float], str], *, as_json: bool, live: bool) -> None:
        self._words = words
        self._clock = clock
        self._json = as_json
        self._live = live
        self._peaks = Peaks(words)
        self._found: list[Peak] = []
        self._label = max(len(spoken(word.name)) for word in words)

    def begin(self) -> None:
        """Tell the person that the hub hears them."""
        names = " or ".join(f'"{spoken(word.name)}"' for word in self._words)
        self.tell(f"Listening. Say {names} several times, then something else. Ctrl-C ends it.")

    def tell(self, text: str) -> None:
        """Tell the person something where the live score was."""
        self.clear()
        _tell(text)

    def take(self, scores: Mapping[str, float], now: float) -> None:
        """Take the scores of 80 ms."""
        self._print(*self._peaks.take(scores, now))
        if self._live and scores:
            name = max(scores, key=lambda name: scores[name])
            word = next(word for word in self._words if word.name == name)
            _write(_ANEW + self._line("now", word, scores[name], ""))

    def clear(self) -> None:
        """Take the live score away."""
        if self._live:
            _write(_ANEW)

    def end(self) -> int:
        """Sum up; return the exit status."""
        self._print(*self._peaks.end())
        for word in self._words:
            self._advise(advice(word, self._found))
        if not any(peak.near for peak in self._found):
            _tell("If you said a wake word: speak nearer, or louder; hubd doctor tells what the microphone hears.")
        return OK

    def _print(self, *peaks: Peak) -> None:
        for peak in peaks:
            self._found.append(peak)
            if not peak.near:
                continue
            self.clear()
            if self._json:
                say(json.dumps({"event": "peak", "time": round(peak.at, 3), **_described(peak)}))
            else:
                say(self._line(self._clock(peak.at), peak.word, peak.score, peak.verdict))

    def _advise(self, found: Advice) -> None:
        if self._json:
            scores = {
                "woke": [round(each, 3) for each in found.woke],
                "missed": [round(each, 3) for each in found.missed],
            }
            thresholds = {"threshold": found.word.threshold, "better": found.threshold}
            say(json.dumps({"event": "advice", "model": found.word.name, **scores, **thresholds}))
            return
        say("")
        for line in found.lines:
            for part in (line,) if (width := columns()) is None else wrapped(line, width):
                say(part)

    def _line(self, when: str, word: WakeWord, score: float, verdict: str) -> str:
        """Return a score as a line that fits the terminal, with a shorter bar or none where that is narrow."""
        left, right = f"{when:8}  {spoken(word.name):{self._label}}", f"{shown(score)}  {verdict}".rstrip()
        width = columns()
        if width is None:
            return f"{left}  {bar(score, word.threshold, _BAR)}  {right}"
        # The last column stays free: some terminals begin a new line as soon as it is written to.
        room = min(_BAR, width - 1 - len(f"{left}    {right}"))
        drawn = bar(score, word.threshold, room) if room > 0 else ""
        return "  ".join(filter(None, (left, drawn, right)))[: max(0, width - 1)]


def _described(peak: Peak) -> Mapping[str, object]:
    word = peak.word
    return {
        "model": word.name,
        "score": round(peak.score, 3),
        "threshold": word.threshold,
        "patience": word.patience,
        "wakes": peak.wakes,
    }


def _offset(time: float) -> str:
    return f"{time:6.1f} s"


def _tell(text: str) -> None:
    """Tell the person something beside the scores."""
    print(text, file=sys.stderr, flush=True)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
