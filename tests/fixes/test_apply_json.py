"""JSON patches and merge patches apply as RFC 6902 and RFC 7386 say, and what does not apply is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.apply import patched as patched_by_us
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_patch import json_patch
from tests.fixes.kubectl import needs_kubectl, patched, plain
from tests.fixes.objects import change_of, deployment, pod_patch, strategic


@needs_kubectl
@pytest.mark.parametrize(
    ("document", "patch"),
    [
        (
            {"kind": "Node", "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}},
            {"spec": {"taints": []}},
        ),
        (
            {"kind": "ServiceAccount", "secrets": [{"name": "a"}], "imagePullSecrets": [{"name": "a"}]},
            {"secrets": [{"name": "b"}], "imagePullSecrets": [{"name": "b"}]},
        ),
        (
            {"kind": "Service", "spec": {"ports": [{"port": 80, "nodePort": 3, "targetPort": 1}]}},
            {"spec": {"ports": [{"port": 80, "nodePort": None}, {"port": 81, "targetPort": 2}]}},
        ),
        (
            {"kind": "Pod", "spec": {"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}},
            {
                "spec": {
                    "$setElementOrder/containers": [{"name": "c"}, {"name": "new"}, {"name": "a"}],
                    "containers": [{"name": "new", "image": "i"}],
                }
            },
        ),
        (
            {"kind": "Pod", "spec": {"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}},
            {
                "spec": {
                    "containers": [
                        {"name": "c", "tty": True},
                        {"name": "x"},
                        {"name": "b", "$patch": "delete"},
                    ]
                }
            },
        ),
        (
            {"kind": "Pod", "spec": {"containers": [{"name": "b"}, {"name": "c"}]}},
            {
                "spec": {
                    "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
                    "containers": [{"name": "b", "$patch": "delete"}, {"name": "a", "image": "i"}],
                }
            },
        ),
        (
            {"kind": "Namespace", "metadata": {"name": "x1", "finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]}},
        ),
    ],
)
def test_the_kubectl_on_this_machine_merges_the_same(
    tmp_path: Path, document: dict[str, Any], patch: dict[str, Any]
) -> None:
    document = {"apiVersion": "v1", "metadata": {"name": "x1"}, **document}
    (tmp_path / "patch").write_text(json.dumps(patch))
    theirs = patched(tmp_path, document, "strategic", tmp_path / "patch")
    assert theirs is not None
    ours = strategic(document, patch)
    for key in ("spec", "metadata", "secrets", "imagePullSecrets"):
        assert plain(ours.get(key)) == plain(theirs.get(key))


ROUTE = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "r", "namespace": "n"},
    "spec": {"hostnames": ["a"], "rules": [{"name": "x"}]},
}


def test_a_custom_resource_takes_merge_and_json_patches_but_no_strategic_one() -> None:
    with pytest.raises(PatchError, match="custom resource, which takes no strategic merge patch"):
        strategic(ROUTE, {"spec": {}})
    with pytest.raises(PatchError, match="HTTPRoute of"):
        patched_by_us(ROUTE, {"spec": {}}, "strategic")
    merged = patched_by_us(ROUTE, {"spec": {"hostnames": None, "rules": [{"name": "y"}]}}, "merge")
    assert merged["spec"] == {"rules": [{"name": "y"}]}
    removed = patched_by_us(ROUTE, [{"op": "remove", "path": "/spec/hostnames"}], "json")
    assert removed["spec"] == {"rules": [{"name": "x"}]}


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        ({"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}}, {"a": "z", "c": {"d": "e"}}),
        ({"a": [{"b": 1}]}, {"a": [1]}, {"a": [1]}),
        ({"a": "x"}, {"a": {"b": None, "c": {"d": None}}}, {"a": {"c": {}}}),
        ({"a": {"b": 1}}, {"a": "x"}, {"a": "x"}),
        ({}, {"a": None}, {}),
    ],
)
def test_merge_patches(document: Any, patch: Any, expected: Any) -> None:
    before = copy.deepcopy(document)
    assert patched_by_us(document, patch, "merge") == expected
    assert document == before


@pytest.mark.parametrize(("patch", "how"), [([], "merge"), ("x", "strategic"), ({}, "json"), ({}, "apply")])
def test_a_patch_of_another_form_than_its_type_is_refused(patch: Any, how: str) -> None:
    with pytest.raises(PatchError):
        patched_by_us(deployment(), patch, how)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"spec": {"$patch": "merge"}}, "no directive"),
        (pod_patch(containers=[{"image": "x"}]), "lacks its name"),
        (pod_patch(containers=[{"name": "app", "$patch": "merge"}]), "no directive"),
        (pod_patch(volumes=[], **{"$setElementOrder/volumes": "v"}), "not a list"),
        (pod_patch(volumes=[], **{"$setElementOrder/volumes": []}), "no items"),
        (pod_patch(volumes=["v"], **{"$setElementOrder/volumes": []}), "lacks its name"),
        (pod_patch(containers=["app"]), "not all of one type"),
        (pod_patch(**{"$deleteFromPrimitiveList/containers": [{"name": "app"}, {}]}), "lacks its name"),
        (
            pod_patch(containers=[{"name": "z"}], **{"$setElementOrder/containers": [{"name": "app"}]}),
            "does not name every item",
        ),
        (pod_patch(**{"$retainKeys": ["volumes"], "hostPID": True}), "does not name hostPID"),
        ({"metadata": {"name": "other"}}, "makes another object"),
        ([], "is a mapping"),
    ],
)
def test_a_malformed_strategic_patch_is_refused_in_one_sentence(body: Any, said: str) -> None:
    with pytest.raises(PatchError, match=said):
        strategic(deployment(), body)


@pytest.mark.parametrize(
    ("document", "operations", "expected"),
    [
        ({"a": 1}, [{"op": "add", "path": "/b", "value": [1]}], {"a": 1, "b": [1]}),
        ({"a": [1, 2]}, [{"op": "add", "path": "/a/1", "value": 9}], {"a": [1, 9, 2]}),
        ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 9}], {"a": [1, 9]}),
        ({"a": [1]}, [{"op": "add", "path": "/a/1", "value": 9}], {"a": [1, 9]}),
        ({"a": [1, 2]}, [{"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ({"a": 1}, [{"op": "replace", "path": "/a", "value": {"b": 1}}], {"a": {"b": 1}}),
        ({"a": 1}, [{"op": "move", "from": "/a", "path": "/b"}], {"b": 1}),
        ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
        ({"a/b": 1, "m~n": 2}, [{"op": "remove", "path": "/a~1b"}, {"op": "remove", "path": "/m~0n"}], {}),
        ({"~1": 1}, [{"op": "test", "path": "/~01", "value": 1}], {"~1": 1}),
        ({"": 1}, [{"op": "test", "path": "/", "value": 1}], {"": 1}),
        ({"a": 1}, [{"op": "test", "path": "", "value": {"a": 1.0}}], {"a": 1}),
        ({"a": 1}, [{"op": "test", "path": "/b", "value": None}], {"a": 1}),
        ({"a": 1}, [{"op": "replace", "path": "/b", "value": 2}], {"a": 1, "b": 2}),
        ({"a": 1}, [{"op": "copy", "from": "/b", "path": "/c"}], {"a": 1, "c": None}),
        ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 1}}], {"b": 1}),
    ],
)
def test_json_patch_operations(document: Any, operations: list[Any], expected: Any) -> None:
    before = copy.deepcopy(document)
    assert json_patch(document, operations) == expected
    assert document == before


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "add", "path": "/x/y", "value": 1}],
        [{"op": "add", "path": "/list/3", "value": 1}],
        [{"op": "add", "path": "/list/01", "value": 1}],
        [{"op": "remove", "path": "/x"}],
        [{"op": "remove", "path": ""}],
        [{"op": "add", "path": "", "value": {}}],
        [{"op": "copy", "from": "/map", "path": ""}],
        [{"op": "replace", "path": "", "value": 1}],
        [{"op": "remove", "path": "/list/-1"}],
        [{"op": "add", "path": "/flag/x", "value": 1}],
        [{"op": "move", "from": "/x", "path": "/y"}],
        [{"op": "remove", "path": "/list/-"}],
        [{"op": "replace", "path": "/list/2", "value": 1}],
        [{"op": "test", "path": "/flag", "value": 1}],
        [{"op": "test", "path": "/list", "value": [2, 1]}],
        [{"op": "move", "from": "/map", "path": "/map/in"}],
        [{"op": "add", "path": "x", "value": 1}],
        [{"op": "add", "path": "/x"}],
        [{"op": "spin", "path": "/x"}],
        [{"path": "/x"}],
        ["add"],
        {"op": "add"},
    ],
)
def test_a_json_patch_that_does_not_apply_is_refused(operations: Any) -> None:
    with pytest.raises(PatchError):
        json_patch({"list": [1, 2], "map": {}, "flag": True}, operations)


@pytest.mark.parametrize(
    ("patch", "how"),
    [
        (pod_patch(securityContext={"runAsUser": 1}), "strategic"),
        (pod_patch(securityContext={"runAsUser": 1}), "merge"),
        ([{"op": "add", "path": "/spec/template/spec/securityContext/runAsUser", "value": 1}], "json"),
    ],
)
def test_what_two_places_share_by_an_alias_is_changed_in_one_place_alone(patch: Any, how: str) -> None:
    shared = {"runAsNonRoot": True}
    document = deployment(securityContext=shared, nodeSelector=shared)
    spec = patched_by_us(document, patch, how)["spec"]["template"]["spec"]
    assert spec["securityContext"] == {"runAsNonRoot": True, "runAsUser": 1}
    assert spec["nodeSelector"] == {"runAsNonRoot": True}


def test_a_directive_that_two_places_of_a_patch_share_counts_in_both() -> None:
    gone = {"$patch": "delete"}
    live = deployment(securityContext={"runAsUser": 0}, nodeSelector={"a": "b"})
    spec = strategic(live, pod_patch(securityContext=gone, nodeSelector=gone))["spec"]["template"]["spec"]
    assert (spec["securityContext"], spec["nodeSelector"]) == ({}, {})


def test_new_and_deleted_objects() -> None:
    document = deployment()
    assert apply(None, change_of(document, "create", document)) == document
    assert apply(document, change_of(document, "delete", None)) is None
    with pytest.raises(PatchError, match="exists already"):
        apply(document, change_of(document, "create", document))
    with pytest.raises(PatchError, match="does not exist"):
        apply(None, change_of(document, "delete", None))


NAMES = st.sampled_from(["app", "side", "init"])


SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "y"])


CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={
            "tty": SCALARS,
            "args": st.lists(st.sampled_from(["-a", "-b"]), max_size=2),
            "securityContext": st.dictionaries(st.sampled_from(["privileged", "runAsUser"]), SCALARS),
        },
    ),
    max_size=3,
    unique_by=lambda item: str(item["name"]),
)


SPECS = st.fixed_dictionaries(
    {"containers": CONTAINERS}, optional={"hostPID": SCALARS, "nodeSelector": st.dictionaries(NAMES, SCALARS)}
)


def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every leaf by its path; containers by their name."""
    if isinstance(value, dict):
        return {
            place: leaf for key, item in value.items() for place, leaf in leaves(item, (*path, key)).items()
        }
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return {
            place: leaf
            for item in value
            for place, leaf in leaves(item, (*path, item.get("name", ""))).items()
        }
    return {path: value}


