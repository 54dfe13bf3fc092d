"""``hubd ask``, run as a user runs it."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from hubd.config import load
from hubd.demo.house import House
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.simulator.server import Simulator
from tests.end_to_end.daemon import daemon
from tests.end_to_end.program import CHECKOUT, COMMAND, PATIENCE, Outcome, Program, environment, run
from tests.live_server import LiveServer

HOUSE: Final = CHECKOUT / "hubd" / "demo" / "house.toml"
# Longer than a busy computer needs, shorter than the test's own deadline.
TIMEOUT: Final = ("--timeout", "50")
SORRY: Final = "Sorry, I did not understand that.\n"


def configuration(folder: Path, port: int, more: str = "") -> Path:
    """Write a configuration with the devices of the demo house; return its file."""
    file = folder / "hubd.toml"
    file.write_text(f'include = ["{HOUSE}"]\n[mqtt]\nhost = "{HOST}"\nport = {port}\n{more}')
    return file


@asynccontextmanager
async def house(config: Path, port: int, jammed: tuple[str, ...] = ()) -> AsyncIterator[None]:
    """Have the devices of a configuration at home."""
    connection = PahoBroker(BrokerSettings(HOST, port, "house"), lambda _: None)
    devices = House(load(config).devices, connection, jammed=jammed)
    async with asyncio.TaskGroup() as tasks:
        living = tasks.create_task(devices.run())
        await devices.ready.wait()
        yield
        living.cancel()


async def ask(home: Path, *arguments: str | Path, **more: str) -> Outcome:
    """Run ``hubd ask`` beside the test's own loop."""
    outcome = await asyncio.to_thread(run, "ask", *TIMEOUT, *arguments, home=home, **more)
    assert "Traceback" not in outcome.stderr, outcome.stderr
    return outcome


@pytest.mark.parametrize(
    ("text", "answer", "published"),
    [
        (
            "turn on the kitchen lights",
            ["The kitchen lights are on."],
            [("zigbee2mqtt/kitchen_lights/set", '{"state":"ON"}')],
        ),
        (
            "Dim the office lights to 40 %, please!",
            ["The office lights are on at 40 percent."],
            [("zigbee2mqtt/office_lights/set", '{"state":"ON","brightness":102}')],
        ),
        (
            "switch on the coffee machine and turn off the office lights",
            ["The coffee machine is on.", "The office lights are off."],
            [
                ("zigbee2mqtt/coffee_machine/set", '{"state":"ON"}'),
                ("zigbee2mqtt/office_lights/set", '{"state":"OFF"}'),
            ],
        ),
        (
            "set the heater to 21 °C",
            ["The heater reports temperature 21."],
            [("home/heater/set", '{"temperature":21}')],
        ),
        ("open the garage door", ["The garage door reports open."], [("home/garage/door/set", "OPEN")]),
    ],
)
async def test_five_requests(
    mosquitto: PrivateBroker, tmp_path: Path, text: str, answer: list[str], published: list[tuple[str, str]]
) -> None:
    """Each is carried out once, confirmed by the device, and answered on standard output, with nothing beside it."""
    config = configuration(tmp_path, mosquitto.port)
    async with house(config, mosquitto.port):
        told, outcome = await asyncio.gather(
            ask(tmp_path, "--config", config, *text.split()), ask(tmp_path, "--json", "--config", config, text)
        )
    # Two devices report in the order that they like.
    assert (told.status, told.stderr, sorted(told.stdout.splitlines())) == (0, "", answer)
    assert (outcome.status, outcome.stderr) == (0, "")
    events = outcome.events
    assert [(event["topic"], event["payload"]) for event in events if event["event"] == "published"] == published
    assert {event["status"] for event in events if event["event"] == "answered"} == {"done"}
    assert [event["text"] for event in events if event["event"] == "heard"] == [text]
    assert sorted(event["text"] for event in events if event["event"] in {"said", "shown"}) == answer
    assert (events[0]["change"], events[-1]["change"]) == ("opened", "closed")


async def test_a_door_that_jams(mosquitto: PrivateBroker, tmp_path: Path) -> None:
    """That the device did not do it is an answer too."""
    config = configuration(tmp_path, mosquitto.port)
    async with house(config, mosquitto.port, jammed=("garage_door",)):
        outcome = await ask(tmp_path, "--config", config, "open the garage door")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert "garage door" in outcome.stdout
    assert "not" in outcome.stdout


