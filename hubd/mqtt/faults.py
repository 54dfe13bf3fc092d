"""Why there is no connection to the broker, in words for the person who has to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason. problem: what is wrong. advice: what a person can do about it."""

    problem: str
    advice: str


# Reason codes of MQTT 5 (2.4) that the hub treats in a special way.
UNSUPPORTED_VERSION: Final = 0x84
FIRST_FAILURE: Final = 0x80

_LOGIN: Final = "Check mqtt.username, and the password in /etc/hubd/credentials/mqtt_password."
_LOG: Final = "The broker's log says more."
_PORT: Final = "Check mqtt.port and mqtt.tls: 8883 is usual with TLS, 1883 without."
_POWER: Final = "Check that the broker's computer is switched on and on the network."
_TWIN: Final = "If another client has the same id, give each its own with mqtt.client_id."
_WAIT: Final = "The hub tries again by itself."

# MQTT 5, 2.4, table 2-6: what the code means, and the advice that fits.
_REASONS: Final[Mapping[int, tuple[str, str]]] = {
    0x80: ("it gives no reason", _LOG),
    0x81: ("it found a packet malformed", _LOG),
    0x82: ("it found a break of the protocol", _LOG),
    0x83: ("it has a reason of its own", _LOG),
    UNSUPPORTED_VERSION: ("it speaks neither MQTT 5 nor 3.1.1", "Update the broker."),
    0x85: ("it does not accept the client id", "Choose another with mqtt.client_id."),
    0x86: ("wrong user name or password", _LOGIN),
    0x87: ("not authorised: user name or password is wrong, or the broker's access list forbids it", _LOGIN),
    0x88: ("it is unavailable", _WAIT),
    0x89: ("it is busy", _WAIT),
    0x8A: ("this client is banned", _LOG),
    0x8B: ("it is shutting down", _WAIT),
    0x8C: ("it wants another way of logging in", "Allow user name and password at the broker."),
    0x8D: ("it heard nothing from the hub for too long", "Check the network between the hub and the broker."),
    0x8E: ("another client with the same id took over the session", _TWIN),
    0x8F: ("it does not accept the topic", _LOG),
    0x90: ("it does not accept the topic", _LOG),
    0x91: ("it mixes up message numbers", _LOG),
    0x93: ("too many messages at once", _LOG),
    0x94: ("it does not accept a short form of a topic", _LOG),
    0x95: ("a message is too large for it", _LOG),
    0x96: ("too many messages", _LOG),
    0x97: ("a quota is used up", "Raise the broker's limits."),
    0x98: ("its administrator ended the connection", _LOG),
    0x99: ("it does not accept the payload", _LOG),
    0x9A: ("it keeps no retained messages", "Allow retained messages at the broker."),
    0x9B: ("it does not offer this quality of service", "Set qos = 0, or allow more at the broker."),
    0x9C: ("it sends the hub to another server", "Set mqtt.host to that server."),
    0x9D: ("it has moved", "Set mqtt.host to its new place."),
    0x9E: ("it does not offer shared subscriptions", _LOG),
    0x9F: ("too many connections in a short time", _WAIT),
    0xA0: ("the connection lasted as long as it may", _WAIT),
    0xA1: ("it does not offer subscription identifiers", _LOG),
    0xA2: ("it does not offer topics with wildcards", _LOG),
}


def words(code: int) -> str:
    """Return what a reason code of MQTT 5 means, in plain words."""
    known = _REASONS.get(code)
    return known[0] if known else f"reason 0x{code:02X}"


def refused(where: str, code: int) -> Fault:
    """Return the fault of a broker that did not accept the connection."""
    return Fault(f"the MQTT broker at {where} refuses the connection: {words(code)}", _advice(code))


def dismissed(where: str, code: int) -> Fault:
    """Return the fault of a broker that ended the connection, and said why."""
    return Fault(f"the MQTT broker at {where} ended the connection: {words(code)}", _advice(code))


def unreadable_topic(topic: str, code: int) -> Fault:
    """Return the fault of a broker that does not let the hub subscribe to a topic."""
    return Fault(
        f"the MQTT broker does not let the hub read {topic!r}: {words(code)}",
        "Allow the topic in the broker's access list, or correct it in the device's configuration.",
    )


def nothing_listens(where: str) -> Fault:
    """Return the fault of a port where nobody listens."""
    return Fault(f"no MQTT broker listens at {where}", "Start the broker, or correct mqtt.host and mqtt.port.")


def unknown_host(where: str) -> Fault:
    """Return the fault of a name that can't be resolved."""
    return Fault(f"the name of the MQTT broker at {where} can't be found", "Correct mqtt.host, or check the network.")


def unreachable(where: str, reason: str) -> Fault:
    """Return the fault of a network that leads nowhere; reason: the system's words."""
    return Fault(f"the MQTT broker at {where} can't be reached: {reason}", _POWER)


def no_answer(where: str) -> Fault:
    """Return the fault of a broker that says nothing, or nothing any more."""
    return Fault(f"the MQTT broker at {where} does not answer", _POWER)


def unconfirmed(where: str) -> Fault:
    """Return the fault of a broker that did not take a message in time."""
    return Fault(f"the MQTT broker at {where} did not take a message in time, the connection was cut", _POWER)


def hung_up(where: str) -> Fault:
    """Return the fault of a peer that closed the connection instead of greeting."""
    return Fault(f"what listens at {where} closed the connection without an MQTT greeting", _PORT)


def broke_off(where: str) -> Fault:
    """Return the fault of a connection that ended without a word."""
    return Fault(f"the connection to the MQTT broker at {where} broke off", _WAIT)


def thrown_out(where: str) -> Fault:
    """Return the fault of connections that are accepted, then ended at once: brokers rarely say that it is a twin."""
    return Fault(f"the MQTT broker at {where} accepts the connection and ends it again and again", f"{_LOG} {_TWIN}")


def not_mqtt(where: str) -> Fault:
    """Return the fault of a peer whose bytes can't be read."""
    return Fault(f"what listens at {where} sent something that is not MQTT", _PORT)


def untrusted(where: str, reason: str) -> Fault:
    """Return the fault of a certificate that is not trusted; reason: the verifier's words."""
    dated = any(words in reason for words in ("not yet valid", "expired"))
    return Fault(
        f"the certificate of the MQTT broker at {where} is not trusted: {reason}",
        f"Wait until the clock is set from the network; if it is right, renew the certificate. {_WAIT}"
        if dated
        else "Name the authority that signed it with mqtt.ca_file.",
    )


def no_tls(where: str) -> Fault:
    """Return the fault of a failed TLS handshake."""
    return Fault(f"no TLS connection to the MQTT broker at {where} comes about", _PORT)


def no_authority(file: str) -> Fault:
    """Return the fault of an unusable file of certificates."""
    return Fault(f"mqtt.ca_file can't be used: {file}", "Put a certificate in PEM form there that the hub may read.")


def _advice(code: int) -> str:
    known = _REASONS.get(code)
    return known[1] if known else _LOG
