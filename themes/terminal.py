"""The sixteen colours of the terminal's own scheme, on its own background."""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="terminal",
    ansi=True,
    dark=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    accent="ansi_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "severity-critical": "ansi_bright_red",
        "severity-high": "ansi_red",
        "severity-medium": "ansi_yellow",
        "severity-low": "ansi_blue",
        "severity-info": "ansi_default",
        "severity-unknown": "ansi_magenta",
        "verdict-pass": "ansi_green",
        "evidence": "ansi_cyan",
        "muted": "ansi_bright_black",
        "mark": "ansi_yellow",
        "table-header": "ansi_default",
        "diff-added": "ansi_green",
        "diff-removed": "ansi_red",
        "diff-hunk": "ansi_cyan",
        "syntax-key": "ansi_blue",
        "syntax-string": "ansi_green",
        "syntax-number": "ansi_magenta",
        "syntax-comment": "ansi_bright_black",
        # Textual derives these for other themes, not for one in the terminal's own colours.
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "input-cursor-text-style": "reverse",
        "scrollbar": "ansi_blue",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
    },
)
