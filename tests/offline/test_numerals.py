from __future__ import annotations

import pytest

from hubd.offline.numerals import Heard, Rival, rivals, told_apart


def test_words_that_may_be_others() -> None:
    """Each teen may be a ten, each ten a teen; other numbers are what they are."""
    assert [*rivals(("to", "fifty", "percent"))] == [Rival(1, Heard.TEN, "fifteen")]
    assert [*rivals(("nineteen", "minutes"))] == [Rival(0, Heard.TEEN, "ninety")]
    assert [*rivals(("twenty", "one", "ten", "twelve"))] == []
    assert [each.position for each in rivals(("thirty", "minutes", "nineteen", "seconds"))] == [0, 2]


@pytest.mark.parametrize(
    ("lead", "stretch", "heard"),
    [
        # "Dim the lamp to fifteen percent", to fifty; "a timer for fifteen minutes", for fifty: as espeak-ng says them.
        (-170.0, 1.2, Heard.TEEN),
        (-576.0, 1.2, Heard.TEN),
        (-100.0, 0.8, Heard.TEEN),
        (-301.0, 1.15, Heard.TEEN),
        (-412.0, 0.95, Heard.TEN),
        (-314.0, 1.02, Heard.EITHER),
    ],
)
def test_teens_are_told_from_tens(lead: float, stretch: float, heard: Heard) -> None:
    """A teen fits better, or is drawn out; where both say little it can't be told."""
    assert told_apart(lead, stretch) is heard
