"""Who still uses versions of APIs that go: told by what objects remember of those who wrote them.

A stored object does not know in which version it was written; the server converts. What tells is, in order of
weight: a manifest's own apiVersion; ``metadata.managedFields``, which names the manager, the version and the
time (and stays after a repair until that manager writes again); the annotation of ``kubectl apply``. Requests
that only read leave no trace in objects: the server's metric ``apiserver_requested_deprecated_apis`` and its
audit log know of them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from ksec_tui.analysis.versions.components import server_versions
from ksec_tui.analysis.versions.numbers import line_key
from ksec_tui.cluster.base import LAST_APPLIED, KubeObject
from ksec_tui.cluster.kinds import KINDS, Kind
from ksec_tui.cluster.redact import applied_version
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import clean
from ksec_tui.data.versions import Deprecation, deprecations


class Sign(Enum):
    """What tells of the use."""

    MANIFEST = "the manifest itself"
    MANAGED = "metadata.managedFields"
    APPLIED = "the annotation of kubectl apply"


@dataclass(frozen=True, slots=True)
class ApiUse:
    """One writer of one object in a version that goes.

    Attributes:
        row: what the data knows of the version.
        ref: the object.
        sign: what tells of it.
        manager: who wrote it; empty where that is not told.
        time: when, as the API writes it; empty where that is not told.
        pointer: JSON pointer of the sign in the object.
    """

    row: Deprecation
    ref: ObjectRef
    sign: Sign
    manager: str = ""
    time: str = ""
    pointer: str = ""

    @property
    def words(self) -> str:
        """``Ingress networking.k8s.io/v1beta1, removed in 1.22; last written so by helm on 2026-01-02``."""
        row = self.row
        goes = f"removed in {row.removed}" if row.removed else f"deprecated since {row.deprecated}"
        instead = f", instead use {row.instead}" if row.instead else ""
        if self.sign is Sign.MANIFEST:
            return f"the manifest is of {row.kind} {row.api_version}, {goes}{instead}"
        by = f" by {clean(self.manager, 100)}" if self.manager else ""
        when = f" on {clean(self.time[:10], 10)}" if self.time else ""
        told = "written" if self.sign is Sign.MANAGED else "applied with kubectl"
        return f"{told}{by}{when} as {row.kind} {row.api_version}, {goes}{instead}"


class _Entry(msgspec.Struct, rename="camel"):
    manager: str = ""
    operation: str = ""
    api_version: str = ""
    time: str | None = None


class _Meta(msgspec.Struct, rename="camel"):
    managed_fields: list[_Entry] | None = None
    annotations: dict[str, Any] | None = None
    uid: str | None = None


class _Document(msgspec.Struct, rename="camel"):
    api_version: str | None = None
    metadata: _Meta | None = None


_READ = msgspec.json.Decoder(_Document)

Rows = Mapping[tuple[str, str], Deprecation]


def api_uses(snapshot: Snapshot) -> tuple[ApiUse, ...]:
    """Every sign of use, by object; computed once. Objects that controllers make are not held whole, and not read."""
    found: tuple[ApiUse, ...] = snapshot.derived(_collect, _collect)
    return found


def uses_of(snapshot: Snapshot, ref: ObjectRef) -> tuple[ApiUse, ...]:
    """The signs on one object."""
    index: dict[ObjectRef, list[ApiUse]] = snapshot.derived(_by_object, _by_object)
    return tuple(index.get(ref, ()))


def gone(row: Deprecation, line: str) -> bool:
    """Whether an API server of the minor `line` no longer serves it."""
    return bool(row.removed) and line_key(row.removed) <= line_key(line)


def warned(row: Deprecation, line: str) -> bool:
    """Whether an API server of the minor `line` warns of it, or no longer serves it."""
    return gone(row, line) or (bool(row.deprecated) and line_key(row.deprecated) <= line_key(line))


def _by_object(snapshot: Snapshot) -> dict[ObjectRef, list[ApiUse]]:
    index: dict[ObjectRef, list[ApiUse]] = {}
    for use in api_uses(snapshot):
        index.setdefault(use.ref, []).append(use)
    return index


def _collect(snapshot: Snapshot) -> tuple[ApiUse, ...]:
    servers = server_versions(snapshot)
    line = servers[0].line if servers else ""
    rows = {
        (row.api_version, row.kind): row
        for row in deprecations().apis
        if row.component == "k8s" and row.persisted and (not line or warned(row, line))
    }
    versions = {version for version, _ in rows}
    kinds = {kind for _, kind in rows}
    found: list[ApiUse] = []
    for ref, raw in snapshot.raw_documents():
        # All versions that go are alphas and betas: most objects need not be decoded to know that they are fine.
        if ref.kind not in kinds or not (b"beta" in raw or b"alpha" in raw):
            continue
        try:
            document = _READ.decode(raw)
        except (ValueError, RecursionError):
            continue  # what is odd about it is told elsewhere
        found.extend(_signs(ref, document, rows, versions))
    return tuple(sorted(found, key=lambda use: (use.ref, use.row.api_version, use.manager)))


USES = (_collect, _by_object)
"""The keys under which a Snapshot keeps its `api_uses`, which the servers' versions and `written_kinds` tell."""


@functools.cache
def written_kinds() -> tuple[Kind[KubeObject], ...]:
    """The kinds of which whole objects are read."""
    names = {row.kind for row in deprecations().apis}
    return tuple(kind for kind in KINDS if kind.name in names)


def _signs(ref: ObjectRef, document: _Document, rows: Rows, versions: set[str]) -> Iterator[ApiUse]:
    meta = document.metadata or _Meta()
    if not meta.uid and (row := rows.get((document.api_version or "", ref.kind))):
        yield ApiUse(row, ref, Sign.MANIFEST, pointer="/apiVersion")
    entries = meta.managed_fields or []
    told = False
    for index, entry in enumerate(entries):
        written = rows.get((entry.api_version, ref.kind)) if entry.api_version in versions else None
        if written is not None and not _moved_on(entry, entries, versions):
            told = True
            pointer = f"/metadata/managedFields/{index}/apiVersion"
            yield ApiUse(written, ref, Sign.MANAGED, entry.manager, entry.time or "", pointer)
    applied = (meta.annotations or {}).get(LAST_APPLIED)
    if told or entries or not isinstance(applied, str):
        # Where managers are known they know better: the annotation outlives many repairs.
        return
    version = applied_version(applied)
    if row := rows.get((version, ref.kind)):
        pointer = "/metadata/annotations/" + LAST_APPLIED.replace("/", "~1")
        yield ApiUse(row, ref, Sign.APPLIED, pointer=pointer)


def _moved_on(entry: _Entry, entries: list[_Entry], versions: set[str]) -> bool:
    """Whether the same manager has written the object later in a version that stays."""
    return any(
        other.manager == entry.manager
        and other.api_version not in versions
        and (other.time or "") > (entry.time or "")
        for other in entries
    )
