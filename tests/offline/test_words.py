from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.offline.words import number_words, spoken


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Turn on the lights!", "turn on the lights"),
        ("30%", "thirty percent"),
        ("21.5°", "twenty one point five degrees"),
        ("21 °C, please", "twenty one degrees please"),
        ("21\N{DEGREE CELSIUS}", "twenty one degrees"),
        ("70°F", "seventy degrees f"),
        ("turn_on_the_lights", "turn on the lights"),
        ("livingRoom", "living room"),
        ("that\N{RIGHT SINGLE QUOTATION MARK}s all", "that's all"),
        ("3D-Drucker (Büro)", "three d drucker büro"),
        ("TV 2", "tv two"),
        ("Łódź & co", "łódź and co"),
        ("\N{PARTY POPPER}", ""),
        ("", ""),
    ],
)
def test_text_is_written_as_it_is_spoken(text: str, words: str) -> None:
    """Punctuation goes, numbers become words, letters of every script stay."""
    assert " ".join(spoken(text)) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (121, "one hundred twenty one"),
        (2700, "two thousand seven hundred"),
        (-5, "minus five"),
        (12_345_678, "one two three four five six seven eight"),
    ],
)
def test_numbers_in_words(number: int, words: str) -> None:
    """Numbers read as people say them; very long ones digit by digit."""
    assert " ".join(number_words(number)) == words


@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_two_numbers_never_sound_the_same(one: int, other: int) -> None:
    """The words of a number stand for it alone."""
    assert (number_words(one) == number_words(other)) == (one == other)


@given(st.text())
def test_any_text_can_be_spoken(text: str) -> None:
    """Whatever a device is called, its words are plain: letters and apostrophes."""
    for word in spoken(text):
        assert word.replace("'", "").isalpha() or not word.isascii()
