"""Texts of manifests that are changed where they stand: what is said changes, all else stays."""

from __future__ import annotations

import copy
import difflib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksec_tui.fixes.diff import yaml_text
from ksec_tui.fixes.in_place_edits import edited
from ksec_tui.fixes.in_place_nodes import NotInPlaceError
from ksec_tui.sources.yaml_reader import documents

MANIFEST = """\
# Who asks: team-a
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "web"   # the front
spec:
  template:
    spec:
      hostPID: true   # for the profiler
      # Containers, the first one serves.
      containers:
        - name: app
          image: 'example/web:1'
          securityContext: {}
          args: ["--a", "--b=c, d"]
        - # the helper
          name: helper
          image: example/helper:1
          resources:
          securityContext:
            privileged: true
            capabilities:
              add:
              - SYS_ADMIN # fuse
              - NET_RAW
          env:
            - {name: MODE, value: "1"}
      terminationGracePeriodSeconds: 30
"""


def said(text: str) -> Any:
    (document,) = documents(text.encode(), 1)
    return document.tree


def spec(tree: Any) -> Any:
    return tree["spec"]["template"]["spec"]


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def test_only_the_lines_of_a_change_differ_and_new_ones_are_written_as_the_file_writes() -> None:
    after = said(MANIFEST)
    pod = spec(after)
    del pod["hostPID"]
    app, helper = pod["containers"]
    app["image"] = "example/web:2"
    app["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    helper["securityContext"]["privileged"] = False
    helper["securityContext"]["capabilities"]["add"] = ["NET_RAW"]
    helper["resources"] = {"limits": {"memory": "64Mi"}}
    helper["env"].append({"name": "ANSWER", "value": "yes"})
    pod["automountServiceAccountToken"] = False
    result = edited(MANIFEST, said(MANIFEST), after)
    assert said(result) == after
    assert changed_lines(MANIFEST, result) == [
        "-      hostPID: true   # for the profiler",
        "+      # for the profiler",
        "-          image: 'example/web:1'",
        "-          securityContext: {}",
        "+          image: 'example/web:2'",
        "+          securityContext:",
        "+            allowPrivilegeEscalation: false",
        "+            capabilities:",
        "+              drop:",
        "+                - ALL",
        "+            limits:",
        "+              memory: 64Mi",
        "-            privileged: true",
        "+            privileged: false",
        "-              - SYS_ADMIN # fuse",
        "+              # fuse",
        "+            - name: ANSWER",
        "+              value: 'yes'",
        "+      automountServiceAccountToken: false",
    ]


def test_windows_line_ends_and_a_missing_last_one_stay() -> None:
    text = MANIFEST.replace("\n", "\r\n").removesuffix("\r\n")
    after = said(text)
    spec(after)["hostNetwork"] = False
    result = edited(text, said(text), after)
    assert result == f"{text}\r\n      hostNetwork: false"
    assert said(result) == after


@pytest.mark.parametrize(
    "how",
    [{"indent": 2}, {"indent": 4}, {"indent": "\t"}, {}, {"separators": (",", ":")}],
    ids=["two", "four", "tabs", "one line", "compact"],
)
def test_json_keeps_its_layout(how: dict[str, Any]) -> None:
    before = said(MANIFEST)
    after = copy.deepcopy(before)
    app, helper = spec(after)["containers"]
    del helper["securityContext"]["privileged"]
    app["securityContext"] = {"capabilities": {"drop": ["ALL"]}}
    app["args"] = ["--a", "ü"]
    result = edited(json.dumps(before, ensure_ascii=False, **how), before, after)
    assert json.loads(result) == after
    # The same as if the whole had been written that way: so the layout is the file's own.
    assert result == json.dumps(after, ensure_ascii=False, **how)


def test_flow_style_stays_flow_style() -> None:
    text = "spec: {hostPID: true, containers: [{name: a, image: b}], x: 'it''s'}  # c\n"
    after = said(text)
    del after["spec"]["hostPID"]
    after["spec"]["containers"][0]["securityContext"] = {"privileged": False, "add": ["A,B"]}
    after["spec"]["x"] = "it's all"
    assert edited(text, said(text), after) == (
        'spec: {containers: [{name: a, image: b, securityContext: {privileged: false, add: ["A,B"]}}], '
        "x: 'it''s all'}  # c\n"
    )


def test_the_first_entry_behind_a_dash_can_go() -> None:
    text = "items:\n- stdin: true\n  # why\n  name: a\n- name: b\n"
    after = {"items": [{"name": "a"}, {"name": "b"}]}
    with pytest.raises(NotInPlaceError, match="comment would be lost"):
        edited(text, said(text), after)
    plain = text.replace("  # why\n", "")
    assert edited(plain, said(plain), after) == "items:\n- name: a\n- name: b\n"


def test_a_list_or_map_that_becomes_empty_says_so() -> None:
    text = "a:\n  - x\n  - y\nb:\n  c: 1\nd: 2\n"
    assert edited(text, said(text), {"a": [], "b": {}, "d": 2}) == "a: []\nb: {}\nd: 2\n"


@pytest.mark.parametrize(
    ("text", "after", "reason"),
    [
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 2}, "c": {"b": 1}}, "anchor &x shares"),
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 2}}, "anchor &x shares"),
        ("a: &x {b: 1}\nc: *x\n", {"c": {"b": 1}}, "anchor &x shares"),
        ("a: &x\n  b: 1\nc:\n  <<: *x\n  d: 2\n", {"a": {"b": 1}, "c": {"b": 2, "d": 2}}, "merge key"),
        ("a: 1\na: 2\nb: 3\n", {"a": 3, "b": 3}, "written twice"),
        ("a: 1 # {{ .Values.a }}\nb: 2\n", {"a": 2, "b": 2}, "template"),
        ("a: !!str 1\nb: 2\n", {"a": "2", "b": 2}, "anchor or a tag"),
        ("- - 1\n  - 2\n", [[2]], "shares its line"),
    ],
)
def test_what_would_touch_more_is_refused_with_the_reason(text: str, after: Any, reason: str) -> None:
    with pytest.raises(NotInPlaceError, match=reason):
        edited(text, said(text), after)


