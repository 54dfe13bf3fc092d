"""The hub, installed in a systemd once for all tests that need it there."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.system.sandbox import SOURCE, Network, Sandbox, sandbox

# Whichever test comes first waits for the installation as well: minutes, where nothing that pip needs is at hand.
_LIMIT: Final = 400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder time to install."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(_LIMIT))


@pytest.fixture(scope="session")
def shared_folder() -> Iterator[Path]:
    """Yield a folder that the hub sees as well: /tmp is its own."""
    folder = Path(tempfile.mkdtemp(prefix="hubd-test-", dir="/run"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory, shared_folder: Path) -> Iterator[Sandbox]:
    """Yield a systemd without a hub."""
    with sandbox(tmp_path_factory.mktemp("systemd"), network=Network.HOST, shared=[shared_folder]) as system:
        yield system


@pytest.fixture(scope="session")
def files_at_first(bare: Sandbox) -> frozenset[str]:
    """Return all files before the hub was installed."""
    return bare.files()


@pytest.fixture(scope="session")
def installed(bare: Sandbox, files_at_first: frozenset[str]) -> Sandbox:
    """Return a systemd in which ``scripts/install`` has installed this checkout."""
    bare.copy_checkout(SOURCE)
    bare.install()
    return bare


@pytest.fixture
def hub(installed: Sandbox) -> Iterator[Sandbox]:
    """Yield the systemd with a hub that is stopped, and as it was installed; so it is left, too.

    Its journal is shown when a test fails.
    """
    installed.restore()
    yield installed
    sys.stdout.write(installed.journal())
    installed.restore()
