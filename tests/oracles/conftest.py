"""What the oracles share: Google's own software, in an environment of its own."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracles.google_client import make_certificate
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


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate with the server's context for it."""
    return make_certificate(tmp_path_factory.mktemp("tls"))
