"""The demo cluster tells its story: the attack path, the flaws on purpose, and no real secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ksec_tui.data.demo import server_version
from ksec_tui.data.demo.defaults import containers
from tests.data.demo import Demo, Doc, token_volumes


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo()


def test_the_misspelt_network_policy_is_the_only_one_that_selects_nothing(demo: Demo) -> None:
    empty = [
        policy["metadata"]["name"]
        for policy in demo.all("NetworkPolicy")
        if not demo.selected(
            policy["metadata"]["namespace"], policy["spec"]["podSelector"].get("matchLabels", {})
        )
    ]
    assert empty == ["protect-checkout"]


def test_service_accounts_exist_save_the_removed_one_whose_workload_has_no_pods(demo: Demo) -> None:
    missing = {
        (namespace, spec["serviceAccountName"])
        for namespace, spec in demo.templates()
        if "serviceAccountName" in spec
        and ("ServiceAccount", namespace, spec["serviceAccountName"]) not in demo.by_key
    }
    assert missing == {("ci", "notifier")}
    assert not demo.selected("ci", {"app": "release-notifier"})
    assert demo.get("Deployment", "ci", "release-notifier")["status"]["replicas"] == 0


def _references(node: object) -> Iterator[tuple[str, str]]:
    """Kind and name of the Secrets, ConfigMaps and claims that a part of a pod spec names."""
    fields = {
        "secret": ("Secret", "secretName"),
        "secretRef": ("Secret", "name"),
        "secretKeyRef": ("Secret", "name"),
        "configMap": ("ConfigMap", "name"),
        "configMapRef": ("ConfigMap", "name"),
        "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
    }
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name in fields:
                kind, field = fields[name]
                yield kind, value[field]
            else:
                yield from _references(value)


def test_referenced_secrets_configmaps_and_claims_exist_save_the_partners_pull_secret(demo: Demo) -> None:
    wanted = set()
    for namespace, spec in demo.templates():
        wanted |= {(kind, namespace, name) for kind, name in _references(spec)}
        wanted |= {("Secret", namespace, pull["name"]) for pull in spec.get("imagePullSecrets", [])}
    assert len(wanted) > 30
    assert {key for key in wanted if key not in demo.by_key} == {("Secret", "shop", "partner-registry")}


def test_secrets_and_configmaps_carry_no_payload(demo: Demo) -> None:
    for doc in demo.all("Secret") + demo.all("ConfigMap"):
        assert set(doc) <= {"apiVersion", "kind", "metadata", "type"}, Demo.key(doc)
    assert {doc["type"] for doc in demo.all("Secret")} >= {
        "kubernetes.io/tls",
        "kubernetes.io/service-account-token",
    }


def test_credential_like_environment_values_are_obviously_fake(demo: Demo) -> None:
    words = ("PASS", "SECRET", "TOKEN", "KEY")
    values = [
        variable["value"]
        for _, spec in demo.templates()
        for container in containers(spec)
        for variable in container.get("env", [])
        if "value" in variable and any(word in variable["name"] for word in words)
    ]
    assert len(values) > 10
    assert all(value.startswith("not-a-real-") for value in values)


def _bindings(demo: Demo) -> list[Doc]:
    return demo.all("RoleBinding") + demo.all("ClusterRoleBinding")


def test_one_role_and_one_service_account_of_the_bindings_are_missing(demo: Demo) -> None:
    roles, subjects = set(), set()
    for binding in _bindings(demo):
        kind, name = binding["roleRef"]["kind"], binding["roleRef"]["name"]
        place = binding["metadata"].get("namespace", "") if kind == "Role" else ""
        if (kind, place, name) not in demo.by_key:
            roles.add(name)
        for subject in binding.get("subjects", []):
            if subject["kind"] == "ServiceAccount":
                if ("ServiceAccount", subject["namespace"], subject["name"]) not in demo.by_key:
                    subjects.add(subject["name"])
            else:
                assert subject["apiGroup"] == "rbac.authorization.k8s.io"
    assert roles == {"auditor-2023"}
    assert subjects == {"nightly-exporter"}


def test_one_webhook_calls_a_service_that_is_gone(demo: Demo) -> None:
    missing = {
        doc["metadata"]["name"]
        for doc in demo.all("ValidatingWebhookConfiguration") + demo.all("MutatingWebhookConfiguration")
        for hook in doc["webhooks"]
        for service in [hook["clientConfig"]["service"]]
        if ("Service", service["namespace"], service["name"]) not in demo.by_key
    }
    assert missing == {"policy-guard"}


def test_the_attack_path_leads_from_the_internet_to_cluster_admin(demo: Demo) -> None:
    entry = demo.get("Service", "ingress-nginx", "ingress-nginx-controller")
    assert entry["spec"]["type"] == "LoadBalancer"
    assert "loadBalancerSourceRanges" not in entry["spec"]
    assert entry["status"]["loadBalancer"]["ingress"][0]["ip"] == "203.0.113.10"
    controllers = demo.selected("ingress-nginx", entry["spec"]["selector"])
    assert "--ingress-class=nginx" in controllers[0]["spec"]["containers"][0]["args"]

    ingress = demo.get("Ingress", "ci", "preview")
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (ingress["spec"]["ingressClassName"], rule["host"], path["path"]) == (
        "nginx",
        "shop.example.com",
        "/preview",
    )
    assert "tls" not in ingress["spec"]

    service = demo.get("Service", "ci", path["backend"]["service"]["name"])
    (pod,) = demo.selected("ci", service["spec"]["selector"])
    assert pod["spec"]["containers"][0]["securityContext"]["runAsUser"] == 0
    assert token_volumes(pod)
    closed = {policy["metadata"]["namespace"] for policy in demo.all("NetworkPolicy")}
    assert not closed & {"ci", "ingress-nginx"}

    account = {"kind": "ServiceAccount", "name": pod["spec"]["serviceAccountName"], "namespace": "ci"}
    granted = [item["roleRef"]["name"] for item in _bindings(demo) if account in item.get("subjects", [])]
    assert granted == ["cluster-admin"]


def test_one_tag_was_pushed_again_between_two_pulls(demo: Demo) -> None:
    pulled: dict[tuple[str, str], set[str]] = {}
    for pod in demo.pods:
        for status in pod["status"].get("containerStatuses", []):
            pulled.setdefault((pod["metadata"]["namespace"], status["image"]), set()).add(status["imageID"])
    drifting = [image for image, digests in pulled.items() if len(digests) > 1]
    assert drifting == [("shop", "registry.harbor-street.example/shop/cart:stable")]


def test_pods_of_payments_keep_the_restricted_standard(demo: Demo) -> None:
    pods = demo.selected("payments", {})
    assert len(pods) > 5
    for pod in pods:
        whole = pod["spec"]["securityContext"]
        assert whole["runAsNonRoot"] is True
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not any("hostPath" in volume for volume in pod["spec"].get("volumes", []))
        for container in containers(pod["spec"]):
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_one_workload_of_shop_is_older_than_its_enforced_level(demo: Demo) -> None:
    drifting = {
        pod["metadata"]["labels"]["app"]
        for pod in demo.selected("shop", {})
        if any("hostPath" in volume for volume in pod["spec"].get("volumes", []))
        or any("hostPort" in port for item in containers(pod["spec"]) for port in item.get("ports", []))
    }
    assert drifting == {"cache-warmer"}


def test_control_plane_pods_are_mirrors_owned_by_their_node(demo: Demo) -> None:
    mirrors = [
        pod for pod in demo.pods if "kubernetes.io/config.mirror" in pod["metadata"].get("annotations", {})
    ]
    assert {pod["spec"]["containers"][0]["name"] for pod in mirrors} == {
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    }
    for pod in mirrors:
        (owner,) = pod["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"]) == ("Node", pod["spec"]["nodeName"])


def test_nodes_span_four_minors_behind_one_server(demo: Demo) -> None:
    assert server_version()["gitVersion"] == "v1.33.4"
    versions = {node["status"]["nodeInfo"]["kubeletVersion"] for node in demo.all("Node")}
    assert versions == {"v1.33.4", "v1.32.6", "v1.30.2"}
