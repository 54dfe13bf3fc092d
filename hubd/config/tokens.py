"""What a conversation costs with a configuration, estimated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hubd.config.live_section import BackendChoice
from hubd.config.loading import Config
from hubd.config.offer import offer
from hubd.config.sections import TurnEnd
from hubd.live.declarations import FunctionDeclaration
from hubd.live.settings import setup_message

# ``live-protocol.md`` 17: one token for 4 characters; 10: 25 a second of sound, other counts go up to 32.
CHARACTERS: Final = 4
LOW, HIGH = 25, 32
# A request as it is said in a room; its short answer; a call with its outcome, as text.
SPOKEN_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 3.0
CALL_CHARACTERS: Final = 320
IN_A_ROW: Final = 3
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Range:
    """Tokens, at least and at most."""

    low: int
    high: int

    def __add__(self, other: Range) -> Range:
        """Return the sum."""
        return Range(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        """Return the range as a person reads it."""
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens of a configuration.

    instruction, history: of the set-up. functions: by name, the dearest first. listened: seconds of sound that are sent
    after an answer, while somebody might go on speaking.
    """

    instruction: int
    history: int
    functions: tuple[tuple[str, int], ...]
    listened: float

    @property
    def fixed(self) -> int:
        """What is billed with every turn."""
        return self.instruction + self.history + sum(tokens for _, tokens in self.functions)

    def requests(self, count: int) -> Range:
        """Return what so many requests in one conversation cost.

        Every turn bills all that was before it: the set-up, and what was said so far (``live-protocol.md`` 7.2).
        """
        heard, said = _of_sound(SPOKEN_SECONDS), _of_sound(ANSWER_SECONDS)
        call, waited = _of_text(CALL_CHARACTERS), _of_sound(self.listened)
        context = Range(self.fixed, self.fixed)
        total = Range(0, 0)
        for number in range(count):
            # The microphone was open to the server between two requests.
            context += heard + (waited if number else Range(0, 0))
            total += context + said + Range(call, call)
            context += said + Range(call, call)
        return total


def estimate(config: Config) -> Estimate:
    """Return what the model is told, and hears, with the configuration."""
    manual = config.conversation.turn_end is TurnEnd.LOCAL
    settings, declarations = config.live.session(manual_activity=manual), offer(config).declarations()
    instruction = setup_message(settings, (), None).system_instruction
    return Estimate(
        _of_text(sum(len(part.text) for part in instruction.parts) if instruction is not None else 0),
        _of_text(sum(len(turn.text) for turn in config.live.history)) if settings.seeds_history else 0,
        tuple(sorted(((each.name, _of_declaration(each)) for each in declarations), key=lambda pair: -pair[1])),
        0.0 if manual else config.conversation.follow_up,
    )


def cost_notices(config: Config) -> Iterator[str]:
    """Yield what is odd about the cost: a budget for nothing, a set-up that leaves no room for a conversation."""
    live, found = config.live, estimate(config)
    one, budget = found.requests(1).high, live.daily_token_budget
    if "when_budget_is_spent" in live.model_fields_set and not budget:
        yield "live.when_budget_is_spent: not used without daily_token_budget"
    if 0 < budget < one:
        yield f"live.daily_token_budget: {budget:,}, but one request costs about {one:,} (hubd check --tokens)"
    if live.compression and live.compression_target_tokens < found.fixed:
        yield (
            f"live.compression_target_tokens: {live.compression_target_tokens:,}, but instruction and functions take "
            f"about {found.fixed:,} (hubd check --tokens), so nothing of what was said is remembered"
        )


def describe_tokens(config: Config) -> str:
    """Return the estimate in words, several lines."""
    found = estimate(config)
    lines = [*_assumptions(found), "", *_parts(found.functions, found), "", *_sums(config, found)]
    if config.live.backend is BackendChoice.OFFLINE:
        lines += ["", 'With backend = "offline" nothing is billed.']
    return "\n".join(lines)


def _assumptions(found: Estimate) -> Iterator[str]:
    yield f"Tokens, estimated: 1 for {CHARACTERS} characters of text, {LOW} to {HIGH} for a second of sound."
    yield (
        f"Assumed: a request takes {SPOKEN_SECONDS:g} s, its answer {ANSWER_SECONDS:g} s, "
        f"its call with the outcome {CALL_CHARACTERS} characters."
    )
    if found.listened:
        yield f"Between two requests {found.listened:g} s of the room are heard (conversation.follow_up)."


def _parts(functions: Sequence[tuple[str, int]], found: Estimate) -> Iterator[str]:
    yield _line("system instruction", f"{found.instruction:,}")
    if found.history:
        yield _line("history", f"{found.history:,}")
    yield _line(f"functions ({len(functions)})", f"{sum(tokens for _, tokens in functions):,}")
    for name, tokens in functions[:_SHOWN]:
        yield _line(f"  {name}", f"{tokens:,}")
    if len(functions) > _SHOWN:
        rest = functions[_SHOWN:]
        yield _line(f"  {len(rest)} more", f"{sum(tokens for _, tokens in rest):,}")
    yield _line("sent with every turn", f"{found.fixed:,}")


def _sums(config: Config, found: Estimate) -> Iterator[str]:
    one, live = found.requests(1), config.live
    yield _line("one request", str(one))
    yield _line(f"{IN_A_ROW} requests in a row", str(found.requests(IN_A_ROW)))
    if live.compression:
        longest = max(live.compression_trigger_tokens, found.fixed)
        yield _line("a turn at most, about", f"{longest:,}   (live.compression_trigger_tokens)")
    if live.daily_token_budget:
        requests = Range(live.daily_token_budget // one.high, live.daily_token_budget // one.low)
        yield _line("requests in a day", f"{requests}   (live.daily_token_budget = {live.daily_token_budget})")


def _line(name: str, value: str) -> str:
    return f"{name + ':':28}{value}"


def _of_text(characters: int) -> int:
    return math.ceil(characters / CHARACTERS)


def _of_sound(seconds: float) -> Range:
    return Range(round(LOW * seconds), round(HIGH * seconds))


def _of_declaration(declaration: FunctionDeclaration) -> int:
    return _of_text(len(declaration.to_text()))
