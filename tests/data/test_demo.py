"""The demo cluster is consistent: what refers to something finds it, and two readings are equal."""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from datetime import datetime

import pytest

from ksec_tui.data.demo import declared, documents
from ksec_tui.data.demo.defaults import containers
from ksec_tui.data.demo.expand import expand
from ksec_tui.data.demo.pods import TOKEN_PATH, tolerates
from tests.data.demo import WORKLOADS, Demo, Doc, token_volumes


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo()


def test_two_readings_are_equal_and_share_nothing() -> None:
    first, second = list(documents()), list(documents())
    assert json.dumps(first) == json.dumps(second)
    assert not {id(doc) for doc in first} & {id(doc) for doc in second}
    first[0]["kind"] = "Changed"
    assert next(documents())["kind"] != "Changed"


def test_an_added_workload_leaves_the_names_of_the_others_alone() -> None:
    extra: Doc = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "extra", "namespace": "shop"},
    }
    names = {Demo.key(doc) for doc in expand(declared())}
    assert {Demo.key(doc) for doc in expand([extra, *declared()])} == names | {("ConfigMap", "shop", "extra")}


def test_it_is_large_enough_to_fill_every_pane(demo: Demo) -> None:
    count = Counter(str(doc["kind"]) for doc in demo.docs)
    bare = [pod for pod in demo.pods if not pod["metadata"].get("ownerReferences")]
    jobs = [job for job in demo.all("Job") if not job["metadata"].get("ownerReferences")]
    workloads = sum(count[kind] for kind in WORKLOADS) + len(bare) + len(jobs)
    assert count["Namespace"] >= 10
    assert workloads >= 55
    assert 90 <= count["Pod"] <= 120
    assert count["Node"] == 6
    wanted = (
        "ReplicaSet Job CronJob ReplicationController Service EndpointSlice Ingress IngressClass Gateway HTTPRoute "
        "NetworkPolicy PersistentVolume PersistentVolumeClaim StorageClass ResourceQuota LimitRange APIService "
        "ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy Secret ConfigMap "
        "CertificateSigningRequest CustomResourceDefinition ClusterRole ClusterRoleBinding Role RoleBinding"
    )
    assert not [kind for kind in wanted.split() if not count[kind]]


def test_names_and_uids_are_unique(demo: Demo) -> None:
    assert len(demo.by_uid) == len(demo.docs)
    assert len(demo.by_key) == len(demo.docs)


def test_every_namespaced_object_lies_in_a_namespace_that_exists(demo: Demo) -> None:
    known = {doc["metadata"]["name"] for doc in demo.all("Namespace")}
    used = {doc["metadata"]["namespace"] for doc in demo.docs if "namespace" in doc["metadata"]}
    assert used <= known


def test_labels_and_annotations_are_text(demo: Demo) -> None:
    for doc in demo.docs:
        meta = doc["metadata"]
        values = [*meta.get("labels", {}).values(), *meta.get("annotations", {}).values()]
        assert all(isinstance(value, str) for value in values), Demo.key(doc)


def test_everything_is_plain_json(demo: Demo) -> None:
    """A bare YAML date would have become a datetime."""
    assert json.loads(json.dumps(demo.docs)) == demo.docs


def test_owners_exist_and_are_older_than_what_they_own(demo: Demo) -> None:
    owned = 0
    for doc in demo.docs:
        for reference in doc["metadata"].get("ownerReferences", []):
            owner = demo.by_uid[reference["uid"]]
            assert (owner["kind"], owner["metadata"]["name"]) == (reference["kind"], reference["name"])
            assert owner["apiVersion"] == reference["apiVersion"]
            assert reference["controller"] is True
            made, born = (
                datetime.fromisoformat(item["metadata"]["creationTimestamp"]) for item in (owner, doc)
            )
            assert made <= born, Demo.key(doc)
            owned += 1
    assert owned > 150