async def test_a_question(mosquitto: PrivateBroker, tmp_path: Path) -> None:
    """What the broker had kept of a device is told, without a command; no question about the house leads to nothing."""
    config = configuration(tmp_path, mosquitto.port)
    async with house(config, mosquitto.port):
        outcome = await ask(tmp_path, "--json", "--config", config, "is the garage closed?")
    assert outcome.status == 0
    assert {*outcome.kinds()} == {"session", "heard", "called", "answered", "usage", "said"}
    (said,) = [event["text"] for event in outcome.events if event["event"] == "said"]
    assert said == "The garage door reports closed, by a report of unknown age."
    plain = await ask(tmp_path, "--config", config, "what is the capital of France?")
    assert (plain.status, plain.stdout, plain.stderr) == (0, SORRY, "")


def test_without_devices_of_ones_own(tmp_path: Path) -> None:
    """With --demo it needs no configuration, and leaves nothing behind."""
    outcome = run("ask", "--demo", *TIMEOUT, "turn on the kitchen lights", home=tmp_path)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, "The kitchen lights are on.\n", "")
    assert not list(tmp_path.iterdir())


def test_a_reader_who_has_seen_enough(tmp_path: Path) -> None:
    """``hubd ask --json … | head -1`` ends without a traceback, as other programs do."""
    command = [*COMMAND, "ask", "--demo", "--json", "turn on the kitchen lights"]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert '"opened"' in process.stdout.readline()
        process.stdout.close()
        assert (process.stderr.read(), process.wait(PATIENCE)) == ("", 128 + signal.SIGPIPE)


async def test_beside_a_daemon(mosquitto: PrivateBroker, tmp_path: Path) -> None:
    """The daemon stays connected, its files stay as they are, and its event stream tells nothing of the request."""
    state = tmp_path / "state"
    state.mkdir()
    config = configuration(tmp_path, mosquitto.port, '[microphone]\ndevice = "none"\n[speaker]\ndevice = "none"\n')
    env = environment(tmp_path, STATE_DIRECTORY=str(state))
    async with house(config, mosquitto.port), daemon(config, env) as running:
        await running.logged("connected to the MQTT broker")
        seen, kept = len(running.events), _contents(state)
        for _ in range(2):
            outcome = await ask(tmp_path, "--config", config, "turn on the kitchen lights", STATE_DIRECTORY=str(state))
            assert (outcome.status, outcome.stdout) == (0, "The kitchen lights are on.\n")
        assert running.events[seen:] == []
        assert _contents(state) == kept


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_gemini_out_of_reach(mosquitto: PrivateBroker, tmp_path: Path) -> None:
    """With a key and without internet the offline server answers, and the person is told."""
    async with LiveServer() as server:
        pass
    live = f'[live]\nurl = "{server.url}"\n'
    config = configuration(tmp_path, mosquitto.port, live)
    async with house(config, mosquitto.port):
        outcome = await ask(tmp_path, "--config", config, "turn on the kitchen lights", GEMINI_API_KEY="dummy")
    assert (outcome.status, outcome.stdout) == (0, "The kitchen lights are on.\n")
    (line,) = outcome.stderr.splitlines()
    assert "can't be reached" in line
    assert line.endswith("The offline server answers instead.")


@pytest.mark.parametrize(
    ("when_spent", "ending", "told"),
    [
        ("offline", (0, "The kitchen lights are on.\n"), "The offline server answers"),
        ("refuse", (1, ""), "no conversations"),
    ],
)
async def test_a_budget_that_is_spent(
    mosquitto: PrivateBroker, tmp_path: Path, when_spent: str, ending: tuple[int, str], told: str
) -> None:
    """What the daemon has spent today counts for a typed request too, and the count stays as it is."""
    state = tmp_path / "state"
    state.mkdir()
    today = datetime.now().astimezone().date()
    # Nobody asks just before midnight and is served after it.
    tokens = {str(today + timedelta(days=days)): 5000 for days in (0, 1)}
    (state / "tokens-hub.json").write_text(json.dumps({"hubd": 1, "tokens": tokens}))
    kept = _contents(state)
    async with LiveServer() as server:
        live = f'[live]\nurl = "{server.url}"\ndaily_token_budget = 5000\nwhen_budget_is_spent = "{when_spent}"\n'
        config = configuration(tmp_path, mosquitto.port, live)
        async with house(config, mosquitto.port):
            outcome = await ask(tmp_path, "--config", config, "turn on the kitchen lights", STATE_DIRECTORY=str(state))
        assert not server.dialled.is_set()
    assert (outcome.status, outcome.stdout) == ending
    (line,) = outcome.stderr.splitlines()
    assert "budget of 5,000 tokens is spent" in line
    assert told in line
    assert _contents(state) == kept


