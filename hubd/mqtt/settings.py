"""Where the broker is, with what a client tells it about itself."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class LastWill:
    """What the broker publishes for a client that is gone."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """A broker, as one client sees it.

    client_id: no other client of this broker may have it. username, ca_file: empty for none. ca_file: a PEM file with
    the authority that signed the broker's certificate, in place of those that the system trusts.
    keepalive: s; a silent connection is given up after at most twice that. will: None for none.
    """

    host: str = "localhost"
    port: int = 1883
    client_id: str = "hubd-hub"
    username: str = ""
    password: SecretStr | None = None
    tls: bool = False
    ca_file: str = ""
    keepalive: int = 30
    will: LastWill | None = None

    @property
    def where(self) -> str:
        """Host and port, as people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
