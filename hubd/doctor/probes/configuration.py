"""A look at the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from hubd.config import Config, find, load, notices
from hubd.config.toml_files import name_of
from hubd.doctor.findings import Finding, Findings, bad_file, doubtful, good
from hubd.errors import ConfigError

CHECK: Final = "configuration"


def look(option: Path | None, environment: Mapping[str, str]) -> tuple[Config | None, Findings]:
    """Return the configuration, None if it can't be used, with what is to be said about it; option: of --config."""
    try:
        config = load(find(option, environment))
    except ConfigError as error:
        return None, [_with_others(bad_file(CHECK, error), len(error.complaints) - 1)]
    told = notices(config)
    devices = f"{len(config.devices)} device{'' if len(config.devices) == 1 else 's'}"
    described = f"{name_of(config.files[0])}, {devices}"
    if not told:
        return config, [good(CHECK, described)]
    more = f" ({len(told) - 1} more)" if len(told) > 1 else ""
    return config, [doubtful(CHECK, f"{described}; {told[0]}{more}", "hubd check tells all of it.")]


def _with_others(finding: Finding, others: int) -> Finding:
    """Return the finding about the first mistake, with how many there are besides."""
    if not others:
        return finding
    more = "1 more mistake" if others == 1 else f"{others:,} more mistakes"
    advice = f"{finding.advice} hubd check names every mistake.".strip()
    return replace(finding, found=f"{finding.found} ({more})", advice=advice)
