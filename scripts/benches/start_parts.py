"""What starting takes, part by part, one after the other: BEGAN CONFIGURATION [sound]; prints ms of each as JSON.

BEGAN: when this process was started, monotonic, s. The daemon does some of this at once, so that it is ready sooner
than the sum of the parts.
"""

from __future__ import annotations

import time

MARKS = {"Python itself": time.perf_counter()}

# ruff: noqa: E402 -- the imports are what is measured
import importlib

importlib.import_module("hubd.cli")
MARKS["import of the command line"] = time.perf_counter()

importlib.import_module("hubd.daemon")
importlib.import_module("hubd.app")
MARKS["import of the daemon"] = time.perf_counter()

import asyncio
import itertools
import json
import sys
from pathlib import Path

import numpy as np

from hubd.audio.pcm import SAMPLE_BYTES, Chunker
from hubd.config import load
from hubd.fittings import ready_wake_model
from hubd.offline.server import OfflineServer
from hubd.sound_card import microphone_and_speaker
from hubd.wake import FRAME_SAMPLES

MARKS["this bench's own imports"] = time.perf_counter()


async def main(began: float, file: Path, *, hears: bool) -> None:
    """Do it all."""
    config = load(file)
    MARKS["configuration"] = time.perf_counter()
    model = ready_wake_model(config)
    MARKS["wake-word models"] = time.perf_counter()
    async with OfflineServer():
        MARKS["offline server"] = time.perf_counter()
    MARKS["end of the offline server"] = time.perf_counter()
    if hears:
        sound = microphone_and_speaker(config, lambda _report: None)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(sound.run())
            chunker = Chunker(FRAME_SAMPLES * SAMPLE_BYTES)
            async for frame in sound.frames():
                MARKS.setdefault("sound's first frame", time.perf_counter())
                scores = [model.score(np.frombuffer(pcm, "<i2")) for pcm in chunker.push(frame.pcm)]
                if any(scores):
                    break
            MARKS["first score of the wake word, with its sound"] = time.perf_counter()
            running.cancel()
    times = [began, *MARKS.values()]
    took = [(end - begin) * 1000 for begin, end in itertools.pairwise(times)]
    print(json.dumps(dict(zip(MARKS, took, strict=True))), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), Path(sys.argv[2]), hears=sys.argv[3:] == ["sound"]))
