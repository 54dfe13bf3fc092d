from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.errors import UsageError
from hubd.offline.effects import Break, Close, HoldPongs, Hush, SendText
from hubd.offline.steps import Cancel, GoAway, Interrupt, LoseTurnComplete, Pause, Show
from hubd.simulator.admission import MODELS
from hubd.simulator.lines import VERBS
from hubd.simulator.reading import HELP, read, read_lines
from hubd.simulator.script import Ask, AskAgain, Cut, Direction, Handling, Hear, Opening, Phrase, Rule, Script

ABORTED = Close(1008, "The operation was aborted.")


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ('say "Hi."', Phrase("Hi.")),
        ('say "\\"Hi\\" # no comment" for 1.5s # a comment', Phrase('"Hi" # no comment', 1.5)),
        ("sound 250ms", Phrase("", 0.25)),
        ('hear "on"', Hear("on")),
        ("call lock", Ask((("lock", {}),))),
        ('call set {"a": {"b": [1, null]}} # {', Ask((("set", {"a": {"b": [1, None]}}),))),
        ("again", AskAgain()),
        ("cancel", Cancel()),
        ("cancel lock", Cancel(function="lock")),
        ("cancel answered lock", Cancel(answered=True, function="lock")),
        ("interrupt", Interrupt()),
        ("wait 2m", Pause(120.0)),
        ("goaway 0s", GoAway(0.0, ABORTED)),
        ("goaway 50s then silence", GoAway(50.0, Hush())),
        ('goaway 1h then close 1011 "x"', GoAway(3600.0, Close(1011, "x"))),
        ("close 1000", Close(1000, "")),
        ('close 4999 ""', Close(4999, "")),
        ("drop", Break()),
        ("silence", Hush()),
        ("pongs late 8s", HoldPongs(8.0)),
        ("lose turn-complete", LoseTurnComplete()),
        ("empty", SendText("{}")),
        ('frame {"a": "ä"}', SendText('{"a":"\\u00e4"}')),
    ],
)
def test_a_line_is_a_step(line: str, step: object) -> None:
    """Each kind of step is read, with a comment behind it or without."""
    assert read_lines(line) == (step,)
    assert read_lines(f"  {line}   # why") == (step,)


def test_every_step_is_explained() -> None:
    """The help names each step, and no other."""
    steps = HELP[HELP.index("Steps:") : HELP.index("In a connection block")]
    assert set(VERBS) <= set(re.findall(r"[a-z-]+", steps))
    for line in re.findall(r'^  (\w+) "…"', steps, re.MULTILINE):
        assert line in VERBS
    assert isinstance(read_lines('think "x"')[0], Show)


