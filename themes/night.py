"""Dark, quiet, for long sessions."""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="night",
    dark=True,
    primary="#7AA2F7",
    secondary="#5F87AF",
    warning="#E0AF68",
    error="#FF7A85",
    success="#8FC97A",
    accent="#6FC3DF",
    foreground="#D5DAE4",
    background="#11151C",
    surface="#171C25",
    panel="#222936",
    variables={
        "severity-critical": "#FF6B74",
        "severity-high": "#FF9E57",
        "severity-medium": "#E8C95A",
        "severity-low": "#7FB4F0",
        "severity-info": "#9AA5B5",
        "severity-unknown": "#C99BF0",
        "verdict-pass": "#8FC97A",
        "evidence": "#6FC3DF",
        "muted": "#8E99A9",
        "mark": "#F2D06B",
        "table-header": "#A9B6C9",
        "diff-added": "#8FC97A",
        "diff-removed": "#FF8A8F",
        "diff-hunk": "#6FC3DF",
        "syntax-key": "#7FB4F0",
        "syntax-string": "#B5CF8E",
        "syntax-number": "#E5B07A",
        "syntax-comment": "#8E99A9",
    },
)
