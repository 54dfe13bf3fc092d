"""International phonetic letters → the phones of the recogniser."""

from __future__ import annotations

from typing import Final

# What espeak-ng writes for American English, and the neighbours that it borrows for names from elsewhere → ARPAbet, as
# the CMU dictionary uses it. Longest first, so that a diphthong is not taken for its parts.
_PHONES: Final = {
    "tʃ": "CH",
    "dʒ": "JH",
    "aɪ": "AY",
    "aʊ": "AW",
    "eɪ": "EY",
    "oʊ": "OW",
    "əʊ": "OW",
    "ɔɪ": "OY",
    "eə": "EH R",
    "ɪə": "IH R",
    "ʊə": "UH R",
    "ɜː": "ER",
    "əl": "AH L",
    "n̩": "AH N",
    "m̩": "AH M",
    "l̩": "AH L",
    **dict.fromkeys("aæ", "AE"),
    **dict.fromkeys("ɑɒ", "AA"),
    **dict.fromkeys("əɐʌɘ", "AH"),
    **dict.fromkeys("ɔo", "AO"),
    **dict.fromkeys("ɚɝɜøœɵ", "ER"),
    **dict.fromkeys("eɛ", "EH"),
    **dict.fromkeys("iɨ", "IY"),
    **dict.fromkeys("ɪᵻy", "IH"),
    **dict.fromkeys("uʉɯ", "UW"),
    "ʊ": "UH",
    "b": "B",
    "d": "D",
    "ð": "DH",
    **dict.fromkeys("fɸ", "F"),
    **dict.fromkeys("gɡɣ", "G"),
    **dict.fromkeys("hɦħ", "HH"),
    **dict.fromkeys("jʝ", "Y"),
    **dict.fromkeys("kcxqχ", "K"),
    **dict.fromkeys("lɬɫʎ", "L"),
    "m": "M",
    **dict.fromkeys("nɲ", "N"),
    "ŋ": "NG",
    "p": "P",
    **dict.fromkeys("rɹʁɻ", "R"),
    "s": "S",
    **dict.fromkeys("ʃçɕʂ", "SH"),
    **dict.fromkeys("tʈʔ", "T"),
    "ɾ": "D",
    "θ": "TH",
    **dict.fromkeys("vβʋ", "V"),
    "w": "W",
    "z": "Z",
    **dict.fromkeys("ʒʑʐ", "ZH"),
}
_LONGEST: Final = max(map(len, _PHONES))


def arpabet(ipa: str) -> str:
    """Return the phones, separated by spaces; letters without one (stress, length) are passed over.

    A text without any phone gives the neutral vowel: a word must have a pronunciation.
    """
    phones: list[str] = []
    at = 0
    while at < len(ipa):
        length = next((size for size in range(_LONGEST, 0, -1) if ipa[at : at + size] in _PHONES), None)
        if length is not None:
            phones.append(_PHONES[ipa[at : at + length]])
        at += length or 1
    return " ".join(phones) or "AH"
