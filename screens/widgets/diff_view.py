"""What changes between two texts, as lines to show."""

from __future__ import annotations

from difflib import SequenceMatcher

from ksec_tui.screens.widgets.text import Line


def diff_lines(before: str, after: str, context: int = 3) -> list[Line]:
    """The unified difference of two texts, each change with `context` lines around it.

    Removed lines begin with `-`, added ones with `+`, others with a space, so the text reads without colour
    and as a patch. No line at all means no difference.
    """
    old, new = before.split("\n"), after.split("\n")
    lines: list[Line] = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(context):
        first, last = group[0], group[-1]
        lines.append(Line(((_hunk(first[1], last[2], first[3], last[4]), "hunk"),)))
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                lines += [Line(((f" {text}", ""),)) for text in old[old_start:old_end]]
            else:
                lines += [Line(((f"-{text}", "removed"),)) for text in old[old_start:old_end]]
                lines += [Line(((f"+{text}", "added"),)) for text in new[new_start:new_end]]
    return lines


def _hunk(old_start: int, old_end: int, new_start: int, new_end: int) -> str:
    """The header of a hunk; an empty range names the line before it, as `diff -u` does (POSIX, diff)."""

    def span(start: int, end: int) -> str:
        count = end - start
        return f"{start + (count > 0)},{count}"

    return f"@@ -{span(old_start, old_end)} +{span(new_start, new_end)} @@"
