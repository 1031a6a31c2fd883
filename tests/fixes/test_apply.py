"""A change makes of an object what the API server would make of it."""

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
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_patch import json_patch, merge_patch
from tests.fixes.kubectl import needs_kubectl, patched, plain

TRUTH = Path(__file__).parents[3] / "shared/conformance/patch/kubectl-patch.jsonl"
CASES = [json.loads(line) for line in TRUTH.read_text().splitlines()] if TRUTH.exists() else []


def ref_of(document: dict[str, Any]) -> ObjectRef:
    meta = document["metadata"]
    group = document["apiVersion"].rpartition("/")[0]
    return ObjectRef(meta.get("namespace", ""), document["kind"], meta["name"], group)


def change_of(document: dict[str, Any], kind: str, body: Any) -> Change:
    return Change(ref_of(document), PatchType(kind), body)


def strategic(document: dict[str, Any], body: Any) -> Any:
    return apply(document, change_of(document, "strategic", body))


def deployment(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "a"}], **spec}}},
    }


def pod_patch(**spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


def pod_spec(document: Any) -> Any:
    return document["spec"]["template"]["spec"]


def without_leftovers(value: Any) -> Any:
    """The recorded kubectl left ``$patch`` in fields that the object lacked; today's takes them out."""
    if isinstance(value, dict):
        return {
            key: without_leftovers(item)
            for key, item in value.items()
            if not (isinstance(item, dict) and "$patch" in item)
        }
    if isinstance(value, list):
        return [
            without_leftovers(item) for item in value if not (isinstance(item, dict) and "$patch" in item)
        ]
    return value


@pytest.mark.skipif(not CASES, reason="the recorded answers of kubectl are not here")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_patch_gives_what_kubectl_gave(case: dict[str, Any]) -> None:
    document, body, kind = case["object"], case["patch"], case["type"]
    given_in = json.dumps(document)
    if "error" in case:
        with pytest.raises(PatchError):
            apply(document, change_of(document, kind, body))
        return
    got = merge_patch(document, body) if kind == "merge" else apply(document, change_of(document, kind, body))
    expected = plain(case["result"])
    if plain(got) != expected:
        assert kind == "strategic"
        assert plain(got) == without_leftovers(expected)
    assert json.dumps(document) == given_in, "the input must stay as it was"


@needs_kubectl
@pytest.mark.skipif(not CASES, reason="the recorded answers of kubectl are not here")
def test_where_the_recorded_kubectl_left_directives_todays_kubectl_agrees_with_us(tmp_path: Path) -> None:
    compared = 0
    for case in CASES:
        if case["type"] != "strategic" or "$patch" not in json.dumps(case.get("result", "")):
            continue
        (tmp_path / "patch").write_text(json.dumps(case["patch"]))
        theirs = patched(tmp_path, case["object"], "strategic", tmp_path / "patch")
        assert plain(strategic(case["object"], case["patch"])) == plain(theirs), case["id"]
        compared += 1
    assert compared


VOLUMES = [{"name": "v", "hostPath": {"path": "/"}}, {"name": "w", "emptyDir": {}}]
APP = {"name": "app", "image": "a"}


@pytest.mark.parametrize(
    ("live", "patch", "expected"),
    [
        pytest.param(
            {},
            {"containers": [{"name": "ap", "tty": True}]},
            {"containers": [{"name": "ap", "tty": True}, APP]},
            id="a wrong container name adds a container in front",
        ),
        pytest.param(
            {"containers": [{**APP, "securityContext": {"capabilities": {"drop": ["MKNOD"]}}}]},
            {"containers": [{"name": "app", "securityContext": {"capabilities": {"drop": ["ALL"]}}}]},
            {"containers": [{**APP, "securityContext": {"capabilities": {"drop": ["ALL"]}}}]},
            id="capabilities are replaced",
        ),
        pytest.param(
            {"containers": [{**APP, "args": ["--a", "--b"]}]},
            {"containers": [{"name": "app", "args": ["--c"]}]},
            {"containers": [{**APP, "args": ["--c"]}]},
            id="args are replaced",
        ),
        pytest.param(
            {"containers": [{**APP, "envFrom": [{"secretRef": {"name": "s"}}]}]},
            {"containers": [{"name": "app", "envFrom": []}]},
            {"containers": [{**APP, "envFrom": []}]},
            id="envFrom is replaced",
        ),
        pytest.param(
            {"tolerations": [{"operator": "Exists"}]},
            {"tolerations": [{"key": "a"}]},
            {"tolerations": [{"key": "a"}]},
            id="tolerations are replaced",
        ),
        pytest.param(
            {"securityContext": {"supplementalGroups": [0], "sysctls": [{"name": "a", "value": "1"}]}},
            {"securityContext": {"supplementalGroups": [5], "sysctls": [{"name": "b", "value": "2"}]}},
            {"securityContext": {"supplementalGroups": [5], "sysctls": [{"name": "b", "value": "2"}]}},
            id="groups and sysctls are replaced",
        ),
        pytest.param(
            {"containers": [{**APP, "volumeMounts": [{"mountPath": "/data", "name": "v"}]}]},
            {"containers": [{"name": "app", "volumeMounts": [{"mountPath": "/data", "readOnly": True}]}]},
            {
                "containers": [
                    {**APP, "volumeMounts": [{"mountPath": "/data", "name": "v", "readOnly": True}]}
                ]
            },
            id="mounts merge by path",
        ),
        pytest.param(
            {"containers": [{**APP, "volumeDevices": [{"devicePath": "/dev/x", "name": "v"}]}]},
            {
                "containers": [
                    {"name": "app", "volumeDevices": [{"devicePath": "/dev/x", "$patch": "delete"}]}
                ]
            },
            {"containers": [{**APP, "volumeDevices": []}]},
            id="devices merge by path",
        ),
        pytest.param(
            {
                "containers": [
                    {**APP, "ports": [{"containerPort": 53, "hostPort": 53}, {"containerPort": 80}]}
                ]
            },
            {"containers": [{"name": "app", "ports": [{"containerPort": 53, "hostPort": None}]}]},
            {"containers": [{**APP, "ports": [{"containerPort": 53}, {"containerPort": 80}]}]},
            id="container ports merge by number",
        ),
        pytest.param(
            {
                "containers": [
                    {
                        **APP,
                        "ports": [
                            {"containerPort": 53, "protocol": "UDP", "hostPort": 53},
                            {"containerPort": 53, "protocol": "TCP", "hostPort": 53},
                        ],
                    }
                ]
            },
            {"containers": [{"name": "app", "ports": [{"containerPort": 53, "hostPort": None}]}]},
            {
                "containers": [
                    {
                        **APP,
                        "ports": [
                            {"containerPort": 53, "protocol": "UDP"},
                            {"containerPort": 53, "protocol": "TCP", "hostPort": 53},
                        ],
                    }
                ]
            },
            id="of two equal port numbers only the first is patched",
        ),
        pytest.param(
            {"hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a"]}]},
            {"hostAliases": [{"ip": "1.2.3.4", "hostnames": ["b"]}]},
            {"hostAliases": [{"ip": "1.2.3.4", "hostnames": ["b"]}]},
            id="host aliases merge by address",
        ),
        pytest.param(
            {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 1}]},
            {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 2}]},
            {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 2}]},
            id="spread constraints merge by topology key",
        ),
        pytest.param(
            {"imagePullSecrets": [{"name": "x"}]},
            {"imagePullSecrets": [{"name": "y"}]},
            {"imagePullSecrets": [{"name": "y"}, {"name": "x"}]},
            id="a pod's pull secrets merge by name",
        ),
        pytest.param(
            {"volumes": VOLUMES},
            {"volumes": [{"name": "v", "emptyDir": {}}]},
            {"volumes": [{**VOLUMES[0], "emptyDir": {}}, VOLUMES[1]]},
            id="a new volume source stands beside the old one",
        ),
        pytest.param(
            {"volumes": VOLUMES},
            {"volumes": [{"name": "v", "emptyDir": {}, "$retainKeys": ["name", "emptyDir"]}]},
            {"volumes": [{"name": "v", "emptyDir": {}}, VOLUMES[1]]},
            id="retainKeys removes the old volume source",
        ),
        pytest.param(
            {"volumes": VOLUMES},
            {"volumes": [{"name": "v", "hostPath": None, "emptyDir": {}}]},
            {"volumes": [{"name": "v", "emptyDir": {}}, VOLUMES[1]]},
            id="null removes the old volume source",
        ),
        pytest.param(
            {"containers": [{**APP, "env": [{"name": "P", "value": "x"}]}]},
            {
                "containers": [
                    {"name": "app", "env": [{"name": "P", "valueFrom": {"secretKeyRef": {"key": "k"}}}]}
                ]
            },
            {
                "containers": [
                    {
                        **APP,
                        "env": [{"name": "P", "value": "x", "valueFrom": {"secretKeyRef": {"key": "k"}}}],
                    }
                ]
            },
            id="a literal variable stays beside its new source",
        ),
        pytest.param(
            {"hostPID": True, "hostIPC": True},
            {"hostPID": None, "hostIPC": False},
            {"hostIPC": False},
            id="null unsets, false sets",
        ),
        pytest.param(
            {"initContainers": [{"name": "init", "image": "i"}]},
            {"containers": [{"name": "init", "tty": True}]},
            {
                "initContainers": [{"name": "init", "image": "i"}],
                "containers": [{"name": "init", "tty": True}, APP],
            },
            id="init containers are another list",
        ),
        pytest.param(
            {"volumes": VOLUMES},
            {"$setElementOrder/volumes": [{"name": "w"}, {"name": "v"}]},
            {"volumes": [VOLUMES[1], VOLUMES[0]]},
            id="setElementOrder orders",
        ),
        pytest.param(
            {"volumes": VOLUMES},
            {"volumes": [{"$patch": "replace"}, {"name": "z", "emptyDir": {}}]},
            {"volumes": [{"name": "z", "emptyDir": {}}]},
            id="patch replace in a list",
        ),
        pytest.param(
            {"securityContext": {"runAsUser": 0}},
            {"securityContext": {"$patch": "replace", "runAsNonRoot": True}},
            {"securityContext": {"runAsNonRoot": True}},
            id="patch replace in a mapping",
        ),
        pytest.param(
            {"securityContext": {"runAsUser": 0}},
            {"securityContext": {"$patch": "delete"}},
            {"securityContext": {}},
            id="patch delete in a mapping",
        ),
    ],
)
def test_strategic_merge_of_a_pod_template(
    live: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]
) -> None:
    document = deployment(**live)
    got = strategic(document, pod_patch(**patch))
    assert got == deployment(**expected)


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        (
            {"kind": "ServiceAccount", "secrets": [{"name": "a"}], "imagePullSecrets": [{"name": "a"}]},
            {"secrets": [{"name": "b"}], "imagePullSecrets": [{"name": "b"}]},
            {"secrets": [{"name": "b"}, {"name": "a"}], "imagePullSecrets": [{"name": "b"}]},
        ),
        (
            {"kind": "Service", "spec": {"ports": [{"port": 80, "nodePort": 3}], "externalIPs": ["1.1.1.1"]}},
            {"spec": {"ports": [{"port": 80, "nodePort": None}], "externalIPs": []}},
            {"spec": {"ports": [{"port": 80}], "externalIPs": []}},
        ),
        (
            {"kind": "Node", "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}},
            {"spec": {"taints": [{"key": "b", "effect": "NoSchedule"}]}},
            {"spec": {"taints": [{"key": "b", "effect": "NoSchedule"}]}},
        ),
        (
            {"kind": "Node", "status": {"addresses": [{"type": "InternalIP", "address": "1"}]}},
            {"status": {"addresses": [{"type": "InternalIP", "address": "2"}]}},
            {"status": {"addresses": [{"type": "InternalIP", "address": "2"}]}},
        ),
        (
            {"kind": "Namespace", "metadata": {"name": "x1", "finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]}},
            {"metadata": {"name": "x1", "finalizers": ["c", "b"]}},
        ),
        (
            {
                "kind": "Role",
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "rules": [{"verbs": ["get"]}, {"verbs": ["list"]}],
            },
            {"rules": [{"verbs": ["watch"]}]},
            {"rules": [{"verbs": ["watch"]}]},
        ),
        (
            {
                "kind": "NetworkPolicy",
                "apiVersion": "networking.k8s.io/v1",
                "spec": {"podSelector": {}, "ingress": [{}, {}]},
            },
            {"spec": {"ingress": [{}]}},
            {"spec": {"podSelector": {}, "ingress": [{}]}},
        ),
        (
            {
                "kind": "ValidatingWebhookConfiguration",
                "apiVersion": "admissionregistration.k8s.io/v1",
                "webhooks": [{"name": "a.b.c", "rules": [{"operations": ["*"]}], "failurePolicy": "Ignore"}],
            },
            {"webhooks": [{"name": "a.b.c", "failurePolicy": "Fail"}]},
            {"webhooks": [{"name": "a.b.c", "rules": [{"operations": ["*"]}], "failurePolicy": "Fail"}]},
        ),
        (
            {
                "kind": "PodDisruptionBudget",
                "apiVersion": "policy/v1",
                "spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}},
            },
            {"spec": {"selector": {"matchLabels": {"c": "d"}}}},
            {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"c": "d"}}}},
        ),
    ],
    ids=lambda case: case.get("kind", "") if isinstance(case, dict) else "",
)
def test_lists_of_other_kinds_merge_by_their_own_keys(
    document: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]
) -> None:
    document = {"apiVersion": "v1", "metadata": {"name": "x1"}, **document}
    got = strategic(document, patch)
    assert got == document | expected


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


def test_a_custom_resource_takes_no_strategic_merge_patch() -> None:
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": "n"},
    }
    with pytest.raises(PatchError, match="custom resource"):
        strategic(route, {"spec": {}})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"spec": {"$patch": "merge"}}, "no directive"),
        (pod_patch(containers=[{"image": "x"}]), "lacks its name"),
        (pod_patch(containers=[{"name": "app", "$patch": "merge"}]), "no directive"),
        (pod_patch(volumes=[], **{"$setElementOrder/volumes": "v"}), "not a list"),
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
