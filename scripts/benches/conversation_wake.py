"""openWakeWord's loop in a conversation: SPEED MINUTES; prints its CPU time, s."""

from __future__ import annotations

import json
import sys
import time

from scripts.benches.voices import story
from scripts.benches.wake_engines import FRAME_BYTES, Pace, openwakeword


def main(speed: float, minutes: int) -> None:
    """Listen to a person who talks, frame by frame at the pace of the conversation."""
    listen, told = openwakeword(["hey_jarvis"]), memoryview(story(60))
    began, cpu, heard = time.perf_counter(), time.process_time(), 0.0
    for _ in range(minutes):
        for start in range(0, len(told), FRAME_BYTES):
            listen(told[start : start + FRAME_BYTES], Pace.QUICK)
            heard += FRAME_BYTES / 32_000 / speed
            time.sleep(max(0.0, began + heard - time.perf_counter()))  # a microphone brings the next frame no sooner
    print(json.dumps(time.process_time() - cpu), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
