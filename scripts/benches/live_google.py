"""google-genai's client in the bench: URL, minutes of sound. It runs in .venv-oracles."""

from __future__ import annotations

import time

BEGAN = (time.perf_counter(), time.process_time())

# ruff: noqa: E402 -- the imports are what is measured
from google import genai
from google.genai import types
from google.genai.live import AsyncSession

IMPORTED = (time.perf_counter() - BEGAN[0], time.process_time() - BEGAN[1])

import asyncio
import functools
import sys
from contextlib import AsyncExitStack

from scripts.benches.live_house import DECLARATIONS, INSTRUCTION, MODEL, VOICE
from scripts.benches.measuring import measure, report

CONFIG = types.LiveConnectConfig.model_validate(
    {
        "response_modalities": ["AUDIO"],
        "speech_config": {"voice_config": {"prebuilt_voice_config": {"voice_name": VOICE}}},
        "system_instruction": INSTRUCTION,
        "tools": [{"function_declarations": DECLARATIONS}],
        "session_resumption": {},
        "context_window_compression": {"trigger_tokens": 25_000, "sliding_window": {"target_tokens": 8_000}},
        "input_audio_transcription": {},
        "output_audio_transcription": {},
    }
)


class Google:
    """A session of google-genai's, as Google's guides show one."""

    def __init__(self, session: AsyncSession, stack: AsyncExitStack) -> None:
        self._session = session
        self._stack = stack

    async def say(self, pcm: bytes) -> None:
        """Send a piece of sound."""
        await self._session.send_realtime_input(audio=types.Blob(data=pcm, mime_type="audio/pcm;rate=16000"))

    async def ask(self, text: str) -> int:
        """Send text; return how many bytes of sound came before the turn was complete."""
        await self._session.send_realtime_input(text=text)
        heard = 0
        async for message in self._session.receive():
            content = message.server_content
            for part in (content.model_turn.parts if content and content.model_turn else None) or ():
                if part.inline_data and part.inline_data.data:
                    heard += len(part.inline_data.data)
        return heard

    async def close(self) -> None:
        """End the session."""
        await self._stack.aclose()


@functools.cache
def client(url: str) -> genai.Client:
    """Return the client, made at the first connect."""
    return genai.Client(api_key="no-key", http_options=types.HttpOptions(base_url=url, api_version="v1beta"))


async def main(url: str, minutes: str) -> None:
    """Measure."""

    async def open_session() -> Google:
        stack = AsyncExitStack()
        session = await stack.enter_async_context(client(url).aio.live.connect(model=MODEL, config=CONFIG))
        return Google(session, stack)

    found = await measure(open_session, int(minutes))
    report({"import_s": [IMPORTED[0]], "import_cpu_s": [IMPORTED[1]], **found})


asyncio.run(main(*sys.argv[1:]))
