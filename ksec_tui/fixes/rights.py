"""What a plan takes from whom, and what it leaves: the rights of every subject that its RBAC changes touch."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ksec_tui.analysis.rbac.bindings import GROUP, bindings
from ksec_tui.analysis.rbac.identity import Who, identity_of
from ksec_tui.analysis.rbac.permissions import Row, diff, matrix
from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line

SHOWN = 12
"""Resources named of a longer list."""


class RightsChange(msgspec.Struct, frozen=True):
    """What becomes of one subject's rights, groups that the API server adds included.

    Attributes:
        who: the subject.
        lost: resources with the verbs that go.
        gained: the same for what comes.
        kept: how many rights on how many resources stay: (verbs, resources).
    """

    who: Who
    lost: tuple[Row, ...]
    gained: tuple[Row, ...]
    kept: tuple[int, int]

    @property
    def words(self) -> str:
        """``ServiceAccount ci/deployer loses list secrets (cluster); keeps 31 rights on 9 resources``."""
        parts = [
            f"{verb} {_listed(rows)}" for verb, rows in (("loses", self.lost), ("gains", self.gained)) if rows
        ]
        verbs, resources = self.kept
        parts.append(
            f"keeps {verbs} right{'s' if verbs != 1 else ''} on {resources} resource{'s' if resources != 1 else ''}"
        )
        return f"{self.who} {'; '.join(parts)}"


def _listed(rows: tuple[Row, ...]) -> str:
    every = next((row for row in rows if row.group == row.resource == ALL and row.cell(ALL)), None)
    if every is not None:
        return f"everything ({_scopes(every)})"
    said = [_row(row) for row in rows[:SHOWN]]
    more = f" and {len(rows) - SHOWN} more resources" if len(rows) > SHOWN else ""
    return one_line(", ".join(said)) + more


def _row(row: Row) -> str:
    name = (
        f"{row.resource}.{row.group}" if row.group and not row.is_url and row.group != ALL else row.resource
    )
    verbs = "every verb on" if row.cell(ALL) else "/".join(cell.verb for cell in row.cells)
    return f"{verbs} {name} ({_scopes(row)})"


def _scopes(row: Row) -> str:
    return ", ".join(dict.fromkeys(cell.scope for cell in row.cells))


def rights_changes(
    before: Snapshot, after: Snapshot, touched: Iterable[ObjectRef]
) -> tuple[RightsChange, ...]:
    """What becomes of the rights of everybody whom the `touched` roles and bindings concern, by subject.

    Subjects whose rights stay as they were are left out: the same may be granted by another binding.
    """
    objects = {ref for ref in touched if ref.group == GROUP}
    concerned = {
        who
        for snapshot in (before, after)
        for bound in bindings(snapshot)
        if bound.ref in objects or bound.role in objects
        for who in bound.people
    }
    found = []
    for who in sorted(concerned):
        identity = identity_of(who)
        old, new = matrix(before, identity), matrix(after, identity)
        changed = diff(old, new)
        if changed.only_a or changed.only_b:
            rows = [row for row in new.rows if row.cells]
            kept = sum(len(row.cells) for row in rows), len(rows)
            found.append(RightsChange(who, changed.only_a, changed.only_b, kept))
    return tuple(found)
