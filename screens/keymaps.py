"""The keymaps to choose from: what each binds otherwise than the default, by the bindings' ids."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT = "default"

K9S: Mapping[str, str] = {
    "go.owner": "J,o",
    "detail.down": "shift+down",
    "detail.up": "shift+up",
    "filter.risky": "ctrl+z,exclamation_mark",
    "table.page-down": "ctrl+f,pagedown",
    "table.page-up": "ctrl+b,pageup",
    "text.page-down": "ctrl+f,pagedown",
    "text.page-up": "ctrl+b,pageup",
    "refresh": "ctrl+r,R",
}
"""k9s: shift-j to the owner, ctrl-z for what is faulty, ctrl-f and ctrl-b page."""

LAZYGIT: Mapping[str, str] = {
    "fix.stage": "space,s",
    "fix.stage-all": "a,S",
    "findings.group": "grave_accent",
    "table.mark": "m",
    "detail.next-tab": "right_square_bracket",
    "detail.previous-tab": "left_square_bracket",
    "history.back": "left_curly_bracket",
    "history.forward": "right_curly_bracket",
    "table.top": "less_than_sign,g,home",
    "table.bottom": "greater_than_sign,G,end",
    "table.range": "v",
    "copy.menu": "ctrl+o,C",
    "layout.full": "plus,f",
    "layout.preview": "underscore,p",
}
"""lazygit: space stages, a stages all, the backtick groups, brackets change tabs, < and > lead to the ends."""

KEYMAPS: Mapping[str, Mapping[str, str]] = {DEFAULT: {}, "k9s": K9S, "lazygit": LAZYGIT}
"""By name."""
