"""hubd on the path's bench, the daemon's own code but for its sound.

Usage: path_hub.py CONFIG SERVER-PORT BROKER-PORT SCENARIO; prints "ready", goes on with a line, ends with another, and
prints what it saw as JSON. For the scenarios see path_server.py.

calls: the microphone hears a quiet room in real time. set-up, talk: it is spoken to, over and over, by several voices;
prints a line each time when it has woken and what is measured has come.
sound, barge-in, request: microphone and speaker are those of $PULSE_SERVER, each held by its own process, which writes
down when sound comes and goes (path_sound.py).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from hubd.app import Hub
from hubd.config import load
from hubd.edges import sound_process
from hubd.edges.sound_link import SoundLink, SoundSettings
from hubd.edges.wav_sound import WavSound
from hubd.edges.websockets_link import WebsocketsLink
from hubd.events import Backend, Event, LinkReady, SpeechEnded, Woke
from hubd.fittings import kept
from hubd.ports import MicrophoneFrame, Sound
from hubd.reports import PublicState, Report, StateReport
from hubd.secrets import Secrets
from hubd.wishes import ListenAsked
from scripts.benches import path_probe
from scripts.benches.loopback import CHECKOUT
from scripts.benches.path_lamp import TOPIC
from scripts.benches.voices import PERIOD, VOICES, quiet_room, wake_words

# Longer than any scenario: nobody says a first word here.
_PATIENCE: Final = 600.0
_ALOUD: Final = frozenset({"sound", "barge-in", "request"})
_WAKES: Final = frozenset({"set-up", "request"})


class Watched:
    """What the hub does, and when, monotonic, s."""

    def __init__(self, scenario: str) -> None:
        self._scenario = scenario
        self.woke: list[tuple[float, int, int]] = []
        self.opened: list[float] = []
        self.frames: dict[int, float] = {}
        self.captured: list[tuple[float, float]] = []
        self.uploads: list[float] = []
        self.ended: list[float] = []
        self.marked: list[float] = []
        self.answered: list[float] = []
        self.idle = asyncio.Event()
        self.idle.set()
        self.to_come = 0

    def report(self, report: Report) -> None:
        """Take a report."""
        if isinstance(report, StateReport):
            (self.idle.set if report.state is PublicState.IDLE else self.idle.clear)()

    def watch(self, hub: Hub) -> None:
        """Stamp what passes the joints of a hub."""
        post, converse, listen = hub._listen._post, hub.converse, hub._listen  # noqa: SLF001 -- joints have no other name
        take, step, send = listen._take, converse._conversation.step, WebsocketsLink.send  # noqa: SLF001 -- the same

        uploaded = self._uploaded

        def posted(event: Event) -> None:
            if isinstance(event, Woke):
                self.woke.append((time.monotonic(), event.end, event.end_ms))
                self.to_come += 1
            elif isinstance(event, SpeechEnded):
                self.ended.append(time.monotonic())
            post(event)

        def stepped(event: Event, now: float) -> Any:
            if isinstance(event, LinkReady):
                self.opened.append(time.monotonic())
                self._came("set-up")
            return step(event, now)

        def taken(frame: MicrophoneFrame) -> None:
            self.captured.append((time.monotonic(), frame.captured))
            take(frame)
            self.frames[listen._uplink.end] = self.captured[-1][0]  # noqa: SLF001 -- the same

        async def sent(self: WebsocketsLink, text: str) -> None:
            await send(self, text)
            uploaded(text)

        listen._post, listen._take = posted, taken  # type: ignore[method-assign]  # noqa: SLF001 -- the same
        converse._conversation.step = stepped  # type: ignore[method-assign]  # noqa: SLF001 -- the same
        WebsocketsLink.send = sent  # type: ignore[method-assign]  # stamps, then goes on

    def _came(self, scenario: str) -> None:
        if self.to_come and scenario == self._scenario:
            self.to_come = 0
            print("came", flush=True)

    def _uploaded(self, text: str) -> None:
        if '"activityEnd"' in text:
            self.marked.append(time.monotonic())
        if '"toolResponse"' in text:
            self.answered.append(time.monotonic())
        if '"audio"' in text and not _is_silence(text):
            self.uploads.append(time.monotonic())
            self._came("talk")

    def set_up_ms(self) -> list[float]:
        """Return how long after each wake the conversation had its session, ms."""
        found = []
        for at, _, _ in self.woke:
            found += [(opened - at) * 1000 for opened in self.opened if opened >= at][:1]
        return found

    def upload_ms(self) -> list[float]:
        """Return how long after the wake model's last frame was there speech first went out, ms."""
        found = []
        for at, end, end_ms in self.woke:
            there = self.frames.get(end + end_ms * 16)
            out = next((upload for upload in self.uploads if upload >= at), None)
            if there is not None and out is not None:
                found.append((out - there) * 1000)
        return found


def _is_silence(text: str) -> bool:
    return set(text.partition('"data":"')[2].partition('"')[0]) <= set("A=")


class Room(WavSound):
    """A quiet room in which the wake word is said again and again, in real time."""

    async def say(self, *, wait: asyncio.Event | None) -> None:
        """Say wake words for ever; wait: not before this."""
        for pcm in wake_words(first=random.randrange(VOICES)):  # noqa: S311 -- each time others
            if wait is not None:
                await wait.wait()
            await self.speak(pcm)

    async def hush(self) -> None:
        """Say nothing, for ever."""
        while True:
            await self.speak(quiet_room(PERIOD))


def _sound(scenario: str) -> Sound:
    if scenario not in _ALOUD:
        return Room()
    sound_process._CHILD = "scripts.benches.path_sound"  # noqa: SLF001 -- the same program, but for its stamps
    return SoundLink(SoundSettings(), lambda _: None, environment={**os.environ, "PYTHONPATH": str(CHECKOUT)})


async def main(config: Path, server: int, broker: int, scenario: str) -> None:
    """Run the hub until told to end."""
    stamps, watched, sound = path_probe.watch(server, broker, TOPIC.encode()), Watched(scenario), _sound(scenario)
    url = f"wss://127.0.0.1:{server}"
    settings, report = load(config), watched.report
    keep = partial(kept, config=settings, environment=os.environ, report=report)
    hub = Hub(
        settings,
        Secrets(),
        sound=sound,
        backend=Backend.GEMINI,
        url=url,
        report=report,
        store=keep("session"),
        tokens=keep("tokens"),
    )
    gc.freeze()  # as the daemon does
    watched.watch(hub)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(hub.run()), tasks.create_task(sound.run())]
        if isinstance(sound, Room):
            wait = watched.idle if scenario == "set-up" else None
            running.append(tasks.create_task(sound.hush() if scenario == "calls" else sound.say(wait=wait)))
        await hub.newer_connection(0)
        await hub.warmed_up()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        if scenario not in _WAKES:
            hub.post(ListenAsked("bench", timeout=_PATIENCE, silent=True))
        await asyncio.to_thread(sys.stdin.readline)
        for task in running:
            task.cancel()
    found = {
        "command_ms": stamps.command_ms(),
        "read": stamps.read,
        "captured": watched.captured,
        "set_up_ms": watched.set_up_ms(),
        "upload_ms": watched.upload_ms(),
        "told": stamps.told,
        "published": stamps.published,
        "ended": watched.ended,
        "marked": watched.marked,
        "answered": watched.answered,
        "woke": [at for at, _, _ in watched.woke],
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
