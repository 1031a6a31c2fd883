"""A document reads back as it was, and each risk stands on the line that carries it."""

from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.screens.widgets.text import Line
from ksec_tui.screens.widgets.yaml_view import MAX_DEPTH, Mark, yaml_lines, yaml_text

DEPLOYMENT: dict[str, object] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "api", "annotations": {"example.com/a~b": "yes", "multi": "one\ntwo\n"}},
    "spec": {
        "replicas": 3,
        "template": {
            "spec": {
                "hostPID": True,
                "containers": [
                    {"name": "api", "image": "api:1", "securityContext": {"privileged": True}},
                    {"name": "side", "image": "side:1", "ports": []},
                ],
            }
        },
    },
}
PRIVILEGED = "/spec/template/spec/containers/0/securityContext/privileged"

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(string.printable), inner, max_size=4),
    max_leaves=12,
)


def joined(lines: list[Line]) -> str:
    return "\n".join(line.text for line in lines) + "\n"


def marked(lines: list[Line]) -> dict[str, str]:
    """The text of each line with a note, and the note."""
    return {line.text.strip(): line.note for line in lines if line.note}


def test_the_lines_read_back_as_the_document_in_its_order() -> None:
    text = joined(yaml_lines(DEPLOYMENT, {}))
    assert yaml.safe_load(text) == DEPLOYMENT
    assert text == yaml_text(DEPLOYMENT)
    assert text.startswith("apiVersion: apps/v1\nkind: Deployment\n")


@given(st.dictionaries(st.text(string.printable), plain, max_size=5))
@example(
    {"a": "x\n\n", "b": " lead\n", "c": "trail \n", "d": "\n", "e": "\u2028x\n", "f": "\x85", "g": "\ufeff"}
)
@example({"a" * 200: {"x": "y" * 500 + " z" * 500}, "? ": "- ", "yes": "no", "1": 1, "": ""})
@example({"a": "x\r\ny\n", "b": "\x1b[2J", "c": "\u202e", "d": "\U0001f600"})
def test_any_document_reads_back_as_it_was(document: dict[str, object]) -> None:
    assert yaml.safe_load(yaml_text(document)) == document
    assert joined(yaml_lines(document, {})) == yaml_text(document)


def test_a_lone_surrogate_is_written_as_an_escape() -> None:
    assert yaml_text({"a": "x\ud800"}).casefold() == 'a: "x\\ud800"\n'


def test_a_mark_stands_on_its_very_line_with_glyph_and_words() -> None:
    lines = yaml_lines(DEPLOYMENT, {PRIVILEGED: Mark(Severity.CRITICAL, "full access to the node")})
    assert marked(lines) == {"privileged: true": "◀ ■C full access to the node"}
    line = next(line for line in lines if line.note)
    assert (line.gutter, line.gutter_style, line.link) == ("■C", "critical", PRIVILEGED)


def test_marks_tell_like_lines_of_several_containers_apart() -> None:
    lines = yaml_lines(DEPLOYMENT, {"/spec/template/spec/containers/1/image": Mark(Severity.LOW, "tag")})
    assert marked(lines) == {"image: side:1": "◀ ▪L tag"}


def test_a_mark_on_what_is_missing_stands_on_the_nearest_thing_around_it() -> None:
    words = Mark(Severity.HIGH, "not set")
    side = "/spec/template/spec/containers/1/securityContext/runAsNonRoot"
    assert list(marked(yaml_lines(DEPLOYMENT, {side: words}))) == ["- name: side"]
    assert list(marked(yaml_lines(DEPLOYMENT, {"/status/x/y": words}))) == ["apiVersion: apps/v1"]
    assert [line.link for line in yaml_lines(DEPLOYMENT, {side: words}) if line.note] == [side]


