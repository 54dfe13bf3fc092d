from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hubd.demo import private_broker
from hubd.demo.private_broker import PrivateBroker
from hubd.errors import BrokerError, MissingPartError


async def accepts(port: int) -> bool:
    """Return whether something listens on the loopback port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_runs_while_the_context_is_open() -> None:
    """The broker accepts connections inside its context, and none after it."""
    async with PrivateBroker() as broker:
        assert await accepts(broker.port)
    assert not await accepts(broker.port)


async def test_comes_back_on_its_port() -> None:
    """A broker that was killed and started again is where it was."""
    async with PrivateBroker() as broker:
        port = broker.port
        await broker.kill()
        assert not await accepts(port)
        await broker.start()
        assert broker.port == port
        assert await accepts(port)


async def test_two_side_by_side() -> None:
    """Two brokers don't get into each other's way."""
    async with PrivateBroker() as one, PrivateBroker() as other:
        assert one.port != other.port


async def test_taken_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that another program took in between is given up for the next one."""
    async with PrivateBroker() as first:
        monkeypatch.setattr(private_broker, "_PORTS", (first.port,) * 4 + (first.port - 1,))
        async with PrivateBroker() as second:
            assert second.port == first.port - 1


async def test_settings_that_it_does_not_know() -> None:
    """A mosquitto that does not start is an error with its own last words."""
    with pytest.raises(BrokerError, match="nonsense"):
        async with PrivateBroker(further=["nonsense true"]):
            pytest.fail("there is no broker to use")


async def test_ends_while_it_is_frozen() -> None:
    """A frozen broker ends with its context as any other."""
    async with PrivateBroker() as broker:
        broker.pause()
    assert not await accepts(broker.port)


async def test_missing_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without mosquitto the error names the command that installs it."""
    monkeypatch.setattr("shutil.which", lambda *_arguments, **_options: None)
    with pytest.raises(MissingPartError, match="apt-get install mosquitto"):
        async with PrivateBroker():
            pytest.fail("there is no broker to use")


def test_dies_with_its_parent(tmp_path: Path) -> None:
    """A hub that is killed leaves no broker behind."""
    program = (
        "import asyncio, hubd.demo.private_broker as b\n"
        "async def main():\n"
        "    async with b.PrivateBroker() as broker:\n"
        "        print(broker._process.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    # It has nobody to clear its folder away.
    there, command = os.environ | {"TMPDIR": str(tmp_path)}, [sys.executable, "-c", program]
    with subprocess.Popen(command, env=there, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        assert select.select([child], [], [], 60)[0], "mosquitto outlived its parent"
        os.close(child)
