"""Secrets, from where they are kept."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from hubd.config.toml_files import read_bytes
from hubd.errors import Complaint, ConfigError

SIZE_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where one secret may be, in the order of search (``operations.md`` 5).

    credential: its name below $CREDENTIALS_DIRECTORY, where systemd puts it.
    file_variable: the environment variable that names a file, which must be there.
    file: the file that is tried without being named, after ~/.config/hubd/credentials/CREDENTIAL.
    variable: the environment variable that holds the secret itself; for trying things out.
    """

    credential: str
    file_variable: str
    file: Path
    variable: str


LIVE_KEY = SecretSource("api_key", "HUBD_API_KEY_FILE", Path("/etc/hubd/credentials/api_key"), "GEMINI_API_KEY")
MQTT_PASSWORD = SecretSource(
    "mqtt_password", "HUBD_MQTT_PASSWORD_FILE", Path("/etc/hubd/credentials/mqtt_password"), "HUBD_MQTT_PASSWORD"
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the configuration must not hold."""

    live_key: SecretStr | None = None
    mqtt_password: SecretStr | None = None


def all_secrets(environment: Mapping[str, str]) -> Secrets:
    """Find the secrets; raises ConfigError for one that can't be used."""
    return Secrets(live_key(environment), mqtt_password(environment))


def live_key(environment: Mapping[str, str], source: SecretSource = LIVE_KEY) -> SecretStr | None:
    """Return the key of the Live API, or None if there is none; raises ConfigError if what is there can't be used."""
    secret, where = _search(environment, source)
    if secret is not None and not (secret.isascii() and secret.isprintable() and " " not in secret):
        raise _error(where, "holds more than a key: one word of letters, digits and signs belongs here")
    return None if secret is None else SecretStr(secret)


def mqtt_password(environment: Mapping[str, str], source: SecretSource = MQTT_PASSWORD) -> SecretStr | None:
    """Return the broker's password, or None if there is none; raises ConfigError if what is there can't be used."""
    secret, where = _search(environment, source)
    if secret is not None and not secret.isprintable():
        raise _error(where, "holds more than a password: one line belongs here")
    return None if secret is None else SecretStr(secret)


def is_closed(source: SecretSource) -> bool:
    """Return whether this user may not even see if the secret's file is there: then another user may have one."""
    try:
        source.file.exists()
    except PermissionError:
        return True
    return False


def _search(environment: Mapping[str, str], source: SecretSource) -> tuple[str | None, str]:
    """Return the first secret found, with the name of its place; spaces and line ends around it are dropped."""
    if directory := environment.get("CREDENTIALS_DIRECTORY"):
        path = Path(directory) / source.credential
        # An empty credential is the unit's default for "none": SetCredential= keeps systemd from refusing to start.
        if _exists(path) and (secret := _read(path, private=False)):
            return secret, str(path)
    if name := environment.get(source.file_variable):
        return _read_filled(Path(name)), name
    for file in (_of_session(environment, source), source.file):
        if file is not None and _exists(file):
            return _read_filled(file), str(file)
    variable = f"${source.variable}"
    value = environment.get(source.variable, "")
    if value and not value.strip():
        raise _error(variable, "is blank; put the secret into it, or unset it")
    return value.strip() or None, variable


def _of_session(environment: Mapping[str, str], source: SecretSource) -> Path | None:
    """Return the file from which systemd takes the secret for the service of this user's login session."""
    home = environment.get("HOME")
    folder = environment.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")
    return Path(folder) / "hubd" / "credentials" / source.credential if folder else None


def _read_filled(path: Path) -> str:
    secret = _read(path, private=True)
    if not secret:
        raise _error(str(path), "is empty; put the secret into it, or remove the file")
    return secret


def _read(path: Path, *, private: bool) -> str:
    data, status = read_bytes(path, SIZE_LIMIT)
    mode = stat.S_IMODE(status.st_mode)
    # systemd's own files are exempt: it grants access by ACL, which shows as permissions of the group.
    if private and mode & 0o077:
        raise _error(str(path), f"can be read or changed by others (mode {mode:04o}); run: chmod 600 {path}")
    try:
        return data.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise _error(str(path), "is no text; the secret alone belongs here, in UTF-8") from None


def _exists(path: Path) -> bool:
    """Return whether the file is there for us; a folder that is closed to us holds nothing that is meant for us."""
    try:
        return path.exists()
    except OSError:
        return False


def _error(where: str, problem: str) -> ConfigError:
    return ConfigError([Complaint(file=where, key="", problem=problem)])
