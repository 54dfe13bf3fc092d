from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.devices import colors


@pytest.mark.parametrize("name", colors.HUES)
def test_a_color_comes_back_by_its_name(name: str) -> None:
    """What is sent for a name is read as this name, however the device reports it."""
    assert colors.name_of_rgb(*colors.rgb_of(name)) == name
    assert colors.name_of_xy(*colors.xy_of(name)) == name
    assert colors.name_of_hue(*colors.HUES[name]) == name


def test_known_colors_are_what_they_are() -> None:
    """Red is where sRGB has it, and full light is never dimmed by its colour."""
    assert colors.rgb_of("red") == (255, 0, 0)
    assert colors.xy_of("red") == pytest.approx((0.64, 0.33), abs=0.002)
    assert colors.xy_of("white") == pytest.approx((0.3127, 0.329), abs=0.002)
    assert all(max(colors.rgb_of(name)) == 255 for name in colors.HUES)


@given(st.floats(0, 360), st.floats(0, 100))
def test_every_hue_has_a_name(hue: float, saturation: float) -> None:
    """Whatever a lamp shows can be said."""
    assert colors.name_of_hue(hue, saturation) in colors.HUES