def test_what_an_alias_does_not_touch_can_change() -> None:
    text = "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\ne: *x\n"
    after = {"a": {"b": 1}, "c": {"b": 1, "d": 3}, "e": {"b": 1}, "f": True}
    result = edited(text, said(text), after)
    assert result == "a: &x {b: 1}\nc:\n  <<: *x\n  d: 3\ne: *x\nf: true\n"
    assert said(result) == after


def test_block_texts_are_replaced_and_others_left() -> None:
    text = "a: |\n  one # no comment\n  two\n\n# c\nb: >-\n  x\n  y\nc: plain\n  more\n"
    after = {"a": "one # no comment\ntwo\n", "b": "z", "c": "other"}
    result = edited(text, said(text), after)
    assert said(result) == after
    assert result == "a: |\n  one # no comment\n  two\n\n# c\nb: z\nc: other\n"


SCALARS = st.one_of(
    st.booleans(),
    st.integers(-9, 99),
    st.none(),
    st.text("ab:#-, {}[]'\"yn0.é&*!|>%@`?\n", max_size=6),
)
KEYS = st.sampled_from(["name", "image", "a", "b", "on", "x-y", "1", "key with space"])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(KEYS, TREES, min_size=1, max_size=3), st.dictionaries(KEYS, TREES, min_size=1, max_size=3)
)
def test_an_edit_says_exactly_what_was_wanted_or_is_refused(before: Any, after: Any) -> None:
    """Any document into any other, in three layouts: right, or refused; never something else."""
    for text in (json.dumps(before), json.dumps(before, indent=2), yaml_text(before)):
        try:
            result = edited(text, said(text), after)
        except NotInPlaceError:
            continue
        assert said(result) == after
