"""The shortest honest program that does what hubd does with a tool call: google-genai's live client with aiomqtt.

Usage: path_google.py SERVER-PORT BROKER-PORT; prints its latencies once it is given a line. It runs in .venv-oracles.
It sends the microphone's sound as well, in frames of 40 ms, and answers a call once the broker has confirmed.
"""

from __future__ import annotations

import asyncio
import json
import sys

import aiomqtt
from google import genai
from google.genai import types
from google.genai.live import AsyncSession

from scripts.benches import path_probe
from scripts.benches.path_lamp import DECLARATION, TOPIC

PCM = bytes((n * 7919) % 16 for n in range(1280))
CONFIG = types.LiveConnectConfig.model_validate(
    {"response_modalities": ["AUDIO"], "tools": [{"function_declarations": [DECLARATION]}]}
)


async def listen(session: AsyncSession) -> None:
    """Send what a microphone hears."""
    while True:
        await session.send_realtime_input(audio=types.Blob(data=PCM, mime_type="audio/pcm;rate=16000"))
        await asyncio.sleep(0.04)  # a microphone brings 40 ms every 40 ms


async def obey(session: AsyncSession, broker: aiomqtt.Client) -> None:
    """Do what the model asks for."""
    while True:
        async for message in session.receive():
            if not message.tool_call:
                continue
            answers = []
            for call in message.tool_call.function_calls or ():
                await broker.publish(TOPIC, json.dumps({"level": (call.args or {})["level"]}), qos=1)
                answers.append(types.FunctionResponse(id=call.id, name=call.name, response={"status": "done"}))
            await session.send_tool_response(function_responses=answers)


async def main(server: int, broker: int) -> None:
    """Run until told to end."""
    stamps = path_probe.watch(server, broker, TOPIC.encode())
    options = types.HttpOptions(base_url=f"https://127.0.0.1:{server}", api_version="v1beta")
    client = genai.Client(api_key="no-key", http_options=options)
    async with (
        aiomqtt.Client("127.0.0.1", broker, protocol=aiomqtt.ProtocolVersion.V5) as mqtt,
        client.aio.live.connect(model="gemini-3.8-live", config=CONFIG) as session,
        asyncio.TaskGroup() as tasks,
    ):
        running = [tasks.create_task(listen(session)), tasks.create_task(obey(session, mqtt))]
        await asyncio.to_thread(sys.stdin.readline)
        for task in running:
            task.cancel()
    print(json.dumps(stamps.command_ms()), flush=True)


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
