"""The fields that a change touches are told by name."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.build import create, delete, json_patch, op, strategic
from ksec_tui.fixes.touched import path_words, touched
from tests.fixes.managed import WEB, deployment

CUSTOM = ObjectRef("shop", "App", "a", "example.org")
TOP = "spec.template.spec"


def said(change: Change, document: Any = None) -> list[str]:
    return [f"{path_words(path)} {becomes}".strip() for path, becomes in touched(change, document)]


def in_pod(**spec: Any) -> Change:
    return strategic(WEB, {"spec": {"template": {"spec": spec}}})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (in_pod(hostPID=None), [f"{TOP}.hostPID is removed"]),
        (
            in_pod(containers=[{"name": "app", "securityContext": {"privileged": False, "runAsUser": 7}}]),
            [
                f"{TOP}.containers[name=app].securityContext.privileged becomes false",
                f"{TOP}.containers[name=app].securityContext.runAsUser becomes 7",
            ],
        ),
        (
            in_pod(containers=[{"name": "app", "securityContext": {"capabilities": {"drop": ["ALL"]}}}]),
            [f'{TOP}.containers[name=app].securityContext.capabilities.drop becomes ["ALL"]'],
        ),
        (
            in_pod(volumes=[{"name": "host", "$patch": "delete"}], **{"$retainKeys": ["x"]}),
            [f"{TOP}.volumes[name=host] is removed"],
        ),
        (
            strategic(WEB, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}),
            ['metadata.finalizers loses ["a"]'],
        ),
        (delete(WEB), ["is removed"]),
        (create(WEB, deployment()), ["is new"]),
        (json_patch(CUSTOM, op("test", "/spec/a", 1), op("add", "/spec/a", 2)), ["spec.a becomes 2"]),
        (json_patch(CUSTOM, op("remove", "/spec/list/3")), ["spec.list loses an item"]),
        (json_patch(CUSTOM, op("add", "/spec/list/-", "x")), ['spec.list gains "x"']),
        (json_patch(CUSTOM, op("remove", "/metadata/labels/a~1b")), ["metadata.labels.a/b is removed"]),
        (json_patch(CUSTOM, op("remove", "no pointer")), ["is removed"]),
    ],
)
def test_each_field_is_named_with_what_becomes_of_it(change: Change, words: list[str]) -> None:
    assert said(change) == words


def test_positions_become_names_with_the_object_at_hand() -> None:
    change = json_patch(WEB, op("replace", "/spec/template/spec/containers/0/image", "b"))
    assert said(change, deployment()) == [f'{TOP}.containers[name=app].image becomes "b"']
    assert said(change) == [f'{TOP}.containers becomes "b"']
    beyond = json_patch(WEB, op("replace", "/spec/template/spec/containers/7/image", "b"))
    assert said(beyond, deployment()) == [f'{TOP}.containers becomes "b"']


def test_what_is_long_or_hostile_stays_one_short_line() -> None:
    change = Change(WEB, PatchType.STRATEGIC, {"spec": {"a\nb" * 900: "\x1b[31m" * 900}})
    (line,) = said(change)
    assert line.isprintable()
    assert len(line) < 700
