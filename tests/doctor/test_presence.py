from __future__ import annotations

import json

import pytest

from hubd.doctor.findings import Verdict
from hubd.doctor.presence import judge
from hubd.mqtt.tree import Tree

TREE = Tree("hubd", "kitchen")
HOW = {"state": "following_up", "since": 1.0, "muted": False, "volume": 80, "version": "9.1"}


@pytest.mark.parametrize(
    ("available", "state", "verdict", "told"),
    [
        (None, None, Verdict.DOUBTFUL, 'The broker knows no hub "kitchen".'),
        (b"offline", HOW, Verdict.DOUBTFUL, 'The hub "kitchen" is offline, says the broker.'),
        (b"online", None, Verdict.DOUBTFUL, "of another version"),
        (b"online", {**HOW, "state": "dancing"}, Verdict.DOUBTFUL, "of another version"),
        (b"online", {**HOW, "last_error": "It is gone"}, Verdict.BAD, "The hub has trouble: It is gone."),
        (b"online", HOW, Verdict.GOOD, '"kitchen" is following up, version 9.1, without trouble'),
    ],
)
def test_judgement(available: bytes | None, state: dict[str, object] | None, verdict: Verdict, told: str) -> None:
    """What the broker has kept of a hub says how it is."""
    kept = {TREE.availability: available, TREE.state: None if state is None else json.dumps(state).encode()}
    finding = judge(TREE, {topic: payload for topic, payload in kept.items() if payload is not None})
    assert finding.verdict is verdict
    assert told in finding.found
