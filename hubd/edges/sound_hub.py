"""The hub, seen from a process that holds one sound device."""

from __future__ import annotations

import socket

from hubd.audio.wire import Decoder, Message, Open, encode
from hubd.errors import LocalProtocolError

_RECEIVE_BYTES = 1 << 18


class Hub:
    """The socket to the hub; when the hub is gone, so is this process."""

    def __init__(self, hub: socket.socket) -> None:
        self._socket = hub
        self._decoder = Decoder()

    def fileno(self) -> int:
        """Return the socket's descriptor, to wait for what receive() takes."""
        return self._socket.fileno()

    def send(self, *messages: Message) -> None:
        """Send messages; waits while the hub does not read."""
        self._socket.sendall(b"".join(map(encode, messages)))

    def receive(self) -> list[Message]:
        """Wait for the hub; return the messages that are complete, if any is."""
        data = self._socket.recv(_RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError
        return list(self._decoder.feed(data))

    def begin(self) -> tuple[Open, list[Message]]:
        """Wait for the first message; return it with those that came along with it."""
        while not (messages := self.receive()):
            pass
        match messages:
            case [Open() as order, *early]:
                return order, early
            case _:
                raise LocalProtocolError(f"a sound process was told {type(messages[0]).__name__} before Open")
