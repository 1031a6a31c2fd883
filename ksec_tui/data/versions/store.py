"""Which copy of each file of facts is in use: one that the user brought, or the one that came with the program."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TypeVar

import msgspec

from ksec_tui.data import places
from ksec_tui.data.versions.shapes import (
    AnyFile,
    Deprecations,
    Distributions,
    Features,
    Flaws,
    Products,
    Releases,
)

FILES: dict[str, type[AnyFile]] = {
    "releases.json": Releases,
    "products.json": Products,
    "cves.json": Flaws,
    "deprecations.json": Deprecations,
    "features.json": Features,
    "distributions.json": Distributions,
}
"""Every file of facts with its shape."""

PACKAGED = "the program"
"""What `Copy.origin` says of a file that came with the program."""

MAX_BYTES = 16 * 1024 * 1024
"""A file of facts is not read beyond this; the packaged ones are below 0.1 MB each."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a file of facts.

    Attributes:
        name: ``cves.json``.
        content: what it holds.
        origin: the folder that it lies in, or `PACKAGED`.
        sha256: of its bytes, in hexadecimal.
    """

    name: str
    content: AnyFile
    origin: str
    sha256: str


T = TypeVar("T", bound=AnyFile)


def decode(name: str, raw: bytes) -> AnyFile:
    """The content of a file.

    Raises:
        ValueError: it is no JSON, of another shape or schema, too large, or not one of `FILES`.
    """
    if name not in FILES:
        raise ValueError(f"{name} is none of {', '.join(sorted(FILES))}")
    if len(raw) > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES // 1024 // 1024} MB")
    try:
        return msgspec.json.decode(raw, type=FILES[name])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{name}: {error}") from error


def copies() -> tuple[dict[str, Copy], tuple[str, ...]]:
    """For each file its newest copy, and what was wrong with others; the program's own wins a tie."""
    return _copies(places.folders())


@functools.lru_cache(maxsize=4)
def _copies(folders: tuple[Path, ...]) -> tuple[dict[str, Copy], tuple[str, ...]]:
    best: dict[str, Copy] = {}
    wrong: list[str] = []
    for name in FILES:
        best[name] = _copy(name, resources.files(__package__).joinpath(name).read_bytes(), PACKAGED)
        for folder in folders:
            path = folder / name
            try:
                found = _read(path)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                wrong.append(f"{path} is not used: {error}")
                continue
            if found.content.as_of > best[name].content.as_of:
                best[name] = found
    return best, tuple(wrong)


def _read(path: Path) -> Copy:
    with path.open("rb") as stream:
        return _copy(path.name, stream.read(MAX_BYTES + 1), str(path.parent))


def _copy(name: str, raw: bytes, origin: str) -> Copy:
    return Copy(name, decode(name, raw), origin, hashlib.sha256(raw).hexdigest())


def forget() -> None:
    """Read the files anew at the next question."""
    _copies.cache_clear()
    _with_flaws.cache_clear()


def _content(shape: type[T]) -> T:
    for copy in copies()[0].values():
        if isinstance(copy.content, shape):
            return copy.content
    raise AssertionError(shape)


def releases() -> Releases:
    """Kubernetes releases and the support of managed services."""
    return _content(Releases)


def products() -> Products:
    """Operating systems and container runtimes."""
    return _content(Products)


def flaws() -> Flaws:
    """Known vulnerabilities of what versions can be seen of."""
    return _content(Flaws)


def with_flaws() -> frozenset[str]:
    """The components of which the data knows any flaw."""
    return _with_flaws(places.folders())


@functools.lru_cache(maxsize=4)
def _with_flaws(_: tuple[Path, ...]) -> frozenset[str]:
    return frozenset(flaw.component for flaw in flaws().cves)


def deprecations() -> Deprecations:
    """APIs and fields that go."""
    return _content(Deprecations)


def features() -> Features:
    """Safeguards and the releases that brought them."""
    return _content(Features)


def distributions() -> Distributions:
    """By what distributions of Kubernetes are known."""
    return _content(Distributions)


def oldest_as_of() -> dt.date:
    """The date up to which all of the data on releases, node software and flaws knows the world."""
    return min(releases().as_of, products().as_of, flaws().as_of)
