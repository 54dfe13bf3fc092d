"""Stand-ins for what is wrong in a file, so that the rest of it can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import count

from hubd.config.complaints import Mistake
from hubd.config.toml_lines import KeyPath
from hubd.wake import WakeEngine

# Key paths as they are compared: "*" for any position in a list, any name of a parameter.
_Shape = tuple[str, ...]
_DEVICE: _Shape = ("device", "*")
_FUNCTION: _Shape = (*_DEVICE, "function", "*")
_PARAMETER: _Shape = (*_FUNCTION, "parameters", "*")
# The place of what is wrong about a parameter's name.
_NAME = "[key]"
# What one kind has another has not: no stand-in is right for all.
_FEATURE: _Shape = (*_DEVICE, "features", "*")
_EXPECT: _Shape = (*_FUNCTION, "expect")
_DISCOVERED: _Shape = ("discovery", "device", "*")
_AUTOMATION: _Shape = ("automation", "*")
_WHEN: _Shape = (*_AUTOMATION, "when")
_THEN: _Shape = (*_AUTOMATION, "then")
_WAKE_WORDS: tuple[_Shape, ...] = ("wake", "words", "*"), ("wake", "words", "*", "model")

_A_DEVICE = {"id": "stand_in", "name": "stand-in", "kind": "light", "dialect": "zigbee2mqtt", "topic": "stand_in"}
_A_FUNCTION = {"name": "stand_in", "description": "stand-in", "publish": {"topic": "stand_in"}}
_STAND_INS: Mapping[_Shape, object] = {
    (*_DEVICE, "function"): [_A_FUNCTION],
    _FUNCTION: _A_FUNCTION,
    (*_FUNCTION, "publish"): {"topic": "stand_in"},
    _PARAMETER: {"type": "string"},
    (*_EXPECT, "json"): {"key": "value"},
    # No rule about another option minds these.
    (*_DEVICE, "dimmable"): True,
    (*_DEVICE, "brightness_scale"): 255,
    (*_DEVICE, "device_class"): "door",
    (*_DEVICE, "scene"): 0,
    _AUTOMATION: {"id": "stand_in", "when": {"topic": "stand_in"}, "then": {"say": "stand-in"}},
    _WHEN: {"topic": "stand_in"},
    _THEN: {"say": "stand-in"},
    (*_WHEN, "equals"): "stand_in",
    (*_WHEN, "above"): -1e15,
    (*_WHEN, "below"): 1e15,
    (*_THEN, "tell"): "stand-in",
    (*_THEN, "say"): "stand-in",
    (*_THEN, "ask"): "stand-in",
    (*_THEN, "listen"): True,
    (*_THEN, "publish"): {"topic": "stand_in"},
    ("live", "compression_trigger_tokens"): 1_000_000,
    ("live", "history", "*"): {"role": "user", "text": "stand-in"},
    ("live", "history", "*", "role"): "user",
    ("live", "history", "*", "text"): "stand-in",
    ("live", "transcription", "languages", "*"): "en",
}
# Without them what a model takes can't be judged.
_JUDGES_OF_MODELS: tuple[_Shape, ...] = ("live", "api_version"), ("live", "model_takes"), ("live", "model_takes", "*")
# Options that have to be there, or that a rule about another option looks at; each takes any text.
_TEXTS = frozenset(
    {"id", "unique_id", "name", "description", "topic", "key", "payload", "model", "system_instruction"}
    | {"command_topic", "state_topic", "brightness_command_topic", "brightness_state_topic"}
    | {"payload_on", "payload_off", "state_on", "state_off"}
)
# What can't be judged without an option: how many parts of the option's path lead there.
_SPOILT: Mapping[_Shape, int] = {
    (*_DEVICE, "dialect"): len(_DEVICE),
    (*_DEVICE, "kind"): len(_DEVICE),
    (*_FUNCTION, "parameters"): len(_FUNCTION) + 1,
    (*_PARAMETER, _NAME): len(_PARAMETER),
    (*_PARAMETER, "type"): len(_PARAMETER),
    (*_PARAMETER, "enum", "*"): len(_PARAMETER) + 1,
}
# Where the tables begin that can be replaced as a whole.
_TABLES = (len(_PARAMETER), len(_FUNCTION), len(_DEVICE), 1)


class MendedTree:
    """A copy of a parsed file in which everything that was complained about is replaced by something right.

    A stand-in must not bring about a complaint that the user did not deserve: a misspelt key or word becomes what was
    meant, a parameter keeps its name, no two texts are equal, what can't be guessed takes its surroundings along.
    """

    def __init__(self, tree: Mapping[str, object]) -> None:
        self.tree = deepcopy(dict(tree))
        self._names = (f"stand_in_{number}" for number in count())
        self._tried: set[KeyPath] = set()
        self._written_as: dict[KeyPath, str | int] = {}

    def mend(self, mistakes: Iterable[Mistake]) -> None:
        """Replace what the mistakes are about; what is complained about again is replaced with the table around it."""
        # What stands inside comes first: what is around it may be replaced as a whole.
        for mistake in sorted(mistakes, key=lambda mistake: -len(mistake.path)):
            path = mistake.path
            if mistake.meant:
                (self._rename if mistake.on_key else self._put)(path, mistake.meant)
            elif mistake.on_key and _shape(path) == _PARAMETER:
                self._mend_later((*path, _NAME))
            elif mistake.on_key:
                self._put(path, None)
            elif _shape(path) in _SPOILT:
                self._mend_later(path)
            else:
                while path in self._tried and len(path) > 1:
                    path = next(path[:length] for length in _TABLES if length < len(path))
                self._tried.add(path)
                self._replace(path)

    def original(self, path: KeyPath) -> KeyPath:
        """Return a path in this tree as it is in the file: with the keys that are misspelt there."""
        return tuple(self._written_as.get(path[: position + 1], part) for position, part in enumerate(path))

    def _rename(self, path: KeyPath, meant: str) -> None:
        table = self._at(path[:-1])
        if isinstance(table, dict) and path[-1] in table:
            value = table.pop(path[-1])
            if meant not in table:
                table[meant] = value
                self._written_as[*path[:-1], meant] = path[-1]

    def _mend_later(self, path: KeyPath) -> None:
        """Leave what spoils its surroundings for a round, in which they are judged as far as they can be."""
        if path not in self._tried:
            self._tried.add(path)
            return
        shape = _shape(path)
        around = path[: _SPOILT[shape]]
        if shape in {(*_FUNCTION, "parameters"), (*_PARAMETER, _NAME)}:
            self._put(around, None)
            self._silence(around[: len(_FUNCTION)])
        else:
            self._replace(around)

    def _silence(self, path: KeyPath) -> None:
        """Take every text away from a function that may name a parameter."""
        self._put((*path, "publish", "payload"), None)
        for key in ("json", "payload"):
            wanted = (*path, "expect", key)
            if self._at(wanted) is not None:
                self._replace(wanted)

    def _replace(self, path: KeyPath) -> None:
        shape = _shape(path)
        match self._at(path):
            case {"function": functions} if shape == _DEVICE:
                self._put(path, {**_A_DEVICE, "function": functions})
            case dict() as expect if shape == _EXPECT:
                wanted = {"json": expect["json"]} if "json" in expect else {"payload": next(self._names)}
                self._put(path, {"topic": expect.get("topic", next(self._names)), **wanted})
            case _ if shape == _DEVICE:
                self._put(path, dict(_A_DEVICE))
            case _ if shape == _DISCOVERED:
                self._put(path, {"unique_id": next(self._names)})
            case _ if shape == _FEATURE:
                self._put(path[:-1], None)
            case _ if shape in _WAKE_WORDS:
                self._replace_wake_word(path)
            case _ if shape in _JUDGES_OF_MODELS:
                self._put(path[:2], None)
                # A model that is not known refuses nothing.
                self._put(("live", "model"), next(self._names))
            case _ if shape in _STAND_INS:
                self._put(path, deepcopy(_STAND_INS[shape]))
            case _ if _is_text(shape):
                self._put(path, next(self._names))
            case _:
                self._put(path, None)

    def _replace_wake_word(self, path: KeyPath) -> None:
        ending = "tflite" if self._at(("wake", "engine")) == WakeEngine.MICROWAKEWORD else "onnx"
        self._put(path, f"{next(self._names)}.{ending}")

    def _put(self, path: KeyPath, value: object) -> None:
        """Set the value at a path, or remove the key if there is none; nothing where the path no longer leads."""
        match self._at(path[:-1]), path[-1]:
            case dict() as table, str(key):
                if value is None:
                    table.pop(key, None)
                else:
                    table[key] = value
            case list() as items, int(position) if position < len(items):
                items[position] = value
            case _:
                pass

    def _at(self, path: KeyPath) -> object:
        tree: object = self.tree
        for part in path:
            match tree, part:
                case dict(), str():
                    tree = tree.get(part)
                case list(), int() if part < len(tree):
                    tree = tree[part]
                case _:
                    return None
        return tree


def _shape(path: KeyPath) -> _Shape:
    words = tuple("*" if isinstance(part, int) else part for part in path)
    if len(words) >= len(_PARAMETER) and words[: len(_PARAMETER) - 1] == _PARAMETER[:-1]:
        return (*_PARAMETER, *words[len(_PARAMETER) :])
    return words


def _is_text(shape: _Shape) -> bool:
    """Return whether any text is right there: in some options, in most lists, everywhere inside a payload."""
    in_payload = len(shape) > len(_FUNCTION) + 2 and shape[len(_FUNCTION)] in {"publish", "expect"}
    return in_payload or shape[-1] in _TEXTS or shape[-1] == "*"
