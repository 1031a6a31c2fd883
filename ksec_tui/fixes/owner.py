"""Who manages an object, so that a change to it lasts only when it is made there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from ksec_tui.analysis.workloads import MIRROR
from ksec_tui.cluster.base import KubeObject, OwnerReference
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.managed_fields import FieldManager, field_managers, owners
from ksec_tui.fixes.manager import CONTROLLER, OPERATOR, STATIC, WRITERS, Manager, Tool
from ksec_tui.fixes.marks import MANAGED_BY, Asked, Mark, marks
from ksec_tui.fixes.merge_keys import BUILT_IN_GROUPS
from ksec_tui.fixes.operator_places import places_in
from ksec_tui.fixes.static_pods import file_of
from ksec_tui.fixes.touched import touched

__all__ = ["Manager", "managed_lines", "manager_of"]

_MADE = frozenset({"Pod", "ReplicaSet", "ReplicationController", "Job", "EndpointSlice"})
"""Kinds of which the controllers that make them own all that a patch could change."""

_BY_HAND = frozenset({"Helm", "kubectl", "kustomize", "pulumi", "terraform", "opentofu"})
"""Values of the label managed-by that name no operator."""

_HUMAN = ("kubectl-", "node-fetch", "Mozilla", "dashboard", "okhttp")
"""How the names of field managers begin that a person works with."""


def manager_of(snapshot: Snapshot, ref: ObjectRef, change: Change | None = None) -> Manager | None:
    """Who manages the object `ref`; None when nobody is seen to, or when the object was not read.

    Told by the chain of controllers above it (the topmost that was read is looked at; an owner of a custom kind is
    the source), by the marks that tools leave (see `marks`), and by ``metadata.managedFields``. With `change` it is
    asked for the fields that this changes: who owns them, and whether a tool would take them back.
    """
    item = snapshot.get(ref)
    if item is None:
        return None
    return _Search(snapshot, item, change).found()


def managed_lines(snapshot: Snapshot, changes: Iterable[Change]) -> tuple[str, ...]:
    """What files and reports say of who manages the objects that `changes` change.

    Sentences, each once: for each manager where the change belongs, then the likely places; none when nobody does.
    """
    found = (manager_of(snapshot, change.target, change) for change in changes)
    return tuple(dict.fromkeys(line for manager in found if manager is not None for line in manager.lines))


class _Search:
    """One question and what is looked up for it."""

    def __init__(self, snapshot: Snapshot, item: KubeObject, change: Change | None) -> None:
        self._snapshot = snapshot
        self._item = item
        self._change = change

    def found(self) -> Manager | None:
        item = self._item
        if isinstance(item, Pod) and MIRROR in item.metadata.annotations:
            return STATIC.manager("", (file_of(self._snapshot, item),))
        removes = self._change is not None and self._change.type is PatchType.DELETE
        if removes and isinstance(item, Pod) and item.controller is not None:
            return None  # its controller makes a new one, which is what such a fix is for
        top = self._top
        owner = self._source(top)
        if owner is not None:
            return self._operator(top, owner)
        if self._change is not None and top is not item and item.kind in _MADE and not removes:
            return CONTROLLER.manager(str(top.ref), (one_line(str(top.ref), 400),))
        asked = self._asked if top is item else Asked()
        told = next(marks(top, asked), None)
        if told is not None:
            return self._marked(told)
        return self._writer()

    @cached_property
    def _top(self) -> KubeObject:
        """The highest controller above the object that was read."""
        item, seen = self._item, {self._item.ref}
        while (owner := item.controller) is not None:
            kind = kind_named(owner.group, owner.kind)
            if kind is None:
                break
            above = self._snapshot.find(kind, owner.name, item.namespace)
            if above is None or above.ref in seen or owner.group not in BUILT_IN_GROUPS:
                break
            seen.add(above.ref)
            item = above
        return item

    @staticmethod
    def _source(item: KubeObject) -> OwnerReference | None:
        """The custom resource that an object is made from.

        An owner that is not its controller is a hint for the garbage collector; it counts when the label
        managed-by names an operator besides, as some write no controller.
        """
        owner = item.controller
        if owner is not None:
            return owner if owner.group not in BUILT_IN_GROUPS else None
        by = item.metadata.labels.get(MANAGED_BY, "")
        if by in _BY_HAND or not by or by.startswith("kustomize") or "olm.owner" in item.metadata.labels:
            return None
        owners_ = item.metadata.owner_references
        return next((owner for owner in owners_ if owner.group not in BUILT_IN_GROUPS), None)

    def _operator(self, item: KubeObject, owner: OwnerReference) -> Manager:
        paths = self._asked.paths if item is self._item else ()
        places = places_in(owner, item.namespace, paths)
        # Operators copy marks from their resource to what they make: they tell where the resource is from.
        kind = kind_named(owner.group, owner.kind)
        above = None if kind is None else self._snapshot.find(kind, owner.name, item.namespace)
        mark = next(marks(above or item, Asked()), None)
        if mark is not None and not mark.tool.undone:
            named = " ".join(part for part in (mark.tool.kind, mark.tool.noun, mark.name) if part)
            places = (*places, f"that resource in turn is likely from {named}")
        return OPERATOR.manager(f"{owner.kind} {owner.name}", places)

    def _marked(self, mark: Mark) -> Manager:
        own = [entry for entry in self._entries if mark.tool.wrote(entry.name)]
        keeps = bool(own and self._asked.paths) and not owners(own, self._asked.paths)
        places = mark.places + self._last_set_by_hand(mark.tool)
        return mark.tool.manager(mark.name, places, keeps=keeps and not mark.tool.undone)

    def _last_set_by_hand(self, tool: Tool) -> tuple[str, ...]:
        """A remark where somebody has set by hand what the tool is thought to set."""
        last = next(iter(owners(self._entries, self._asked.paths)), None)
        if last is None or tool.wrote(last.name) or not last.name.startswith(_HUMAN):
            return ()
        return (f"what changes was last set by hand, with {last.name}, and may not be there yet",)

    def _writer(self) -> Manager | None:
        """Who is told by managedFields alone."""
        entries = [entry for entry in self._entries if entry.writes_content]
        if self._asked.paths and self._asked.type is not PatchType.DELETE:
            entries = list(owners(entries, self._asked.paths))
        for tool in WRITERS:
            if any(tool.wrote(entry.name) for entry in entries):
                return tool.manager("")
        name = next((entry.name for entry in entries if _operates(entry)), "")
        if not name:
            return None
        name = one_line(name, 253)
        advice = (
            f"{name} has written the fields that count here: change what it works from; "
            "it may revert a live patch."
        )
        return Manager("operator", name, advice)

    @cached_property
    def _asked(self) -> Asked:
        change = self._change
        if change is None or change.target != self._item.ref:
            return Asked()
        # Only positions of a JSON patch need the object to be named.
        document = self._snapshot.document(change.target) if change.type is PatchType.JSON else None
        return Asked(tuple(dict.fromkeys(path for path, _ in touched(change, document) if path)), change.type)

    @cached_property
    def _entries(self) -> tuple[FieldManager, ...]:
        if self._top is not self._item:
            return ()
        return field_managers(self._snapshot.raw(self._item.ref))


def _operates(entry: FieldManager) -> bool:
    """Whether a field manager is called like an operator; Kubernetes' own controllers do not set what is judged."""
    name = entry.name.lower()
    if name.startswith(("kube-", "cloud-controller", "kubectl", "k3s", "rke2")):
        return False
    return name.endswith(("operator", "controller", "controller-manager"))
