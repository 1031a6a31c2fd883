"""What holds for every filter and every row, generated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.findings.filter import FIELDS, Filter, FilterError, complete, completion_start, parse
from tests.findings.filter_rows import Row

BITS = [
    "a",
    "b",
    "Ab",
    "ba",
    "web",
    "!",
    "|",
    "'",
    "^",
    "$",
    "/",
    '"',
    " ",
    ":",
    ",",
    "*",
    ">=",
    "<",
    "(",
    ")",
    "\\",
]
BITS += [
    "-l ",
    "-f ",
    " in (",
    "=",
    "!=",
    *(f"{name}:" for name in FIELDS),
    "high",
    "low",
    "new",
    "open",
    "po",
    "7d",
]
any_text = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(BITS), max_size=25).map("".join))

words = st.text("abAB-", min_size=1, max_size=4).filter(lambda word: word not in ("-l", "-f"))
values = st.sampled_from(["a", "ab", "b", "a*", "!b", "a,b", "a,!ab", "*,!a*"])
atoms = st.one_of(
    words,
    words.map("'{}".format),
    words.map("^{}".format),
    words.map("{}$".format),
    words.map("^{}$".format),
    words.map("-f {}".format),
    st.tuples(words, words).map("|".join),
    st.sampled_from(["/a.b/", "/A/", "/^a|b$/"]),
    values.map("ns:{}".format),
    st.text("ab", min_size=1, max_size=2).map("path:{}".format),
    st.sampled_from(
        ["sev:high", "sev:>=low", "sev:!low", "sev:<medium", "kind:po", "kind:p", "kind:d", "is:new|mine"]
    ),
    st.sampled_from(["-l app=a", "-l app!=a", "-l app", "-l !app", "-l app in (a,b),tier"]),
)
terms = st.tuples(st.sampled_from(["", "!"]), atoms).map("".join)
filters = st.lists(terms, max_size=3).map(" ".join)
rows = st.builds(
    Row,
    st.text("abAB-\n", max_size=12),
    st.fixed_dictionaries(
        {},
        optional={
            "ns": st.sampled_from([("a",), ("ab",), ("b",), ("",)]),
            "sev": st.sampled_from([("low",), ("high",), ("info",)]),
            "kind": st.sampled_from([("Pod",), ("Deployment",), ("PodMonitor",)]),
            "is": st.sampled_from([("new",), ("mine", "staged"), ()]),
            "path": st.sampled_from([("/a/b",), ("/AB", "/ba"), ()]),
            "label": st.sampled_from([("app=a",), ("app=b", "tier=x"), ("app=c",), ("tier=",)]),
        },
    ),
)


def read(source: str) -> Filter | FilterError:
    """The filter, or why it is none."""
    try:
        return parse(source)
    except FilterError as error:
        return error


@given(any_text, rows)
def test_any_text_is_a_filter_or_a_filter_error_within_the_text(source: str, row: Row) -> None:
    found = read(source)
    if isinstance(found, FilterError):
        assert 0 <= found.position <= len(source)
        assert found.message
    else:
        assert found.matches(row) in (True, False)
        assert len(found.chips()) == len(found.terms)


@given(filters)
def test_reading_a_filter_again_gives_the_same_filter(source: str) -> None:
    found = parse(source)
    assert parse(found.source) == found
    assert found.narrows(found)


@given(terms, rows)
def test_a_negation_chooses_the_opposite_and_two_cancel_out(term: str, row: Row) -> None:
    assert parse(f"!{term}").matches(row) is not parse(term).matches(row)
    assert parse(f"!!{term}").matches(row) is parse(term).matches(row)


@given(terms, terms, rows)
def test_words_side_by_side_must_all_match(left: str, right: str, row: Row) -> None:
    both = parse(left).matches(row) and parse(right).matches(row)
    assert parse(f"{left} {right}").matches(row) is both


@given(words, words, rows)
def test_one_of_several_words_is_enough(left: str, right: str, row: Row) -> None:
    either = parse(left).matches(row) or parse(right).matches(row)
    assert parse(f"{left}|{right}").matches(row) is either


@given(filters, filters, st.lists(rows, min_size=1, max_size=12))
def test_a_filter_said_to_narrow_never_finds_a_row_that_the_older_one_left_out(
    newer: str, older: str, some: list[Row]
) -> None:
    new, old = parse(newer), parse(older)
    if new.narrows(old):
        assert all(old.matches(row) for row in some if new.matches(row))


@given(filters, st.text("ab|!'$:,*", max_size=3), st.lists(rows, min_size=1, max_size=12))
def test_typing_on_never_loses_rows_by_narrowing(older: str, typed: str, some: list[Row]) -> None:
    old = parse(older)
    new = read(older + typed)
    if isinstance(new, Filter) and new.narrows(old):
        shown = [row for row in some if old.matches(row)]
        assert [row for row in some if new.matches(row)] == [row for row in shown if new.matches(row)]


@given(any_text, st.integers(0, 300))
def test_completion_takes_any_text_and_any_cursor(source: str, position: int) -> None:
    offered = complete(source, position, lambda _: ["a b", "web", '"', "!x"])
    assert 0 <= completion_start(source, position) <= min(position, len(source))
    assert all(offered)


@given(st.sampled_from(sorted(FIELDS)), st.text("ab |!,\"\\'", min_size=1, max_size=6))
def test_a_completed_value_is_read_back_as_that_value(name: str, value: str) -> None:
    if FIELDS[name].facet not in ("ns", "name", "label", "rule", "path") or value != value.strip():
        return
    (offered,) = complete(f"{name}:", len(name) + 1, lambda _: [value])[-1:]
    assert parse(f"{name}:{offered}").matches(Row("", {FIELDS[name].facet: (value,)}))
