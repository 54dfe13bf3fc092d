from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.offline.confidence import Evidence, Fit, is_said

# As "turn on the kitchen lights" gave it, spoken by espeak-ng.
SAID = Evidence(
    tuple(
        Fit(word, start, frames, lead)
        for word, start, frames, lead in [
            ("turn", 20, 25, -120.0),
            ("on", 45, 15, -30.0),
            ("the", 60, 10, -10.0),
            ("kitchen", 70, 45, -300.0),
            ("lights", 115, 54, 20.0),
        ]
    ),
    frames=186,
    lead=-500.0,
    prior=0.0,
    unexplained=4,
    swallowed=0,
)


def changed(**changes: object) -> Evidence:
    """Return the evidence of a good utterance, made worse."""
    fields = {name: getattr(SAID, name) for name in ("words", "frames", "lead", "prior", "unexplained", "swallowed")}
    return Evidence(**{**fields, **changes})


def test_what_was_said_is_believed() -> None:
    """A sentence that fits nearly as well as anything in English was said."""
    assert is_said(SAID)


def test_doubt_can_outweigh_it() -> None:
    """Who has reason to doubt asks for more."""
    assert not is_said(SAID, doubt=20.0)


def test_each_fault_alone_is_enough() -> None:
    """A bad fit, bad words, an odd wording, sound without words: what is grossly wrong, was not said."""
    assert not is_said(changed(lead=-35.0 * SAID.frames))
    assert not is_said(
        changed(words=(*SAID.words[:-2], Fit("kitchen", 70, 45, -9000.0), Fit("lights", 115, 54, -9000.0)))
    )
    assert not is_said(changed(prior=-2.0 * SAID.frames))
    assert not is_said(changed(unexplained=SAID.frames // 2))
    assert not is_said(changed(swallowed=20))


def test_an_echo_is_no_last_word() -> None:
    """People draw out their last word; one of a few frames was never said."""
    assert is_said(changed(words=(*SAID.words, Fit("off", 169, 30, 0.0))))
    assert not is_said(changed(words=(*SAID.words, Fit("off", 169, 8, 0.0))))


def test_the_rest_of_a_wake_word_is_no_verb() -> None:
    """A word with a long pause behind it may begin a sentence only if it means nothing."""
    assert not is_said(changed(words=(Fit("raise", 0, 15, 0.0), *SAID.words[1:])))
    assert not is_said(changed(words=(Fit("hey", 0, 10, 0.0), Fit("raise", 10, 5, 0.0), *SAID.words[1:])))
    assert is_said(changed(words=(Fit("jarvis", 0, 15, 0.0), *SAID.words[1:])))
    assert is_said(changed(words=(Fit("raise", 20, 15, 0.0), *SAID.words[1:])))


def test_no_words_are_no_sentence() -> None:
    """Silence asks for nothing."""
    assert not is_said(changed(words=()))


@given(st.floats(-20_000, 0), st.floats(0, 5_000))
def test_a_worse_fit_is_never_believed_more(lead: float, worse: float) -> None:
    """The decision goes one way only."""
    assert is_said(changed(lead=lead)) or not is_said(changed(lead=lead - worse))
