from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.live import codec
from hubd.offline.effects import Effect, Send
from hubd.offline.memory import Memory
from hubd.offline.output import Output, Rules
from hubd.offline.steps import Interrupt, Pause, Say, joined


def frames(outbox: list[Effect]) -> list[dict[str, Any]]:
    """Return what was sent, as JSON."""
    return [json.loads(codec.encode(effect.message)) for effect in outbox if isinstance(effect, Send)]


@given(st.lists(st.text("ab ", min_size=1), min_size=1), st.integers(1, 40_000))
def test_words_and_sound_come_whole(texts: list[str], samples: int) -> None:
    """However long each is: all samples in order, and the words of each sentence, with a space between two."""
    outbox: list[Effect] = []
    output = Output(outbox, Memory(), Rules(transcribe=True))
    pcm = bytes(range(256)) * (samples * 2 // 256) + bytes(samples * 2 % 256)
    for text in texts:
        assert output.sound(pcm, text) == pytest.approx(samples / 24_000)
    contents = [frame["serverContent"] for frame in frames(outbox)]
    parts = [part["inlineData"]["data"] for content in contents for part in content["modelTurn"]["parts"]]
    assert b"".join(map(base64.b64decode, parts)) == pcm * len(texts)
    said = "".join(content.get("outputTranscription", {}).get("text", "") for content in contents)
    assert said == " ".join(texts)


def test_a_client_that_wants_no_words_gets_none() -> None:
    """Without outputAudioTranscription there is sound alone, without inputAudioTranscription no words of the user."""
    outbox: list[Effect] = []
    output = Output(outbox, Memory(), Rules())
    output.words("a")
    output.heard("b")
    output.sound(bytes(2), "c")
    (frame,) = frames(outbox)
    assert list(frame["serverContent"]) == ["modelTurn"]


def test_sentences_are_joined_where_they_meet() -> None:
    """What follows one another in words is one sentence, said once where it is the same; other steps part them."""
    plan = joined([(Say("a"), Say("b")), (Say("a"), Pause(1.0)), (), (Say(""), Interrupt(), Say("a"))])
    assert plan == [Say("a b"), Pause(1.0), Interrupt(), Say("a")]
