"""Where an announced entity says whether it can be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pydantic import JsonValue

from hubd.devices.announced_reports import Options, reader_of, text_option
from hubd.devices.expectations import AVAILABILITY, Source
from hubd.mqtt.filters import filter_problem

MAX_PLACES = 8
# Of several places the last one to say something counts, unless all have to say yes (``mqtt-devices.md`` 2).
_LATEST = "latest"


def presence(options: Options) -> tuple[Source, ...]:
    """Return where the entity says so: by topic if all places count, else under one key for the latest.

    Where any one of several places is enough, none of them can say that it is away: then nothing is read.
    """
    places = list(_places(options))[:MAX_PLACES]
    mode = options.get("availability_mode", _LATEST)
    if mode == "any" and len(places) > 1:
        return ()
    return tuple(
        Source(topic, _reader(topic if mode == "all" else _LATEST, place, key), AVAILABILITY)
        for topic, place, key in places
    )


def _places(options: Options) -> Iterator[tuple[str, Options, str]]:
    """Yield topic, options, the template's key of every place."""
    single = options.get("availability_topic")
    if isinstance(single, str):
        yield single, options, "availability_template"
        return
    listed = options.get("availability")
    for place in listed if isinstance(listed, list) else [listed]:
        topic = place.get("topic") if isinstance(place, dict) else None
        if isinstance(place, dict) and isinstance(topic, str) and filter_problem(topic) is None:
            yield topic, place, "value_template"


def _reader(name: str, place: Options, key: str) -> Callable[[bytes], Mapping[str, JsonValue]]:
    words = {
        text_option(place, "payload_available", "online"): True,
        text_option(place, "payload_not_available", "offline"): False,
    }
    text_of = reader_of(place, key)

    def read(payload: bytes) -> dict[str, JsonValue]:
        word = None if text_of is None else text_of(payload)
        return {name: words[word]} if word in words else {}

    return read
