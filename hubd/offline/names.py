"""What the things of a house are called, gathered from all its functions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Self

from hubd.live.declarations import FunctionDeclaration
from hubd.offline.parameters import Choice, Free, Parameter, parameters_of

DEVICE: Final = "device"
# The verbs of functions that tell how something is.
ASKING: Final = ("get", "query", "read", "check", "ask")
# "The same under two names: the big light = kitchen lights; …": how a description tells of further names.
_ALIASES: Final = re.compile(r"[:;]\s*([^:;=.]+?) = ([^;=]+?)\s*(?=;|\.?$)")


class Names:
    """The names of devices, with those that they have besides.

    known: each name that stands in an enum of devices. aliases: a further name, the name that it stands for. commanded:
    the names that stand in a function that does not only ask.
    """

    def __init__(
        self, known: Sequence[str] = (), aliases: Sequence[tuple[str, str]] = (), commanded: Sequence[str] = ()
    ) -> None:
        self.known = tuple(dict.fromkeys(known))
        self.commanded = frozenset(commanded)
        self._aliases: defaultdict[str, list[str]] = defaultdict(list)
        for alias, name in aliases:
            self._aliases[name].append(alias)

    @classmethod
    def of(cls, declarations: Sequence[FunctionDeclaration]) -> Self:
        """Gather what the declarations say."""
        known: list[str] = []
        aliases: list[tuple[str, str]] = []
        commanded: list[str] = []
        for declaration in declarations:
            asks = declaration.name.partition("_")[0] in ASKING
            for parameter in parameters_of(declaration)[0]:
                if isinstance(parameter, Choice) and parameter.name == DEVICE:
                    values = [value for value in parameter.values if isinstance(value, str)]
                    known += values
                    commanded += [] if asks else values
                    aliases += _ALIASES.findall(parameter.description)
        return cls(known, aliases, commanded)

    def told(self, parameter: Parameter) -> Parameter:
        """Return a parameter that takes devices with all their names; a free one takes every device of the house."""
        match parameter:
            case Choice(values=values):
                # What the function takes by its further name as well is no second reading of it.
                pairs = ((alias, name) for name in values for alias in self._aliases.get(str(name), ()))
                also = tuple((alias, name) for alias, name in pairs if alias not in values)
                return replace(parameter, also=also)
            case Free(name) if name == DEVICE and self.known:
                return self.told(Choice(name, self.known))
            case _:
                return parameter
