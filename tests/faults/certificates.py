"""Certificates of all kinds for localhost, made by openssl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_AUTHORITY: Final = """
[ca]
default_ca = here
[here]
dir = .
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""
_NAMES: Final = "subjectAltName=DNS:localhost,DNS:hubd.test,IP:127.0.0.1"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that vouches for itself, with its key."""

    file: Path
    key: Path

    @property
    def server(self) -> ssl.SSLContext:
        """The context of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def certificate(folder: Path, begins: str = "20200101000000Z", ends: str = "20990101000000Z") -> Certificate:
    """Make one in a new folder, good from one date to another (YYYYMMDDHHMMSSZ)."""
    folder.mkdir()
    (folder / "ca.cnf").write_text(_AUTHORITY)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01")
    request = "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem"
    signing = "-batch -selfsign -config ca.cnf -in request.pem -keyfile key.pem -notext -out cert.pem"
    for command in (
        f"openssl {request} -subj /CN={folder.name} -addext {_NAMES}",
        f"openssl ca {signing} -startdate {begins} -enddate {ends}",
    ):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return Certificate(folder / "cert.pem", folder / "key.pem")
