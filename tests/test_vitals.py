from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hubd.vitals import WORDS, Proof, Signs, missing

NOW = 1000.0
WELL = Signs(last_frame=NOW - 0.02, looks_by=None, unscored_since=NOW - 0.01, broker_by=NOW + 1, unread_since=None)


@pytest.mark.parametrize(
    ("signs", "lacking"),
    [
        (WELL, ()),
        (replace(WELL, unscored_since=None), ()),
        (replace(WELL, last_frame=NOW - 1.9), ()),
        (replace(WELL, last_frame=NOW - 2.1), (Proof.SOUND,)),
        (replace(WELL, last_frame=0.0, looks_by=NOW + 30), ()),
        (replace(WELL, last_frame=0.0, looks_by=NOW - 4), ()),
        (replace(WELL, last_frame=0.0, looks_by=NOW - 6), (Proof.SOUND,)),
        (replace(WELL, last_frame=0.0, looks_by=math.inf), ()),
        (replace(WELL, unscored_since=NOW - 4.9), ()),
        (replace(WELL, unscored_since=NOW - 5.1), (Proof.INFERENCE,)),
        (replace(WELL, broker_by=NOW - 4), ()),
        (replace(WELL, broker_by=NOW - 6), (Proof.BROKER,)),
        (replace(WELL, unread_since=NOW - 4.9), ()),
        (replace(WELL, unread_since=NOW - 5.1), (Proof.CONVERSATION,)),
        (Signs(0, 0, 0, 0, 0), tuple(Proof)),
    ],
)
def test_what_is_missing(signs: Signs, lacking: tuple[Proof, ...]) -> None:
    """The hub is vouched for with every proof at hand; a microphone or a broker that is looked for is no lack."""
    assert missing(signs, NOW) == lacking


def test_every_proof_has_words() -> None:
    """Whatever is missing can be told."""
    assert set(WORDS) == set(Proof)
