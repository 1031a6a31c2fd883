"""Every recorded answer of kubectl to a patch is ours too: strategic, merge and JSON."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.fixes.apply import patched
from ksec_tui.fixes.errors import PatchError
from tests.fixes.kubectl import kubectl_release, needs_kubectl, plain
from tests.fixes.kubectl import patched as patched_by_kubectl
from tests.fixes.objects import CASES

pytestmark = pytest.mark.skipif(not CASES, reason="the recorded answers of kubectl are not here")

RECORDED_WITH = (1, 20)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_patch_gives_what_kubectl_gave(case: dict[str, Any]) -> None:
    given = copy.deepcopy(case)
    if "error" in case:
        with pytest.raises(PatchError):
            patched(case["object"], case["patch"], case["type"], release=RECORDED_WITH)
    else:
        got = patched(case["object"], case["patch"], case["type"], release=RECORDED_WITH)
        assert plain(got) == plain(case["result"])
    assert case == given, "the inputs must stay as they were"


def test_no_answer_is_left_out() -> None:
    assert len(CASES) == 198
    assert {case["type"] for case in CASES} == {"strategic", "merge", "json"}


def test_what_changed_since_is_that_fewer_directives_are_left_in_the_object() -> None:
    answers = [case for case in CASES if "error" not in case]
    changed = [
        case
        for case in answers
        if plain(patched(case["object"], case["patch"], case["type"])) != plain(case["result"])
    ]
    assert len(changed) == 11
    assert all("$patch" in json.dumps(case["result"]) for case in changed)


@needs_kubectl
def test_the_kubectl_on_this_machine_treats_directives_as_its_release_does(tmp_path: Path) -> None:
    for case in CASES:
        if "$patch" not in json.dumps(case.get("result", "")):
            continue
        (tmp_path / "patch").write_text(json.dumps(case["patch"]))
        theirs = patched_by_kubectl(tmp_path, case["object"], case["type"], tmp_path / "patch")
        ours = patched(case["object"], case["patch"], case["type"], release=kubectl_release())
        assert plain(ours) == plain(theirs), case["id"]
