from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubd.config import load
from hubd.devices.catalog import Catalog
from hubd.live.codec import decode_client, encode
from hubd.live.declarations import Tool
from hubd.live.messages import ClientMessage
from hubd.live.setup import Setup
from hubd.tools import Toolbox

SHIPPED = Path(__file__).resolve().parents[2]
NAMES = (
    "say 'hi'",
    'say "hi"',
    "back\\slash",
    "🏮 1",
    "x" * 64,
    "日本の電気",
    "Käse",
    "100 %",
    "</script>",
    "{{ lamp }}",
)


def offered(path: Path) -> dict[str, list[str]]:
    """Return what is offered to the model with a configuration, through the wire: functions with their devices."""
    tools = (Tool(function_declarations=Toolbox(Catalog(load(path).devices)).declarations()),)
    message = ClientMessage(setup=Setup(model="models/x", tools=tools))
    received = decode_client(encode(message))
    assert received == message
    assert received.setup is not None
    return {
        function.name: list(function.parameters.properties["device"].enum)
        if function.parameters is not None and "device" in function.parameters.properties
        else []
        for function in received.setup.tools[0].function_declarations
    }


def lamps(folder: Path, *names: str) -> Path:
    """Return a configuration with lamps of these names."""
    path = folder / "hubd.toml"
    path.write_text(
        "".join(
            f'[[device]]\nid = "lamp_{number}"\nname = {json.dumps(name, ensure_ascii=False)}\n'
            f'kind = "light"\ndialect = "zigbee2mqtt"\ntopic = "lamps/{number}"\n'
            for number, name in enumerate(names)
        ),
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("name", ["config/hubd.toml", "hubd/demo/house.toml"])
def test_what_is_shipped_can_be_offered(name: str) -> None:
    """Every shipped device reaches the model."""
    assert {"set_light", "set_switch"} <= offered(SHIPPED / name).keys()


def test_odd_names_can_be_offered(tmp_path: Path) -> None:
    """Names with quotes, signs, emoji, 64 characters reach the model as they are."""
    assert offered(lamps(tmp_path, *NAMES))["set_light"] == list(NAMES)


def test_a_thousand_devices_can_be_offered(tmp_path: Path) -> None:
    """A thousand lamps are one function with a thousand names, which no other repeats."""
    names = [f"lamp {number}" for number in range(1000)]
    assert offered(lamps(tmp_path, *names)) == {"set_light": names, "get_state": [], "end_conversation": []}
