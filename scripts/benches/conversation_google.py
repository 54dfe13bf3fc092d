"""google-genai's client in a conversation: SERVER-PORT SPEED MINUTES; prints its CPU time, s. It runs in .venv-oracles.

It sends frames of 40 ms, and queues what the model says for a speaker, as Google's guides show it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from google import genai
from google.genai import types
from google.genai.live import AsyncSession

PCM = bytes((n * 7919) % 251 for n in range(1280))
CONFIG = types.LiveConnectConfig.model_validate({"response_modalities": ["AUDIO"]})


async def hear(session: AsyncSession, played: asyncio.Queue[bytes]) -> None:
    """Queue what the model says."""
    while True:
        async for message in session.receive():
            content = message.server_content
            for part in (content.model_turn.parts if content and content.model_turn else None) or ():
                if part.inline_data and part.inline_data.data:
                    played.put_nowait(part.inline_data.data)


async def play(played: asyncio.Queue[bytes]) -> None:
    """Take it from there."""
    while True:
        await played.get()


async def main(port: str, speed: float, minutes: int) -> None:
    """Talk."""
    options = types.HttpOptions(base_url=f"https://127.0.0.1:{port}", api_version="v1beta")
    client = genai.Client(api_key="no-key", http_options=options)
    loop = asyncio.get_running_loop()
    async with client.aio.live.connect(model="gemini-3.8-live", config=CONFIG) as session, asyncio.TaskGroup() as tasks:
        played: asyncio.Queue[bytes] = asyncio.Queue()
        running = [tasks.create_task(hear(session, played)), tasks.create_task(play(played))]
        began, cpu = loop.time(), time.process_time()
        for number in range(minutes * 60 * 25):
            await session.send_realtime_input(audio=types.Blob(data=PCM, mime_type="audio/pcm;rate=16000"))
            await asyncio.sleep(max(0.0, began + number * 0.04 / speed - loop.time()))
        print(json.dumps(time.process_time() - cpu), flush=True)
        for task in running:
            task.cancel()


asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
