"""The lamp of one request: BROKER-PORT; reports at once that it is on, whatever it is told."""

from __future__ import annotations

import asyncio
import sys

from hubd.demo.private_broker import HOST
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from scripts.benches.path_lamp import REPORT, TOPIC

_TIMEOUT = 5.0


async def main(port: int) -> None:
    """Be a lamp."""
    broker = PahoBroker(BrokerSettings(HOST, port, "bench-lamp"), lambda _: None)
    inbox = broker.messages()
    broker.subscribe([TOPIC])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(broker.run())
        await broker.wait_connected()
        print("ready", flush=True)
        async for _ in inbox:
            await broker.publish(Publish(REPORT, b'{"state":"ON"}'), _TIMEOUT)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