def test_replica_sets_and_pods_are_named_after_their_owners(demo: Demo) -> None:
    for replica_set in demo.all("ReplicaSet"):
        owner = replica_set["metadata"]["ownerReferences"][0]["name"]
        mark = replica_set["metadata"]["labels"]["pod-template-hash"]
        assert replica_set["metadata"]["name"] == f"{owner}-{mark}"
    for pod in demo.pods:
        owners = pod["metadata"].get("ownerReferences", [])
        if owners and owners[0]["kind"] != "Node":
            assert pod["metadata"]["name"].startswith(owners[0]["name"] + "-")


def test_selectors_of_workloads_match_their_own_templates(demo: Demo) -> None:
    for doc in demo.docs:
        if doc["kind"] in WORKLOADS - {"CronJob"} | {"ReplicaSet", "Job"}:
            selector = doc["spec"]["selector"]
            labels = doc["spec"]["template"]["metadata"]["labels"]
            assert selector.get("matchLabels", selector).items() <= labels.items(), Demo.key(doc)


def test_every_service_with_a_selector_selects_a_pod(demo: Demo) -> None:
    for service in demo.all("Service"):
        if selector := service["spec"].get("selector"):
            assert demo.selected(service["metadata"]["namespace"], selector), Demo.key(service)


def test_endpoint_slices_hold_the_addresses_of_the_selected_pods(demo: Demo) -> None:
    for entry in demo.all("EndpointSlice"):
        meta = entry["metadata"]
        service = demo.get("Service", meta["namespace"], meta["labels"]["kubernetes.io/service-name"])
        if "selector" not in service["spec"]:
            continue
        wanted = {
            pod["status"]["podIP"]
            for pod in demo.selected(meta["namespace"], service["spec"]["selector"])
            if pod["status"]["phase"] == "Running"
        }
        assert {address for point in entry["endpoints"] for address in point["addresses"]} == wanted
        for point in entry["endpoints"]:
            pod = demo.by_uid[point["targetRef"]["uid"]]
            assert point["addresses"] == [pod["status"]["podIP"]]
            assert point["nodeName"] == pod["spec"]["nodeName"]
        assert len(entry["ports"]) == len(service["spec"]["ports"]), "a named target port was not found"


def test_pods_stand_on_nodes_that_take_them_with_addresses_of_their_own(demo: Demo) -> None:
    network = ipaddress.ip_network("10.42.0.0/16")
    addresses = []
    for pod in demo.pods:
        if "nodeName" not in pod["spec"]:
            assert pod["status"]["phase"] == "Pending"
            continue
        node = demo.get("Node", "", pod["spec"]["nodeName"])
        assert all(
            node["metadata"]["labels"].get(name) == value
            for name, value in pod["spec"].get("nodeSelector", {}).items()
        )
        for taint in node["spec"].get("taints", []):
            assert tolerates(pod["spec"]["tolerations"], taint) or "kubernetes.io/config.mirror" in pod[
                "metadata"
            ].get("annotations", {})
        if pod["spec"].get("hostNetwork"):
            assert pod["status"]["podIP"] == node["status"]["addresses"][0]["address"]
        else:
            address = ipaddress.ip_address(pod["status"]["podIP"])
            assert address in network
            assert address in ipaddress.ip_network(node["spec"]["podCIDR"])
            addresses.append(address)
    assert len(addresses) == len(set(addresses))


def test_service_addresses_and_node_ports_are_unique(demo: Demo) -> None:
    services = demo.all("Service")
    addresses = [item["spec"]["clusterIP"] for item in services if item["spec"]["clusterIP"] != "None"]
    assert len(addresses) == len(set(addresses))
    assert all(ipaddress.ip_address(address) in ipaddress.ip_network("10.43.0.0/16") for address in addresses)
    ports = [port["nodePort"] for item in services for port in item["spec"]["ports"] if "nodePort" in port]
    assert len(ports) == len(set(ports))
    assert all(30000 <= port <= 32767 for port in ports)


