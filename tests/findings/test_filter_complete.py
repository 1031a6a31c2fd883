"""Completion: fields, their values and labels are offered where they may stand."""

from __future__ import annotations

import pytest

from ksec_tui.findings.filter import complete, completion_start

STATES = [
    *("open", "in-progress", "dismissed", "accepted", "false-positive", "wont-fix", "mitigated"),
    *("reopened", "regressed", "fixed"),
]
SEEN = {
    "ns": ["prod", "kube-system", "prod-eu"],
    "name": ["a b", "!odd"],
    "label": ["app=web", "app=db", "tier=x"],
    "state": ["open", "false-positive"],
}


@pytest.mark.parametrize(
    ("typed", "start", "offered"),
    [
        ("se", 0, ["sev:", "severity:"]),
        ("web SE", 4, ["sev:", "severity:"]),
        ("!ver", 1, ["verdict:"]),
        ("sev:", 4, ["critical", "high", "medium", "low", "info"]),
        ("sev:>=h", 6, ["high"]),
        ("sev:high", 4, []),
        ("ns:p", 3, ["prod", "prod-eu"]),
        ("ns:prod,!k", 9, ["kube-system"]),
        ("is:new|fi", 7, ["fixable"]),
        ("is:new|k", 7, ["kind:"]),
        ("name:", 5, ['"!odd"', '"a b"']),
        ('name:"a', 5, ['"a b"']),
        ("state:", 6, STATES),
        ("-l ", 3, ["app=db", "app=web", "tier=x"]),
        ("web -l app=web,t", 15, ["tier=x"]),
        ("nothing-like-it", 0, []),
        ("/se", 0, []),
    ],
)
def test_offers_what_may_stand_at_the_cursor(typed: str, start: int, offered: list[str]) -> None:
    assert complete(typed, len(typed), lambda facet: SEEN.get(facet, [])) == offered
    assert completion_start(typed, len(typed)) == start


def test_only_the_text_before_the_cursor_counts_and_the_offer_is_bounded() -> None:
    assert complete("ns:p sev:high", 4, lambda _: ["prod"]) == ["prod"]
    assert len(complete("ns:", 3, lambda _: [f"team-{number}" for number in range(900)])) == 50
