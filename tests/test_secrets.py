from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from hubd.errors import ConfigError
from hubd.secrets import LIVE_KEY, MQTT_PASSWORD, SecretSource, is_closed, live_key, mqtt_password

SECRET = "AIza-s3cret"  # noqa: S105 - made up


@pytest.fixture
def source(tmp_path: Path) -> SecretSource:
    """Return a place for a key in which the usual file is not there."""
    return SecretSource("api_key", LIVE_KEY.file_variable, tmp_path / "etc" / "api_key", LIVE_KEY.variable)


def written(path: Path, content: str | bytes = SECRET, mode: int = 0o600) -> Path:
    """Return the file after writing it."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


def revealed(secret: SecretStr | None) -> str | None:
    """Return the text of a secret."""
    return None if secret is None else secret.get_secret_value()


def complaint(environment: dict[str, str], source: SecretSource) -> str:
    """Return what is said about a key that can't be used."""
    with pytest.raises(ConfigError) as caught:
        live_key(environment, source)
    assert SECRET not in str(caught.value) + repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def test_order_of_search(tmp_path: Path, source: SecretSource) -> None:
    """The credentials folder comes first, then the file that is named, then the usual file, then the environment."""
    environment = {source.variable: "fourth"}
    assert revealed(live_key(environment, source)) == "fourth"
    written(source.file, "third")
    assert revealed(live_key(environment, source)) == "third"
    environment[source.file_variable] = str(written(tmp_path / "named", " second\n"))
    assert revealed(live_key(environment, source)) == "second"
    environment["CREDENTIALS_DIRECTORY"] = str(tmp_path / "credentials")
    assert revealed(live_key(environment, source)) == "second"
    written(tmp_path / "credentials" / "api_key", "first\n", 0o440)
    assert revealed(live_key(environment, source)) == "first"


def test_no_secret(source: SecretSource) -> None:
    """Without a key anywhere, or with an empty variable, there is none."""
    assert live_key({}, source) is None
    assert live_key({source.variable: "", source.file_variable: "", "CREDENTIALS_DIRECTORY": ""}, source) is None


def test_empty_credential(tmp_path: Path, source: SecretSource) -> None:
    """An empty credential, the unit's default, means that there is none: the search goes on."""
    written(tmp_path / "api_key", "\n")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), source.variable: SECRET}
    assert revealed(live_key(environment, source)) == SECRET


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o660])
def test_file_open_to_others(mode: int, tmp_path: Path, source: SecretSource) -> None:
    """A file that others may read or change is refused with the command that mends it."""
    path = written(tmp_path / "key", mode=mode)
    expected = f"{path}: can be read or changed by others (mode {mode:04o}); run: chmod 600 {path}"
    assert complaint({source.file_variable: str(path)}, source) == expected


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_file_of_our_own(mode: int, tmp_path: Path, source: SecretSource) -> None:
    """A file that only its owner may read is taken."""
    path = written(tmp_path / "key", mode=mode)
    assert revealed(live_key({source.file_variable: str(path)}, source)) == SECRET


def test_files_that_hold_no_key(tmp_path: Path, source: SecretSource) -> None:
    """An empty file, several lines, no text, a missing file, a folder: each is named, without what is in it."""
    path = tmp_path / "key"
    environment = {source.file_variable: str(path)}
    assert complaint(environment, source) == f"{path}: can't be read: no such file or directory"
    written(path, " \n")
    assert complaint(environment, source) == f"{path}: is empty; put the secret into it, or remove the file"
    written(path, f"{SECRET}\n{SECRET}\n")
    words = "holds more than a key: one word of letters, digits and signs belongs here"
    assert complaint(environment, source) == f"{path}: {words}"
    written(path, SECRET.encode() + b"\xff")
    assert complaint(environment, source) == f"{path}: is no text; the secret alone belongs here, in UTF-8"
    written(path, SECRET * 1000)
    assert complaint(environment, source) == f"{path}: is larger than 4 KiB, the limit for such a file"
    assert complaint({source.file_variable: str(tmp_path)}, source) == f"{tmp_path}: is a folder; a file belongs here"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert complaint({source.file_variable: str(pipe)}, source) == f"{pipe}: is a named pipe; a file belongs here"


def test_blank_variable(source: SecretSource) -> None:
    """A variable with nothing but spaces is a mistake, not a key."""
    expected = "$GEMINI_API_KEY: is blank; put the secret into it, or unset it"
    assert complaint({source.variable: "  "}, source) == expected


def test_password(tmp_path: Path) -> None:
    """The broker's password may hold spaces and any letter, but is one line."""
    place = SecretSource("mqtt_password", MQTT_PASSWORD.file_variable, tmp_path / "none", MQTT_PASSWORD.variable)
    assert revealed(mqtt_password({"HUBD_MQTT_PASSWORD": "pass wörd"}, place)) == "pass wörd"
    with pytest.raises(ConfigError, match="holds more than a password: one line belongs here"):
        mqtt_password({"HUBD_MQTT_PASSWORD": "pass\nword"}, place)


def test_secret_stays_hidden(source: SecretSource) -> None:
    """Neither text nor representation of what is returned shows the key."""
    secret = live_key({source.variable: SECRET}, source)
    assert SECRET not in f"{secret} {secret!r}"


@pytest.mark.parametrize(("variable", "folder"), [("HOME", ".config/hubd"), ("XDG_CONFIG_HOME", "hubd")])
def test_secret_of_a_login_session(variable: str, folder: str, tmp_path: Path, source: SecretSource) -> None:
    """A command that is typed finds what systemd hands to the service of the same user's session."""
    written(source.file, "system")
    place = tmp_path / folder / "credentials"
    place.mkdir(parents=True)
    written(place / "api_key", "session")
    assert revealed(live_key({variable: str(tmp_path)}, source)) == "session"


def test_folder_that_is_closed(source: SecretSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may not look into the folder has no secret, and can know that there may be one."""
    assert not is_closed(source)

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    assert is_closed(source)
    assert live_key({}, source) is None
