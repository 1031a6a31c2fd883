"""The synthetic cluster of the benches is large, consistent and always the same."""

from __future__ import annotations

import json

import pytest

from bench.synthetic import synthetic


def test_pods_are_about_ten_kilobytes_and_always_the_same() -> None:
    first, second = (synthetic(pods=300).items("pods") for _ in range(2))
    bodies = [item.body for item in first]
    assert bodies == [item.body for item in second]
    assert 9_000 < sum(map(len, bodies)) / len(bodies) < 11_000


def test_every_pod_has_its_owner_its_account_and_its_own_token_volume() -> None:
    cluster = synthetic(pods=500, namespaces=7)

    def found(key: str) -> dict[tuple[str, str], dict[str, dict[str, object]]]:
        return {(item.namespace, item.name): json.loads(item.body) for item in cluster.items(key)}

    replica_sets, deployments = found("replicasets.apps"), found("deployments.apps")
    accounts, nodes = found("serviceaccounts"), found("nodes")
    pods = [json.loads(item.body) for item in cluster.items("pods")]
    for pod in pods:
        metadata, spec = pod["metadata"], pod["spec"]
        owner = metadata["ownerReferences"][0]
        replica_set = replica_sets[metadata["namespace"], owner["name"]]
        assert replica_set["metadata"]["uid"] == owner["uid"]
        [upper] = json.loads(json.dumps(replica_set["metadata"]["ownerReferences"]))
        assert deployments[metadata["namespace"], upper["name"]]["metadata"]["uid"] == upper["uid"]
        assert (metadata["namespace"], spec["serviceAccountName"]) in accounts
        assert ("", spec["nodeName"]) in nodes
    assert (
        len({pod["metadata"]["uid"] for pod in pods}) == len({pod["metadata"]["name"] for pod in pods}) == 500
    )
    assert len({pod["spec"]["volumes"][-1]["name"] for pod in pods}) > 490
    assert len(pods) / len(deployments) == pytest.approx(4.6, abs=0.1)
    assert sum(int(str(deployment["spec"]["replicas"])) for deployment in deployments.values()) == 500


def test_namespaces_divide_the_pods_in_the_order_of_keys() -> None:
    cluster = synthetic(pods=400, namespaces=6)
    keys = [(item.namespace, item.name) for item in cluster.items("pods")]
    assert keys == sorted(keys)
    parts = [cluster.items("pods", item.name) for item in cluster.items("namespaces")]
    assert [(item.namespace, item.name) for part in parts for item in part] == keys
    assert len(cluster.items("pods", "elsewhere")) == 0


def test_small_objects_come_in_order_and_divide_among_the_namespaces() -> None:
    cluster = synthetic(pods=100, namespaces=5, small=1_000)
    for key, count in {"configmaps": 450, "secrets": 300, "persistentvolumeclaims": 100}.items():
        keys = [(item.namespace, item.name) for item in cluster.items(key)]
        assert keys == sorted(set(keys))
        assert len(keys) == count
        parts = [cluster.items(key, item.name) for item in cluster.items("namespaces")]
        assert [(item.namespace, item.name) for part in parts for item in part] == keys
    uids = [json.loads(item.metadata)["uid"] for item in cluster.items("endpointslices.discovery.k8s.io")]
    assert len(set(uids)) == 150
