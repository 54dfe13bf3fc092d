from __future__ import annotations

import re
from pathlib import Path

import pytest

from hubd.cli import main
from hubd.config import load, notices
from hubd.config.tokens import CHARACTERS, HIGH, LOW, Range, cost_notices, describe_tokens, estimate

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "hubd.toml"
INSTRUCTION = '[live]\nsystem_instruction = "0123456789"\n'


def written(folder: Path, text: str) -> Path:
    """Return a configuration file."""
    path = folder / "hubd.toml"
    path.write_text(text, encoding="utf-8")
    return path


def lamps(count: int) -> str:
    """Return so many lamps."""
    lamp = '[[device]]\nid = "l{0}"\nname = "lamp {0}"\nkind = "light"\ndialect = "zigbee2mqtt"\ntopic = "l/{0}"\n'
    return "".join(lamp.format(number) for number in range(count))


def test_one_token_for_four_characters(tmp_path: Path) -> None:
    """Ten characters are three tokens; a language is a sentence more."""
    assert estimate(load(written(tmp_path, INSTRUCTION))).instruction == 3
    more = estimate(load(written(tmp_path, INSTRUCTION + 'language = "German"\n'))).instruction
    assert more == -(-len("0123456789\n\nAlways speak German.") // CHARACTERS)


def test_every_lamp_costs_its_name(tmp_path: Path) -> None:
    """The functions are counted as they are sent; a lamp more is a name more in one of them, not a function more."""
    few, many = (dict(estimate(load(written(tmp_path, lamps(count)))).functions) for count in (10, 20))
    assert few.keys() == many.keys() == {"set_light", "get_state", "end_conversation"}
    assert few["set_light"] + 20 <= many["set_light"] <= few["set_light"] + 40
    for name in ("get_state", "end_conversation"):
        assert few[name] == many[name]


def test_one_request_by_hand(tmp_path: Path) -> None:
    """The set-up, 5 s heard, 3 s said, 80 tokens for the call."""
    found = estimate(load(written(tmp_path, INSTRUCTION)))
    assert found.requests(1) == Range(found.fixed + LOW * 8 + 80, found.fixed + HIGH * 8 + 80)


def test_two_requests_by_hand(tmp_path: Path) -> None:
    """The second turn bills all of the first one again, and the 8 s between them."""
    found = estimate(load(written(tmp_path, INSTRUCTION)))
    second = found.fixed + LOW * (5 + 3) + 80 + LOW * (8 + 5) + LOW * 3 + 80
    assert found.requests(2).low == found.requests(1).low + second


def test_a_hub_that_marks_speech_itself_sends_no_pauses(tmp_path: Path) -> None:
    """With turn_end = "local" nothing is heard between two requests."""
    found = estimate(load(written(tmp_path, '[conversation]\nturn_end = "local"\n')))
    assert found.listened == 0.0
    assert "follow_up" not in describe_tokens(load(written(tmp_path, '[conversation]\nturn_end = "local"\n')))


def test_what_is_assumed_is_said() -> None:
    """Whoever reads the numbers can judge them."""
    text = describe_tokens(load(SHIPPED))
    assert "1 for 4 characters of text, 25 to 32 for a second of sound" in text
    assert "a request takes 5 s, its answer 3 s" in text
    assert re.search(r"^one request: +[\d,]+ to [\d,]+$", text, re.MULTILINE)
    assert re.search(r"^a turn at most, about: +25,000 ", text, re.MULTILINE)


def test_what_a_budget_is_good_for(tmp_path: Path) -> None:
    """With a budget the estimate says how many requests it is, without one nothing of it."""
    config = load(written(tmp_path, INSTRUCTION + "daily_token_budget = 100000\n"))
    one = estimate(config).requests(1)
    assert f"requests in a day:          {100_000 // one.high:,} to {100_000 // one.low:,}" in describe_tokens(config)
    assert "requests in a day" not in describe_tokens(load(written(tmp_path, INSTRUCTION)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[live]\nbackend = "offline"\n', 'With backend = "offline" nothing is billed.'),
        ('[live]\nmodel = "gemini-3.1-flash-live-preview"\n[[live.history]]\nrole = "user"\ntext = "Hi."', "history:"),
    ],
)
def test_what_is_special(tmp_path: Path, text: str, expected: str) -> None:
    """What costs more, or nothing, is said."""
    assert expected in describe_tokens(load(written(tmp_path, text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[live]\nwhen_budget_is_spent = "refuse"\n', "live.when_budget_is_spent: not used without"),
        ("[live]\ndaily_token_budget = 100\n", "live.daily_token_budget: 100, but one request costs about "),
        (
            "[live]\ncompression_target_tokens = 50\n",
            "live.compression_target_tokens: 50, but instruction and functions take about ",
        ),
    ],
)
def test_what_is_odd_gives_a_notice(tmp_path: Path, text: str, expected: str) -> None:
    """The check names a budget that is good for nothing, a set-up that leaves no room."""
    assert [notice for notice in notices(load(written(tmp_path, text))) if notice.startswith(expected)]


def test_what_is_shipped_gives_no_notice_about_its_cost() -> None:
    """The defaults leave room for conversations."""
    assert not list(cost_notices(load(SHIPPED)))


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The estimate is all that is printed; a mistake ends it as it ends every check."""
    assert main(["check", "--tokens", "--config", str(SHIPPED)]) == 0
    assert capsys.readouterr().out.startswith("Tokens, estimated")
    assert main(["check", "--tokens", "--config", str(written(tmp_path, "[live]\nvoise = 1\n"))]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "voise" in captured.err
