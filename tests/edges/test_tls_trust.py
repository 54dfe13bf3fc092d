from __future__ import annotations

import ssl

from hubd.edges.tls_trust import Trust


def test_strictness() -> None:
    """A server is checked as strictly as by any other program of the Python that runs."""
    ours, usual = Trust(ssl.PROTOCOL_TLS_CLIENT), ssl.create_default_context()
    assert ours.verify_flags == usual.verify_flags
    assert (ours.verify_mode, ours.check_hostname, ours.minimum_version) == (
        *(usual.verify_mode, usual.check_hostname, usual.minimum_version),
    )
