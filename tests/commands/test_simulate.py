from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from hubd.cli import main
from hubd.commands.simulate import _port, _script
from hubd.offline.effects import Break
from hubd.simulator.script import Rule
from tests.offline.hosting import set_up

SERVICE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Write a script."""
    path = tmp_path / "hello.txt"
    path.write_text('turn 1:\n  say "Hello."\n  close 1008\n')
    return path


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_it_runs_by_hand_until_it_is_told(script: Path, stop: signal.Signals) -> None:
    """It prints its address, then a line for each frame; Ctrl-C or SIGTERM end it with 0."""
    # A shell without job control lets its background processes ignore Ctrl-C, and so would this one.
    run = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from hubd.cli import main; "
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", run + "sys.exit(main())", "simulate", "--script", str(script)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    url = (await program.stdout.readline()).decode().strip()
    async with connect(url + SERVICE) as link:
        await link.send(json.dumps(set_up()))
        await link.send('{"realtimeInput":{"text":"swordfish"}}')
        await link.wait_closed()
    lines = [(await program.stdout.readline()).decode().strip() for _ in range(6)]
    program.send_signal(stop)
    rest = await program.stdout.read()
    assert await program.wait() == 0
    assert lines[:3] == ["1   connected", "1 → setup", "1 → realtimeInput: text"] or "1 ← setupComplete" in lines
    assert "1 ← close 1008 The operation was aborted." in rest.decode()
    assert "swordfish" not in rest.decode() + "".join(lines)


async def test_calls_of_another_run_are_others(tmp_path: Path) -> None:
    """A hub that runs on acts on an id once: a simulator that is started anew must not repeat those of the last."""
    path = tmp_path / "lamp.txt"
    path.write_text("turn 1:\n  call turn_on_the_lamp\n")
    ids: set[str] = set()
    for _ in range(2):
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hubd", "simulate", "--script", str(path)), stdout=asyncio.subprocess.PIPE
        )
        assert program.stdout is not None
        url = (await program.stdout.readline()).decode().strip()
        async with connect(url + SERVICE) as link:
            await link.send(json.dumps(set_up()))
            await link.send('{"realtimeInput":{"text":"turn it on"}}')
            async for frame in link:
                if calls := json.loads(frame).get("toolCall"):
                    ids.add(calls["functionCalls"][0]["id"])
                    break
        program.terminate()
        await program.communicate()
    assert len(ids) == 2


def test_a_script_of_notepad_s(tmp_path: Path) -> None:
    """A byte order mark in front is no part of the first line."""
    path = tmp_path / "mark.txt"
    path.write_bytes(b"\xef\xbb\xbfturn 1:\r\n  drop\r\n")
    assert _script(path).rules == (Rule((Break(),), turn=1),)


def test_mistakes_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each bad line of a script is told with what to write instead; the exit status is 2."""
    path = tmp_path / "bad.txt"
    path.write_text('turn 1:\n  sya "Hello."\nturn x:\n')
    assert main(["simulate", "--script", str(path)]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f'hubd: {path}:2: "sya" is no step: did you mean say?'
    assert told[1] == f"{path}:3: The turn is x: write a number from 1 to 1000000."


@pytest.mark.parametrize(
    ("data", "told"),
    [(None, "No such file"), (b"\xff", "no text in UTF-8"), (b"#" * 2**21, "larger than 1,048,576 bytes")],
)
def test_what_is_no_script_is_refused(
    data: bytes | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that can't be a script is wrong usage."""
    path = tmp_path / "x"
    if data is not None:
        path.write_bytes(data)
    assert main(["simulate", "--script", str(path)]) == 2
    assert told in capsys.readouterr().err


def test_a_port_in_use_is_named(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that another program has is told in a line; the exit status is 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert main(["simulate", "--script", str(script), "--port", port]) == 1
    assert capsys.readouterr().err == f"hubd: port {port} can't be used: {os.strerror(98)}.\n"


@pytest.mark.parametrize("arguments", ["--port 70000", "--port x", "--pace 0", "--pace nan", "--pace x", "--config x"])
def test_wrong_usage_is_refused(arguments: str, script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A number out of its range, or an option of other commands, ends with 2."""
    with pytest.raises(SystemExit) as end:
        main(["simulate", "--script", str(script), *arguments.split()])
    assert end.value.code == 2
    assert arguments.split(maxsplit=1)[0] in capsys.readouterr().err
    assert _port("0") == 0
