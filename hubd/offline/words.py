"""Text as it is spoken: words without punctuation, numbers in letters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# What is left of a wake word when the sound begins at about its end; the recogniser has a pronunciation for each.
WAKE_REMAINDERS: Final = (
    "hey jarvis",
    "jarvis",
    "alexa",
    "hey mycroft",
    "mycroft",
    "okay",
    "hey",
)

_ONES: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_HUNDRED: Final = 100
_THOUSAND: Final = 1000
_MILLION: Final = 1_000_000

# Before the plain sign of a degree. Nobody says Celsius to a heater; Fahrenheit would be another number.
_CELSIUS: Final = re.compile(r"°\s*c\b")
_SIGNS: Final = {"%": " percent ", "°": " degrees ", "&": " and ", "+": " plus ", "@": " at "}
_TOKEN: Final = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*")
_CAMEL_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def number_words(number: int) -> tuple[str, ...]:
    """Return a whole number in words, without "and": 121 is ``one hundred twenty one``, -5 is ``minus five``.

    Below a million; beyond that, digit by digit.
    """
    if number < 0:
        return ("minus", *number_words(-number))
    if number < len(_ONES):
        return (_ONES[number],)
    if number < _HUNDRED:
        rest = number % 10
        return (_TENS[number // 10 - 2], *((_ONES[rest],) if rest else ()))
    if number < _THOUSAND:
        rest = number % _HUNDRED
        return (_ONES[number // _HUNDRED], "hundred", *(number_words(rest) if rest else ()))
    if number < _MILLION:
        rest = number % _THOUSAND
        return (*number_words(number // _THOUSAND), "thousand", *(number_words(rest) if rest else ()))
    return tuple(_ONES[int(digit)] for digit in str(number))


def spoken(text: str) -> tuple[str, ...]:
    """Return the words of a text as a person says them: lower case, no punctuation, numbers in letters.

    Letters of every script are kept; what nobody can say (emoji, brackets) is left out, so the result may be empty.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    plain = _CAMEL_HUMP.sub(" ", plain).casefold()
    plain = _CELSIUS.sub(" degrees ", plain)
    for sign, word in _SIGNS.items():
        plain = plain.replace(sign, word)
    words: list[str] = []
    for token in _TOKEN.findall(plain):
        if token[0].isdecimal():
            words += _spoken_number(token)
        else:
            words.append(token)
    return tuple(words)


def _spoken_number(token: str) -> tuple[str, ...]:
    whole, _, fraction = token.partition(".")
    digits = tuple(_ONES[int(digit)] for digit in fraction)
    return (*number_words(int(whole)), *(("point", *digits) if digits else ()))
