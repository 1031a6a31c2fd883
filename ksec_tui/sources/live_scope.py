"""What a load is to read: the API versions that are served and the namespaces that are wanted."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from ksec_tui.cluster.decoding import decoder
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.text import one_line
from ksec_tui.sources.base import SourceError
from ksec_tui.sources.transport import RequestError, Transport

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_GLOB = re.compile(r"[*?\[\]]")


class _Version(msgspec.Struct):
    version: str = ""


class _Group(msgspec.Struct):
    name: str = ""
    versions: list[_Version] = []


class _Groups(msgspec.Struct):
    groups: list[_Group]


class _Resource(msgspec.Struct):
    name: str = ""


class _Resources(msgspec.Struct):
    resources: list[_Resource]


class Discovery:
    """Which versions of which API groups the server serves, as far as it tells. Safe to use from several threads.

    Args:
        served: the versions of each group; None when the server did not tell.
        transport: asks what a version of a group has.
    """

    def __init__(
        self, served: Mapping[str, tuple[str, ...]] | None, transport: Transport | None = None
    ) -> None:
        self._served = served
        self._transport = transport
        self._known: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    @classmethod
    def ask(cls, transport: Transport) -> tuple[Discovery, str]:
        """Ask the server once; the second part says why the answer is not known, empty when it is."""
        try:
            answer = decoder(_Groups).decode(transport.get("/apis"))
        except (RequestError, msgspec.MsgspecError, RecursionError) as error:
            return cls(None, transport), one_line(str(error), 300)
        served = {group.name: tuple(v.version for v in group.versions) for group in answer.groups}
        return cls(served, transport), ""

    def versions(self, kind: Kind[Any]) -> tuple[str, ...]:
        """The versions in which to try `kind`, best first; none when the server has nothing of the sort.

        When the server did not tell, all versions that can be read are tried. A group that is there may lack
        an optional kind (the Gateway API is installed in parts); asked for it, a server answers as it does
        to any wrong path, and so may what stands before it: the list of the group's resources decides.

        Raises:
            CancelledError: the load was cancelled.
        """
        if not kind.group or self._served is None:
            return kind.versions
        served = self._served.get(kind.group, ())
        found = tuple(version for version in kind.versions if version in served)
        return tuple(version for version in found if self._has(kind, version)) if kind.optional else found

    def _has(self, kind: Kind[Any], version: str) -> bool:
        """False when a version of the kind's group is without it."""
        if self._transport is None:
            return True
        try:
            return kind.plural in self._resources(f"{kind.group}/{version}", self._transport)
        except (RequestError, SourceError):
            return True

    def _resources(self, place: str, transport: Transport) -> frozenset[str]:
        """The plurals that ``group/version`` has; asked once."""
        with self._lock:
            if place not in self._known:
                self._known[place] = _listed(transport, place)
            return self._known[place]

    def foreign_version(self, kind: Kind[Any], transport: Transport) -> str:
        """A version that serves `kind` and that cannot be read here; empty when there is none.

        Raises:
            RequestError: the server did not say.
        """
        for version in (self._served or {}).get(kind.group, ()):
            if version in kind.versions:
                continue
            if kind.plural in self._resources(f"{kind.group}/{version}", transport):
                return version
        return ""


def _listed(transport: Transport, place: str) -> frozenset[str]:
    """The plurals that ``group/version`` has.

    Raises:
        RequestError: the server did not say.
    """
    raw = transport.get(f"/apis/{place}")
    try:
        listed = decoder(_Resources).decode(raw)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RequestError(one_line(str(error), 200)) from error
    return frozenset(resource.name for resource in listed.resources)


@dataclass(frozen=True)
class Patterns:
    """The namespaces that were asked for: names and globs to take, names and globs to leave out."""

    taken: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def parse(cls, wanted: Iterable[str]) -> Patterns:
        """From what `-n` was given; ``!name`` leaves out.

        Raises:
            SourceError: something can be no name of a namespace.
        """
        taken: list[str] = []
        left_out: list[str] = []
        for text in wanted:
            name = text.removeprefix("!")
            if not _NAME.fullmatch(_GLOB.sub("x", name)):
                raise SourceError(f"{one_line(text, 80)!r} can be no namespace")
            (left_out if text.startswith("!") else taken).append(name)
        return cls(tuple(dict.fromkeys(taken)), tuple(dict.fromkeys(left_out)))

    @property
    def limited(self) -> bool:
        """Whether less than everything is wanted."""
        return bool(self.taken or self.left_out)

    @property
    def literal(self) -> bool:
        """Whether the names are known without asking for the list of namespaces."""
        return bool(self.taken) and not any(map(_GLOB.search, self.taken))

    def choose(self, known: Iterable[str]) -> tuple[str, ...]:
        """The namespaces that are wanted, given those that are known to exist; literal names always count."""
        names = set(known) | {name for name in self.taken if not _GLOB.search(name)}
        return tuple(sorted(name for name in names if self._wants(name)))

    def _wants(self, name: str) -> bool:
        taken = not self.taken or any(fnmatchcase(name, pattern) for pattern in self.taken)
        return taken and not any(fnmatchcase(name, pattern) for pattern in self.left_out)


@dataclass(frozen=True)
class Scope:
    """The namespaces that are read one by one.

    Attributes:
        namespaces: their names, in order.
        complete: they are all that exist in the cluster.
        reason: why the namespaces are not known, empty when they are.
    """

    namespaces: tuple[str, ...] = ()
    complete: bool = False
    reason: str = ""


def usable_name(name: str) -> bool:
    """Whether `name` can stand in an API path as a namespace."""
    return _NAME.fullmatch(name) is not None
