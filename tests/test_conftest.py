from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import hypothesis

TOP = Path(__file__).resolve().parents[1]

LEAK = """
import asyncio

async def test_leaves_a_task():
    globals()["kept"] = asyncio.create_task(asyncio.Event().wait(), name="the straggler")

async def test_leaves_nothing():
    done = asyncio.Event()
    done.set()
    await asyncio.create_task(done.wait())

async def test_cancels_its_task():
    task = asyncio.create_task(asyncio.Event().wait())
    task.cancel()
    await asyncio.wait([task])
"""


def test_a_task_that_outlives_its_test_is_found(tmp_path: Path) -> None:
    """A test that leaves a task behind fails with the task's name; tests that clean up pass."""
    (tmp_path / "test_leak.py").write_text(LEAK)
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "--rootdir", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", "/dev/null", str(tmp_path)],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "tasks outlive the test: the straggler" in run.stdout
    assert "3 passed, 1 error" in run.stdout


def test_examples_have_no_deadline() -> None:
    """A slow machine does not fail a property."""
    assert hypothesis.settings().deadline is None
