"""Whether a secret gets out: planted ones are looked for in all that a hub says, writes, starts (promise P5)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings
from tests.edges.mqtt_parts import running as client
from tests.end_to_end.automation import automation
from tests.end_to_end.daemon import daemon
from tests.end_to_end.program import CHECKOUT, COMMAND, environment
from tests.end_to_end.test_harm import wiretap
from tests.faults.canaries import CANARIES, HANDLE, KEY, PASSWORD, forms, found, open_to_others, told_by
from tests.faults.ward import DUMB, Ears, Ward, at, configuration, house, nothing, on, request, requests, woken_after
from tests.live_server import DEADLINE, LiveServer, Visit

pytestmark = pytest.mark.real_time

# As the command line does it, but with everything that may be logged.
_TALKATIVE: Final = """
import logging, sys
quiet = logging.basicConfig
logging.basicConfig = lambda **options: quiet(**{**options, "level": logging.DEBUG})
from hubd import cli
sys.exit(cli.main(sys.argv[4:]))
"""
_REFUSAL: Final = f"API key not valid: {KEY}, nor is the handle {HANDLE}."


async def said_by(arguments: Sequence[str], variables: Mapping[str, str]) -> bytes:
    """Return what a command prints, on both channels, however it ends."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        cwd=CHECKOUT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert out
    return out


def credentials(folder: Path) -> Path:
    """Put the key and the password where systemd puts them."""
    place = folder / "credentials"
    place.mkdir(mode=0o700)
    for name, secret in (("api_key", KEY), ("mqtt_password", PASSWORD)):
        (place / name).write_text(secret)
        (place / name).chmod(0o400)
    return place


def tactless() -> Callable[[Visit], Awaitable[None]]:
    """Return the script of a service that issues a handle; shown it, it refuses, and repeats all that it was shown."""
    ask = requests()

    async def talk(visit: Visit) -> None:
        if HANDLE in visit.frames[0]:
            await visit._connection.close(1007, _REFUSAL)
            return
        await visit.issue(HANDLE)
        await ask(visit)

    return talk


async def test_no_secret_gets_out(tmp_path: Path) -> None:
    """Neither in the log of a hub that says all it can, nor in events, files, processes, on MQTT, from a command."""
    passwords, ears = tmp_path / "passwords", Ears(tmp_path)
    making = await asyncio.create_subprocess_exec("mosquitto_passwd", "-c", "-b", str(passwords), "hub", PASSWORD)
    assert await making.wait() == 0
    variables = {**ears.environment, "CREDENTIALS_DIRECTORY": str(credentials(tmp_path))}
    async with LiveServer(tactless()) as server, PrivateBroker(further=[f"password_file {passwords}"]) as broker:
        config = configuration(tmp_path, live=at(server), mqtt=f'{on(broker.port)}\nusername = "hub"', more=DUMB)
        async with house(config, broker.port), wiretap(broker.port) as seen:
            async with (
                daemon(config, variables, behind=(sys.executable, "-c", _TALKATIVE)) as hub,
                automation(broker.port) as somebody,
            ):
                here = Ward(hub, lambda _: None)
                await request(here, somebody)
                await woken_after(nothing, here, somebody)
                await here.told("live", "refuses the API key")
                await request(here, somebody)
                places = told_by(hub.process)
            async with asyncio.TaskGroup() as tasks:
                said = {
                    " ".join(command): tasks.create_task(said_by([*command, "--config", str(config)], variables))
                    for command in (("check",), ("devices",), ("doctor", "--json"), ("ask", "hello"))
                }
            places |= {"log": "".join(hub.log).encode(), "events": repr(hub.events).encode()}
            places |= {name: task.result() for name, task in said.items()}
        places |= {f"MQTT {number}: {topic}": payload.encode() for number, (topic, payload) in enumerate(seen)}
    assert [HANDLE in visit.frames[0] for visit in server.visits[:2]] == [False, True]
    assert {
        visit._connection.request.headers["x-goog-api-key"] for visit in server.visits if visit._connection.request
    } == {KEY}
    assert any(b"DEBUG" in text for text in places.values())
    assert found(places | open_to_others(tmp_path)) == []
    assert HANDLE in (tmp_path / ".local/state/hubd/session-hub.json").read_text()


MISPLACED: Final = (
    f'[live]\napi_key = "{KEY}"\n',
    f'[live]\nurl = "wss://hubd.test/?key={KEY}"\n',
    f'[live]\nkey = "{KEY}\n',
    f'[mqtt]\npassword = "{PASSWORD}"\n',
    f'[mqtt]\nhost = "mqtt://hub:{PASSWORD}@hubd.test"\n',
    f'password = "{PASSWORD}"\n',
)


async def test_a_misplaced_secret_is_not_repeated(tmp_path: Path) -> None:
    """Who puts a secret where it does not belong reads that it is wrong there, and does not read the secret."""
    runs: dict[str, asyncio.Task[bytes]] = {}
    async with asyncio.TaskGroup() as tasks:
        for number, text in enumerate(MISPLACED):
            config = tmp_path / f"{number}.toml"
            config.write_text(text)
            runs[text] = tasks.create_task(said_by(["check", "--config", str(config)], environment(tmp_path)))
        for name, secret in (("GEMINI_API_KEY", f"{KEY} {KEY}"), ("HUBD_MQTT_PASSWORD", f"{PASSWORD}\n{PASSWORD}")):
            config = tmp_path / "empty.toml"
            config.touch()
            variables = environment(tmp_path, **{name: secret})
            runs[name] = tasks.create_task(said_by(["run", "--config", str(config)], variables))
    assert found({name: run.result() for name, run in runs.items()}) == []


@pytest.mark.parametrize(("argument", "variable"), [(KEY, ""), ("", PASSWORD)])
def test_the_search_finds_what_a_process_shows(argument: str, variable: str) -> None:
    """A secret on a command line, or in an environment, is found."""
    program = "import sys; print(flush=True); sys.stdin.read()"
    command, variables = [sys.executable, "-c", program, argument], {"SECRET": variable}
    with subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(found(told_by(process.pid))) == 1
        process.communicate()


async def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    """A secret in a file for all, on MQTT, in a log in any form, is found."""
    private, public = tmp_path / "private", tmp_path / "public"
    for file, mode in ((private, 0o600), (public, 0o640)):
        file.write_text(HANDLE)
        file.chmod(mode)
    assert found(open_to_others(tmp_path)) == [f"{public}: Canary/Red"]
    async with (
        PrivateBroker() as broker,
        wiretap(broker.port) as seen,
        client(BrokerSettings(HOST, broker.port, "somebody")) as somebody,
    ):
        await somebody.broker.publish(Publish("hubd/hub/state", f'{{"key": "{KEY}"}}'.encode(), 1), DEADLINE)
    assert found({topic: payload.encode() for topic, payload in seen}) == ["hubd/hub/state: AIzaCanary/Yellow"]
    for canary in CANARIES:
        for form in forms(canary):
            assert found({"log": b"INFO hubd: connecting with " + form + b"\n"}) == [f"log: {canary.split('-')[0]}"]
