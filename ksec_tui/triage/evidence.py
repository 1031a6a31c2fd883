"""What a finding rests on, as short digests: equal for the same risk after a refresh, a rollout or a renumbering."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.verdict import Verdict

MAX_PIECES = 24
"""Pieces of evidence that are digested one by one; more share one digest, so that any change of them shows."""
_POSITION = re.compile(r"/[0-9]+(?=/|\Z)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_NODE = re.compile(r"\bnode [A-Za-z0-9.-]*[A-Za-z0-9]")
_NUMBER = re.compile(r"[0-9][0-9,]*")


def digests(finding: Finding) -> tuple[str, ...]:
    """The pieces of evidence of a finding, sorted: eight hex digits each.

    What counts is what the evidence says in full (`Evidence.basis`). Positions in lists, names of pods that the
    workload runs and of the nodes they run on do not count, nor do numbers in the reason of an UNKNOWN. That it is
    UNKNOWN does.
    """
    if finding.verdict is Verdict.UNKNOWN:
        return (_digest("unknown", _NUMBER.sub("#", _NODE.sub("node *", finding.reason))),)
    pods = frozenset(finding.reaches)
    pieces = sorted({_piece(piece, pods) for piece in finding.evidence})
    return tuple(pieces) if len(pieces) <= MAX_PIECES else (_digest(*pieces),)


def _piece(piece: Evidence, pods: Collection[str]) -> str:
    words = piece.basis or piece.words
    if pods:
        words = _NAME.sub(lambda match: "*" if match[0] in pods else match[0], words)
    where = ""
    if piece.ref is not None:
        own_pod = piece.ref.kind == "Pod" and piece.ref.name in pods
        where = f"Pod {piece.ref.namespace}/*" if own_pod else piece.ref.id
    severity = "" if piece.severity is None else piece.severity.word
    return _digest(_POSITION.sub("/*", piece.path), _NODE.sub("node *", words), where, severity)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode(errors="backslashreplace")).hexdigest()[:8]
