"""Pods to judge one by one, one JSON object each."""

from __future__ import annotations

from typing import Any, NamedTuple

from ksec_tui.cluster.ingest import item_from_tree, lenient_tree
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.pods import Pod


class Case(NamedTuple):
    """One pod.

    Attributes:
        id: what the answer is to be called by, as given; None when nothing is.
        pod: the pod; None when the API server would not understand it either.
        reason: why there is no pod; else empty.
    """

    id: Any
    pod: Pod | None
    reason: str = ""


def read_case(raw: bytes) -> Case:
    """The pod in one JSON object with ``spec`` (a pod's), and maybe ``metadata`` and ``id``.

    Raises:
        ValueError: it is no such object; the message says why.
    """
    try:
        tree = lenient_tree(raw)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("spec"), dict):
        raise ValueError('an object with "spec" is expected')
    meta = tree.get("metadata")
    meta = {} if meta is None else meta
    if not isinstance(meta, dict):
        raise ValueError("its metadata is no object")
    named = {**meta, "name": meta.get("name") or "unnamed"}
    item = item_from_tree(POD, {"metadata": named, "spec": tree["spec"]})
    if isinstance(item.object, Pod):
        return Case(tree.get("id"), item.object)
    return Case(tree.get("id"), None, item.unreadable.reason if item.unreadable else "not readable")
