"""What a Live model does with what is asked of it, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from hubd.config.options import word
from hubd.config.suggestions import found, quoted
from hubd.devices.fields import Place
from hubd.live.models import ALPHA, DEFAULT_API_VERSION, GONE, MODELS, Capabilities, Option, Verdict, capabilities
from hubd.live.setup import ThinkingLevel

_RECOMMENDED = next(iter(MODELS))


def refusals(model: str, api_version: str, asked: Mapping[Option, object]) -> Iterator[tuple[Place, str]]:
    """Yield what ends every session with a model, each with its place below [live].

    asked: the options that are sent to it, with their values.
    """
    if model in GONE:
        since = f" on {GONE[model]}" if GONE[model] else ""
        yield ("model",), f"found {quoted(model)}, a model that was shut down{since}; use {_RECOMMENDED}"
        return
    takes = capabilities(model)
    if api_version not in takes.api_versions:
        yield (
            ("api_version",),
            f"found {quoted(api_version)}, where the service does not find {model}; use {quoted(DEFAULT_API_VERSION)}",
        )
    for option, value in asked.items():
        if problem := _refusal(model, takes, api_version, option, value):
            yield tuple(option.split(".")), f"found {_shown(value)}, but {problem}"


def surprises(model: str, asked: Mapping[Option, object]) -> Iterator[str]:
    """Yield what a model makes of the options without refusing them, each with its key."""
    takes = capabilities(model)
    for option, value in asked.items():
        match takes.verdict(option):
            case Verdict.ALWAYS_ON if value:
                yield f"live.{option}: not sent, for with {model} it is always on"
            case Verdict.IGNORED:
                advice = '; with conversation.turn_end = "local" the hub finds the end' * (option is Option.SILENCE)
                yield f"live.{option}: {model} ignores it{advice}"
            case Verdict.TAKEN if option is Option.MAX_OUTPUT_TOKENS and _exceeds(value, takes.output_tokens):
                yield f"live.{option}: {model} never says more than {takes.output_tokens} tokens"
            case _:
                pass
    if unknown := [option for option in asked if takes.verdict(option) is Verdict.UNKNOWN]:
        named, theirs = _listed(f"live.{option}" for option in unknown), _listed(map(quoted, unknown))
        yield f"{named}: not sent, as hubd does not know what {model} takes; if it does: live.model_takes = [{theirs}]"


def _refusal(model: str, takes: Capabilities, api_version: str, option: Option, value: object) -> str:
    """Return what is wrong with asking a model for an option, or an empty text."""
    problem = ""
    match takes.verdict(option):
        case Verdict.REFUSED if option is Option.TEXT:
            problem = f"{model} only speaks; transcription.output = true brings what it says as text"
        case Verdict.REFUSED if value is not False:
            problem = f"{model} refuses it; {_takers(option)}"
        case Verdict.ALWAYS_ON if value is False:
            problem = f"with {model} it is always on; {_takers(option)}"
        case Verdict.TAKEN if isinstance(value, ThinkingLevel) and value not in takes.thinking_levels:
            levels = _listed(quoted(word(level)) for level in ThinkingLevel if level in takes.thinking_levels)
            problem = f"{model} takes {levels}"
        case Verdict.TAKEN if value is not False and option in takes.alpha_only and api_version != ALPHA:
            problem = f'{model} takes it with api_version = "{ALPHA}" only'
        case _:
            pass
    return problem


def _takers(option: Option) -> str:
    """Return which models leave the choice."""
    takers = {name: takes for name, takes in MODELS.items() if takes.verdict(option) is Verdict.TAKEN}
    if not takers:
        return "no model known to hubd takes it"
    condition = f' with api_version = "{ALPHA}"' * all(option in takes.alpha_only for takes in takers.values())
    return f"{_listed(takers)} {'takes' if len(takers) == 1 else 'take'} it{condition}"


def _exceeds(value: object, limit: int) -> bool:
    return isinstance(value, int) and value > limit


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _shown(value: object) -> str:
    return quoted(word(value)) if isinstance(value, Enum) else found(value)
