"""File names for objects: safe on every file system, distinct, the same on every run."""

from __future__ import annotations

import hashlib
import itertools
import re

from ksec_tui.cluster.ref import ObjectRef

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 140  # leaves room for marks and suffixes in the 255 bytes that file systems allow


class FileNames:
    """Gives each object a name; two objects never share one, not even where case does not count."""

    def __init__(self) -> None:
        self._taken: dict[str, ObjectRef] = {}
        self._given: dict[ObjectRef, str] = {}

    def of(self, ref: ObjectRef) -> str:
        """``shop.deployment.web``; with a hash when that would not be exact or is taken."""
        if ref not in self._given:
            name = self._free(ref)
            self._taken[name.casefold()] = ref
            self._given[ref] = name
        return self._given[ref]

    def _free(self, ref: ObjectRef) -> str:
        exact = ".".join(part for part in (ref.namespace, ref.kind.lower(), ref.name) if part)
        safe = _UNSAFE.sub("_", exact).lstrip(".-").rstrip(".")[:_LONGEST]
        if safe == exact and ".." not in safe and safe.casefold() not in self._taken:
            return safe
        safe = safe.replace("..", "_")
        digest = hashlib.sha256(ref.id.encode("utf-8", "backslashreplace")).hexdigest()
        # Whoever names objects may have taken the name with the hash on purpose.
        marked = (f"{safe}-{digest[:8]}{f'-{number}' if number else ''}" for number in itertools.count())
        return next(name for name in marked if name.casefold() not in self._taken)
