from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from scripts.benches.processes import Memory, cpu_of, family, running_time
from scripts.benches.service import NOBODY, WITHOUT_SOUND, configuration, service
from scripts.benches.start import parts


async def test_a_hub_is_started_and_looked_at(tmp_path: Path) -> None:
    """When it says that it is ready, what it took until then is known, and what it holds; afterwards it is gone."""
    file = configuration(tmp_path, 9, url=NOBODY, more=WITHOUT_SOUND)
    async with service(file, {}) as hub:
        process = hub.daemon.process
        assert hub.cpu_s > 0
        assert hub.ready_s > 0
        assert 10 < hub.memory.own < hub.memory.alone
        assert hub.engine_memory == Memory(0, 0, 0)
    assert family(process) in ({}, {process: ""})


async def test_what_starting_takes_is_told_part_by_part(tmp_path: Path) -> None:
    """Each part takes time; without sound there is none to wait for."""
    taken = await asyncio.to_thread(parts, configuration(tmp_path, 9), {})
    assert "import of the daemon" in taken
    assert not any("sound" in part for part in taken)
    assert all(each > 0 for each in taken.values())


def test_a_family_holds_what_a_process_started() -> None:
    """Children count, and what they share with it counts once."""
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        members = family(os.getpid())
        assert "input()" in members[child.pid]
        own, both = Memory.of([os.getpid()]), Memory.of([os.getpid(), child.pid])
        assert own.alone < both.alone
        child.communicate(b"\n")
    assert Memory.of([child.pid]) == Memory(0, 0, 0)
    assert cpu_of(child.pid) == 0 < cpu_of(os.getpid())


def test_time_that_runs() -> None:
    """What a process takes of the processor is told while it takes it."""
    before = running_time(os.getpid())
    assert before > 0
    while running_time(os.getpid()) <= before:  # the test ends, or its time does
        pass
