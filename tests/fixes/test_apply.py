"""A change makes of an object what the API server would make of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixes.objects import APP, VOLUMES, deployment, pod_patch, strategic


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
