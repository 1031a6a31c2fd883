"""Applies one change to one object, as the API server would."""

from __future__ import annotations

import copy
from typing import cast

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
        created = copy.deepcopy(change.body)
        name = (target.group, target.kind, target.namespace, target.name)
        version, *rest = _identity(created, change)
        if (version.rpartition("/")[0], *rest) != name:
            raise PatchError(f"the change is for {target} and makes another object")
        return cast("Document", created)
    if document is None:
        raise PatchError(f"{target} does not exist")
    if change.type is PatchType.DELETE:
        return None
    if change.type is PatchType.JSON:
        result = json_patch(document, change.body)
    else:
        shape = shape_of(target.group, target.kind)
        if shape is None:
            raise PatchError(f"{target} is a custom resource, which takes no strategic merge patch")
        if not isinstance(change.body, dict):
            raise PatchError("a strategic merge patch is a mapping")
        result = strategic_merge(document, change.body, shape)
    if _identity(result, change) != _identity(document, change):
        raise PatchError(f"the change is for {target} and makes another object of it")
    return cast("Document", result)


def _identity(document: object, change: Change) -> tuple[str, str, str, str]:
    """apiVersion, kind, namespace and name.

    Raises:
        PatchError: what the change makes is no object.
    """
    meta = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(meta, dict):
        raise PatchError(f"what the change makes of {change.target} is no object")
    version, kind = str(document.get("apiVersion", "")), str(document.get("kind", ""))
    return version, kind, str(meta.get("namespace") or ""), str(meta.get("name", ""))
