"""The Live server that the clients of the bench talk to: as little as a server can do, for its time counts as theirs.

Usage: live_server.py CERTIFICATE KEY; prints its port. It answers a set-up with setupComplete, and a text: ``heard?``
with a turnComplete once all sound before it has come, ``speak SECONDS`` with so much sound in pieces of 200 ms. It
serves one client after the other.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import sys

from websockets.frames import DATA_OPCODES, Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol

PIECE = 9_600  # bytes, 200 ms at 24 kHz
SETUP_COMPLETE = b'{"setupComplete":{}}'
TURN_COMPLETE = b'{"serverContent":{"turnComplete":true}}'


def pieces(seconds: float) -> list[bytes]:
    """Return frames with so much sound: noise-like bytes, each as the service sends them."""
    pcm = bytes((n * 7919) % 251 for n in range(PIECE))
    part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(pcm).decode()}}
    frame = {"serverContent": {"modelTurn": {"role": "model", "parts": [part]}}}
    return [json.dumps(frame, separators=(",", ":")).encode()] * round(seconds * 5)


def answers(frame: bytes) -> list[bytes]:
    """Return what a frame is answered with."""
    if b'"setup"' in frame:
        return [SETUP_COMPLETE]
    if b'"text"' not in frame:
        return []
    message = json.loads(frame)
    wanted = (message.get("realtimeInput") or message["realtime_input"])["text"]
    spoken = pieces(float(wanted.removeprefix("speak "))) if wanted.startswith("speak ") else []
    return [*spoken, TURN_COMPLETE]


def serve_one(client: ssl.SSLSocket) -> None:
    """Talk to one client until it goes."""
    protocol = ServerProtocol(max_size=2**24)
    while received := client.recv(2**16):
        protocol.receive_data(received)
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
            elif isinstance(event, Frame) and event.opcode in DATA_OPCODES:
                for answer in answers(bytes(event.data)):
                    protocol.send_binary(answer)
                    _flush(protocol, client)
        _flush(protocol, client)
        if protocol.close_expected():
            client.unwrap()
            return


def _flush(protocol: ServerProtocol, client: ssl.SSLSocket) -> None:
    for data in protocol.data_to_send():
        client.sendall(data)


def main(certificate: str, key: str) -> None:
    """Listen on loopback until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            accepted, _address = listener.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError), context.wrap_socket(accepted, server_side=True) as client:
                serve_one(client)


if __name__ == "__main__":
    main(*sys.argv[1:])
