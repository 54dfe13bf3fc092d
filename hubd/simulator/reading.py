"""Scripts as people write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from hubd.errors import UsageError
from hubd.simulator.lines import read_call, read_ending, read_line
from hubd.simulator.script import Ask, Cut, Direction, Handling, Line, Lines, Opening, Rule, Script
from hubd.simulator.tokens import BadLine, Tokens, without_comment

# More than anyone repairs at once.
_SHOWN: Final = 20
_SETTINGS: Final = ("model", "key", "frames", "strange", "handles", "idle", "voice", "cut")
_BLOCKS: Final = ("turn", "words", "otherwise", "answer", "connection", "every", "after")

HELP: Final = """\
A script says what the model does. It is a text of lines; what follows a # is a comment.
A line that ends with a colon opens a block; the lines below it, indented, are its steps, done in order.

Blocks:
  turn 2:                      on the user's second turn of a conversation
  words "garage":              on any turn with these words, typed or spoken; such a turn is not counted
  otherwise:                   on any other turn
  answer set_light:            on the outcome of a function; else the outcome's own words are said
  connection 2:                when the second connection is dialled; also 2..4, or: every connection:
  after 9m:                    so long after each set-up
The first block that fits a turn decides. A turn without a block is completed without a word.

Steps:
  say "Done." [for 3s]         speech with its transcript       sound 3s          speech without words
  text "…"   think "…"         text parts, thoughts             hear "…"          what the user is taken to have said
  code "print(1)"              a program                        result "1" [failed]  what came of it
  search "weather" found "https://…" ["Title"]                  what Google Search found
  call NAME {"on": true}       call a function                  also NAME {…}     one more in the same frame
  again                        the same calls, same ids         wait 2s           let time pass
  cancel [answered] [NAME]     void open calls, or answered ones
  interrupt                    break off without a reason       lose turn-complete   forget the end of this turn
  goaway 50s [then close 1011 | then silence]                   the end, announced; else: then close 1008
  close 1011 ["reason"]        close now                        drop              a reset
  silence                      half-open from now on            pongs late 20s    read nothing for so long
  empty                        the frame {}                     frame {"x": 1}    any frame
In a connection block, before setupComplete, also:
  http 503                     refuse the upgrade               no setup-complete
  forget handles               know none any more               expire handles

Settings, each on a line of its own:
  model gemini-x               a model that exists besides the known ones
  key "secret"                 the only good API key; else any will do, or none
  frames text                  text frames instead of binary
  strange fields               unknown fields in every frame
  voice activity               tell where the user's turns begin and end
  handles last 2h              how long a handle is good
  idle 150s                    close 1008 after so long without a frame of the client's
  cut after sent 17 by drop    end a connection after a frame, counted over all connections;
  cut after received 3 by close 1011 ["reason"] | by silence    sent and received are the server's own view
