"""Where triage is kept when nobody says where: the platform's place for state, one file for each context."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import platformdirs

from ksec_tui.cluster.snapshot import SourceInfo

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60


def triage_file(source: SourceInfo) -> Path:
    """The triage file of a context, or of what else the source is: the demo, these paths."""
    return context_file(source, "triage", "yaml")


def seen_file(source: SourceInfo) -> Path:
    """The file of what was seen in a context."""
    return context_file(source, "seen", "json")


def context_file(source: SourceInfo, folder: str, ending: str) -> Path:
    """A file of one context in this folder of the platform's place for state."""
    return platformdirs.user_state_path("ksec-tui") / folder / f"{_stem(source)}.{ending}"


def _stem(source: SourceInfo) -> str:
    """A name that no other source has, and that is fit for any file system."""
    name = source.label if source.kind == "live" else f"{source.kind} {source.label}"
    readable = _UNFIT.sub("-", name)[:_LONGEST].strip("-.") or "context"
    mark = hashlib.sha256(f"{source.kind}\n{source.label}".encode(errors="backslashreplace")).hexdigest()[:8]
    return f"{readable}-{mark}"
