"""Newer facts about versions, brought by the user: from a file, a folder or a web server, never by itself."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import IO

from ksec_tui.cluster.files import write_private
from ksec_tui.data.versions.shapes import (
    AnyFile,
    Deprecations,
    Distributions,
    Features,
    Flaws,
    Products,
    Releases,
)
from ksec_tui.data.versions.store import FILES, MAX_BYTES, copies, decode, forget

TIMEOUT = 30.0
"""Seconds that a web server may be silent."""


class UpdateError(Exception):
    """The facts that were brought cannot be used; nothing was written."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What bringing one file would change, or has changed.

    Attributes:
        name: ``cves.json``.
        before: the date of the copy in use.
        after: the date of the one that was brought.
        added: names of rows that are new, sorted.
        removed: names of rows that are gone, sorted.
        raw: the bytes that were brought.
    """

    name: str
    before: dt.date
    after: dt.date
    added: tuple[str, ...]
    removed: tuple[str, ...]
    raw: bytes


def fetch(origin: str) -> dict[str, bytes]:
    """The files of facts at a path or an address, by name.

    Args:
        origin: a file, a folder, or an https address of either (http on this machine only). What is not there
            is left out; a file is known by the schema it states, whatever it is called.

    Raises:
        UpdateError: there is none, or it cannot be read.
    """
    scheme = urllib.parse.urlsplit(origin).scheme.lower()
    if scheme in ("http", "https"):
        found = _fetch_all(origin)
    else:
        path = Path(origin)
        paths = [path / name for name in FILES] if path.is_dir() else [path]
        found = [_read(item) for item in paths if not path.is_dir() or item.exists()]
    if not found:
        raise UpdateError(f"{origin} holds none of {', '.join(sorted(FILES))}")
    return {_name(raw, origin): raw for raw in found}


def plan(brought: dict[str, bytes], *, allow_older: bool = False) -> tuple[Renewal, ...]:
    """What the files that were brought would change.

    Raises:
        UpdateError: one of them is of another shape, or older than the copy in use.
    """
    used = copies()[0]
    renewals = []
    for name, raw in sorted(brought.items()):
        try:
            content = decode(name, raw)
        except ValueError as error:
            raise UpdateError(str(error)) from error
        before = used[name].content
        if content.as_of < before.as_of and not allow_older:
            raise UpdateError(
                f"{name} knows the world up to {content.as_of}, the one in use up to {before.as_of}"
            )
        old, new = set(_rows(before)), set(_rows(content))
        renewals.append(
            Renewal(
                name, before.as_of, content.as_of, tuple(sorted(new - old)), tuple(sorted(old - new)), raw
            )
        )
    return tuple(renewals)


def store(renewals: tuple[Renewal, ...], folder: Path) -> None:
    """Write the files, each whole or not at all; the copy that one replaces is kept beside it as ``.old``.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for item in renewals:
        path = folder / item.name
        if path.exists():
            write_private(path.with_name(f"{item.name}.old"), path.read_bytes(), force=True)
        write_private(path, item.raw, force=True)
    forget()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return _bounded(stream.read(MAX_BYTES + 1), str(path))
    except OSError as error:
        raise UpdateError(f"{path}: {error.strerror}") from error


def _bounded(raw: bytes, origin: str) -> bytes:
    if len(raw) > MAX_BYTES:
        raise UpdateError(f"{origin} is larger than {MAX_BYTES // 1024 // 1024} MB")
    return raw


def _name(raw: bytes, origin: str) -> str:
    """The name of a file by the schema that it states: ``ksec/cves/2`` is ``cves.json``."""
    try:
        schema = json.loads(raw)["schema"]
        name = f"{schema.split('/')[1]}.json"
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise UpdateError(f"{origin} is no file of facts: it states no schema") from error
    if name not in FILES:
        raise UpdateError(f"{origin} is of schema {schema}, which is not known here")
    return name


def _fetch_all(origin: str) -> list[bytes]:
    if urllib.parse.urlsplit(origin).path.endswith(".json"):
        raw = _get(origin)
        if raw is None:
            raise UpdateError(f"{origin}: there is nothing")
        return [raw]
    folder = origin if origin.endswith("/") else f"{origin}/"
    return [raw for name in FILES if (raw := _get(urllib.parse.urljoin(folder, name))) is not None]


def _get(address: str) -> bytes | None:
    """What stands at an address; None when nothing does."""
    _safe(address)
    # S310 warns of schemes such as file:, which _safe has refused.
    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310
    try:
        with urllib.request.build_opener(_SafeRedirects).open(request, timeout=TIMEOUT) as answer:
            return _bounded(answer.read(MAX_BYTES + 1), address)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise UpdateError(f"{address}: {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        raise UpdateError(f"{address}: {error}") from error


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never to where a request may not go."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request that a redirect leads to."""
        _safe(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _safe(address: str) -> None:
    """Refuse an address that others on the way could change the answer of."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and _this_machine(parts.hostname or "")):
        return
    raise UpdateError(f"{address}: facts are fetched by https only")


def _this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _rows(content: AnyFile) -> Iterator[str]:
    """A name for each row, to tell what is new."""
    match content:
        case Releases():
            for release in content.kubernetes:
                yield from release.patches
            for provider, rows in content.providers.items():
                yield from (f"{provider} {row.minor}" for row in rows)
        case Products():
            for product, cycles in content.products.items():
                yield from (f"{product} {cycle.cycle}" for cycle in cycles)
        case Flaws():
            yield from (flaw.id for flaw in content.cves)
        case Deprecations():
            yield from (f"{row.api_version} {row.kind}" for row in content.apis)
            yield from (row.id for row in content.fields)
        case Features():
            yield from (row.id for row in content.features)
        case Distributions():
            yield from (row.id for row in content.distributions)
