from __future__ import annotations

import pytest

from hubd.audio.cards import Card, Direction, Refusal, Shape, choose, shapes

USB = Card(1, "USB PnP Sound Device: Audio (hw:1,0)", 1, 44_100)
SECOND_USB = Card(2, "USB PnP Sound Device: Audio (hw:2,0)", 1, 44_100)
HUBD = Card(3, "hubd_mic", 2, 48_000)
DEFAULT = Card(4, "default", 32, 44_100)
CARDS = [USB, SECOND_USB, HUBD, DEFAULT]


@pytest.mark.parametrize(
    ("wanted", "card"),
    [("", DEFAULT), ("hubd_mic", HUBD), ("HUBD", HUBD), ("hw:2,0", SECOND_USB), ("Default", DEFAULT)],
)
def test_name_or_part_of_it(wanted: str, card: Card) -> None:
    """A name, a part of it in any case, or nothing for the default, means one device."""
    assert choose(CARDS, wanted, DEFAULT.index, Direction.MICROPHONE) == card


def test_exact_name_is_meant() -> None:
    """A name that is also a part of another's means its own device."""
    longer = Card(5, "hubd_mic_two", 1, 16_000)
    assert choose([longer, HUBD], "hubd_mic", None, Direction.MICROPHONE) == HUBD


@pytest.mark.parametrize(
    ("cards", "wanted", "problem", "advice"),
    [
        pytest.param([], "", "No microphone was found.", "Plug one in; the hub finds it by itself.", id="no-card"),
        pytest.param(
            [HUBD],
            "",
            "The system has no default microphone.",
            'Write a part of one of these names into the configuration: "hubd_mic" (2 channels).',
            id="no-default",
        ),
        pytest.param(
            [USB, HUBD],
            "jabra",
            'No microphone is called "jabra".',
            "Plug it in, or write a part of one of these names into the configuration: "
            '"USB PnP Sound Device: Audio (hw:1,0)" (1 channel), "hubd_mic" (2 channels).',
            id="unknown",
        ),
        pytest.param(
            CARDS,
            "usb",
            '"usb" is the name of 2 devices.',
            "Write so much of the name of one into the configuration that no other has it: "
            '"USB PnP Sound Device: Audio (hw:1,0)" (1 channel), "USB PnP Sound Device: Audio (hw:2,0)" (1 channel).',
            id="ambiguous",
        ),
    ],
)
def test_refusal_lists_what_there_is(cards: list[Card], wanted: str, problem: str, advice: str) -> None:
    """What means no device, or several, is refused with the names to choose from."""
    assert choose(cards, wanted, None, Direction.MICROPHONE) == Refusal(problem, advice)


def test_shapes_prefer_what_needs_no_conversion() -> None:
    """Mono at the hub's own rate is tried first, then what the card prefers."""
    assert shapes(HUBD, 16_000, rate=None, channels=None) == [
        Shape(16_000, 1),
        Shape(16_000, 2),
        Shape(48_000, 1),
        Shape(48_000, 2),
    ]


def test_shapes_leave_out_what_the_card_has_not() -> None:
    """A mono card is not asked for stereo, and no device for the dozens of channels that some claim to have."""
    assert {shape.channels for shape in shapes(USB, 16_000, rate=None, channels=None)} == {1}
    assert {shape.channels for shape in shapes(DEFAULT, 16_000, rate=None, channels=None)} == {1, 2}


def test_forced_shape_is_the_only_one() -> None:
    """What the configuration forces is tried, and nothing else."""
    assert shapes(HUBD, 16_000, rate=48_000, channels=2) == [Shape(48_000, 2)]
