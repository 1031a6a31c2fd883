"""What is wrong in a filter is said; what narrows is known."""

from __future__ import annotations

import pytest

from ksec_tui.findings.filter import FIELDS, FieldSpec, FilterError, parse
from ksec_tui.findings.filter_fields import Contains
from ksec_tui.findings.verdict import Severity
from tests.findings.filter_rows import Row
from tests.findings.rows import BARE


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "(a?b?)*c",
        "(?:a*){5}",
        "((a|b)c)+",
        "(?P<x>a+)+",
        "(a+)+?b",
        "(a|a){30}b",
        "a*a*a*a*b",
        "a{1,}a{2,9}a{,}a*b",
        "a?" * 30 + "a" * 30,
        "a?" * 10 + "a*b",
        ".*.*.*b",
        r"(a)\1*\1*\1*b",
        "(a|a)" * 20 + "b",
        "(?x)(a #[\n+)+",
        "(?#[)(a+)+(?#])",
    ],
)
def test_a_pattern_whose_cost_could_explode_is_refused(pattern: str) -> None:
    with pytest.raises(FilterError):
        parse(f"/{pattern}/")


@pytest.mark.parametrize(
    "pattern",
    [
        "a.*b",
        "(foo|bar)-[0-9]+",
        "(?:ab)+c",
        "[[a]",
        "(abc)?d",
        r"\(+\)",
        "[)+(]+",
        "a{3}",
        "x|y|z|u|v|w",
        "(?i)A.+",
        r"[0-9]+\.[0-9]+[.]\d+\.\d+:\d+",
        "[^/]+/[^/]+/[^:]+:.*-web",
    ],
)
def test_ordinary_patterns_are_accepted(pattern: str) -> None:
    assert parse(f"/{pattern}/").terms


def test_a_pattern_looks_only_at_the_beginning_of_a_huge_row() -> None:
    row = Row("a" * 5_000 + " needle")
    assert not parse("/needle/").matches(row)
    assert parse("needle").matches(row)
    assert not parse("/a*a*b/").matches(row)


def test_chips_say_the_filter_in_words() -> None:
    source = "web !db a|b !c|d 'w ^s e$ ^x$ /r/ is:new|mine ns:a,!b -f fz -l app=x,!y"
    assert parse(source).chips() == (
        "web",
        "not db",
        "a or b",
        "not (c or d)",
        "word w",
        "starts s",
        "ends e",
        "is exactly x",
        "/r/",
        "is:new or is:mine",
        "ns:a,!b",
        "fuzzy fz",
        "labels app=x,!y",
    )
    assert parse('"two words" "\x1b[2J"').chips() == ('"two words"', "␛[2J")


def test_own_fields_may_be_given() -> None:
    fields = {"port": FieldSpec("ports", "port", ("port:80",), Contains)}
    assert parse("port:80", fields=fields).matches(Row("", {"ports": ("8080",)}))
    with pytest.raises(FilterError, match=r"known: port"):
        parse("sev:high", fields=fields)


@pytest.mark.parametrize("example", sorted({text for spec in FIELDS.values() for text in spec.examples}))
def test_the_examples_of_the_help_can_be_read(example: str) -> None:
    (term,) = parse(example).terms
    assert not term.matches(BARE)


@pytest.mark.parametrize("sign", [">=", "<=", ">", "<", "="])
@pytest.mark.parametrize("bound", Severity)
def test_severities_are_compared_by_their_rank(sign: str, bound: Severity) -> None:
    chosen = {s for s in Severity if parse(f"sev:{sign}{bound.word}").matches(Row("", {"sev": (s.word,)}))}
    lower, higher = {s for s in Severity if s < bound}, {s for s in Severity if s > bound}
    expected = {">=": higher | {bound}, "<=": lower | {bound}, ">": higher, "<": lower, "=": {bound}}
    assert chosen == expected[sign]


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("web", ""),
        ("web", "we"),
        ("web prod", "web"),
        ("web prod", "prod we"),
        ("Web", "we"),
        ("^web", "web"),
        ("^web", "^we"),
        ("web$", "eb$"),
        ("^web$", "^we"),
        ("'web", "we"),
        ("web", "web|db"),
        ("web|webs", "we"),
        ("!we", "!web"),
        ("-f web", "-f wb"),
        ("web", "-f wb"),
        ("sev:high", "sev:>=medium"),
        ("sev:>=high", "sev:>=medium"),
        ("kind:depl", "kind:de"),
        ("kind:deploy", "kind:de"),
        ("ns:a,!b", "ns:a"),
        ("ns:a", "ns:a,b"),
        ("path:hostP", "path:host"),
        ("-l app=x,tier=y", "-l tier=y"),
        ("/a/ b", "/a/"),
    ],
)
def test_a_narrower_filter_is_known_to_narrow(newer: str, older: str) -> None:
    assert parse(newer).narrows(parse(older))


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("we", "web"),
        ("web", "Web"),
        ("web", "^web"),
        ("web", "'we"),
        ("'web", "'we"),
        ("web|db", "web"),
        ("!web", "!we"),
        ("/ab/", "/a/"),
        ("sev:>=medium", "sev:high"),
        ("ns:a,b", "ns:a"),
        ("ns:!b", "ns:a"),
        ("ns:a", "ns:a,!b"),
        ("is:new", "sev:high"),
        ("path:h", "ns:h"),
        ("-l app=x", "-l app=x,tier=y"),
        ("", "web"),
    ],
)
def test_a_wider_or_other_filter_does_not_claim_to_narrow(newer: str, older: str) -> None:
    assert not parse(newer).narrows(parse(older))
