from __future__ import annotations

import pytest

from hubd.doctor.requirements import Requirement, required


@pytest.mark.parametrize(
    ("bounds", "version", "met"),
    [
        ("", "1.0", True),
        (">=1.17,<2", "1.17", True),
        (">=1.17,<2", "1.9.9", False),
        (">=1.17,<2", "2.0.0", False),
        ("<2,>=1.17", "1.32.0", True),
        ("==0.4.0", "0.4", True),
        ("==0.4.0", "0.6.0", False),
        (">=2.2", "2.2.0.post1", True),
        (">=5.0,<6", "5.1.0rc1", True),
        (">=3.11,<3.14", "3.14.0", False),
        (">=235", "234", False),
    ],
)
def test_bounds(bounds: str, version: str, *, met: bool) -> None:
    """Versions are compared number by number, not letter by letter."""
    assert Requirement("x", bounds).is_met_by(version) is met


def test_required() -> None:
    """What the metadata asks for is needed, but for what only developers need."""
    lines = [
        "numpy>=1.26",
        'systemd-python>=235; sys_platform == "linux"',
        'mypy>=1.15; extra == "development"',
        "soxr",
    ]
    wanted = [Requirement("numpy", ">=1.26"), Requirement("systemd-python", ">=235"), Requirement("soxr", "")]
    assert list(required(lines)) == wanted