class TestShown:
    SCRIPT: Final = """
words "primes":
  think "The person wants a sum."
  code "print(sum([2, 3, 5, 7]))"
  result "17"
  say "The sum is 17."
words "ferry":
  search "ferry times" found "https://ferry.example/times" "Ferry times"
  say "It leaves at nine."
words "crash":
  code "print(1 / 0)"
  result "ZeroDivisionError" failed
  say "That can't be divided."
"""

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            (
                "what is the sum of the first four primes",
                "Code:\n    print(sum([2, 3, 5, 7]))\nResult:\n    17\nThe sum is 17.\n",
            ),
            (
                "when does the ferry leave",
                "It leaves at nine.\nSources:\n    Ferry times: https://ferry.example/times\n",
            ),
            ("crash", "Code:\n    print(1 / 0)\nIt failed:\n    ZeroDivisionError\nThat can't be divided.\n"),
        ],
    )
    async def test_programs_and_pages(self, mosquitto: PrivateBroker, tmp_path: Path, text: str, answer: str) -> None:
        """Programs, what came of them, and pages are printed; thoughts are not."""
        config = configuration(tmp_path, mosquitto.port)
        async with Simulator(self.SCRIPT, pace=20) as simulator:
            outcome = await ask(tmp_path, "--config", config, "--url", simulator.url, text)
        assert (outcome.status, outcome.stdout, outcome.stderr) == (0, answer, "")


class TestNoAnswer:
    async def test_no_broker(self, tmp_path: Path) -> None:
        """Without a broker nothing is asked; one line says what to do."""
        async with PrivateBroker() as broker:
            config = configuration(tmp_path, broker.port)
        outcome = await ask(tmp_path, "--config", config, "turn on the kitchen lights")
        assert (outcome.status, outcome.stdout) == (1, "")
        (line,) = outcome.stderr.splitlines()
        assert line.startswith("hubd: ")
        assert "Start the broker" in line

    async def test_no_server(self, mosquitto: PrivateBroker, tmp_path: Path) -> None:
        """A server that is not there is tried a few times; one line says what to do."""
        async with LiveServer() as server:
            pass
        config = configuration(tmp_path, mosquitto.port)
        outcome = await ask(tmp_path, "--config", config, "--url", server.url, "hello")
        assert (outcome.status, outcome.stdout) == (1, "")
        (line,) = outcome.stderr.splitlines()
        assert "can't be reached" in line

    async def test_no_answer_in_time(self, mosquitto: PrivateBroker, tmp_path: Path) -> None:
        """A server that says nothing is waited for as long as --timeout says."""
        config = configuration(tmp_path, mosquitto.port)
        async with LiveServer() as server:
            outcome = await ask(tmp_path, "--config", config, "--url", server.url, "--timeout", "1", "hello")
        assert (outcome.status, outcome.stdout) == (1, "")
        assert "no answer within 1 s" in outcome.stderr

    @pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    async def test_a_signal(
        self, mosquitto: PrivateBroker, tmp_path: Path, number: signal.Signals, status: int
    ) -> None:
        """Ctrl-C and SIGTERM end it without a word, and the connection in good order."""
        config = configuration(tmp_path, mosquitto.port)
        arguments = ("ask", "--config", str(config), "--demo", "--url")
        async with LiveServer() as server:
            with Program((*arguments, server.url, "hello"), environment(tmp_path)) as program:
                visit = await server.visit()
                await visit.until(lambda: len(visit.frames) > 1)
                program.signal(number)
                outcome = await asyncio.to_thread(program.outcome)
                await visit.until(lambda: visit.over)
        assert (outcome.status, outcome.stdout, outcome.stderr) == (status, "", "")
