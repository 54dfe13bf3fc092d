"""What befalls the disk, the files on it, and the recogniser, with a hub that is woken by an automation."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from hubd.demo.private_broker import PrivateBroker
from tests.end_to_end.automation import Automation, automation
from tests.end_to_end.daemon import daemon
from tests.faults.ward import (
    DUMB,
    Ears,
    Rest,
    Ward,
    at,
    configuration,
    house,
    nothing,
    on,
    request,
    requests,
    woken_after,
)
from tests.live_server import LiveServer
from tests.processes import processes_of, told_of

pytestmark = pytest.mark.real_time


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a disk of 64 kB; skips the test for who may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)) != 0:
        pytest.skip("only root may mount a disk")
    yield folder
    subprocess.run([str(shutil.which("umount")), "--lazy", str(folder)], check=True)


def mount(*arguments: str) -> int:
    """Mount something; return the command's exit status."""
    return subprocess.run([str(shutil.which("mount")), *arguments], check=False).returncode


def remounted(folder: Path, how: str) -> None:
    """Mount a disk again, rw or ro."""
    assert mount("-o", f"remount,{how}", str(folder)) == 0


@asynccontextmanager
async def ward(folder: Path, state: Path, tell: Callable[[str], None]) -> AsyncIterator[tuple[Ward, Automation]]:
    """Run a hub that keeps its state there."""
    async with LiveServer(requests()) as server, PrivateBroker() as broker:
        more = f'{DUMB}\n[hub]\nstate_dir = "{state}"'
        config = configuration(folder, live=at(server), mqtt=on(broker.port), more=more)
        async with (
            house(config, broker.port),
            daemon(config, Ears(folder).environment) as hub,
            automation(broker.port) as somebody,
        ):
            yield Ward(hub, tell), somebody


async def test_a_disk_that_takes_nothing(tmp_path: Path, small_disk: Path, tell: Callable[[str], None]) -> None:
    """Full, or read-only: the hub answers as ever, and writes when it can."""
    state, filler = small_disk / "state", small_disk / "filler"
    async with ward(tmp_path, state, tell) as (here, somebody):
        rest = Rest("an automation's request is answered: done", partial(request, here, somebody))
        for fault, words, spoil, clear in (
            ("disk full", "No space left", lambda: fill(filler), filler.unlink),
            ("disk read-only", "Read-only", partial(remounted, small_disk, "ro"), partial(remounted, small_disk, "rw")),
        ):
            await here.undergo(
                fault,
                "config",
                words,
                breaks=partial(woken_after, spoil, here, somebody),
                rest=rest,
                mends=partial(woken_after, clear, here, somebody),
                then=here.idle,
            )


def fill(file: Path) -> None:
    """Fill the file's disk to the last byte."""
    with file.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            pass  # it is full, as it was to be


async def test_state_files_that_are_torn(tmp_path: Path, tell: Callable[[str], None]) -> None:
    """Cut off, or random: each is told, set aside, replaced; the hub starts and answers without them."""
    state = tmp_path / "state"
    state.mkdir()
    torn = {
        "session": b'{"hubd":1,"handle":{"secret":"hush',
        "tokens": os.urandom(4096),
        "timers": b'[{"id":"1","name":"eggs","len',
        "asked": b"",
    }
    torn["asked"] = torn["tokens"][:17] + b"\x00"
    for name, data in torn.items():
        (state / f"{name}-hub.json").write_bytes(data)
    async with ward(tmp_path, state, tell) as (here, somebody):
        # What `hubd ask` kept is looked at with each conversation.
        await request(here, somebody)
        await request(here, somebody)
        for name, data in torn.items():
            problem = f"{state / name}-hub.json was not whole, or not written by hubd: it is set aside."
            told = await here.hub.event("trouble", part="config", problem=problem, cleared=False)
            assert here.hub.events[told - 1]["advice"]
            await here.hub.event("trouble", told, part="config", problem=problem, cleared=True)
            assert (state / f"{name}-hub.json.broken").read_bytes() == data
            tell(f"{name} file torn: told at the start; set aside, a request is answered: done; replaced at once")


def recogniser_of(process: int) -> int:
    """Return the process that recognises speech for a hub."""
    for child in processes_of(process):
        if b"hubd.offline.pocketsphinx_recognizer" in told_of(child, "cmdline"):
            return child
    raise AssertionError("no recogniser runs")


@pytest.mark.long
async def test_a_recogniser_that_is_killed(tmp_path: Path, tell: Callable[[str], None]) -> None:
    """Without internet: what is said next is understood all the same."""
    ears = Ears(tmp_path, "hey jarvis turn on the kitchen lights")
    async with PrivateBroker() as broker:
        config = configuration(tmp_path, live='backend = "offline"', mqtt=on(broker.port), more=DUMB)
        async with house(config, broker.port), daemon(config, ears.environment) as hub:
            here = Ward(hub, tell)
            await here.answers()
            kill = partial(lambda process: os.kill(recogniser_of(process), signal.SIGKILL), hub.process)
            rest = Rest("the same request is understood by the next one", nothing)
            words = "ended unexpectedly"
            await here.undergo(
                "recogniser killed", "live", words, breaks=kill, rest=rest, mends=nothing, then=here.answers
            )
