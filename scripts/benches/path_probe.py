"""When bytes pass the sockets of a process, stamped alike in hubd and in its peer.

Both programs reach the network through ``socket.socket``: asyncio's transports under websockets, paho beside them.
A stamp is taken when the kernel has handed bytes over (recv returned), or has taken them (send returned), on the
connections to the Live server and to the broker alone. It costs a microsecond, in either program the same one.
Imports nothing that either program would not import itself.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_PUBLISH = 0x30
# The first byte of the packet, at most four that tell its length, two that tell the topic's.
_BEFORE_TOPIC = 7


@dataclass(slots=True, eq=False)
class Stamps:
    """When something passed, monotonic, s.

    read: from the server, with the number of bytes. written: to the server. told: from the broker. published: a
    PUBLISH to the broker on the topic.
    """

    read: list[tuple[float, int]] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    published: list[float] = field(default_factory=list)

    def command_ms(self) -> list[float]:
        """Return, for each PUBLISH, how long before it the server was heard last, ms.

        The server asks for one function at a time, and says nothing else: what it said last is the tool call.
        """
        found, reads = [], iter(self.read)
        last, after = 0.0, next(reads, None)
        for published in self.published:
            while after is not None and after[0] <= published:
                last, after = after[0], next(reads, None)
            found.append((published - last) * 1000)
        return found


def watch(server: int, broker: int, topic: bytes) -> Stamps:
    """Stamp what passes the connections to these ports from now on."""
    stamps = Stamps()
    ports: dict[int, int] = {}

    def connect(original: Callable[..., Any], self: socket.socket, address: Any) -> Any:
        ports[self.fileno()] = address[1] if isinstance(address, tuple) else 0
        return original(self, address)

    def recv(original: Callable[..., Any], self: socket.socket, *arguments: Any) -> Any:
        got = original(self, *arguments)
        port = ports.get(self.fileno())
        if port == server:
            stamps.read.append((time.monotonic(), got if isinstance(got, int) else len(got)))
        elif port == broker:
            stamps.told.append(time.monotonic())
        return got

    def send(original: Callable[..., Any], self: socket.socket, data: Any, *arguments: Any) -> Any:
        sent = original(self, data, *arguments)
        port = ports.get(self.fileno())
        if port == server:
            stamps.written.append(time.monotonic())
        elif port == broker and data[0] & 0xF0 == _PUBLISH and topic in bytes(data[: len(topic) + _BEFORE_TOPIC]):
            stamps.published.append(time.monotonic())
        return sent

    for name, around in (("connect", connect), ("recv", recv), ("recv_into", recv), ("send", send)):
        _wrap(name, around)
    return stamps


def _wrap(name: str, around: Callable[..., Any]) -> None:
    original = getattr(socket.socket, name)

    def wrapped(self: socket.socket, *arguments: Any) -> Any:
        return around(original, self, *arguments)

    setattr(socket.socket, name, wrapped)
