"""Applies one patch or change to one object, as the API server would."""

from __future__ import annotations

import copy
from typing import Any, cast

from ksec_tui.cluster.ingest import Document
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_patch import json_patch
from ksec_tui.fixes.merge_keys import shape_of
from ksec_tui.fixes.merge_patch import merge_patch
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
    result = _patched(document, change.body, change.type.value, (target.group, target.kind), None)
    if _identity(result, change) != _identity(document, change):
        raise PatchError(f"the change is for {target} and makes another object of it")
    return cast("Document", result)


def patched(document: Document, patch: object, how: str, *, release: tuple[int, int] | None = None) -> Any:
    """What a patch makes of an object; the inputs are not changed.

    Args:
        document: the object, with apiVersion and kind.
        patch: a list of operations for ``json``, else a mapping.
        how: ``strategic``, ``merge`` (RFC 7386) or ``json`` (RFC 6902).
        release: major and minor version of the Kubernetes that patches; None for today's. Before 1.28 a
            strategic merge patch left its directives in fields that the object lacked.

    Raises:
        PatchError: the patch does not apply; the message says why in one sentence.
    """
    group = str(document.get("apiVersion", "")).rpartition("/")[0]
    return _patched(document, patch, how, (group, str(document.get("kind", ""))), release)


def _patched(
    document: Document, patch: Any, how: str, kind: tuple[str, str], release: tuple[int, int] | None
) -> Any:
    if how == "json":
        return json_patch(document, patch)
    if not isinstance(patch, dict):
        raise PatchError(f"a {how} patch is a mapping")
    if how == "merge":
        return merge_patch(document, patch)
    if how != "strategic":
        raise PatchError(f"there is no patch of type {how!r}; one of strategic, merge, json")
    shape = shape_of(*kind)
    if shape is None:
        raise PatchError(
            f"{kind[1]} of {kind[0]} is a custom resource, which takes no strategic merge patch, "
            "only a JSON patch or a merge patch"
        )
    return strategic_merge(document, patch, shape, release=release)


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
