from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.config import Config, describe, find, load, notices
from hubd.config.includes import MAX_CHAIN
from hubd.config.loading import MainFile
from hubd.devices.fields import Table
from hubd.errors import ConfigError

CONFIG = Path(__file__).resolve().parents[2] / "config"
LAMP = """
[[device]]
id = "{0}"
name = "{0}"
kind = "light"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/{0}"
"""


def written(folder: Path, **files: str) -> Path:
    """Return the main file after writing it with others, given as name=text without their ending."""
    for name, text in {"hubd": "", **files}.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder / "hubd.toml"


def complaints(path: Path) -> list[str]:
    """Return the complaints about a main file."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [str(complaint) for complaint in caught.value.complaints]


class TestFind:
    def test_order(self, tmp_path: Path) -> None:
        """The option comes before the variable, the variable before the system's file; a named one is not looked at."""
        system = written(tmp_path)
        assert find(Path("a"), {"HUBD_CONFIG": "b"}, system) == Path("a")
        assert find(None, {"HUBD_CONFIG": "b"}, system) == Path("b")
        assert find(None, {"HUBD_CONFIG": ""}, system) == system

    def test_nothing_found(self, tmp_path: Path) -> None:
        """Without any file the complaint says where it looked, and how to name one."""
        with pytest.raises(ConfigError) as caught:
            find(None, {}, tmp_path / "hubd.toml")
        words = "is not there, --config was not given, $HUBD_CONFIG is not set; name a file with --config FILE"
        assert str(caught.value) == f"{tmp_path}/hubd.toml: {words}"


