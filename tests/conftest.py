"""What tests of all kinds share."""

from __future__ import annotations

import asyncio
import inspect
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Final

import hypothesis
import pytest

from hubd.demo.private_broker import HOST, PrivateBroker
from tests.edges.sound_system import VirtualAudio

_TOLD: Final = "told"

# What a shell starts in the background ignores Ctrl-C, and so would every program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# On a busy machine an example takes as long as it takes.
hypothesis.settings.register_profile("hubd", deadline=None)
# For an emulated processor: pytest --hypothesis-profile brief.
hypothesis.settings.register_profile(
    "brief", deadline=None, max_examples=5, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("hubd")


@pytest.fixture
async def _tasks_guarded() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = sorted(task.get_name() for task in asyncio.all_tasks() - before if task is not asyncio.current_task())
    if left:
        pytest.fail(f"tasks outlive the test: {', '.join(left)}")


@pytest.fixture(autouse=True)
def no_task_outlives_its_test(request: pytest.FixtureRequest) -> None:
    """Fail an asynchronous test that leaves a task behind."""
    # Synchronous tests are spared the event loop that the guard would cost them.
    if isinstance(request.node, pytest.Function) and inspect.iscoroutinefunction(request.node.obj):
        request.getfixturevalue("_tasks_guarded")


@pytest.fixture(scope="session", autouse=True)
def sound_runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let whoever asks for a sound server do so in a folder of the tests; libpulse makes one in /tmp for each home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULSE_RUNTIME_PATH", str(tmp_path_factory.mktemp("pulse")))
        yield


@pytest.fixture
async def mosquitto() -> AsyncIterator[PrivateBroker]:
    """Yield a real broker on loopback, for this test alone."""
    async with PrivateBroker() as broker:
        yield broker


@pytest.fixture
def quiet_port() -> Iterator[int]:
    """Yield a port of loopback that nobody else gets; nobody listens there, but for a server of the test's own."""
    with socket.socket() as held:
        # So asyncio's servers may listen there beside it, while nobody is given the port who asks for any.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((HOST, 0))
        yield held.getsockname()[1]


@pytest.fixture
async def virtual(tmp_path: Path) -> AsyncIterator[VirtualAudio]:
    """Run a sound server with a virtual microphone and a virtual speaker."""
    async with VirtualAudio(tmp_path / "sound") as sound:
        yield sound


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return what takes a line for the end of the run: what was tried to keep the promises."""
    node: pytest.Item = request.node
    return lambda line: node.user_properties.append((_TOLD, line))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a person ask for more than every change has to go through."""
    parser.addoption("--thorough", action="store_true", help="provoke every fault, and kill the hub 100 times")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes too long for every change."""
    if not config.getoption("--thorough"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture
def thorough(request: pytest.FixtureRequest) -> bool:
    """Return whether there is time for all of it."""
    return bool(request.config.getoption("--thorough"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what was tried, in whichever process."""
    reports = (report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ()))
    properties = (each for report in reports if report.when == "call" for each in report.user_properties)
    if lines := [line for name, line in properties if name == _TOLD]:
        terminalreporter.section("promises")
        for line in lines:
            terminalreporter.write_line(str(line))
