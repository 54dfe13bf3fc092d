"""A program on google-genai and aiomqtt that waits to be talked to: BROKER-PORT. It runs in .venv-oracles.

Prints "ready", then waits for its end.
"""

from __future__ import annotations

import asyncio
import sys

import aiomqtt
from google import genai
from google.genai import types


async def main(port: int) -> None:
    """Be there."""
    options = types.HttpOptions(api_version="v1beta")
    with genai.Client(api_key="no-key", http_options=options):
        async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as broker:
            await broker.subscribe("zigbee2mqtt/#")
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
