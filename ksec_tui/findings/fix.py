"""What a fix is: the smallest change that removes a finding. Values only; `ksec_tui.fixes` applies them."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from ksec_tui.cluster.ref import ObjectRef


class Risk(Enum):
    """How likely a fix is to break what runs."""

    SAFE = "safe"
    LIKELY = "likely safe"
    REVIEW = "review"
    MANUAL = "manual"

    @property
    def rank(self) -> int:
        """0 for safe to 3 for manual."""
        return list(Risk).index(self)


class PatchType(Enum):
    """How a change is expressed.

    STRATEGIC: strategic merge patch, built-in kinds only (merge keys of the API's struct tags).
    JSON: JSON Patch (RFC 6902), for atomic lists and custom resources; `test` operations guard positions.
    CREATE: a new object, complete. DELETE: the object goes.
    """

    STRATEGIC = "strategic"
    JSON = "json"
    CREATE = "create"
    DELETE = "delete"


class Cut(msgspec.Struct, frozen=True):
    """Rights to be taken out of the rules of an RBAC role.

    Attributes:
        verbs: the verbs that go; ``("*",)`` without resources means that every ``*`` is written out.
        resources: (API group, ``pods/exec``) of what they go from.
        instead: resources of the same groups that are granted in their place.
        groups: whether the ``*`` of API groups is written out where Kubernetes serves every resource named.
        rule: the position of the one rule from which all of `entries` go; None for every rule.
        entries: resources or URLs as that rule writes them.
    """

    verbs: tuple[str, ...] = ()
    resources: tuple[tuple[str, str], ...] = ()
    instead: tuple[str, ...] = ()
    groups: bool = False
    rule: int | None = None
    entries: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """One change to one object.

    Attributes:
        target: the object.
        type: how `body` is written.
        body: a mapping, or a list of operations for JSON, or None for DELETE.
        cuts: what a JSON patch of a role's rules takes away, so that several become one patch.
        notes: why the body is as it is, one line each; comments of the exported file.
    """

    target: ObjectRef
    type: PatchType
    body: Any = None
    cuts: tuple[Cut, ...] = ()
    notes: tuple[str, ...] = ()


class Fix(msgspec.Struct, frozen=True):
    """A way to remove one finding.

    Attributes:
        title: what it does, imperative: ``Drop NET_RAW from container app``.
        changes: in the order in which they are to be applied; empty for MANUAL.
        risk: how likely it breaks something.
        may_break: when it breaks, one sentence; required for LIKELY and REVIEW.
        steps: what a human must do, one step a line: for MANUAL all of it, else what is left to do besides.
        rolls_out: whether pods are replaced by it.
        leaves: the words of evidence that is known to stay, since no patch reaches where it comes from.
        rests_on: objects that make up for what it takes away, as they were read, be it by not being there: it is not
            carried out together with a fix that changes one of them.
    """

    title: str
    changes: tuple[Change, ...] = ()
    risk: Risk = Risk.REVIEW
    may_break: str = ""
    steps: tuple[str, ...] = ()
    rolls_out: bool = False
    leaves: tuple[str, ...] = ()
    rests_on: tuple[ObjectRef, ...] = ()

    def besides(self, *, gone: bool) -> tuple[str, ...]:
        """What a human must do besides the changes; `gone` is whether these remove the finding.

        Steps for what no patch reaches are void where all of it went.
        """
        return () if not self.changes or (gone and self.leaves) else self.steps
