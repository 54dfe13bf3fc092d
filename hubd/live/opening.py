"""How sessions with one house are opened: their set-up as text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from hubd.live import codec
from hubd.live.declarations import FunctionDeclaration
from hubd.live.messages import ClientMessage
from hubd.live.settings import SessionSettings, setup_message
from hubd.live.setup import SessionResumption


class Opening:
    """What opens every session with these settings and functions; another house is another opening.

    Only the handle differs from session to session; the rest is put together once, when it is needed first.
    """

    def __init__(self, settings: SessionSettings, declarations: Sequence[FunctionDeclaration]) -> None:
        self.settings = settings
        self._declarations = declarations

    def text(self, handle: str | None) -> str:
        """Return the set-up's frame; handle: where to go on from, or None for a fresh session."""
        if not handle or not self.settings.session_resumption:
            return self._fresh
        return f'{self._going_on},"sessionResumption":{codec.encode(SessionResumption(handle=handle))}}}}}'

    @cached_property
    def _fresh(self) -> str:
        return codec.encode(ClientMessage(setup=setup_message(self.settings, self._declarations, None)))

    @cached_property
    def _going_on(self) -> str:
        """The set-up of a session that goes on, without its handle, not yet closed."""
        setup = setup_message(self.settings, self._declarations, "-").changed(session_resumption=None)
        return codec.encode(ClientMessage(setup=setup)).removesuffix("}}")
