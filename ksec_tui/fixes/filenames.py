"""File names for objects: safe on every file system, distinct, the same on every run."""

from __future__ import annotations

import hashlib
import re

from ksec_tui.cluster.ref import ObjectRef

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 140  # leaves room for suffixes in the 255 bytes that file systems allow


class FileNames:
    """Gives each object a name; two objects never share one, not even where case does not count."""

    def __init__(self) -> None:
        self._taken: dict[str, ObjectRef] = {}
        self._given: dict[ObjectRef, str] = {}

    def of(self, ref: ObjectRef) -> str:
        """``shop.deployment.web``; with a short hash when that would not be exact or is taken."""
        if ref not in self._given:
            exact = ".".join(part for part in (ref.namespace, ref.kind.lower(), ref.name) if part)
            safe = _UNSAFE.sub("_", exact).lstrip(".-").rstrip(".")[:_LONGEST]
            if safe != exact or ".." in safe or safe.casefold() in self._taken:
                mark = hashlib.sha256(ref.id.encode("utf-8", "backslashreplace")).hexdigest()[:8]
                safe = f"{safe.replace('..', '_')}-{mark}"
            self._taken[safe.casefold()] = ref
            self._given[ref] = safe
        return self._given[ref]
