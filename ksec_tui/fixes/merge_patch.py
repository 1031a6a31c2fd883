"""JSON Merge Patch (RFC 7386)."""

from __future__ import annotations

from typing import Any

from ksec_tui.fixes.json_values import unshared


def merge_patch(document: Any, patch: Any) -> Any:
    """Apply a merge patch: mappings merge, null removes, all else (lists too) is replaced.

    The inputs are not changed.
    """
    if not isinstance(patch, dict):
        return unshared(patch)
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return {key: unshared(value) for key, value in result.items()}
