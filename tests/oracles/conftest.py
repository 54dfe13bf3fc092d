"""What the oracles share: Google's own software, in an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracles.reading import ORACLE_PYTHON, Reader


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    if not ORACLE_PYTHON.exists():
        pytest.fail("Google's own software is missing: run  scripts/setup test")


@pytest.fixture(scope="session")
def reader(_installed: None) -> Iterator[Reader]:
    """Yield Google's parsers, ready."""
    with Reader() as parsers:
        yield parsers
