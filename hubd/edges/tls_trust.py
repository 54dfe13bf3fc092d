"""Whom a TLS client trusts."""

from __future__ import annotations

import ssl
import sys
from weakref import WeakKeyDictionary


class Trust(ssl.SSLContext):
    """The system's trusted certificates, with a TLS session of each host's.

    A connection that goes on with a session proves the host by the secret that both have since its certificates were
    checked. Checking them is half of the work of a connect. One connection at a time goes on with a session, until the
    host takes it no more: RFC 8446 C.4 would use each once, lest connections be seen to be of one client, but a hub is
    known by its address anyway, and Python before 3.12.8 and 3.13.1 loses 6 kB with each session that is read
    (CPython issue 116810).
    """

    def __init__(self, _protocol: int) -> None:
        self.load_default_certs()
        if sys.version_info >= (3, 13):  # as strict as ssl.create_default_context(), which makes no subclass
            self.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
        self._sessions: dict[str | bytes | None, ssl.SSLSession | None] = {}
        self._lent: WeakKeyDictionary[ssl.SSLObject, ssl.SSLSession] = WeakKeyDictionary()

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 -- the standard library's own signature
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin a connection, with the session of that host's if one is kept."""
        session = session or self._sessions.pop(server_hostname, None)
        tls = super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        if session is not None:
            self._lent[tls] = session
        return tls

    def keep(self, tls: ssl.SSLObject) -> None:
        """Let the next connection to that host go on with the session that this one went on with, or else began.

        Reading that takes as long as a tenth of a connect, so this is for a moment when nobody waits.
        """
        lent = self._lent.pop(tls, None)
        self._sessions[tls.server_hostname] = lent if tls.session_reused else tls.session
