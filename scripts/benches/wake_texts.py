"""What the voices of the wake bench say: a story without end, wake words, words that are near to them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

# What a wake word must not be taken for: names that begin or end alike, and talk about it.
NEAR: Final = {
    "alexa": (
        "Alexander", "Electra", "Alice said so", "a Lexus", "I like salsa", "the election", "her next exam", "relaxer",
        "elects a mayor", "Texas", "Alec saw", "a lecture", "all extra",
    ),
    "hey_jarvis": (
        "hey Jane", "hey Travis", "hey Jerry", "hey Charles", "hey service", "hey Marvin", "Jarvis is my brother",
        "hey jars of jam", "they starve us", "a garden office", "say Java's", "hay harvest", "hey Janice",
    ),
    "hey_mycroft": (
        "hey Michael", "hey Marvin", "my croft", "Microsoft", "hey my coffee", "Mycroft Holmes", "hey Minecraft",
        "a microphone", "hey Mike", "the aircraft", "pay my craft", "hey Bancroft", "hey Marcus",
    ),
}  # fmt: skip

_WHO: Final = (
    "my neighbour", "the old captain", "a boy from the village", "Margaret", "the baker's daughter", "our teacher",
    "the woman upstairs", "Uncle George", "a stranger", "the postman", "Doctor Wilson", "the whole family",
    "every gardener", "Jack", "the radio", "a tired nurse", "your sister", "the weather forecast", "his lawyer",
)  # fmt: skip
_DID: Final = (
    "walked slowly along", "never forgot", "was talking about", "painted", "had already sold", "could hardly see",
    "wanted to explain", "looked after", "laughed at", "kept waiting for", "asked twice about", "remembers",
    "used to live beside", "carefully measured", "is going to replace", "has just switched off", "heard",
)  # fmt: skip
_WHAT: Final = (
    "the harbour", "an enormous pumpkin", "the kitchen lights", "a letter from Alaska", "the last train", "his violin",
    "the price of coffee", "a box of oranges", "the quiet street", "her jacket", "two hundred sheep", "an election",
    "the microwave", "cheap furniture", "the church clock", "a leaking pipe", "the exam",
)  # fmt: skip
_WHEN: Final = (
    "before breakfast", "on a rainy Thursday", "in the middle of the night", "for almost eleven years", "again",
    "while the soup was boiling", "without saying a word", "after the holidays", "as if nothing had happened",
    "because nobody else would", "when the music stopped", "between three and half past five", "just in case",
)  # fmt: skip
_ASIDE: Final = (
    "Hey, wait a minute!", "Really?", "I don't think so.", "Could you pass me the salt, please?", "What time is it?",
    "Turn it down a little.", "Oh, never mind.", "Hey, come over here!", "Yes, of course.",
)  # fmt: skip


def story(seed: int) -> Iterator[str]:
    """Yield sentences, on and on; another seed tells another story."""
    chance = random.Random(seed)  # noqa: S311 (a story, no secret)
    while True:
        who, did, what, when = (chance.choice(words) for words in (_WHO, _DID, _WHAT, _WHEN))
        yield f"{who[0].upper()}{who[1:]} {did} {what} {when}."
        if chance.random() < 0.25:  # noqa: PLR2004 (now and then)
            yield chance.choice(_ASIDE)