def test_mounted_volumes_are_declared(demo: Demo) -> None:
    for pod in demo.pods:
        names = {volume["name"] for volume in pod["spec"].get("volumes", [])}
        for container in containers(pod["spec"]):
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= names, Demo.key(pod)


def test_claims_and_volumes_point_at_each_other(demo: Demo) -> None:
    claims = demo.all("PersistentVolumeClaim")
    assert claims
    for claim in claims:
        volume = demo.get("PersistentVolume", "", claim["spec"]["volumeName"])
        assert volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]
        assert volume["spec"]["storageClassName"] == claim["spec"]["storageClassName"]


def test_a_token_is_mounted_where_pod_or_account_ask_for_it(demo: Demo) -> None:
    seen = Counter[bool]()
    for pod in demo.pods:
        spec = pod["spec"]
        if "kubernetes.io/config.mirror" in pod["metadata"].get("annotations", {}):
            assert not token_volumes(pod), "static pods get no token"
            continue
        account = demo.get("ServiceAccount", pod["metadata"]["namespace"], spec["serviceAccountName"])
        wanted = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
        assert bool(token_volumes(pod)) is wanted, Demo.key(pod)
        mounts = {
            mount["mountPath"]
            for container in spec["containers"]
            for mount in container.get("volumeMounts", [])
        }
        assert (TOKEN_PATH in mounts) is wanted
        seen[wanted] += 1
    assert seen[True] > 20
    assert seen[False] > 20


def test_an_account_that_refuses_tokens_is_obeyed_where_the_pod_is_silent(demo: Demo) -> None:
    (pod,) = demo.selected("payments", {"app": "settlement"})
    assert "automountServiceAccountToken" not in pod["spec"]
    assert not token_volumes(pod)


def test_daemon_sets_run_on_every_node_that_takes_them(demo: Demo) -> None:
    nodes = {node["metadata"]["name"] for node in demo.all("Node")}
    where = {
        label: {pod["spec"]["nodeName"] for pod in demo.selected(namespace, {"app": label})}
        for namespace, label in (("monitoring", "log-collector"), ("legacy", "host-agent"))
    }
    assert where == {"log-collector": nodes - {"harbor-cp-1"}, "host-agent": nodes}


def test_limit_ranges_reach_the_pods_but_not_the_templates(demo: Demo) -> None:
    (pod,) = demo.selected("data", {"app": "redis"})
    assert pod["spec"]["containers"][0]["resources"] == {
        "limits": {"memory": "1Gi"},
        "requests": {"memory": "256Mi"},
    }
    template = demo.get("Deployment", "data", "redis")["spec"]["template"]
    assert template["spec"]["containers"][0]["resources"] == {}


def test_admin_holds_what_edit_and_view_hold_and_what_is_aggregated_into_view(demo: Demo) -> None:
    rules = {name: demo.get("ClusterRole", "", name)["rules"] for name in ("admin", "edit", "view")}
    assert all(rule in rules["edit"] for rule in rules["view"])
    assert all(rule in rules["admin"] for rule in rules["edit"])
    assert any("cert-manager.io" in rule["apiGroups"] for rule in rules["admin"])
    assert not any("secrets" in rule["resources"] for rule in rules["view"])


def test_routes_lead_to_services_that_exist(demo: Demo) -> None:
    for ingress in demo.all("Ingress"):
        namespace = ingress["metadata"]["namespace"]
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                ports = demo.get("Service", namespace, backend["name"])["spec"]["ports"]
                chosen = backend["port"]
                assert any(
                    chosen.get("number", port["port"]) == port["port"]
                    and chosen.get("name", port.get("name")) == port.get("name")
                    for port in ports
                )
    for route in demo.all("HTTPRoute"):
        namespace = route["metadata"]["namespace"]
        for rule in route["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                ports = demo.get("Service", namespace, backend["name"])["spec"]["ports"]
                assert backend["port"] in {port["port"] for port in ports}


def test_hints_to_the_expansion_do_not_leak(demo: Demo) -> None:
    assert not [Demo.key(doc) for doc in demo.docs if "x-demo" in doc]
