"""Applies one change to one object, as the API server would."""

from __future__ import annotations

import copy

from ksec_tui.cluster.ingest import Document
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_patch import json_patch
from ksec_tui.fixes.merge_keys import shape_of
from ksec_tui.fixes.strategic import strategic_merge


def apply(document: Document | None, change: Change) -> Document | None:
    """The object after `change`; the input is not changed.

    Args:
        document: the object, with apiVersion and kind; None when there is none.
        change: what to do with it.

    Returns:
        The new object, or None when the change deletes it.

    Raises:
        PatchError: the change does not apply; the message says why in one sentence.
    """
    target = change.target
    if change.type is PatchType.CREATE:
        if document is not None:
            raise PatchError(f"{target} exists already")
        return _checked(copy.deepcopy(change.body), change)
    if document is None:
        raise PatchError(f"{target} does not exist")
    if change.type is PatchType.DELETE:
        return None
    if change.type is PatchType.JSON:
        return _checked(json_patch(document, change.body), change)
    shape = shape_of(target.group, target.kind)
    if shape is None:
        raise PatchError(f"{target} is a custom resource, which takes no strategic merge patch")
    if not isinstance(change.body, dict):
        raise PatchError("a strategic merge patch is a mapping")
    return _checked(strategic_merge(document, change.body, shape), change)


def _checked(result: object, change: Change) -> Document:
    """The result, when it still is the object that the change names."""
    target = change.target
    if not isinstance(result, dict) or not isinstance(result.get("metadata"), dict):
        raise PatchError(f"what the change makes of {target} is no object")
    meta = result["metadata"]
    group = str(result.get("apiVersion", "")).rpartition("/")[0]
    name = (group, result.get("kind"), meta.get("namespace") or "", meta.get("name"))
    if name != (target.group, target.kind, target.namespace, target.name):
        raise PatchError(f"the change is for {target} and makes another object of it")
    return result
