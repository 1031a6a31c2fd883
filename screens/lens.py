"""Through whose eyes the cluster is looked at, against whom rights are compared, and what is asked."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from ksec_tui.analysis.rbac.answer import explain
from ksec_tui.analysis.rbac.identity import Who, identity_of
from ksec_tui.analysis.rbac.naming import NamingError
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.screens.widgets.columns import Cell, Column

CHANGE = ("update", "patch", "delete")
"""Verbs that change an object that is there."""

DEFAULT_POLICY = "default"
"""What rights are compared against instead of a subject: the default policy of the server's version."""

QUESTION = "VERB RESOURCE[/SUB] [NAME] [-n NAMESPACE | -A]"
"""How a question of who can do something reads."""


Asked = tuple[str, str, ObjectRef | None]
"""Who can do what; may what reach what; whose blast radius."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What is asked of the cluster, beside what lies in it.

    Attributes:
        eyes: whose rights each row shows; None for nobody's.
        compare: against whom the tab Rights compares; None for nobody.
        against_default: whether it compares against the default policy instead.
        question: what the view Who can asks, as typed: ``get secrets -n shop``.
        reach: what the view Reach asks, as typed: ``shop/web data/db 5432/tcp``.
        blast: the workload whose reach the view Blast radius shows; None for none.
    """

    eyes: Who | None = None
    compare: Who | None = None
    against_default: bool = False
    question: str = ""
    reach: str = ""
    blast: ObjectRef | None = None

    @property
    def asked(self) -> Asked:
        """What the views that answer a question are asked."""
        return self.question, self.reach, self.blast

    def asking(self, asked: Asked) -> Lens:
        """The same with other questions."""
        question, reach, blast = asked
        return replace(self, question=question, reach=reach, blast=blast)


NOBODY = Lens()
"""Through nobody's eyes, compared with nobody, nothing asked."""


def who_of(ref: ObjectRef) -> Who | None:
    """The subject that an object is: a ServiceAccount, or a row for a user or group."""
    return Who(ref.kind, ref.name, ref.namespace) if ref.kind in ("ServiceAccount", "User", "Group") else None


def access(snapshot: Snapshot, eyes: Who, ref: ObjectRef) -> Cell:
    """What somebody may do with one object: nothing, read it, or change it; ``?`` where that is not known.

    Reading is ``get`` on its name; changing any of update, patch and delete. Users, groups and kinds that
    are not loaded have no resource to ask about.
    """
    kind = kind_named(ref.group, ref.kind)
    if kind is None:
        return Cell("", "muted")
    identity = identity_of(eyes)
    # A request for a namespace itself counts as one inside it (requestinfo.go).
    space = ref.name if ref.kind == "Namespace" else ref.namespace

    def may(verb: str) -> bool | None:
        request = Request(verb, kind.group, kind.plural, "", ref.name, space)
        return explain(snapshot, identity, request).allowed

    changes = [may(verb) for verb in CHANGE]
    reads = may("get")
    if any(changes):
        return Cell("change" if reads else "change, not read", "high")
    if reads is None or None in changes:
        return Cell("?", "unknown")
    return Cell("read", "medium") if reads else Cell("—", "muted")


class Placed(Protocol):
    """A row that is about an object."""

    @property
    def ref(self) -> ObjectRef:
        """The object."""


R = TypeVar("R", bound=Placed)


def access_column(snapshot: Snapshot, eyes: Who) -> Column[R]:
    """A column that says of each row what `eyes` may do with its object."""

    def cell(row: R) -> Cell:
        return access(snapshot, eyes, row.ref)

    return Column("access", "MAY", cell, width=8, min_width=6, priority=1, sort=lambda row: cell(row).text)


def question_of(text: str) -> tuple[str, str, str, str, bool]:
    """A question in its parts: verb, resource, name, namespace, whether any namespace counts.

    Raises:
        NamingError: it is no question.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise NamingError(f"{text!r}: {error}") from error
    namespace, anywhere, plain = "", False, []
    rest = iter(words)
    for word in rest:
        if word in ("-n", "--namespace"):
            namespace = next(rest, "")
            if not namespace:
                raise NamingError("a namespace is expected after -n")
        elif word in ("-A", "--all-namespaces"):
            anywhere = True
        else:
            plain.append(word)
    if len(plain) not in (2, 3):
        raise NamingError(f"a question reads {QUESTION}")
    verb, resource, *name = plain
    return verb, resource, "".join(name), namespace, anywhere