class TestLoad:
    def test_empty_file(self, tmp_path: Path) -> None:
        """An empty file is a configuration: every option has its default."""
        config = load(written(tmp_path))
        assert config.files == (tmp_path / "hubd.toml",)
        assert config.devices == ()
        assert [word.name for word in config.wake.words] == ["hey_jarvis"]

    def test_includes(self, tmp_path: Path) -> None:
        """Devices come in the order of files; a file that two others include is read once."""
        path = written(
            tmp_path,
            hubd='include = ["b.toml", "?.toml"]' + LAMP.format("first"),
            a=LAMP.format("third"),
            b='include = ["c.toml"]',
            c=LAMP.format("second"),
        )
        config = load(path)
        assert [device.id for device in config.devices] == ["first", "second", "third"]
        assert [file.name for file in config.files] == ["hubd.toml", "b.toml", "c.toml", "a.toml"]

    def test_circle_of_links(self, tmp_path: Path) -> None:
        """A file that includes itself under another name is found out."""
        path = written(tmp_path, hubd='include = ["link.toml"]')
        (tmp_path / "link.toml").symlink_to("hubd.toml")
        circle = f"{tmp_path}/hubd.toml → {tmp_path}/link.toml"
        assert complaints(path) == [f"{path}:1: include[0]: goes round in a circle: {circle}"]

    def test_long_chain(self, tmp_path: Path) -> None:
        """Files that include each other without end are stopped long before Python's own limit."""
        files = {f"f{n}": f'include = ["f{n + 1}.toml"]' for n in range(100)}
        (found,) = complaints(written(tmp_path, hubd='include = ["f0.toml"]', **files))
        assert found.endswith(f"files include each other {MAX_CHAIN} deep, that is the limit")

    def test_faulty_included_file(self, tmp_path: Path) -> None:
        """A file that can't be read is complained about beside the mistakes of all others."""
        path = written(tmp_path, hubd='include = ["a.toml"]\nx = 1', a="[")
        assert len(complaints(path)) == 2

    def test_default_of_devices(self, tmp_path: Path) -> None:
        """[devices] holds for every device that says nothing else."""
        text = '[devices]\nvalid_for = "9s"' + LAMP.format("a") + LAMP.format("b") + 'valid_for = "1s"'
        assert [device.valid_for for device in load(written(tmp_path, hubd=text)).devices] == [9, 1]

    def test_files_that_options_name(self, tmp_path: Path) -> None:
        """Paths are relative to the configuration's folder; the instruction's text takes the place of its file."""
        (tmp_path / "me.txt").write_text("Speak like a butler.\n", encoding="utf-8")
        (tmp_path / "hey_me_v0.2.onnx").write_bytes(b"\x08\x07model")
        (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n", encoding="utf-8")
        config = load(
            written(
                tmp_path,
                hubd='[live]\nsystem_instruction_file = "me.txt"\n[wake]\nwords = ["hey_me_v0.2.onnx", "Hey Jarvis"]\n'
                '[mqtt]\ntls = true\nca_file = "ca.pem"',
            )
        )
        assert config.live.system_instruction == "Speak like a butler."
        assert [word.model for word in config.wake.words] == [str(tmp_path / "hey_me_v0.2.onnx"), "hey_jarvis"]
        assert [word.name for word in config.wake.wake_words()] == ["hey_me", "hey_jarvis"]
        assert config.mqtt.ca_file == str(tmp_path / "ca.pem")
        assert config.mqtt.port == 8883

    def test_own_model_of_microwakeword(self, tmp_path: Path) -> None:
        """A .tflite model has the threshold of the .json file beside it, if it has none of its own."""
        for name in ("hey_me", "hey_you"):
            use = {"probability_cutoff": 0.98, "sliding_window_size": 5}
            manifest = {"wake_word": name, "model": f"{name}.tflite", "micro": use}
            (tmp_path / f"{name}.json").write_text(json.dumps(manifest))
            (tmp_path / f"{name}.tflite").write_bytes(b"1234TFL3")
        own = '"hey_me.tflite", "okay_nabu", { model = "hey_you.tflite", threshold = 0.6 }'
        config = load(written(tmp_path, hubd=f'[wake]\nengine = "microwakeword"\nwords = [{own}]\n' + LAMP.format("a")))
        assert [word.model for word in config.wake.words[::2]] == [
            str(tmp_path / "hey_me.tflite"),
            str(tmp_path / "hey_you.tflite"),
        ]
        assert [(word.name, word.threshold, word.lag_ms) for word in config.wake.wake_words()] == [
            ("hey_me", 0.98, 800),
            ("okay_nabu", 0.85, 600),
            ("hey_you", 0.6, 800),
        ]
        assert notices(config) == ()

    def test_one_name_in_two_rooms(self, tmp_path: Path) -> None:
        """Two devices may have one name if they are in two rooms."""
        one = LAMP.format("lamp") + 'room = "kitchen"\n'
        two = one.replace('id = "lamp"', 'id = "lamp2"')
        assert len(load(written(tmp_path, hubd=one + two.replace("kitchen", "bath"))).devices) == 2
        assert len(complaints(written(tmp_path, hubd=one + two))) == 1

    @pytest.mark.parametrize(
        ("url", "safe"),
        [
            ("wss://example.com", True),
            ("ws://localhost:8000", True),
            ("ws://127.0.0.1", True),
            ("ws://[::1]:80", True),
            ("ws://192.168.1.2", False),
            ("ws://localhost.example.com", False),
        ],
    )
    def test_where_a_key_may_go(self, url: str, safe: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a row of a table
        """A key may go over an encrypted connection, or to this machine."""
        config = load(written(tmp_path, hubd=f'[live]\nurl = "{url}/"'))
        assert config.live.url == url
        assert config.live.may_carry_key is safe


def tables_of(table: Table) -> dict[str, object]:
    """Return the tables inside a table, empty but for tables."""
    values = {name: getattr(table, name) for name in type(table).model_fields}
    return {name: tables_of(value) for name, value in values.items() if isinstance(value, Table)}


def options_of(table: Table, path: str = "") -> dict[str, object]:
    """Return every option inside a table with its value, by its path; devices, automations are none."""
    found: dict[str, object] = {}
    for name in type(table).model_fields:
        value = getattr(table, name)
        found |= options_of(value, f"{path}{name}.") if isinstance(value, Table) else {f"{path}{name}": value}
    return {name: value for name, value in found.items() if name not in {"device", "discovery.device", "automation"}}


def leaves(tree: object, path: str = "") -> Iterator[str]:
    """Yield the path of everything in a parsed file that is no table; floors are one option, by whatever names."""
    for name, value in tree.items() if isinstance(tree, dict) else ():
        inner = isinstance(value, dict) and name != "floors"
        yield from leaves(value, f"{path}{name}.") if inner else [f"{path}{name}"]


def without_refusal(tree: dict[str, object]) -> dict[str, object]:
    """Return the tree with a model that is not known, which refuses nothing; its thoughts are told once how long."""
    live = tree["live"]
    assert isinstance(live, dict)
    thinking = {name: value for name, value in live["thinking"].items() if name != "budget"}
    return {**tree, "live": {**live, "model": "any", "thinking": thinking}}


class TestShippedFiles:
    def test_every_option_stands_at_its_default(self) -> None:
        """hubd.toml names every option of the model, commented out; uncommented, it says what the model says."""
        text = (CONFIG / "hubd.toml").read_text(encoding="utf-8")
        assert tomllib.loads(text) == {
            name: tables for name, tables in tables_of(MainFile()).items() if name != "include"
        }
        lines = [line[1:] if re.match(r"#[^ \n]", line) else line for line in text.splitlines()]
        tree = tomllib.loads("\n".join(line for line in lines if not line.endswith("# not set")))
        assert MainFile.model_validate(tree) == MainFile()
        defaults = options_of(MainFile())
        assert {*leaves(tree)} == {option for option, default in defaults.items() if default is not None}
        # What is not set has an example, which is right.
        examples = tomllib.loads(
            "\n".join(line for line in lines if line.startswith("[") or line.endswith("# not set"))
        )
        assert {*leaves(examples)} == {option for option, default in defaults.items() if default is None}
        MainFile.model_validate(without_refusal(examples))

    def test_examples_work(self) -> None:
        """The shipped configuration loads without a complaint or a notice, with devices of every kind."""
        config = load(CONFIG / "hubd.toml")
        assert notices(config) == ()
        assert {device.kind for device in config.devices} == {None, "light", "switch"}
        assert {device.dialect for device in config.devices} == {None, "zigbee2mqtt", "plain"}
        assert "devices:    7 (3 custom, 2 light, 2 switch)" in describe(config)


# Keys that a configuration has, so that trees get past the first check.
KEYS = st.sampled_from(
    sorted(
        {
            *MainFile.model_fields,
            *(o for f in MainFile.model_fields.values() for o in getattr(f.annotation, "model_fields", ())),
            *(
                "id",
                "kind",
                "dialect",
                "topic",
                "aliases",
                "function",
                "publish",
                "payload",
                "expect",
                "json",
                "within",
            ),
            *("when", "then", "tell", "say", "ask", "listen", "equals", "above", "for", "between", "template", "on"),
            *("description", "parameters", "type", "minimum", "default", "scheduling", "retain", "enum", "model"),
        }
    )
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["", "light", "zigbee2mqtt", "plain", "SILENT", "{{ x }}", "{% for", "a/+", "2s", "-1s", "integer", "\0", "1e999s"]
)
SCALARS = TEXTS | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | st.times()
TREES = st.dictionaries(
    KEYS | TEXTS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | TEXTS, inner, max_size=6),
        max_leaves=30,
    ),
    max_size=8,
)


