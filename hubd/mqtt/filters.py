"""Topics by their levels: which filters may be subscribed to, what they take."""

from __future__ import annotations

from hubd.devices.fields import topic_problem


def filter_problem(topic_filter: str) -> str | None:
    """Return what forbids subscribing to the filter, or None (MQTT 5, 4.7).

    A filter is a topic (``hubd.devices.fields``) in which a whole level may be ``+``, and the last one ``#``.
    """
    levels = topic_filter.split("/")
    for position, level in enumerate(levels):
        if level == "+" or (level == "#" and position == len(levels) - 1):
            levels[position] = "any"
    return topic_problem("/".join(levels))


def filter_matches(topic_filter: str, topic: str) -> bool:
    """Return whether a message on the topic comes by the filter (MQTT 5, 4.7)."""
    levels, given = topic_filter.split("/"), topic.split("/")
    for position, level in enumerate(levels):
        if level == "#":
            return True
        if position >= len(given) or level not in {"+", given[position]}:
            return False
    return len(levels) == len(given)


def first_level(topic: str) -> str:
    """Return what a topic begins with, up to its first slash."""
    return topic.partition("/")[0]
