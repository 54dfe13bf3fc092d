"""Messages, subscriptions, packets of them in paho's terms."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator, Sequence

from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from hubd.devices.render import Publish
from hubd.edges.paho_dialling import Version
from hubd.ports import InboundMessage, Wanted

_QOS = 1
# A thousand devices have 100 kB of topics, and a broker may limit its packets (MQTT 5, 3.2.2.3.6).
_TOPICS_AT_ONCE = 100


logger = logging.getLogger(__name__)


class _PackedOnce(Properties):
    """Properties that never change: paho looks each time which of all that there are it has to pack."""

    @functools.cached_property
    def _packed(self) -> bytes:
        packed: bytes = super().pack()  # type: ignore[no-untyped-call]  # paho gives it no types
        return packed

    def pack(self) -> bytes:
        """Return what goes into the packet."""
        return self._packed


def inbound(message: MQTTMessage, limit: int) -> InboundMessage | None:
    """Return a message as it came; None for one that is dropped: more than limit bytes, a topic that is not UTF-8."""
    try:
        topic = message.topic
    except UnicodeDecodeError:
        logger.warning("a message whose topic is not UTF-8 was dropped")
        return None
    if len(message.payload) > limit:
        logger.warning("a message of %d bytes on %r was dropped", len(message.payload), topic)
        return None
    answer_to = getattr(message.properties, "ResponseTopic", "")
    correlation = getattr(message.properties, "CorrelationData", None)
    return InboundMessage(topic, bytes(message.payload), message.retain, answer_to, correlation)


def outbound_properties(publish: Publish) -> Properties | None:
    """Return the properties of a message, None if it has none."""
    if publish.correlation is not None:
        return _properties(publish.expiry, publish.correlation)
    return None if publish.expiry is None else _expiring(publish.expiry)


@functools.lru_cache(maxsize=16)
def _expiring(expiry: int) -> Properties:
    """Return the properties of a command: paho takes as long to make them as to make the packet."""
    return _properties(expiry, None)


def _properties(expiry: int | None, correlation: bytes | None) -> Properties:
    properties = _PackedOnce(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho gives it no types
    if expiry is not None:
        properties.MessageExpiryInterval = expiry
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties


def in_packets(topics: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the topics, as many at a time as go into one packet."""
    yield from (topics[start : start + _TOPICS_AT_ONCE] for start in range(0, len(topics), _TOPICS_AT_ONCE))


def subscriptions(
    topics: Sequence[str], wanted: Wanted, version: Version
) -> list[tuple[str, int]] | list[tuple[str, SubscribeOptions]]:
    """Return topic filters as paho subscribes to them, all with QoS 1 (``mqtt-devices.md`` 4, QoS with retain)."""
    match wanted:
        case Wanted.ORDERS if version is Version.MQTT5:
            options = SubscribeOptions(
                qos=_QOS,
                noLocal=True,
                # Else nobody could tell that an order is stored at the broker, for each later subscriber.
                retainAsPublished=True,
                retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND,
            )
            return [(topic, options) for topic in topics]
        case Wanted.EVERYTHING | Wanted.ORDERS:
            return [(topic, _QOS) for topic in topics]
