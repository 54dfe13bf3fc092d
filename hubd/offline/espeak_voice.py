"""The offline voice: espeak-ng."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import Final

import numpy as np
import soxr

from hubd.audio.pcm import DOWNLINK_RATE
from hubd.errors import MissingPartError

_PROGRAM: Final = "espeak-ng"
# A sentence takes some 20 ms, a long text a second; beyond this the program hangs.
_PATIENCE: Final = 10.0
_WORDS_PER_MINUTE: Final = 165
_WAV_HEADER: Final = 44
_ESPEAK_RATE: Final = 22_050
# Even to write to its standard output espeak-ng connects to a sound server, for which it leaves folders in the home
# directory, with links to others below /tmp. A server that is none spares both.
_NO_SOUND_SERVER: Final = {"PULSE_SERVER": "unix:/dev/null"}


class EspeakVoice:
    """Speaks through espeak-ng, a process per sentence; every method blocks until it is done.

    language: one of espeak-ng's voices, such as ``en-us``. words_per_minute: how quickly it speaks.
    Raises MissingPartError if espeak-ng is not installed.
    """

    def __init__(self, language: str = "en-us", words_per_minute: int = _WORDS_PER_MINUTE) -> None:
        program = shutil.which(_PROGRAM)
        if program is None:
            raise MissingPartError(
                "espeak-ng, the voice that speaks without internet, is not installed: sudo apt install espeak-ng"
            )
        self._command = [program, "-v", language]
        self._pace = ["-s", str(words_per_minute)]

    def speak(self, text: str) -> bytes:
        """Return a text as speech at 24 kHz, signed 16-bit little-endian mono.

        Text that nobody can say gives nothing, and so does espeak-ng when it fails: its fault is silence.
        """
        wav = self._run([*self._pace, "--stdin", "--stdout"], text)
        samples = np.frombuffer(wav[_WAV_HEADER : len(wav) // 2 * 2], dtype="<i2").astype(np.float32)
        if not samples.size:
            return b""
        converted = soxr.resample(samples, _ESPEAK_RATE, DOWNLINK_RATE)
        return bytes(np.clip(np.rint(converted), -32768, 32767).astype("<i2").tobytes())

    def phonemes(self, words: Sequence[str]) -> list[str]:
        """Return how espeak-ng says each word, in international phonetic letters; empty for what it can't say."""
        # A full stop after each word, or short words are read as one clause, on one line.
        lines = self._phonetic("".join(f"{word}.\n" for word in words))
        if len(lines) == len(words):
            return lines
        return [" ".join(self._phonetic(word)) for word in words]

    def _phonetic(self, text: str) -> list[str]:
        return self._run(["-q", "--ipa", "--stdin"], text).decode("utf-8", "replace").split("\n")[:-1]

    def _run(self, arguments: Sequence[str], text: str) -> bytes:
        try:
            process = subprocess.run(
                [*self._command, *arguments],
                input=text.encode(),
                capture_output=True,
                check=False,
                timeout=_PATIENCE,
                env=os.environ | _NO_SOUND_SERVER,
            )
        except subprocess.TimeoutExpired:
            return b""
        return process.stdout
