"""Which sound device a name in the configuration means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# A device that offers more is not hardware, and takes fewer.
_MOST_CHANNELS = 8


class Direction(StrEnum):
    """What a sound device is opened for."""

    MICROPHONE = "microphone"
    SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Card:
    """A sound device as PortAudio lists it.

    index: valid in one process only, so never kept. channels: the most that it has in the direction asked for.
    rate: its default, Hz.
    """

    index: int
    name: str
    channels: int
    rate: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How a device is opened: samples a second, channels."""

    rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no device was chosen, with what a person can do."""

    problem: str
    advice: str


def choose(cards: Sequence[Card], wanted: str, default: int | None, direction: Direction) -> Card | Refusal:
    """Return the device that is meant, or why none is: ambiguity is an answer, not a guess.

    wanted: the device's name or a part of it, in any case; empty for the system's default, whose index is default.
    """
    if not cards:
        return Refusal(f"No {direction} was found.", "Plug one in; the hub finds it by itself.")
    if not wanted:
        return _default(cards, default, direction)
    sought = wanted.casefold()
    fitting = [card for card in cards if sought in card.name.casefold()]
    exact = [card for card in fitting if sought == card.name.casefold()]
    match exact or fitting:
        case [card]:
            return card
        case []:
            return Refusal(
                f'No {direction} is called "{wanted}".',
                f"Plug it in, or write a part of one of these names into the configuration: {listed(cards)}.",
            )
        case several:
            return Refusal(
                f'"{wanted}" is the name of {len(several)} devices.',
                f"Write so much of the name of one into the configuration that no other has it: {listed(several)}.",
            )


def shapes(card: Card, best_rate: int, *, rate: int | None, channels: int | None) -> list[Shape]:
    """Return how the device may be opened, best first: mono at best_rate, else at its own rate with its own channels.

    rate, channels: what is forced by the configuration, or None.
    """
    rates = [best_rate, card.rate] if rate is None else [rate]
    numbers = [1, 2, card.channels] if channels is None else [channels]
    # A dict keeps the order and drops what comes twice.
    possible = dict.fromkeys(Shape(each, number) for each in rates for number in numbers)
    return [shape for shape in possible if channels or shape.channels <= min(card.channels, _MOST_CHANNELS)]


def listed(cards: Sequence[Card]) -> str:
    """Return the devices' names with their numbers of channels, as a person reads a list."""
    return ", ".join(f'"{card.name}" ({card.channels} {_channels(card.channels)})' for card in cards)


def _default(cards: Sequence[Card], default: int | None, direction: Direction) -> Card | Refusal:
    for card in cards:
        if card.index == default:
            return card
    return Refusal(
        f"The system has no default {direction}.",
        f"Write a part of one of these names into the configuration: {listed(cards)}.",
    )


def _channels(number: int) -> str:
    return "channel" if number == 1 else "channels"
