"""The words for looks: style names, the theme variables behind them, the glyphs that need no colour."""

from __future__ import annotations

from ksec_tui.findings.verdict import Severity, Verdict

VARIABLES: dict[str, str] = {
    "critical": "severity-critical",
    "high": "severity-high",
    "medium": "severity-medium",
    "low": "severity-low",
    "info": "severity-info",
    "unknown": "severity-unknown",
    "pass": "verdict-pass",
    "evidence": "evidence",
    "muted": "muted",
    "mark": "mark",
    "header": "table-header",
    "added": "diff-added",
    "removed": "diff-removed",
    "hunk": "diff-hunk",
    "key": "syntax-key",
    "string": "syntax-string",
    "number": "syntax-number",
    "comment": "syntax-comment",
    "accent": "accent",
    "error": "error",
    "warning": "warning",
}
"""Style name to the theme variable that colours it."""

FALLBACKS: dict[str, str] = {
    "critical": "error",
    "high": "warning",
    "medium": "accent",
    "low": "primary",
    "pass": "success",
    "evidence": "accent",
    "mark": "accent",
    "added": "success",
    "removed": "error",
    "hunk": "accent",
    "key": "primary",
    "string": "success",
    "number": "accent",
}
"""Style name to a variable that every Textual theme has, for a theme that is not one of ours."""

OWN_VARIABLES: frozenset[str] = frozenset(VARIABLES.values()) - {"accent", "error", "warning"}
"""What each of our themes must define itself, on top of what Textual derives."""

LOUD: frozenset[str] = frozenset({"critical", "high", "medium", "low", "info", "unknown", "pass"})
"""Styles that keep their colour even in the line under the cursor."""

_GLYPHS: dict[Severity, tuple[str, str]] = {
    Severity.CRITICAL: ("■", "!"),
    Severity.HIGH: ("▲", "^"),
    Severity.MEDIUM: ("◆", "*"),
    Severity.LOW: ("▪", "-"),
    Severity.INFO: ("·", "."),
}
_VERDICTS: dict[Verdict, tuple[str, str, str]] = {
    Verdict.UNKNOWN: ("?", "?", "unknown"),
    Verdict.PASS: ("✓", "ok", "pass"),
    Verdict.NOT_APPLICABLE: ("–", "n/a", "muted"),
}


def letter(severity: Severity) -> str:
    """The capital that stands for `severity`: C, H, M, L or I."""
    return severity.name[0]


def glyph(severity: Severity, *, ascii: bool = False) -> str:  # noqa: A002 - the word users know
    """One character that stands for `severity`, a different one for each."""
    return _GLYPHS[severity][ascii]


def badge(severity: Severity | None, verdict: Verdict, *, ascii: bool = False) -> str:  # noqa: A002
    """A judgement in at most three characters, readable without colour.

    A FAIL is its severity's glyph and letter (`■C`, in ASCII `C!`), or `?` where the severity is
    not known; UNKNOWN is `?`, PASS `✓` (`ok`), not applicable `–` (`n/a`).
    """
    if verdict is not Verdict.FAIL:
        return _VERDICTS[verdict][ascii]
    if severity is None:
        return "?"
    return letter(severity) + glyph(severity, ascii=True) if ascii else glyph(severity) + letter(severity)


def style_name(severity: Severity | None, verdict: Verdict) -> str:
    """The style name in which `badge(severity, verdict)` is shown."""
    if verdict is not Verdict.FAIL:
        return _VERDICTS[verdict][2]
    return "unknown" if severity is None else severity.word
