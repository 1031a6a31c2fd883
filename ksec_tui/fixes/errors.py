"""What can go wrong with a patch or an export; every message is one sentence."""

from __future__ import annotations


class PatchError(ValueError):
    """A patch does not apply to its object."""


class ExportError(ValueError):
    """The files of a plan cannot be written."""
