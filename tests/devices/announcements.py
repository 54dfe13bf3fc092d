"""What devices announce themselves with, in tests of several kinds."""

from __future__ import annotations

from typing import Final

LAMP: Final = {
    "~": "lamps/1",
    "name": "Reading lamp",
    "uniq_id": "lamp_1",
    "cmd_t": "~/set",
    "stat_t": "~",
    "schema": "json",
    "brightness": True,
}
