"""What is to be thought of a hub, by what it says of itself on MQTT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hubd.doctor.findings import Finding, bad, doubtful, good
from hubd.mirror import hub_state
from hubd.mqtt.tree import Tree
from hubd.presence import ONLINE

CHECK: Final = "running hub"
_START: Final = "Start it: sudo systemctl start hubd, or: hubd run"


def topics(tree: Tree) -> tuple[str, ...]:
    """Return the topics on which a broker keeps what a hub says of itself."""
    return tree.availability, tree.state


def judge(tree: Tree, kept: Mapping[str, bytes]) -> Finding:
    """Return how the hub is; kept: what the broker had kept, by topic."""
    available = kept.get(tree.availability)
    if available is None:
        return doubtful(CHECK, f'The broker knows no hub "{tree.hub}".', _START)
    if available != ONLINE:
        return doubtful(CHECK, f'The hub "{tree.hub}" is offline, says the broker.', _START)
    state = hub_state(kept.get(tree.state, b""))
    if state is None:
        return doubtful(CHECK, f'The hub "{tree.hub}" is of another version than this doctor.', "Restart the hub.")
    if state.last_error:
        return bad(CHECK, f"The hub has trouble: {state.last_error.rstrip('.')}.", "hubd watch shows when it is over.")
    return good(CHECK, f'"{tree.hub}" is {state.state.replace("_", " ")}, version {state.version}, without trouble')
