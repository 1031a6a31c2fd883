"""The view Images of pane 6: every image reference, how firmly it is pinned, what its pods really run."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.analysis.images import Image, Reference, images
from ksec_tui.cluster.kinds import POD, WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding, rank
from ksec_tui.screens.pane import Listing, Row, View, object_row, risk_column, short_kind, value_column
from ksec_tui.screens.widgets.columns import Cell, Column

KIND = "Image"
"""What stands for the kind in references to images, which no API knows."""

MANY = 20
"""Workloads that the detail names."""


def rows(view: View) -> Sequence[Row]:
    """One row for each image reference, by name."""
    found = images(view.state.snapshot)
    return [_row(view, image) for image in sorted(found, key=lambda item: _path(item.reference))]


def _row(view: View, image: Image) -> Row:
    parts = image.reference
    users = list(image.users)
    values = {
        "repository": one_line(_path(parts), 200),
        "registry": one_line(parts.registry, 80),
        "tag": _tag(image),
        "digest": _digest(view, image),
        "drift": Cell(f"{len(image.drifting)} drift", "high") if image.drifting else "",
        "policy": ", ".join(image.policies),
        "users": _users(users),
        "count": len(users),
        "containers": sum(image.digests.values()) or "",
    }
    ref = ObjectRef("", KIND, one_line(image.name, 500))
    return object_row(view, ref, values, findings=_findings(view, image), notes=tuple(_notes(view, image)))


def _path(parts: Reference) -> str:
    """The repository without the registry's host, which is long and alike for many."""
    return parts.repository.removeprefix(f"{parts.registry}/")


def _tag(image: Image) -> str | Cell:
    parts = image.reference
    if parts.floats:
        return Cell(parts.tag or "(latest)", "medium")
    return one_line(parts.tag, 80)


def _digest(view: View, image: Image) -> str | Cell:
    """The digest that is pinned; else how many different ones run."""
    pinned = image.reference.digest
    if pinned:
        return Cell(_short(pinned), "pass")
    if len(image.digests) > 1:
        return Cell(f"{len(image.digests)} run", "medium")
    if image.digests:
        return Cell(f"runs {_short(next(iter(image.digests)))}", "muted")
    return Cell("?", "unknown") if view.state.snapshot.gap(POD) else ""


def _short(digest: str) -> str:
    return one_line((digest.partition(":")[2] or digest)[:12])


def _users(users: Sequence[ObjectRef]) -> str:
    first = users[0]
    more = f" +{len(users) - 1}" if len(users) > 1 else ""
    return f"{short_kind(first.kind)} {first.path}{more}"


def _findings(view: View, image: Image) -> Sequence[Finding]:
    """What checks of images found on its users and say of this very reference."""
    found = (
        finding
        for ref in image.users
        for finding in view.results.on(ref)
        if finding.check.startswith("img-") and any(image.name in piece.words for piece in finding.evidence)
    )
    return sorted(found, key=rank)


def _notes(view: View, image: Image) -> list[str]:
    said = [f"registry {image.reference.registry}; pull policy {', '.join(image.policies)}"]
    if image.drifting:
        names = ", ".join(map(str, image.drifting[:MANY]))
        said.append(f"pods of one workload run different digests of it: {names}")
    for digest, count in list(image.digests.items())[:MANY]:
        said.append(f"{digest} runs in {count} container{'s' if count != 1 else ''}")
    gap = view.state.snapshot.gap(POD)
    if gap and not image.digests:
        said.append(f"what runs is not known: {gap}")
    users = list(image.users)
    more = f" and {len(users) - MANY} more" if len(users) > MANY else ""
    said.append(f"used by {', '.join(map(str, users[:MANY]))}{more}")
    return said


LISTING = Listing(
    "images",
    "Images",
    WORKLOAD_KINDS,
    (
        risk_column(),
        value_column("repository", "IMAGE", width=26, min_width=18, grow=2, priority=0),
        value_column("tag", "TAG", width=14, min_width=8, grow=1, priority=0),
        value_column("registry", "REGISTRY", width=16, min_width=10, grow=1, priority=4),
        value_column("digest", "DIGEST", width=17, min_width=12, priority=2),
        value_column("drift", "DRIFT", width=8, min_width=7, priority=1),
        value_column("policy", "PULL POLICY", width=12, min_width=11, priority=5),
        value_column("containers", "RUN", width=5, min_width=4, right=True, priority=6),
        Column(
            "count",
            "USERS",
            lambda row: str(row.values["count"]),
            width=5,
            min_width=5,
            align="right",
            priority=3,
        ),
        value_column("users", "USED BY", width=26, min_width=14, grow=1, priority=3),
    ),
    rows,
    empty="no container names an image",
)
