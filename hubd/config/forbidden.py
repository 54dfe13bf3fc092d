"""What no option may hold, wherever it stands."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator

from hubd.config.suggestions import found
from hubd.config.toml_lines import KeyPath

_SECRET_NAME = re.compile(r"(.*_)?(api_?key|pass(word|wd|phrase)?|secret|token|credentials?)")
_GOOGLE_KEY = re.compile(r"AIza[\w-]{30,}", re.ASCII)
# What devices are sent, and what their functions take, may have any name.
_FREE_NAMES = frozenset({"payload", "json", "parameters"})
_INTEGER_LIMIT = 2**63


def forbidden(tree: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield the key path of every value that is refused whatever its option, with the reason; never a secret itself.

    tree: a parsed TOML document whose depth was checked.
    """
    match tree:
        case dict():
            for key, value in tree.items():
                inner = (*path, key)
                if _is_secret(key) and not _FREE_NAMES & set(path):
                    yield inner, _where_secrets_go(key)
                else:
                    yield from forbidden(value, inner)
        case list():
            for position, value in enumerate(tree):
                yield from forbidden(value, (*path, position))
        case _:
            if problem := _problem(tree):
                yield path, problem


def _is_secret(key: str) -> bool:
    return _SECRET_NAME.fullmatch(key.casefold().replace("-", "_")) is not None


def _where_secrets_go(key: str) -> str:
    if "pass" in key.casefold():
        return (
            "passwords never go into the configuration; "
            "put it into the file /etc/hubd/credentials/mqtt_password (mode 0600)"
        )
    return "keys never go into the configuration; put it into the file /etc/hubd/credentials/api_key (mode 0600)"


def _problem(value: object) -> str:
    problem = ""
    match value:
        case str() if _GOOGLE_KEY.search(value):
            problem = f"this looks like a Google API key; {_where_secrets_go('key')}"
        case str() if "\0" in value:
            problem = "found a NUL character, allowed is text without"
        case int() if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
            problem = "found a number of more than 18 digits, allowed are 64-bit integers"
        case float() if math.isnan(value):
            problem = "found nan, allowed are finite numbers"
        case float() if math.isinf(value):
            # All that is left of 1e999 is inf.
            problem = f"found {value} or a number that is too large, allowed are finite numbers"
        case dt.date() | dt.time():
            problem = f"found {found(value)}, no option takes one: put a text into quotes"
        case _:
            pass
    return problem
