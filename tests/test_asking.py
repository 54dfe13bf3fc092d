"""A typed request from end to end, in one process: real broker, demo house, scripted server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from hubd import asking
from hubd.config import Config, at_server, load
from hubd.demo.home import at_home
from hubd.demo.house import demo_devices
from hubd.reports import AnsweredReport, PublishedReport, Report, SaidReport, SessionReport, ShownReport, UsageReport
from hubd.secrets import Secrets
from hubd.simulator.record import Record
from hubd.simulator.server import Simulator

PATIENCE = 50.0


class Desk:
    """Somebody who asks: reports is the event stream."""

    def __init__(self, config: Config, simulator: Simulator, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._config = config
        self._simulator = simulator
        self.reports: list[Report] = []

    async def ask(self, text: str, patience: float = PATIENCE) -> str:
        """Return why there was no answer, or nothing."""
        return await asking.ask(
            self._config,
            Secrets(),
            text,
            patience=patience,
            report=self.reports.append,
            environment=self._environment,
        )

    async def left(self) -> None:
        """Return when the server knows that nobody is there any more."""
        await self._simulator.until(lambda record: all(visit.over for visit in record.visits))

    @property
    def record(self) -> Record:
        """What the server saw."""
        return self._simulator.record

    @property
    def answer(self) -> list[str]:
        """What was said and shown."""
        return [report.text for report in self.reports if isinstance(report, SaidReport | ShownReport)]

    @property
    def topics(self) -> list[str]:
        """Where commands were published."""
        return [report.topic for report in self.reports if isinstance(report, PublishedReport)]


@asynccontextmanager
async def desk(
    folder: Path,
    script: str,
    *,
    jammed: frozenset[str] = frozenset(),
    options: str = "",
    environment: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Desk]:
    """Have the demo house at home, and a server that follows the script; options: of the configuration."""
    (folder / "hubd.toml").write_text(options)
    config = load(folder / "hubd.toml")
    async with Simulator(script, pace=20) as simulator:
        here = replace(config, devices=demo_devices(), live=at_server(config.live, simulator.url))
        async with at_home(here, jammed=jammed) as inside:
            yield Desk(inside, simulator, environment)


CALL = 'call set_heater {"temperature": 21}'


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        (f'turn 1:\n  {CALL}\n  say "One moment."', ["One moment.", "The heater reports temperature 21."]),
        (f'turn 1:\n  say "One moment."\n  {CALL}', ["One moment.", "The heater reports temperature 21."]),
        (f'turn 1:\n  {CALL}\nanswer set_heater:\n  say "It is warm."', ["It is warm."]),
        (f'turn 1:\n  {CALL}\n  again\nanswer set_heater:\n  say "It is warm."', ["It is warm."]),
        (f"turn 1:\n  {CALL}\nanswer set_heater:\n  empty", ["The heater reports temperature 21."]),
        ('turn 1:\n  think "Hm."\n  say "Yes."\n  lose turn-complete', ["Yes."]),
        ('turn 1:\n  goaway 50s\n  say "Yes."', ["Yes."]),
        ('strange fields\nturn 1:\n  empty\n  wait 2s\n  say "Yes."', ["Yes."]),
    ],
)
async def test_answers(tmp_path: Path, script: str, answer: list[str]) -> None:
    """Whatever comes first, the last word is waited for, and commands are given once."""
    async with desk(tmp_path, script) as someone:
        assert await someone.ask("set the heater to 21 degrees") == ""
        await someone.left()
    assert someone.answer == answer
    assert someone.topics == (["home/heater/set"] if "call" in script else [])


async def test_a_command_taken_back(tmp_path: Path) -> None:
    """What the model cancels is not waited for."""
    script = 'turn 1:\n  call open_garage_door {}\n  cancel\n  say "Never mind."'
    async with desk(tmp_path, script, jammed=frozenset({"garage_door"})) as someone:
        assert await someone.ask("open the garage door") == ""
    assert someone.answer == ["Never mind."]


@pytest.mark.parametrize("end", ["drop", 'close 1011 "Internal error"'])
async def test_a_connection_that_ends_too_early(tmp_path: Path, end: str) -> None:
    """The command's outcome is waited for and shown; that the server had no time to answer is the failure."""
    script = f'turn 1:\n  call set_light {{"device": "kitchen lights", "on": true}}\n  {end}'
    async with desk(tmp_path, script) as someone:
        failure = await someone.ask("turn on the kitchen lights")
    assert failure
    assert someone.topics == ["zigbee2mqtt/kitchen_lights/set"]
    assert someone.answer == ["The kitchen lights are on."]
    assert [report.status for report in someone.reports if isinstance(report, AnsweredReport)] == ["done"]
    assert isinstance(someone.reports[-1], ShownReport | SessionReport)


@pytest.mark.parametrize("script", ["turn 1:\n  silence", "every connection:\n  no setup-complete"])
async def test_a_server_that_falls_silent(tmp_path: Path, script: str) -> None:
    """Patience has an end."""
    async with desk(tmp_path, script) as someone:
        assert "within 1 s" in await someone.ask("hello", patience=1.0)
    assert someone.answer == []


async def test_a_bad_key(tmp_path: Path) -> None:
    """The reason says what to check."""
    async with desk(tmp_path, 'key "secret"\nturn 1:\n  say "Yes."') as someone:
        assert "API key" in await someone.ask("hello")


def _kept(folder: Path, name: str) -> str:
    """Return one of the texts that are kept of the hub."""
    return (folder / f"{name}-hub.json").read_text()


async def test_what_it_costs_counts(tmp_path: Path) -> None:
    """Requests add up beside the hub's own count, which stays as it is, and both are held against the day's budget."""
    state = tmp_path / "state"
    state.mkdir()
    # A request that is put before midnight may be served after it.
    today = datetime.now().astimezone().date()
    hub = json.dumps({"hubd": 1, "tokens": {str(today + timedelta(days=days)): 1000 for days in (0, 1)}})
    (state / "tokens-hub.json").write_text(hub)
    options = '[live]\ndaily_token_budget = 1001\nwhen_budget_is_spent = "refuse"\n'
    environment = {"STATE_DIRECTORY": str(state)}
    async with desk(tmp_path, 'turn 1:\n  say "Yes."', options=options, environment=environment) as someone:
        assert await someone.ask("hello") == ""
        (usage,) = (report for report in someone.reports if isinstance(report, UsageReport))
        assert usage.total_tokens > 0
        assert usage.today_tokens == 1000 + usage.total_tokens
        assert "budget of 1,001 tokens is spent" in await someone.ask("hello")
    assert sum(json.loads(_kept(state, "asked"))["tokens"].values()) == usage.total_tokens
    assert _kept(state, "tokens") == hub


async def test_a_model_that_writes(tmp_path: Path) -> None:
    """With answers in text the service sends no sound and no transcript; what it writes is the answer."""
    options = '[live]\nmodel = "gemini-next"\nmodel_takes = ["modality"]\nmodality = "text"\n'
    script = f'model gemini-next\nturn 1:\n  {CALL}\nanswer set_heater:\n  say "It is "\n  say "warm."'
    async with desk(tmp_path, script, options=options) as someone:
        assert await someone.ask("set the heater to 21 degrees") == ""
        (visit,) = someone.record.visits
        assert '"responseModalities":["TEXT"]' in visit.received[0]
        assert not any("audio/pcm" in frame or "outputTranscription" in frame for frame in visit.sent)
    assert someone.answer == ["It is warm."]
    assert someone.topics == ["home/heater/set"]