def as_toml(value: object) -> str:
    """Return a value as TOML writes it, on one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(c):08X}" for c in value) + '"'
        case float():
            return str(value) if math.isfinite(value) else str(value).replace("infinity", "inf")
        case dict():
            return "{" + ", ".join(f"{as_toml(key)} = {as_toml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(as_toml, value)) + "]"
        case _:
            return getattr(value, "isoformat", lambda: str(value))()


def outcome(folder: Path, content: bytes) -> Config | ConfigError:
    """Return what loading a file with this content gives; any other exception fails the test."""
    path = folder / "hubd.toml"
    path.write_bytes(content)
    try:
        return load(path)
    except ConfigError as error:
        return error


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for all examples of a test."""
    return tmp_path_factory.mktemp("fuzz")


class TestAnyInput:
    @given(content=st.binary(max_size=200))
    def test_random_bytes(self, content: bytes, folder: Path) -> None:
        """Random bytes give a configuration or complaints, nothing else."""
        assert isinstance(outcome(folder, content), Config | ConfigError)

    @given(tree=TREES)
    def test_random_trees(self, tree: dict[str, object], folder: Path) -> None:
        """Any TOML document gives a configuration or complaints that can be printed, each on a line of its own."""
        content = "\n".join(f"{as_toml(key)} = {as_toml(value)}" for key, value in tree.items()).encode()
        match outcome(folder, content):
            case Config() as config:
                assert describe(config)
                notices(config)
            case ConfigError() as error:
                assert error.complaints
                assert len(str(error).splitlines()) == len(error.complaints)
                assert "stand_in" not in str(error) or "stand_in" in str(tree)

    @given(cut=st.integers(min_value=0), flip=st.integers(min_value=0), byte=st.integers(0, 255))
    def test_damaged_example(self, cut: int, flip: int, byte: int, folder: Path) -> None:
        """A shipped file that was cut short and has one wrong byte gives a configuration or complaints."""
        whole = bytearray((CONFIG / "devices.d" / "living_room.toml").read_bytes())
        whole[flip % len(whole)] = byte
        assert isinstance(outcome(folder, bytes(whole[: cut % len(whole)])), Config | ConfigError)


def test_each_device_knows_its_file(tmp_path: Path) -> None:
    """The name of the file that holds it is kept for each device."""
    main = written(tmp_path, hubd=f'include = ["more.toml"]\n{LAMP.format("one")}', more=LAMP.format("two"))
    assert load(main).origins == {"one": str(main), "two": str(tmp_path / "more.toml")}
