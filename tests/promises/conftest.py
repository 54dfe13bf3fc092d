"""What was tried to keep the promises is said at the end of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

_SAID: Final = pytest.StashKey[list[str]]()


@pytest.fixture
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Return what takes a line for the summary."""
    return pytestconfig.stash.setdefault(_SAID, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what was tried."""
    if lines := config.stash.get(_SAID, []):
        terminalreporter.section("promises")
        for line in lines:
            terminalreporter.write_line(line)