def test_several_marks_on_a_line_show_the_worst_glyph_and_all_words() -> None:
    context = "/spec/template/spec/containers/0/securityContext"
    lines = yaml_lines(
        DEPLOYMENT,
        {
            f"{context}/runAsUser": Mark(Severity.LOW, "user not set"),
            f"{context}/capabilities": Mark(Severity.HIGH, "keeps NET_RAW"),
        },
    )
    assert marked(lines) == {"securityContext:": "◀ ▲H keeps NET_RAW; user not set"}


def test_a_line_knows_every_finding_on_it_and_shows_a_plus_before_what_is_staged() -> None:
    subject = ObjectRef("shop", "Deployment", "api", "apps")
    one, two = (
        Finding(check, check, Verdict.FAIL, Severity.HIGH, subject, (Evidence("", "it is bad"),))
        for check in ("wl-one", "wl-two")
    )
    context = "/spec/template/spec/containers/0/securityContext"
    lines = yaml_lines(
        DEPLOYMENT,
        {
            f"{context}/runAsUser": Mark(Severity.LOW, "user not set", (two,), staged=True),
            f"{context}/capabilities": Mark(Severity.HIGH, "keeps NET_RAW", (one, two)),
        },
    )
    (risky,) = (line for line in lines if line.note)
    assert risky.about == (one, two)
    assert risky.note == "◀ ▲H keeps NET_RAW; + user not set"
    assert not any(line.about for line in lines if not line.note)


def test_pointers_escape_slash_and_tilde() -> None:
    pointer = "/metadata/annotations/example.com~1a~0b"
    assert list(marked(yaml_lines(DEPLOYMENT, {pointer: Mark(Severity.INFO, "x")}))) == [
        "example.com/a~b: 'yes'"
    ]


def test_a_mark_on_a_text_of_several_lines_stands_on_its_first() -> None:
    pointer = "/metadata/annotations/multi"
    assert list(marked(yaml_lines(DEPLOYMENT, {pointer: Mark(Severity.INFO, "x")}))) == ["multi: |"]


def test_every_line_links_to_its_place() -> None:
    links = {line.text.strip(): line.link for line in yaml_lines(DEPLOYMENT, {})}
    assert links["hostPID: true"] == "/spec/template/spec/hostPID"
    assert links["privileged: true"] == PRIVILEGED


def test_ascii_glyphs_for_terminals_without_more() -> None:
    lines = yaml_lines(DEPLOYMENT, {PRIVILEGED: Mark(Severity.CRITICAL, "root")}, ascii=True)
    assert marked(lines) == {"privileged: true": "< C! root"}


def test_managed_fields_are_folded_to_one_line_and_counted() -> None:
    document: dict[str, object] = {"metadata": {"name": "x", "managedFields": [{"a": 1}, {"b": 2}, {"c": 3}]}}
    texts = [line.text for line in yaml_lines(document, {})]
    assert texts == ["metadata:", "  name: x", "  managedFields: … (3)"]


def test_keys_and_values_are_coloured_by_kind() -> None:
    spans = [span for line in yaml_lines(DEPLOYMENT, {}) for span in line.spans]
    assert ("replicas", "key") in spans
    assert ("3", "number") in spans
    assert ("Deployment", "string") in spans
    assert ("two", "string") in [(text.strip(), style) for text, style in spans]


def test_equal_parts_are_written_out_twice() -> None:
    shared = {"x": 1}
    assert "&" not in yaml_text({"a": shared, "b": shared})


def test_a_document_deeper_than_any_stack_is_cut_with_a_note() -> None:
    deep: object = "bottom"
    for _ in range(5000):
        deep = {"n": deep}
    text = yaml_text({"spec": deep})
    assert f"nested deeper than {MAX_DEPTH} levels" in text
    assert len(text.splitlines()) <= MAX_DEPTH + 1


@pytest.mark.parametrize("document", [{}, {"a": {}}, {"a": []}], ids=str)
def test_empty_things_are_shown(document: dict[str, object]) -> None:
    lines = yaml_lines(document, {"/a/b": Mark(Severity.LOW, "x")})
    assert yaml.safe_load(joined(lines)) == document
    assert lines[0].note
