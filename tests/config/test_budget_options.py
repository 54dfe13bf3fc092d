from __future__ import annotations

from pathlib import Path

import pytest

from hubd.budget import WhenSpent
from hubd.config import load
from hubd.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    """Return a configuration file with these lines below [live]."""
    path = folder / "hubd.toml"
    path.write_text(f"[live]\n{text}\n", encoding="utf-8")
    return path


def test_no_budget_unless_one_is_given(tmp_path: Path) -> None:
    """0 tokens is no limit; a spent budget is a warning and no more unless something else is asked for."""
    live = load(written(tmp_path, "")).live
    assert (live.daily_token_budget, live.when_budget_is_spent) == (0, WhenSpent.WARN)


@pytest.mark.parametrize("word", WhenSpent)
def test_what_happens_is_chosen(tmp_path: Path, word: WhenSpent) -> None:
    """Each of the three words is taken."""
    live = load(written(tmp_path, f'daily_token_budget = 200000\nwhen_budget_is_spent = "{word}"')).live
    assert (live.daily_token_budget, live.when_budget_is_spent) == (200_000, word)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("daily_token_budget = -1", "live.daily_token_budget"),
        ('when_budget_is_spent = "stop"', "live.when_budget_is_spent"),
        ('backend = "gemini"\nwhen_budget_is_spent = "offline"', 'which needs backend = "auto"'),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    """Less than nothing, an unknown word, an offline server that may not answer."""
    with pytest.raises(ConfigError) as raised:
        load(written(tmp_path, text))
    assert complaint in str(raised.value.complaints[0])
