"""A look at the MQTT broker, with what it knows of the hub."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Final

from hubd.config import Config
from hubd.devices.render import Publish
from hubd.devices.state import StateStore
from hubd.doctor import presence
from hubd.doctor.case import Case
from hubd.doctor.findings import Finding, Findings, bad, bad_file, bad_news, doubtful, good
from hubd.edges.paho_broker import PahoBroker
from hubd.errors import BrokerError, ConfigError
from hubd.fittings import guest_broker, tree_of
from hubd.reports import Report, TroubleReport
from hubd.secrets import MQTT_PASSWORD, Secrets, is_closed, mqtt_password
from hubd.stages.reach import Watch, reach

CHECK: Final = "broker"

# A broker answers in milliseconds, s: for taking a message; for delivering it, from then on.
_PATIENCE: Final = 5.0
_RETURN: Final = 3.0
_ACCESS: Final = "Allow it in the broker's access list, for the user that mqtt.username names."


@dataclass(slots=True)
class _Said:
    """What the broker said: what it had kept, by topic; which devices that is about; what it refused."""

    kept: dict[str, bytes] = field(default_factory=dict)
    devices: set[str] = field(default_factory=set)
    refused: list[TroubleReport] = field(default_factory=list)

    def report(self, report: Report) -> None:
        """Take a report of the broker's edge."""
        if isinstance(report, TroubleReport):
            self.refused.append(report)


async def look(case: Case) -> Findings:
    """Return whether hubd gets to the broker, whether it may say and hear there what it has to."""
    config = case.config
    try:
        password = mqtt_password(case.environment)
    except ConfigError as error:
        return [bad_file(CHECK, error)]
    if password is None and config.mqtt.username and is_closed(MQTT_PASSWORD):
        return [doubtful(CHECK, "The broker's password can't be read by this user.", "Run: sudo hubd doctor")]
    said = _Said()
    watch = Watch(said.report)
    broker = guest_broker(f"hubd-doctor-{token_hex(4)}", config, Secrets(mqtt_password=password), watch)
    async with asyncio.TaskGroup() as tasks:
        holding = tasks.create_task(broker.run(), name="broker")
        failure = await reach(broker, watch)
        try:
            if failure:
                return [_unreachable(failure, config, has_password=password is not None)]
            return await _converse(broker, config, said)
        finally:
            holding.cancel()


def _unreachable(failure: str, config: Config, *, has_password: bool) -> Finding:
    finding = bad_news(CHECK, failure)
    if config.mqtt.username and not has_password:
        where = f"There is no password for {config.mqtt.username}: put it into {MQTT_PASSWORD.file}."
        return replace(finding, advice=where)
    return finding


async def _converse(broker: PahoBroker, config: Config, said: _Said) -> Findings:
    """Say something to oneself; return what came of it, with what the broker had kept."""
    tree, states = tree_of(config), StateStore(config.devices)
    topic = f"{tree.root}/doctor/{token_hex(4)}"
    inbox = broker.messages()
    broker.subscribe([topic, *presence.topics(tree), *states.topics])
    began = time.monotonic()
    try:
        await broker.publish(Publish(topic, b"", qos=1), _PATIENCE)
        # A broker answers in order: before this comes back, it has sent what it had kept.
        async with asyncio.timeout(_RETURN):
            async for message in inbox:
                if message.topic == topic:
                    break
                said.kept[message.topic] = message.payload
                said.devices |= states.receive(message.topic, message.payload, time.monotonic(), stored=True)
    except BrokerError as error:
        return [bad(CHECK, f"Nothing can be published below {tree.root}: {error}.", _ACCESS)]
    except TimeoutError:
        return [bad(CHECK, f"The broker takes what is published below {tree.root}, but delivers none of it.", _ACCESS)]
    took = (time.monotonic() - began) * 1000
    where = f"{config.mqtt.host}:{config.mqtt.port}"
    findings = [bad(CHECK, f"{each.problem}.", each.advice) for each in said.refused]
    findings = findings or [
        _met(f"{where} takes and delivers in {took:.0f} ms", len(said.devices), len(config.devices))
    ]
    return [*findings, presence.judge(tree, said.kept)] if config.presence.enabled else findings


def _met(found: str, told: int, devices: int) -> Finding:
    """Return that the broker does its part; told: how many of so many devices have told it how they are."""
    if not devices:
        return good(CHECK, found)
    if told:
        return good(CHECK, f"{found}; {told} of {devices} devices have told how they are")
    return doubtful(
        CHECK,
        f"{found}, but it has no word of any device.",
        "If they are on, check their topics (hubd devices), and that the broker's access list lets the hub read them.",
    )
