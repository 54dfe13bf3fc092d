"""The lines of a script that say what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from hubd.live.content import CodeExecutionResult, ExecutableCode, Part
from hubd.live.messages import GroundingChunk, GroundingMetadata, WebChunk
from hubd.live.wire import Struct
from hubd.offline.effects import Break, Close, Ending, HoldPongs, Hush, SendText
from hubd.offline.host import ABORTED
from hubd.offline.steps import Cancel, GoAway, Ground, Interrupt, LoseTurnComplete, Pause, Show
from hubd.simulator.script import Ask, AskAgain, Hear, Line, Phrase
from hubd.simulator.tokens import BadLine, Tokens

# What the service says with these codes (``live-protocol.md`` 12); other closes say what the script says.
_WORDINGS: Final = {
    1007: "Request contains an invalid argument.",
    1008: ABORTED.reason,
    1011: "Internal error encountered.",
}


def read_line(line: str) -> Line:
    """Return what a line wants done; raises BadLine."""
    tokens = Tokens(line)
    verb = tokens.word("step", VERBS)
    done = VERBS[verb](tokens)
    tokens.end()
    return done


def read_call(tokens: Tokens) -> tuple[str, Struct]:
    """Return a function's name with arguments, {} if there are none."""
    return tokens.word("The function's name"), tokens.struct("The arguments") if tokens.more() else {}


def read_ending(tokens: Tokens) -> Ending:
    """Return how a connection ends."""
    match tokens.word("way to end a connection", ("close", "drop", "silence")):
        case "close":
            return _close(tokens)
        case "drop":
            return Break()
        case _:
            return Hush()


def _say(tokens: Tokens) -> Line:
    text = tokens.text("What is said")
    return Phrase(text, tokens.seconds("The length") if tokens.take("for") else None)


def _code(tokens: Tokens) -> Line:
    return Show((Part(executable_code=ExecutableCode(language="PYTHON", code=tokens.text("The program"))),))


def _result(tokens: Tokens) -> Line:
    output = tokens.text("What the program printed")
    outcome = "OUTCOME_FAILED" if tokens.take("failed") else "OUTCOME_OK"
    return Show((Part(code_execution_result=CodeExecutionResult(outcome=outcome, output=output)),))


def _search(tokens: Tokens) -> Line:
    query = tokens.text("What is searched for")
    chunks = []
    while tokens.take("found"):
        uri = tokens.text("The page's address")
        title = tokens.text("Its title") if tokens.next_is('"') else ""
        chunks.append(GroundingChunk(web=WebChunk(uri=uri, title=title)))
    return Ground(GroundingMetadata(web_search_queries=(query,), grounding_chunks=tuple(chunks)))


def _cancel(tokens: Tokens) -> Line:
    answered = tokens.take("answered")
    return Cancel(answered, tokens.word("The function's name") if tokens.more() else "")


def _close(tokens: Tokens) -> Close:
    code = tokens.number("The close code", 1000, 4999)
    if code in (1004, 1005, 1006, 1015):
        raise BadLine(f"{code} never goes over a connection: write drop, which the client sees as 1006.")
    return Close(code, tokens.text("The reason") if tokens.more() else _WORDINGS.get(code, ""))


def _go_away(tokens: Tokens) -> Line:
    seconds = tokens.seconds("The time left")
    if not tokens.take("then"):
        return GoAway(seconds, ABORTED)
    ending = read_ending(tokens)
    if isinstance(ending, Break):
        raise BadLine("After goaway comes close CODE or silence.")
    return GoAway(seconds, ending)


def _lose(tokens: Tokens) -> Line:
    tokens.word("thing to lose", ("turn-complete",))
    return LoseTurnComplete()


def _pongs(tokens: Tokens) -> Line:
    tokens.word("thing to do to pongs", ("late",))
    return HoldPongs(tokens.seconds("The delay"))


VERBS: Final[dict[str, Callable[[Tokens], Line]]] = {
    "hear": lambda tokens: Hear(tokens.text("What was heard")),
    "say": _say,
    "sound": lambda tokens: Phrase("", tokens.seconds("The length")),
    "text": lambda tokens: Show((Part(text=tokens.text("The text")),)),
    "think": lambda tokens: Show((Part(text=tokens.text("The thought"), thought=True),)),
    "code": _code,
    "result": _result,
    "search": _search,
    "call": lambda tokens: Ask((read_call(tokens),)),
    "again": lambda _tokens: AskAgain(),
    "cancel": _cancel,
    "interrupt": lambda _tokens: Interrupt(),
    "wait": lambda tokens: Pause(tokens.seconds("The time")),
    "goaway": _go_away,
    "close": _close,
    "drop": lambda _tokens: Break(),
    "silence": lambda _tokens: Hush(),
    "pongs": _pongs,
    "lose": _lose,
    "empty": lambda _tokens: SendText("{}"),
    "frame": lambda tokens: SendText(json.dumps(tokens.struct("The frame's fields"), separators=(",", ":"))),
}
