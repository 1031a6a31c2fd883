"""Colour-blind safe, after Okabe and Ito: good and bad are blue and orange, never green and red."""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="okabe",
    dark=True,
    primary="#56B4E9",
    secondary="#3F8FC4",
    warning="#E69F00",
    error="#F07C2E",
    success="#56B4E9",
    accent="#56B4E9",
    foreground="#E6E6E6",
    background="#0F1216",
    surface="#15191F",
    panel="#232A33",
    variables={
        "severity-critical": "#F07C2E",
        "severity-high": "#F5B83D",
        "severity-medium": "#F0E442",
        "severity-low": "#56B4E9",
        "severity-info": "#A8B0B8",
        "severity-unknown": "#D993BC",
        "verdict-pass": "#8FD0F5",
        "evidence": "#F0E442",
        "muted": "#97A1AB",
        "mark": "#F0E442",
        "table-header": "#B8C2CC",
        "diff-added": "#56B4E9",
        "diff-removed": "#F0953E",
        "diff-hunk": "#D993BC",
        "syntax-key": "#56B4E9",
        "syntax-string": "#C9D6E0",
        "syntax-number": "#F0C060",
        "syntax-comment": "#97A1AB",
    },
)
