"""What stands beside a model of microWakeWord about it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubd.config.suggestions import quoted


class _Use(BaseModel):
    """How its probabilities become a score, and what it was trained on: features 10 ms apart."""

    model_config = ConfigDict(strict=True)

    probability_cutoff: Annotated[float, Field(ge=0, le=1)]
    sliding_window_size: Annotated[int, Field(ge=1, le=100)]
    feature_step_size: Literal[10] = 10


class _Manifest(BaseModel):
    """The second version of ESPHome's model manifests, as far as pymicro-wakeword 2.5 looks at it."""

    model_config = ConfigDict(strict=True)

    wake_word: str
    model: str
    micro: _Use


def cutoff_of(manifest: bytes, model: str) -> float:
    """Return the score from which on a model hears its word.

    manifest: the JSON file beside the model. model: the name of the model's file. Raises ValueError, with what is
    wrong about the JSON file, if it is none of microWakeWord's, or one for another model.
    """
    try:
        found = _Manifest.model_validate_json(manifest)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        what = f"{place} is missing or wrong" if place else "it is no JSON object"
        raise ValueError(f"is no description of a microWakeWord model, version 2: {what}") from None
    if found.model != model:
        way_out = f"put this model's own there, or write {quoted(model)} if they belong together"
        raise ValueError(f'is about another model: its "model" is {quoted(found.model)}; {way_out}')
    return found.micro.probability_cutoff
