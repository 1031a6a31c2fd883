"""The pages of the checks, in Markdown, from their own declarations."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from ksec_tui.findings.check import Check
from ksec_tui.findings.fix import Risk

_HEAD = """\
# The checks

Made by `ksec-tui docs checks` from the declarations in `checks/`; do not edit it by hand.
Each page holds an example that is risky and the same one fixed. Both are tests: the check must fail on the
first, pass on the second, and its fix must make the one of the other.
"""


def page(check: Check[Any], *, level: int = 1) -> str:
    """One check's page; headings begin at `level`."""
    return "\n".join(_page(check, "#" * level)) + "\n"


def all_pages(checks: Sequence[Check[Any]]) -> str:
    """All of them with a table of contents, by family; ends with a line feed."""
    ordered = sorted(checks, key=lambda check: (check.family, -check.severity, check.id))
    parts = [_HEAD]
    for family, members in groupby(ordered, key=lambda check: check.family):
        rows = [
            f"| [{check.id}](#{check.id}) | {check.severity.word} | {check.title} | {_fix(check)} |"
            for check in members
        ]
        title = family.replace("_", " ")
        parts.append(
            "\n".join([f"## {title}", "", "| check | severity | what | fix |", "|---|---|---|---|", *rows])
            + "\n"
        )
    parts += [page(check, level=3) for check in ordered]
    return "\n".join(parts)


def listing(checks: Sequence[Check[Any]]) -> list[tuple[str, str, str, str, str]]:
    """Rows of id, severity, whether there is a fix, whether it runs unasked, title; in the order of `checks`."""
    return [
        (
            check.id,
            check.severity.word,
            _fix(check),
            "optional" if check.optional else "always",
            check.title,
        )
        for check in checks
    ]


def _page(check: Check[Any], mark: str) -> Iterator[str]:
    yield f"{mark} {check.id}"
    yield ""
    yield f"**{check.title}.** {check.page.summary}"
    yield ""
    yield f"- severity: {check.severity.word}"
    if check.optional:
        yield (
            f"- optional: runs only where it is asked for, by `--enable {check.id}` or by "
            f"`checks: {{enable: [{check.id}]}}` in the settings file"
        )
    yield f"- judged: {check.on.title}"
    needs = [kind.resource for kind in check.kinds]
    if needs:
        yield f"- reads: {', '.join(needs)}"
    yield f"- matters against: {', '.join(threat.value for threat in check.threats)}"
    yield f"- fix: {_fix(check)}"
    yield f"- references: {'; '.join(check.references)}"
    yield ""
    yield f"{mark}# Why"
    yield ""
    yield textwrap.dedent(check.page.why)
    for name, text in (("Risky", check.page.risky), ("Fixed", check.page.fixed)):
        yield ""
        yield f"{mark}# {name}"
        yield ""
        yield "```yaml"
        yield text.rstrip("\n")
        yield "```"


def _fix(check: Check[Any]) -> str:
    return "yes" if check.make_fix is not None else Risk.MANUAL.value
