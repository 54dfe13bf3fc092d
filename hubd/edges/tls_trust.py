"""Whom a TLS client trusts."""

from __future__ import annotations

import ssl
import sys


class Trust(ssl.SSLContext):
    """The system's trusted certificates, with the TLS session of each host's last connection.

    A connection that goes on with a session proves the host by the secret that both have since its certificates were
    checked. Checking them is half of the work of a connect. A session is used once (RFC 8446 C.4).
    """

    def __init__(self, _protocol: int) -> None:
        self.load_default_certs()
        if sys.version_info >= (3, 13):  # as strict as ssl.create_default_context(), which makes no subclass
            self.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
        self._sessions: dict[str | bytes | None, ssl.SSLSession | None] = {}

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 -- the standard library's own signature
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin a connection, with the session of the last one to that host if there is one."""
        session = session or self._sessions.pop(server_hostname, None)
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    def keep(self, tls: ssl.SSLObject) -> None:
        """Let the next connection to that host go on with this one's session.

        Reading it takes as long as a tenth of a connect, so this is for a moment when nobody waits.
        """
        self._sessions[tls.server_hostname] = tls.session