@given(SPECS, SPECS)
def test_only_what_a_patch_names_changes(live: dict[str, Any], patch: dict[str, Any]) -> None:
    document = plain(deployment(**live))
    before, after = leaves(document), leaves(strategic(document, pod_patch(**patch)))
    named = leaves(pod_patch(**patch))
    for path in before.keys() | after.keys():
        if before.get(path) != after.get(path):
            filled = before.get(path) == [] and any(name[: len(path)] == path for name in named)
            assert filled or any(path[: len(name)] == name for name in named), path


@given(SPECS, SPECS)
def test_a_patch_applied_twice_changes_nothing_more(live: dict[str, Any], patch: dict[str, Any]) -> None:
    once = strategic(plain(deployment(**live)), pod_patch(**patch))
    assert strategic(once, pod_patch(**patch)) == once


def test_an_object_that_was_read_in_an_older_api_group_is_still_the_same_object() -> None:
    document = {
        "apiVersion": "extensions/v1beta1",
        "kind": "Ingress",
        "metadata": {"name": "i", "namespace": "n"},
        "spec": {},
    }
    target = ObjectRef("n", "Ingress", "i", "networking.k8s.io")
    change = Change(target, PatchType.STRATEGIC, {"spec": {"ingressClassName": "x"}})
    assert apply(document, change) == {**document, "spec": {"ingressClassName": "x"}}


def test_a_new_object_must_be_the_one_that_is_named() -> None:
    other = deployment()
    other["metadata"]["name"] = "other"
    with pytest.raises(PatchError, match="makes another object"):
        apply(None, change_of(deployment(), "create", other))
    with pytest.raises(PatchError, match="is no object"):
        apply(None, change_of(deployment(), "create", []))
