# ruff: noqa: RUF001 -- phonetic letters look like others
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.pronunciation import arpabet

VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
CONSONANTS = {
    "B",
    "CH",
    "D",
    "DH",
    "F",
    "G",
    "HH",
    "JH",
    "K",
    "L",
    "M",
    "N",
    "NG",
    "P",
    "R",
    "S",
    "SH",
    "T",
    "TH",
    "V",
    "W",
    "Y",
    "Z",
    "ZH",
}
PHONES = VOWELS | CONSONANTS


@pytest.mark.parametrize(
    ("ipa", "phones"),
    [
        ("kˈɪtʃən", "K IH CH AH N"),
        ("lˈaɪts", "L AY T S"),
        ("fˈɪlɪps", "F IH L IH P S"),
        ("tʃˈaɪniːz", "CH AY N IY Z"),
        ("θˈɜːməʊ", "TH ER M OW"),
        ("", "AH"),
        ("?", "AH"),
    ],
)
def test_phonetic_letters_become_phones(ipa: str, phones: str) -> None:
    """Stress and length go, diphthongs stay whole, and there is always something to say."""
    assert arpabet(ipa) == phones


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    """Whatever espeak-ng writes, the recogniser gets phones that it knows."""
    assert set(arpabet(text).split()) <= PHONES


def test_names_from_elsewhere_have_a_pronunciation() -> None:
    """A name that is in no dictionary is spoken as espeak-ng would."""
    words = ["küche", "łódź", "xiaomi", "灯", "qq", "a", "thermomix"]
    spoken = EspeakVoice().phonemes(words)
    assert len(spoken) == len(words)
    assert all(arpabet(each) != "AH" or word == "a" for word, each in zip(words, spoken, strict=True))
    assert arpabet(spoken[words.index("thermomix")]) == "TH ER M AH M IH K S"
