"""What hubd and its peer are built on, without either: SERVER-PORT BROKER-PORT; prints its latencies after a line.

A connection of websockets, a client of paho, and nothing between them but json: it keeps no state, checks nothing,
waits for no device. What takes part in the same protocols by the same libraries can hardly take less.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from websockets.asyncio.client import ClientConnection, connect

from scripts.benches import path_probe
from scripts.benches.path_lamp import TOPIC

SETUP = json.dumps({"setup": {"model": "models/gemini-3.8-live"}})
PCM = base64.b64encode(bytes((n * 7919) % 16 for n in range(1280))).decode()
AUDIO = json.dumps({"realtimeInput": {"audio": {"data": PCM, "mimeType": "audio/pcm;rate=16000"}}})


async def listen(connection: ClientConnection) -> None:
    """Send what a microphone hears."""
    while True:
        await connection.send(AUDIO)
        await asyncio.sleep(0.04)  # a microphone brings 40 ms every 40 ms


async def obey(connection: ClientConnection, broker: Client) -> None:
    """Publish what is asked for, answer when it is confirmed."""
    taken = asyncio.Event()
    broker.on_publish = lambda *_arguments: taken.set()
    async for frame in connection:
        asked: dict[str, Any] = json.loads(frame)
        answers = []
        for call in asked["toolCall"]["functionCalls"]:
            taken.clear()
            broker.publish(TOPIC, json.dumps({"level": call["args"]["level"]}), qos=1)
            broker.loop_write()
            await taken.wait()
            answers.append({"id": call["id"], "name": call["name"], "response": {"status": "done"}})
        await connection.send(json.dumps({"toolResponse": {"functionResponses": answers}}, separators=(",", ":")))


async def main(server: int, port: int) -> None:
    """Run until told to end."""
    stamps = path_probe.watch(server, port, TOPIC.encode())
    broker = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    # With it paho leaves the writing to whoever looks after its socket.
    broker.on_socket_register_write = lambda *_arguments: None
    broker.connect("127.0.0.1", port)
    broker.loop_write()
    if (broker_socket := broker.socket()) is None:
        raise ConnectionError("the broker has hung up")
    asyncio.get_running_loop().add_reader(broker_socket.fileno(), broker.loop_read)
    trust = ssl.create_default_context()
    async with connect(f"wss://127.0.0.1:{server}", ssl=trust, compression=None) as connection:
        await connection.send(SETUP)
        await connection.recv()
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(listen(connection)), tasks.create_task(obey(connection, broker))]
            await asyncio.to_thread(sys.stdin.readline)
            for task in running:
                task.cancel()
    print(json.dumps(stamps.command_ms()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
