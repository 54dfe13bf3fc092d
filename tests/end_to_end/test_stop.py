"""``hubd run`` is told to stop while it answers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest

from hubd.audio.pcm import DOWNLINK_RATE
from hubd.audio.resample import convert, to_pcm
from hubd.demo.private_broker import PrivateBroker
from tests.edges.sound_system import VirtualAudio, noise
from tests.end_to_end.automation import automation
from tests.end_to_end.daemon import configuration, daemon, heard_after, ready
from tests.live_server import LiveServer, Visit

pytestmark = pytest.mark.real_time

_HANDLE = "where-it-left-off"


async def test_a_long_answer_is_cut(tmp_path: Path, virtual: VirtualAudio) -> None:
    """What would take half a minute is cut; MQTT says offline, the handle is kept, and the hub ends with 0."""
    asked = asyncio.Event()

    async def answer(visit: Visit) -> None:
        await asked.wait()
        await visit.issue(_HANDLE)
        await visit.say(to_pcm(convert(noise(30, DOWNLINK_RATE).astype(np.float32), DOWNLINK_RATE, DOWNLINK_RATE)))

    async with PrivateBroker() as broker, LiveServer(answer) as server, AsyncExitStack() as longer:
        config = configuration(tmp_path, server.url, broker.port, f'[hub]\nid = "hub"\nstate_dir = "{tmp_path}"\n')
        async with daemon(config, virtual.environment) as running:
            await ready(running)
            house = await longer.enter_async_context(automation(broker.port, "hub"))
            place = await heard_after(0, running, virtual)
            asked.set()
            speaking = await running.event("state", place, state="speaking")
        assert [event["state"] for event in running.events[speaking:] if event["event"] == "state"] == ["idle"]
        await house.message("hubd/hub/availability", lambda body: body["text"] == "offline")
    assert _HANDLE in (tmp_path / "session-hub.json").read_text()
