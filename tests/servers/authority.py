"""An authority of our own, whose certificates servers of the tests show. Needs the program openssl."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.servers.missing import Missing


class Shown(NamedTuple):
    """A certificate and its key, two files."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What a server of Python's shows it with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """Makes certificates in a folder; ``file`` is what its friends trust. Raises Missing without openssl."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.file = folder / f"{name}.pem"
        self._key = self._request(f"-x509 -days 2 -subj /CN={name}", name)

    def sign(self, name: str, address: str = "127.0.0.1", *, days: int = 2) -> Shown:
        """A certificate for an address; negative days: it has expired."""
        made = f"{self.name}-{name}"
        key = self._request(f"-subj /CN={name} -addext subjectAltName=IP:{address}", made)
        signed = self.folder / f"{made}.crt"
        asked = f"-in {self.folder / made}.pem -CA {self.file} -CAkey {self._key} -copy_extensions copy"
        _openssl(f"x509 -req -days {days} -out {signed} {asked}")
        return Shown(signed, key)

    def alone(self) -> Shown:
        """A certificate that nobody has signed but itself."""
        key = self._request("-x509 -days 2 -subj /CN=alone -addext subjectAltName=IP:127.0.0.1", "alone")
        return Shown(self.folder / "alone.pem", key)

    def _request(self, what: str, name: str) -> Path:
        key = self.folder / f"{name}.key"
        _openssl(
            f"req {what} -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {key} -out {self.folder / name}.pem"
        )
        return key


def _openssl(arguments: str) -> None:
    program = shutil.which("openssl")
    if not program:
        raise Missing("openssl is not installed, so the tests of TLS cannot run: apt install openssl")
    subprocess.run([program, *arguments.split()], check=True, capture_output=True)
