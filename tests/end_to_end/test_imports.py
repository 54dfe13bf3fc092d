"""What ``hubd run`` has imported by the time that it waits for its wake word."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.live.messages import FunctionCall, ServerContent, ServerMessage, Transcription, UsageMetadata
from hubd.tools import END_CONVERSATION
from tests.edges.sound_system import VirtualAudio
from tests.end_to_end.daemon import daemon, heard_after, ready
from tests.live_server import LiveServer, Visit

pytestmark = pytest.mark.real_time

# Python runs a module of this name before anything else.
HOOK: Final = "sitecustomize.py"
IMPORTED: Final = "imported by"
# Asked first for every module, it finds none. One system call a line: what several threads say is not torn.
WATCH: Final = f"""
import os, sys

class Witness:
    @staticmethod
    def find_spec(name, path=None, target=None):
        os.write(2, f"{IMPORTED} {{os.getpid()}}: {{name}}\\n".encode())

sys.meta_path.insert(0, Witness)
"""
# A connection that is opened before the wake word is certain would be opened before the line by which it is told.
SETTINGS: Final = """
[hub]
state_dir = "{folder}"
[live]
backend = "gemini"
url = "{url}"
head_start = false
[mqtt]
host = "{host}"
port = {port}
[[device]]
id = "fountain"
name = "fountain"
[[device.function]]
name = "set_fountain"
description = "Set the fountain's height."
publish = {{ topic = "fountain/set", payload = {{ height = "{{{{ height * 2 }}}}" }} }}
[device.function.parameters.height]
type = "integer"
description = "Metres."
"""


async def converse(visit: Visit) -> None:
    """Say and ask for something of everything, then end the conversation."""
    await visit.until(lambda: visit.samples > 0)
    await visit.issue("a handle")
    await visit.send(
        ServerMessage(server_content=ServerContent(input_transcription=Transcription(text="Three metres")))
    )
    await visit.call(FunctionCall(id="1", name="set_fountain", args={"height": 3}))
    await visit.call(FunctionCall(id="2", name="get_state", args={"device": "fountain"}))
    await visit.until(lambda: len(visit.tool_responses) == 2)
    await visit.send(ServerMessage(server_content=ServerContent(output_transcription=Transcription(text="Done."))))
    await visit.say(bytes(range(256)) * (DOWNLINK_RATE * SAMPLE_BYTES // 256))
    await visit.send(ServerMessage(server_content=ServerContent(interrupted=True)))
    await visit.send(ServerMessage(usage_metadata=UsageMetadata(prompt_token_count=7, total_token_count=9)))
    await visit.call(FunctionCall(id="3", name=END_CONVERSATION))
    await visit.end_turn()


async def test_a_conversation_imports_nothing(tmp_path: Path, virtual: VirtualAudio) -> None:
    """All that the first conversation needs was imported before, whose milliseconds it would cost."""
    (tmp_path / HOOK).write_text(WATCH)
    async with PrivateBroker() as broker, LiveServer(converse) as server:
        config = tmp_path / "hubd.toml"
        config.write_text(SETTINGS.format(folder=tmp_path, url=server.url, host=HOST, port=broker.port))
        environment = {**virtual.environment, "GEMINI_API_KEY": "key", "PYTHONPATH": os.fspath(tmp_path)}
        async with daemon(config, environment) as running:
            await ready(running)
            woke = await heard_after(0, running, virtual)
            await running.event("state", woke, state="idle")
            told = [event["event"] for event in running.events]
            woken = await running.logged("woke: ")
            before, after = running.log[:woken], running.log[woken:]
            assert {"heard", "published", "said", "usage"} <= {*told}
            # Sound processes begin anew whenever the card wants it.
            here = f"{IMPORTED} {running.process}: "
            assert f"{here}hubd.app\n" in before
            assert [line for line in after if line.startswith(here)] == []
