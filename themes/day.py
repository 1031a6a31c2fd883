"""Light, for bright rooms and projectors."""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="day",
    dark=False,
    primary="#1F5FBF",
    secondary="#3D6A99",
    warning="#8A5200",
    error="#B3142B",
    success="#1F6B2E",
    accent="#00667F",
    foreground="#1C222B",
    background="#FBFBF9",
    surface="#F2F2EE",
    panel="#E2E4E4",
    variables={
        "severity-critical": "#B3142B",
        "severity-high": "#A14200",
        "severity-medium": "#7A5A00",
        "severity-low": "#1F5FBF",
        "severity-info": "#55606E",
        "severity-unknown": "#7A3BA8",
        "verdict-pass": "#1F6B2E",
        "evidence": "#00667F",
        "muted": "#5A6572",
        "mark": "#8A5200",
        "table-header": "#3D4856",
        "diff-added": "#1F6B2E",
        "diff-removed": "#B3142B",
        "diff-hunk": "#00667F",
        "syntax-key": "#1F5FBF",
        "syntax-string": "#2F6B1F",
        "syntax-number": "#9A3D00",
        "syntax-comment": "#5A6572",
    },
)