def test_a_whole_script() -> None:
    """Blocks and settings come together, in any order; blank lines and comments mean nothing."""
    text = """\
# a script
model models/gemini-next
key "swordfish"
frames text
strange fields
voice activity
handles last 2h
idle 150s

turn 2:  # the second
  say "Two."

  call a
  also b {"c": 1}
words "# : garage":
otherwise:
answer set_light:
  say "Lit."
connection 1:
  http 503
connection 2..4:
  forget handles
  wait 1s
  no setup-complete
every connection:
  expire handles
after 9m:
  goaway 50s
cut after sent 17 by drop
cut after received 3 by close 1011 "x"
"""
    assert read(text) == Script(
        rules=(
            Rule((Phrase("Two."), Ask((("a", {}), ("b", {"c": 1})))), turn=2),
            Rule((), words="# : garage"),
            Rule(()),
        ),
        answers={"set_light": (Phrase("Lit."),)},
        openings=(
            Opening(1, 1, status=503),
            Opening(2, 4, (Pause(1.0),), handling=Handling.FORGET, set_up=False),
            Opening(1, None, handling=Handling.EXPIRE),
        ),
        timers=((540.0, (GoAway(50.0, ABORTED),)),),
        cuts=(Cut(Direction.SENT, 17, Break()), Cut(Direction.RECEIVED, 3, Close(1011, "x"))),
        models=MODELS | {"gemini-next"},
        key="swordfish",
        text_frames=True,
        strange=True,
        voice_activity=True,
        handle_validity=7200.0,
        idle=150.0,
    )
    assert read("") == Script()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sya", '"sya" is no setting or block: write model, key, frames, strange, handles, idle, voice or cut.'),
        ("turm 1:", '"turm" is no block: did you mean turn?'),
        ("turn:", "The turn is missing."),
        ("turn 0:", "The turn is 0: write a number from 1 to 1000000."),
        ("turn 1 2:", "2 is too much on this line: take it away."),
        ("turn 1", "A colon is missing at the end of this line."),
        ("words x:", "The text is missing: write it in double quotes"),
        ("connection 0:", "0 is no connection: write a number from 1, or two as in 2..4."),
        ("connection 1..x:", "1..x is no connection"),
        ("connection 3..2:", "3..2 is no connection: the smaller number comes first."),
        ("every turn:", '"turn" is no word after every: write connection.'),
        ('  say "x"', 'A step belongs into a block: put a line such as "otherwise:" above it'),
        ("cut after sent 1 by x", '"x" is no way to end a connection: write close, drop or silence.'),
        ("cut sent", '"sent" is no word after cut: write after.'),
        ("key x", "The key is missing: write it in double quotes"),
        (":", "A block is missing: write turn, words, otherwise"),
    ],
)
def test_a_bad_line_is_named(line: str, told: str) -> None:
    """A complaint has the file, the line's number, what is wrong, what to write."""
    with pytest.raises(UsageError) as caught:
        read(f"# one\n{line}\n", "a.txt")
    assert str(caught.value).startswith(f"a.txt:2: {told}")


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("say Hi", 'What is said is missing: write it in double quotes, as in "Done."'),
        ('say "\\x"', "What is said has an escape that JSON does not know."),
        ('say "\\ud83d"', "What is said has an escape that stands for half a letter."),
        ("say", "What is said is missing"),
        ('say "x" for 3', "The length is 3: write a length of time, as in 500ms, 2.5s or 9m."),
        ("call", "The function's name is missing."),
        ("call a 3", "The arguments are missing: write a JSON object"),
        ("call a {x}", "The arguments are no JSON object"),
        ('call a {"x": NaN}', "The arguments are no JSON object: NaN is no number of JSON."),
        ('frame {"x": -1e400}', "The frame's fields are no JSON object: -1e400 is no number of JSON."),
        ('call a {"x": ' + "[" * 100_000, "The arguments are no JSON object"),
        ("also a", "also belongs right below a call."),
        ("close 1006", "1006 never goes over a connection: write drop"),
        ("close 99", "The close code is 99: write a number from 1000 to 4999."),
        ("close ²", "The close code is ²"),
        ("goaway 5s then drop", "After goaway comes close CODE or silence."),
        ("lose heart", '"heart" is no thing to lose: write turn-complete.'),
        ("http 503", '"http" is no step'),
        ("wait -1s", "The time is -1s"),
    ],
)
def test_a_bad_step_is_named(step: str, told: str) -> None:
    """The same within a block."""
    with pytest.raises(UsageError) as caught:
        read(f"otherwise:\n  {step}\n", "a.txt")
    assert str(caught.value).startswith(f"a.txt:2: {told}")


@pytest.mark.parametrize("step", ["http 200", "http 999", "no coffee", "forget me", "http"])
def test_a_bad_opening_is_named(step: str) -> None:
    """The same for what only connections have."""
    with pytest.raises(UsageError, match=r"^script:2: "):
        read(f"connection 1:\n  {step}\n")


def test_all_mistakes_are_named_at_once() -> None:
    """Every bad line is told, up to twenty; the steps of a bad block are looked at all the same."""
    with pytest.raises(UsageError) as caught:
        read("turn x:\n  sya\n" * 15)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[1] for line in lines[:3]] == ["1", "2", "3"]
    assert len(lines) == 21
    assert lines[-1] == "… and 10 more"


@given(st.text() | st.lists(st.sampled_from([*VERBS, "turn 1:", "\n", "  ", '"x"', "{", "5s", "#", ":"])).map(" ".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever a file holds, it is a script or wrong usage."""
    with suppress(UsageError):  # most of it is no script
        read(text)
