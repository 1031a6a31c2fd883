"""High contrast: every colour at 7:1 or more on black."""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="contrast",
    dark=True,
    primary="#9CC9FF",
    secondary="#C0D8F0",
    warning="#FFD060",
    error="#FF9A9A",
    success="#7CFF9B",
    accent="#70F0FF",
    foreground="#FFFFFF",
    background="#000000",
    surface="#000000",
    panel="#262626",
    variables={
        "severity-critical": "#FF9A9A",
        "severity-high": "#FFB870",
        "severity-medium": "#FFF060",
        "severity-low": "#9CC9FF",
        "severity-info": "#D0D0D0",
        "severity-unknown": "#E8B8FF",
        "verdict-pass": "#7CFF9B",
        "evidence": "#70F0FF",
        "muted": "#C4C4C4",
        "mark": "#FFF060",
        "table-header": "#FFFFFF",
        "diff-added": "#7CFF9B",
        "diff-removed": "#FF9A9A",
        "diff-hunk": "#70F0FF",
        "syntax-key": "#9CC9FF",
        "syntax-string": "#C8FFB0",
        "syntax-number": "#FFC890",
        "syntax-comment": "#C4C4C4",
    },
)