"""


def read(text: str, name: str = "script") -> Script:
    """Return the script of a text in the format of HELP.

    name: what the text is called in complaints. Raises UsageError, which names each bad line with what to write.
    """
    reader = _Reader()
    complaints = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            reader.take(line)
        except BadLine as problem:
            complaints.append(f"{name}:{number}: {problem}")
    if complaints:
        more = [f"… and {len(complaints) - _SHOWN} more"] if len(complaints) > _SHOWN else []
        raise UsageError("\n".join([*complaints[:_SHOWN], *more]))
    return reader.script()


def read_lines(text: str) -> Lines:
    """Return the steps of a text without blocks; raises UsageError."""
    indented = "\n".join(f"  {line}" for line in text.splitlines())
    (rule,) = read(f"otherwise:\n{indented}", "step").rules
    return rule.lines


class _Reader:
    """Takes a script line by line."""

    def __init__(self) -> None:
        self._script = Script()
        self._lines: list[Line] = []
        self._opening: Opening | None = None
        self._finish: Callable[[Lines], None] | None = None  # takes the lines of the block that is open

    def take(self, line: str) -> None:
        """Take a line; raises BadLine."""
        tokens = Tokens(line)
        if not tokens.more():
            return
        if line[0].isspace():
            self._step(line)
            return
        self._close_block()
        bare = without_comment(line)
        if bare.endswith(":"):
            self._open_block(Tokens(bare[:-1]))
        else:
            self._setting(tokens)

    def script(self) -> Script:
        """Return the whole."""
        self._close_block()
        return self._script

    def _step(self, line: str) -> None:
        if self._finish is None:
            raise BadLine('A step belongs into a block: put a line such as "otherwise:" above it, without indentation.')
        tokens = Tokens(line)
        if tokens.take("also"):
            if not self._lines or not isinstance(last := self._lines[-1], Ask):
                raise BadLine("also belongs right below a call.")
            self._lines[-1] = Ask((*last.calls, read_call(tokens)))
            tokens.end()
        elif self._opening is None or not self._opening_step(self._opening, tokens):
            self._lines.append(read_line(line))

    def _opening_step(self, opening: Opening, tokens: Tokens) -> bool:
        """Take a step that only a connection block has; return whether it was one."""
        if tokens.take("http"):
            known = [status.value for status in HTTPStatus if status.value >= HTTPStatus.MULTIPLE_CHOICES]
            status = tokens.number("The HTTP status", known[0], known[-1])
            if status not in known:
                raise BadLine(f"{status} is no HTTP status.")
            self._opening = replace(opening, status=status)
        elif tokens.take("no"):
            tokens.word("thing to leave out", ("setup-complete",))
            self._opening = replace(opening, set_up=False)
        elif tokens.next_is("forget") or tokens.next_is("expire"):
            handling = Handling(tokens.word("step", Handling))
            tokens.word("thing to forget or expire", ("handles",))
            self._opening = replace(opening, handling=handling)
        else:
            return False
        tokens.end()
        return True

    def _close_block(self) -> None:
        if self._finish is not None:
            self._finish(tuple(self._lines))
        self._lines, self._opening, self._finish = [], None, None

    def _open_block(self, tokens: Tokens) -> None:
        self._finish = lambda _lines: None  # the steps of a bad block are read all the same, for their own mistakes
        match tokens.word("block", _BLOCKS):
            case "turn":
                self._rule(Rule((), turn=tokens.number("The turn", 1, 10**6)))
            case "words":
                self._rule(Rule((), words=tokens.text("The text")))
            case "otherwise":
                self._rule(Rule(()))
            case "answer":
                name = tokens.word("The function's name")
                self._finish = lambda lines: self._add(answers={**self._script.answers, name: lines})
            case "after":
                seconds = tokens.seconds("The time")
                self._finish = lambda lines: self._add(timers=(*self._script.timers, (seconds, lines)))
            case _ as kind:
                self._opening = self._connections(tokens, every=kind == "every")
                self._finish = self._add_opening
        tokens.end()

    def _rule(self, rule: Rule) -> None:
        self._finish = lambda lines: self._add(rules=(*self._script.rules, replace(rule, lines=lines)))

    def _connections(self, tokens: Tokens, *, every: bool) -> Opening:
        if every:
            tokens.word("word after every", ("connection",))
            return Opening(1, None)
        word = tokens.word("The connection's number")
        first, dots, last = word.partition("..")
        bounds = [first, last] if dots else [first, first]
        if not all(bound.isascii() and bound.isdigit() and bound != "0" for bound in bounds):
            raise BadLine(f"{word} is no connection: write a number from 1, or two as in 2..4.")
        if int(first) > int(bounds[1]):
            raise BadLine(f"{word} is no connection: the smaller number comes first.")
        return Opening(int(first), int(bounds[1]))

    def _add_opening(self, lines: Lines) -> None:
        if self._opening is not None:
            self._add(openings=(*self._script.openings, replace(self._opening, lines=lines)))

    def _setting(self, tokens: Tokens) -> None:
        if any(tokens.take(block) for block in _BLOCKS):
            raise BadLine("A colon is missing at the end of this line.")
        match tokens.word("setting or block", _SETTINGS):
            case "model":
                model = tokens.word("The model's id").removeprefix("models/")
                self._add(models=self._script.models | {model})
            case "key":
                self._add(key=tokens.text("The key"))
            case "frames":
                tokens.word("kind of frames", ("text",))
                self._add(text_frames=True)
            case "strange":
                tokens.word("strange thing", ("fields",))
                self._add(strange=True)
            case "handles":
                tokens.word("word after handles", ("last",))
                self._add(handle_validity=tokens.seconds("The time"))
            case "voice":
                tokens.word("word after voice", ("activity",))
                self._add(voice_activity=True)
            case "idle":
                self._add(idle=tokens.seconds("The time"))
            case _:
                self._add(cuts=(*self._script.cuts, _cut(tokens)))
        tokens.end()

    def _add(self, **changes: object) -> None:
        self._script = replace(self._script, **changes)  # type: ignore[arg-type]  # each caller names a field of Script


def _cut(tokens: Tokens) -> Cut:
    tokens.word("word after cut", ("after",))
    direction = Direction(tokens.word("direction", Direction))
    frame = tokens.number("The frame's number", 1, 10**9)
    tokens.word("word", ("by",))
    return Cut(direction, frame, read_ending(tokens))
