"""Google's own Live client as a puppet; a program for .venv-oracles, where nothing of hubd's is installed.

Usage: google_talk.py URL MODEL, with the server's certificate in the file that SSL_CERT_FILE names.

Each line of its input is a command, ``[name, argument]``: ``connect`` with a configuration, ``text``, ``content`` (text
as one finished turn), ``audio`` (base64, or null where the microphone pauses), ``activity`` (start or end), ``answer``
(a list of function responses), ``close``. Each line of its output is what came: ``["opened", null]``,
``["message", {…}]`` with the message as google-genai understood it, ``["closed", reason]``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys

from google import genai
from google.genai import types
from google.genai.live import AsyncSession

RATE = 16_000


def tell(kind: str, what: object) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps([kind, what]) + "\n")
    sys.stdout.flush()


async def hear(session: AsyncSession) -> None:
    """Tell what comes until the connection ends."""
    try:
        while True:
            async for message in session.receive():
                tell("message", message.model_dump(mode="json", exclude_none=True))
    except Exception as end:  # noqa: BLE001 -- whatever ends it is what the test wants to know
        tell("closed", str(end))


async def say(session: AsyncSession, name: str, argument: object) -> None:
    """Carry out one command with the method that Google's guides name for it."""
    match name, argument:
        case "text", str(text):
            await session.send_realtime_input(text=text)
        case "content", str(text):
            turn = types.Content(role="user", parts=[types.Part(text=text)])
            await session.send_client_content(turns=turn, turn_complete=True)
        case "audio", str(data):
            blob = types.Blob(data=base64.b64decode(data), mime_type=f"audio/pcm;rate={RATE}")
            await session.send_realtime_input(audio=blob)
        case "audio", None:
            await session.send_realtime_input(audio_stream_end=True)
        case "activity", "start":
            await session.send_realtime_input(activity_start=types.ActivityStart())
        case "activity", "end":
            await session.send_realtime_input(activity_end=types.ActivityEnd())
        case "answer", list(responses):
            await session.send_tool_response(
                function_responses=[types.FunctionResponse.model_validate(each) for each in responses]
            )
        case _:
            raise ValueError(name)


async def talk(client: genai.Client, model: str, commands: asyncio.StreamReader, config: dict[str, object]) -> None:
    """Hold one session until it is to be closed."""
    async with client.aio.live.connect(model=model, config=types.LiveConnectConfig.model_validate(config)) as session:
        tell("opened", None)
        hearing = asyncio.create_task(hear(session))
        while line := await commands.readline():
            name, argument = json.loads(line)
            if name == "close":
                break
            await say(session, name, argument)
        hearing.cancel()
    tell("closed", "by us")


async def main(url: str, model: str) -> None:
    """Hold sessions as they are wanted."""
    options = types.HttpOptions(base_url=url, api_version="v1beta")
    client = genai.Client(api_key=os.environ["GEMINI_API_KEY"], http_options=options)
    commands = asyncio.StreamReader(limit=2**22)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        name, config = json.loads(line)
        if name != "connect":
            continue  # said to a session that is gone
        try:
            await talk(client, model, commands, config)
        except Exception as end:  # noqa: BLE001 -- whatever ends it is what the test wants to know
            tell("closed", str(end))


asyncio.run(main(*sys.argv[1:]))
