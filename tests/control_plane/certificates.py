"""Keys and certificates for one test run, made by the openssl command."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OPENSSL = shutil.which("openssl")
_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Signs what the servers and the users of one run show each other.

    Args:
        folder: takes the files; the authority's own are ``ca.crt`` and ``ca.key``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.own = Pair(folder / "ca.crt", folder / "ca.key")
        subject = ("-subj", "/CN=test authority", "-days", "2")
        _openssl("req", "-x509", *_CURVE, *subject, "-keyout", self.own.key, "-out", self.own.certificate)

    def server(self, name: str) -> Pair:
        """For a server on this machine."""
        extensions = "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n"
        return self._signed(name, f"/CN={name}", extensions, 2)

    def client(self, user: str, *groups: str, days: int = 2) -> Pair:
        """For a user who is in `groups`; with negative `days` it has run out."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user}"
        name = "".join(char if char.isalnum() else "-" for char in f"{user}{days}")
        return self._signed(name, subject, "extendedKeyUsage=clientAuth\n", days)

    def account_key(self) -> Path:
        """The key that signs the tokens of ServiceAccounts."""
        path = self._folder / "accounts.key"
        _openssl("genrsa", "-out", path, "2048")
        return path

    def _signed(self, name: str, subject: str, extensions: str, days: int) -> Pair:
        pair = Pair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        request, more = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        more.write_text(extensions)
        _openssl("req", *_CURVE, "-subj", subject, "-keyout", pair.key, "-out", request)
        signer = ("-CA", self.own.certificate, "-CAkey", self.own.key, "-CAcreateserial")
        validity = ("-days", str(days), "-extfile", more)
        _openssl("x509", "-req", "-in", request, *signer, *validity, "-out", pair.certificate)
        return pair


def signed(key: Path, message: bytes) -> bytes:
    """The RS256 signature of `message`."""
    return _openssl("dgst", "-sha256", "-sign", key, stdin=message)


def _openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    assert OPENSSL is not None
    done = subprocess.run([OPENSSL, *map(str, arguments)], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
