"""The pods that follow those of a changed controller: what pods have alike is worked out once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import msgspec

from ksec_tui.cluster.ingest import Document, Item, item_from_json
from ksec_tui.cluster.kinds import POD as POD_KIND
from ksec_tui.cluster.pods import Pod, PodSpec
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import clean_tree
from ksec_tui.fixes.rollout import Map, followers, is_adopted, pod_from, template_in

_TOKEN_NAME = re.compile(rb'"kube-api-access-[a-z0-9]{5}"')
"""The volume of the account's token, named anew for each pod (serviceaccount admission), as JSON has it."""


@dataclass(frozen=True)
class _Made:
    """The spec of pods that are alike, but for their node."""

    typed: PodSpec
    document: bytes

    @cached_property
    def tree(self) -> Map:
        """The spec as JSON-like data, which only pods that are held whole ask for."""
        return cast("Map", msgspec.json.decode(self.document)["spec"])


def successors(
    snapshot: Snapshot, ref: ObjectRef, before: Document | None, after: Document | None
) -> dict[ObjectRef, Item | None]:
    """What `rolled_out` gives, decoded; a token's volume may bear the name that it has in a pod alike.

    Pods that the Snapshot does not hold whole are given without a document.

    Raises:
        ValueError: a pod would not be readable.
    """
    gone, pods = followers(snapshot, ref, before, after)
    result: dict[ObjectRef, Item | None] = dict.fromkeys(gone)
    if pods:
        press = _Press(snapshot, template_in(before) or {}, template_in(after) or {})
        result |= {pod.ref: press.successor(pod) for pod in pods}
    return result


class _Press:
    """Makes the successors of one controller's pods."""

    def __init__(self, snapshot: Snapshot, old: Map, new: Map) -> None:
        self._snapshot = snapshot
        self._old = old
        self._new = new
        # A template that names a node overrides that of the pod.
        self._placed = any("nodeName" in (template.get("spec") or {}) for template in (old, new))
        self._made: dict[tuple[bool, bytes], _Made] = {}
        self._marks = {name: (_strings(old, name), _strings(new, name)) for name in ("labels", "annotations")}

    def successor(self, pod: Pod) -> Item:
        raw = self._snapshot.raw(pod.ref)
        tree = None if raw is None else cast("Map", msgspec.json.decode(raw))
        made = self._spec(pod, tree)
        spec = (
            made.typed if self._placed else msgspec.structs.replace(made.typed, node_name=pod.spec.node_name)
        )
        meta = pod.metadata
        marks = {name: self._following(name, getattr(meta, name)) for name in self._marks}
        typed = msgspec.structs.replace(pod, metadata=msgspec.structs.replace(meta, **marks), spec=spec)
        if tree is None:
            return Item(typed)
        node = (
            {} if self._placed else {key: tree["spec"][key] for key in ("nodeName",) if key in tree["spec"]}
        )
        whole = {**tree, "metadata": {**tree["metadata"], **marks}, "spec": {**made.tree, **node}}
        return Item(typed, msgspec.json.encode(whole))

    def _following(self, name: str, live: dict[str, str]) -> dict[str, str]:
        was, now = self._marks[name]
        return {key: value for key, value in live.items() if key not in was} | now

    def _spec(self, pod: Pod, tree: Map | None) -> _Made:
        owners = [
            {"name": owner.name, "controller": owner.controller} for owner in pod.metadata.owner_references
        ]
        own = is_adopted(pod.name, owners)
        if tree is None:
            plain = pod.spec if self._placed else msgspec.structs.replace(pod.spec, node_name="")
            encoded = msgspec.json.encode(plain)
        else:
            spec = tree.get("spec") or {}
            encoded = msgspec.json.encode(
                spec if self._placed else {key: value for key, value in spec.items() if key != "nodeName"}
            )
        key = own, _TOKEN_NAME.sub(b"", encoded)
        if key not in self._made:
            self._made[key] = self._make(pod, msgspec.json.decode(encoded))
        return self._made[key]

    def _make(self, pod: Pod, spec: Map) -> _Made:
        owners = list(msgspec.to_builtins(pod.metadata.owner_references))
        meta: Map = {"name": pod.name, "namespace": pod.namespace, "ownerReferences": owners}
        made = pod_from({"metadata": meta, "spec": spec}, self._old, self._new)
        item = item_from_json(POD_KIND, msgspec.json.encode(made))
        if not isinstance(item.object, Pod):
            raise ValueError(f"{pod.ref}: {item.unreadable.reason if item.unreadable else 'not readable'}")
        return _Made(item.object.spec, item.document)


def _strings(template: Map, name: str) -> dict[str, str]:
    meta = template.get("metadata")
    found: Any = meta.get(name) if isinstance(meta, dict) else None
    cleaned, _ = clean_tree(found if isinstance(found, dict) else {})
    return cast("dict[str, str]", cleaned)
