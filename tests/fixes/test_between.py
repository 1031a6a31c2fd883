"""One patch between two states: strategic where that can be said, JSON with tests where not, always proven."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.between import change_between
from ksec_tui.fixes.errors import PatchError

Tree = dict[str, Any]
WEB = ObjectRef("shop", "Deployment", "web", "apps")


def deployment() -> Tree:
    ports = [{"containerPort": 80, "hostPort": 80}, {"containerPort": 81}]
    container = {
        "name": "app",
        "image": "a:1",
        "ports": ports,
        "env": [{"name": "A", "value": "1"}],
        "securityContext": {"privileged": True, "capabilities": {"add": ["NET_ADMIN", "CHOWN"]}},
    }
    spec = {
        "hostPID": True,
        "containers": [container, {"name": "side", "image": "b:1"}],
        "volumes": [{"name": "v", "hostPath": {"path": "/x"}}],
        "tolerations": [{"operator": "Exists"}],
    }
    meta = {"name": "web", "namespace": "shop"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {"template": {"spec": spec}},
    }


def _pod(tree: Tree) -> Tree:
    found: Tree = tree["spec"]["template"]["spec"]
    return found


def no_host_pid(tree: Tree) -> None:
    del _pod(tree)["hostPID"]


def tightened(tree: Tree) -> None:
    own = _pod(tree)["containers"][0]["securityContext"]
    own.pop("privileged")
    own["capabilities"] = {"add": ["CHOWN"], "drop": ["ALL"]}
    _pod(tree)["containers"][1]["securityContext"] = {"allowPrivilegeEscalation": False}


def closed(tree: Tree) -> None:
    del _pod(tree)["containers"][0]["ports"][0]["hostPort"]


def other_source(tree: Tree) -> None:
    _pod(tree)["volumes"] = [{"name": "v", "emptyDir": {}}]


def without_volume(tree: Tree) -> None:
    _pod(tree)["volumes"] = []


def fewer_tolerations(tree: Tree) -> None:
    _pod(tree)["tolerations"] = [{"key": "gpu", "operator": "Exists"}]


@pytest.mark.parametrize(
    "edit", [no_host_pid, tightened, closed, other_source, without_volume, fewer_tolerations]
)
def test_a_change_of_a_template_is_a_strategic_patch_that_makes_exactly_it(
    edit: Callable[[Tree], None],
) -> None:
    before, after = deployment(), deployment()
    edit(after)
    kept = copy.deepcopy(before)
    change = change_between(WEB, before, after)
    assert change is not None
    assert change.type is PatchType.STRATEGIC
    assert apply(before, change) == after
    assert before == kept


def test_unchanged_containers_are_not_in_the_patch() -> None:
    after = deployment()
    closed(after)
    change = change_between(WEB, deployment(), after)
    assert change is not None
    assert change.body == {
        "spec": {
            "template": {
                "spec": {"containers": [{"name": "app", "ports": [{"containerPort": 80, "hostPort": None}]}]}
            }
        }
    }


def test_what_merge_keys_cannot_tell_apart_is_a_json_patch_with_tests() -> None:
    before = deployment()
    _pod(before)["containers"][0]["ports"].append({"containerPort": 80, "hostPort": 80, "protocol": "UDP"})
    after = copy.deepcopy(before)
    for port in _pod(after)["containers"][0]["ports"]:
        port.pop("hostPort", None)
    change = change_between(WEB, before, after)
    assert change is not None
    assert change.type is PatchType.JSON
    assert change.body[0] == {"op": "test", "path": "/spec/template/spec/containers/0/name", "value": "app"}
    assert apply(before, change) == after


def test_equal_states_need_no_patch() -> None:
    assert change_between(WEB, deployment(), deployment()) is None


def test_a_value_that_was_withheld_is_not_carried() -> None:
    before = deployment()
    _pod(before)["containers"][0]["ports"].append({"containerPort": 80})
    after = copy.deepcopy(before)
    _pod(after)["containers"][0]["ports"].pop(0)
    _pod(after)["containers"][0]["args"] = ["(withheld: 9 characters)"]
    with pytest.raises(PatchError, match="withheld"):
        change_between(WEB, before, after)
