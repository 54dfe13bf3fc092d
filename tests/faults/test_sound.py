"""What befalls microphone and speaker, with a hub that automations wake."""

from __future__ import annotations

import asyncio
import os
import signal
import wave
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from hubd.demo.private_broker import PrivateBroker
from tests.edges.sound_system import FakeMicrophone, VirtualAudio
from tests.edges.test_sound_link import sound_processes
from tests.end_to_end.automation import automation
from tests.end_to_end.daemon import daemon, ready
from tests.end_to_end.program import environment
from tests.faults.ward import DUMB, Deed, Ears, Rest, Ward, at, configuration, house, nothing, on, request, requests
from tests.live_server import LiveServer

pytestmark = pytest.mark.real_time


@asynccontextmanager
async def ward(
    folder: Path, variables: Mapping[str, str], tell: Callable[[str], None], more: str = ""
) -> AsyncIterator[tuple[Ward, Rest]]:
    """Run a hub with this sound system; yield it with what works while it can't hear or be heard."""
    async with LiveServer(requests()) as server, PrivateBroker() as broker:
        config = configuration(folder, live=at(server), mqtt=on(broker.port), more=more)
        async with (
            house(config, broker.port),
            daemon(config, variables) as hub,
            automation(broker.port) as somebody,
        ):
            here = Ward(hub, tell)
            yield here, Rest("an automation's request is answered: done", partial(request, here, somebody))


def signalled(here: Ward, part: str, number: signal.Signals) -> None:
    """Send a signal to the process of a sound device."""
    os.kill(sound_processes(here.hub.process)[part], number)


PROCESSES: Final = (
    ("microphone's process killed", "microphone", "ended unexpectedly", signal.SIGKILL),
    ("microphone's process stopped", "microphone", "does not respond", signal.SIGSTOP),
    ("speaker's process killed", "speaker", "ended unexpectedly", signal.SIGKILL),
    ("speaker's process stopped", "speaker", "does not respond", signal.SIGSTOP),
)
SERVER: Final = (("microphone stalled", "stall", "resume"), ("sound server killed", "unplug", "replug"))


def leading_to(virtual: VirtualAudio, folder: Path) -> dict[str, str]:
    """Return a hub's environment with the way to a sound server."""
    leads = {name: value for name, value in virtual.environment.items() if name not in os.environ}
    return {**environment(folder), **leads}


async def test_a_sound_server_that_fails(tmp_path: Path, virtual: VirtualAudio, tell: Callable[[str], None]) -> None:
    """Processes of sound devices that end or hang are replaced, a server that dies is found again; then it hears."""
    async with ward(tmp_path, leading_to(virtual, tmp_path), tell) as (here, rest):
        await ready(here.hub)
        await here.hub.logged("speaker: ")
        for fault, part, words, number in PROCESSES:
            breaks: Deed = partial(signalled, here, part, number)
            await here.undergo(fault, part, words, breaks=breaks, rest=rest, mends=nothing)
        for fault, lose, restore in SERVER:
            place, breaks = len(here.hub.events), partial(virtual.do, lose)
            await here.undergo(fault, "microphone", "", breaks=breaks, rest=rest, mends=partial(virtual.do, restore))
        # With its server the speaker was gone as well.
        place = await here.hub.event("trouble", place, part="speaker", cleared=False)
        await here.hub.event("trouble", place, part="speaker", cleared=True)
        place = len(here.hub.events)
        await virtual.do("say", "--speed", "130", "--pad", "1600", "hey jarvis")
        await here.hub.event("woke", place)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_microphone_that_delivers_the_wrong_thing(
    tmp_path: Path, virtual: VirtualAudio, tell: Callable[[str], None]
) -> None:
    """Zeros alone, or sound that is cut off: each takes its time to be sure of, and to be over."""
    async with ward(tmp_path, leading_to(virtual, tmp_path), tell) as (here, rest):
        await ready(here.hub)
        kinds = ((0.1, 2), (0.2, 65), (10.0, 5))
        brief, soft, loud = (partial(virtual.do, "play", noise(tmp_path, *kind)) for kind in kinds)
        fault, words = "microphone delivers zeros", "nothing but silence"
        await here.undergo(fault, "microphone", words, breaks=nothing, rest=rest, mends=brief)
        await here.undergo("microphone too loud", "microphone", "too loud", breaks=loud, rest=rest, mends=soft)


async def pulled(folder: Path, tell: Callable[[str], None], fault: str, without: str) -> None:
    """Run a hub at a bare card, and pull that for a while."""
    ears = Ears(folder, "hey jarvis", without=without)
    async with ward(folder, ears.environment, tell, DUMB) as (here, rest):
        await here.hub.event("woke")
        pull, put_back = ears.microphone.unplug, ears.microphone.replug
        await here.undergo(fault, "microphone", "", breaks=pull, rest=rest, mends=put_back, then=here.wakes)


async def exchanged(folder: Path, tell: Callable[[str], None]) -> None:
    """Run a hub at a bare card that lacks the rate, and put in one that has it."""
    ears = Ears(folder, "hey jarvis")
    more = f"{DUMB}\n[microphone]\nrate = 44100"

    def exchange() -> None:
        FakeMicrophone(folder, rate=44_100)

    async with ward(folder, ears.environment, tell, more) as (here, rest):
        fault = "microphone without the rate"
        await here.undergo(fault, "microphone", "can't be opened", breaks=None, rest=rest, mends=exchange)


async def test_a_bare_card_that_fails(tmp_path: Path, tell: Callable[[str], None]) -> None:
    """A microphone without a sound server is pulled, or taken by another program; lacks the rate; comes back."""
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pulled(folders[0], tell, "microphone pulled", "ENODEV"))
        tasks.create_task(pulled(folders[1], tell, "microphone busy", "EBUSY"))
        tasks.create_task(exchanged(folders[2], tell))


def noise(folder: Path, amplitude: float, seconds: int) -> Path:
    """Write noise to a file; above 1 it is cut off at full scale."""
    path = folder / f"{amplitude}.wav"
    samples = np.clip(np.random.default_rng(3).standard_normal(16_000 * seconds) * amplitude, -1, 1)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path
