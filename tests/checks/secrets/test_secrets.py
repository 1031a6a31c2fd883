"""What is told of Secrets, ConfigMaps and the tokens of workloads."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.base import LAST_APPLIED
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.findings.verdict import Verdict
from tests.checks.workloads.pods import (
    Tree,
    cluster,
    container,
    daemon_set,
    fixed,
    judged,
    severity,
    spec_of,
    words,
)

WEB = "203.0.113.7"


def secret(name: str = "db", *, applied: str | None = None, namespace: str = "shop") -> Tree:
    annotations = {"owner": "web"} | ({LAST_APPLIED: applied} if applied is not None else {})
    meta = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "Opaque"}


def config_map(data: dict[str, Any] | None, name: str = "web") -> Tree:
    tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}}
    return tree if data is None else {**tree, "data": data}


def account(name: str = "web", **fields: Any) -> Tree:
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta, **fields}


def granted(*rules: Tree, namespace: str = "", subject: Tree | None = None) -> list[Tree]:
    """A ClusterRole with these rules, bound everywhere or in one namespace, to ServiceAccount shop/web."""
    group = "rbac.authorization.k8s.io"
    place = {"namespace": namespace} if namespace else {}
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    role = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "r"},
        "rules": list(rules),
    }
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": kind,
        "metadata": {"name": "b", **place},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "r"},
        "subjects": [subject or {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}],
    }
    return [role, binding]


def rule(resource: str, *verbs: str, group: str = "", **more: Any) -> Tree:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs), **more}


def load_balancer() -> Tree:
    spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 443, "targetPort": 8080}]}
    status = {"loadBalancer": {"ingress": [{"ip": WEB}]}}
    meta = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec, "status": status}


def web(**spec: Any) -> Tree:
    return daemon_set(container(ports=[{"containerPort": 8080}]), serviceAccountName="web", **spec)


TAKEOVER = "sec-sa-takeover-workload"


@pytest.mark.parametrize(
    ("rules", "namespace", "told"),
    [
        ([rule("secrets", "list")], "", "read every Secret (by"),
        ([rule("*", "*", group="*")], "", "do everything"),
        ([rule("clusterroles", "bind", group="rbac.authorization.k8s.io")], "", "hand out any role"),
        ([rule("groups", "impersonate")], "", "act as any group"),
        ([rule("nodes/proxy", "get")], "", "run commands on every node"),
        ([rule("serviceaccounts/token", "create")], "", "make tokens of any ServiceAccount"),
        ([rule("pods", "create")], "kube-system", "run pods as any ServiceAccount of kube-system"),
        ([rule("secrets", "list")], "shop", ""),
        ([rule("pods", "create")], "shop", ""),
        ([rule("secrets", "get", resourceNames=["one"])], "", ""),
        ([rule("pods", "get", "list")], "", ""),
    ],
)
def test_rights_that_take_over_the_cluster(rules: list[Tree], namespace: str, told: str) -> None:
    found = words(TAKEOVER, web(), account(), *granted(*rules, namespace=namespace))
    assert len(found) == bool(told)
    assert all(told in text for text in found)


def test_each_right_stands_beside_the_binding_that_gives_it() -> None:
    read, shell = granted(rule("secrets", "list")), granted(rule("pods/exec", "create"))
    for item, name in zip(shell, ("r2", "b2"), strict=True):
        item["metadata"]["name"] = name
    shell[1]["roleRef"]["name"] = "r2"
    (said,) = words(TAKEOVER, web(), account(), *read, *shell)
    assert "read every Secret (by ClusterRoleBinding b), " in said
    assert said.endswith(" (by ClusterRoleBinding b2)")


def test_a_right_of_all_accounts_counts_and_one_without_a_token_does_not() -> None:
    everyone = {"kind": "Group", "name": "system:serviceaccounts"}
    rights = granted(rule("secrets", "list"), subject=everyone)
    assert words(TAKEOVER, web(), account(), *rights)
    assert not words(TAKEOVER, web(automountServiceAccountToken=False), account(), *rights)
    assert not words(TAKEOVER, web(), account(automountServiceAccountToken=False), *rights)
    token = {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
    asked = web(automountServiceAccountToken=False, volumes=[token])
    assert words(TAKEOVER, asked, account(), *rights)


def test_it_is_critical_where_the_internet_reaches_the_workload() -> None:
    rights = granted(rule("secrets", "list"))
    assert severity(TAKEOVER, web(), account(), *rights) == "high"
    assert severity(TAKEOVER, web(), account(), load_balancer(), *rights) == "critical"


def test_configmaps_of_a_live_cluster_are_unknown_once_and_not_clean() -> None:
    (finding,) = judged("sec-configmap", cluster(config_map(None), config_map(None, "other")))
    assert (finding.verdict, finding.subject) == (Verdict.UNKNOWN, CLUSTER)
    assert judged("sec-configmap", cluster()) == ()


def test_configmaps_of_files_are_judged_by_keys_and_forms() -> None:
    data = {"LOG_LEVEL": "info", "DB_PASSWORD": "c4nary", "run.sh": "x", "configure_secret.sh": "x"}
    documents = [config_map(data), config_map(None, "empty")]
    assert words("sec-configmap", *documents) == ["its key DB_PASSWORD: named like a credential"]


def test_values_of_a_configmap_that_no_server_would_take_spoil_nothing() -> None:
    assert words("sec-configmap", config_map({"PORT": 8080, "PASSWORD": None, "ON": True})) == []


@pytest.mark.parametrize(
    ("applied", "count"),
    [
        ('{"kind":"Secret","data":{"p":"YzRuYXJ5"}}', 1),
        ('{"kind":"Secret","stringData":{"p":"c4nary"}}', 1),
        ('{"kind":"Secret","metadata":{"name":"db"}}', 0),
        (None, 0),
    ],
)
def test_a_copy_of_a_secret_is_told_when_it_holds_values(applied: str | None, count: int) -> None:
    found = words("sec-last-applied-leak", secret(applied=applied))
    assert len(found) == count


def test_the_fix_takes_the_copy_away_and_nothing_else() -> None:
    after = fixed("sec-last-applied-leak", secret(applied='{"data":{"p":"YzRuYXJ5"}}'))
    document = after.document(ObjectRef("shop", "Secret", "db"))
    assert document is not None
    assert document["metadata"]["annotations"] == {"owner": "web"}


def test_variables_from_secrets_are_told_by_secret_and_variable() -> None:
    env = [
        {"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "db", "key": "p"}}},
    ]
    item = daemon_set(
        container(env=env, envFrom=[{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "c"}}])
    )
    assert words("sec-env-from-secret", item) == ["container app has Secret db in its variable P"]
    assert words("sec-envfrom-whole-secret", item) == [
        "container app has every key of Secret all in its environment"
    ]
    assert severity("sec-env-from-secret", item) == "info"


def test_a_secret_in_more_than_five_workloads_is_told_pull_secrets_are_not() -> None:
    def holder(index: int, **spec: Any) -> Tree:
        return daemon_set(name=f"web-{index}", **spec)

    volumes = [{"name": "v", "secret": {"secretName": "db"}}]
    assert not words("sec-secret-fanout", secret(), *(holder(n, volumes=volumes) for n in range(5)))
    (told,) = words("sec-secret-fanout", secret(), *(holder(n, volumes=volumes) for n in range(6)))
    assert told.startswith("6 workloads hold it")
    pulled = [holder(n, imagePullSecrets=[{"name": "db"}]) for n in range(6)]
    assert not words("sec-secret-fanout", secret(), *pulled)


def test_a_long_token_is_shortened_and_its_neighbours_in_the_volume_stay() -> None:
    sources = [
        {"configMap": {"name": "ca"}},
        {"serviceAccountToken": {"audience": "vault", "expirationSeconds": 864_000, "path": "token"}},
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "short"}},
    ]
    item = daemon_set(volumes=[{"name": "other"}, {"name": "v", "projected": {"sources": sources}}])
    assert words("sec-projected-token-wide", item) == ["the token token for vault is valid for 10 days"]
    after = fixed("sec-projected-token-wide", item)
    volumes = spec_of(after, item)["volumes"]
    shorter = {"serviceAccountToken": {"audience": "vault", "expirationSeconds": 3600, "path": "token"}}
    assert volumes[1]["projected"]["sources"] == [sources[0], shorter, sources[2]]


def test_a_key_of_a_cloud_is_told_once_and_its_id_is_no_secret() -> None:
    env = [
        {"name": "AWS_ACCESS_KEY_ID", "value": "AKIA" + "A" * 16},
        {"name": "AWS_SECRET_ACCESS_KEY", "value": "c4nary"},
    ]
    item = daemon_set(container(env=env))
    assert words("sec-env-literal", item) == []
    assert len(words("sec-cloud-static-key", item)) == 2
    assert severity("sec-cloud-static-key", item) == "critical"
    assert severity("sec-cloud-static-key", daemon_set(container(env=env[:1]))) == "low"
