from __future__ import annotations

import pytest

from hubd.config import BackendChoice, LiveSettings, at_server
from hubd.errors import UsageError


def test_another_server() -> None:
    """Everything but the address stays, and that server is used whatever the backend was."""
    live = LiveSettings(backend=BackendChoice.OFFLINE, voice="Puck", connect_timeout=3.0)
    there = at_server(live, "wss://live.example/")
    assert there == live.model_copy(update={"url": "wss://live.example", "backend": BackendChoice.GEMINI})


@pytest.mark.parametrize("url", ["live.example", "https://live.example", "wss://", "wss://live.example/?key=secret"])
def test_no_server(url: str) -> None:
    """What is no base URL is wrong usage; a key in it is not repeated."""
    with pytest.raises(UsageError, match=r"^--url: ") as caught:
        at_server(LiveSettings(), url)
    assert "secret" not in str(caught.value)
