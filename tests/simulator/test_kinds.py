from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.simulator.kinds import kind


@pytest.mark.parametrize(
    ("frame", "shown"),
    [
        ("{}", "{}"),
        ("[]", "no object"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"setup":{"model":"m"}}', "setup"),
        ('{"realtimeInput":{"text":"swordfish"}}', "realtimeInput: text"),
        ('{"serverContent":{"turnComplete":true},"usageMetadata":{}}', "serverContent: turnComplete, usageMetadata"),
        ('{"serverContent":{}}', "serverContent: {}"),
        ('{"toolCall":{"functionCalls":[{"name":"a"},{"name":"b"}]}}', "toolCall: a, b"),
        ('{"toolResponse":{"functionResponses":[{"name":"a"},3]}}', "toolResponse: a"),
    ],
)
def test_a_frame_is_told_by_its_keys(frame: str, shown: str) -> None:
    """The names of what it sets are shown, and of functions; nothing that was said."""
    assert kind(frame) == shown


@given(st.text())
def test_any_frame_is_something(frame: str) -> None:
    """Whatever comes, there are words for it."""
    assert kind(frame)
