"""Each step that pods, nodes and networks make possible, beside the same without what it needs."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.search import paths_from
from ksec_tui.cluster.kinds import CLUSTER_ROLE, POD, SERVICE_ACCOUNT
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import balancer, deployment
from tests.analysis.paths.worlds import (
    ADMIN,
    EVERYTHING,
    INTERNET,
    NODE,
    WEB,
    Tree,
    account,
    cluster,
    container,
    daemon_set,
    granted,
    kinds,
    namespace,
    node,
    robot,
    rule,
    running,
    secured,
    steps,
    user,
    vertex,
    way,
)

CLOUD = Vertex("goal", "cloud identity")


def host_path(path: str, *, read_only: bool = False, **context: Any) -> Tree:
    mount = {"name": "host", "mountPath": "/host", "readOnly": read_only}
    box = container(volumeMounts=[mount], securityContext=context)
    return daemon_set(box, volumes=[{"name": "host", "hostPath": {"path": path}}])


ESCAPES = {
    "privileged": daemon_set(secured(privileged=True)),
    "SYS_ADMIN": daemon_set(secured(capabilities={"add": ["SYS_ADMIN"]})),
    "ALL": daemon_set(secured(capabilities={"add": ["ALL"]})),
    "SYS_MODULE": daemon_set(secured(capabilities={"add": ["CAP_SYS_MODULE"]})),
    "DAC_READ_SEARCH": daemon_set(secured(capabilities={"add": ["dac_read_search"]})),
    "SYS_PTRACE with hostPID": daemon_set(secured(capabilities={"add": ["SYS_PTRACE"]}), hostPID=True),
    "hostPID with root": daemon_set(hostPID=True),
    "the root file system": host_path("/"),
    "the runtime's socket, read-only": host_path("/run/containerd/containerd.sock", read_only=True),
    "the kubelet's directory": host_path("/var/lib/kubelet"),
    "static pods": host_path("/etc/kubernetes/manifests"),
    "logs of the node": host_path("/var/log"),
    "a Windows process": daemon_set(
        secured(windowsOptions={"hostProcess": True}), hostNetwork=True, os={"name": "windows"}
    ),
}

CONFINED = {
    "nothing": daemon_set(),
    "not privileged": daemon_set(secured(privileged=False)),
    "privileged in a user namespace": daemon_set(secured(privileged=True), hostUsers=False),
    "SYS_PTRACE alone": daemon_set(secured(capabilities={"add": ["SYS_PTRACE"]})),
    "a harmless capability": daemon_set(secured(capabilities={"add": ["NET_BIND_SERVICE"]})),
    "hostPID without root": daemon_set(secured(runAsNonRoot=True), hostPID=True),
    "files that everybody may read": host_path("/etc/ssl/certs", read_only=True),
    "files as nobody": host_path("/var/log", runAsUser=65534),
    "the node's network": daemon_set(hostNetwork=True),
}


@pytest.mark.parametrize("name", ESCAPES)
def test_settings_that_lead_out_lead_to_the_node_and_what_runs_there(name: str) -> None:
    found = cluster(ESCAPES[name], running(ESCAPES[name]), node())
    assert way(found, WEB, NODE)[0] == "container-escape"
    assert ("Node n1", "on-node", "the pods on Node n1") in steps(found)


@pytest.mark.parametrize("name", CONFINED)
def test_without_them_there_is_no_way_out(name: str) -> None:
    found = cluster(CONFINED[name], running(CONFINED[name]), node())
    assert "container-escape" not in kinds(found, WEB)
    assert way(found, WEB, NODE) == []


def test_the_escape_of_one_pod_reaches_tokens_on_its_node_only() -> None:
    owner = ESCAPES["privileged"]
    agent = daemon_set(name="agent", serviceAccountName="agent")
    boss = (account("agent"), *granted(robot("agent"), EVERYTHING))
    nodes = (node("n1"), node("n2"))
    beside = cluster(owner, running(owner), agent, running(agent), *boss, *nodes)
    assert way(beside, WEB) == ["container-escape", "on-node", "within", "mounts-token", "administer"]
    apart = cluster(owner, running(owner), agent, running(agent, "n2"), *boss, *nodes)
    assert "container-escape" not in way(apart, WEB)


def test_a_control_plane_node_holds_the_keys_of_the_cluster() -> None:
    owner = ESCAPES["privileged"]
    assert way(cluster(owner, running(owner), node(control_plane=True)), WEB) == [
        "container-escape",
        "control-plane-node",
    ]
    assert way(cluster(owner, running(owner), node()), WEB) == []


def test_a_template_without_pods_may_run_on_some_node() -> None:
    answer = paths_from(graph(cluster(ESCAPES["privileged"])), WEB, NODE, 1)
    assert answer.status == "maybe"
    assert answer.paths[0].doubts == ("none of its pods is on a node now",)


def test_the_kubelets_login_is_on_its_node() -> None:
    given = granted(user("system:node:n1"), rule("secrets", "list"))
    assert ("Node n1", "kubelet-identity", "User system:node:n1") in steps(cluster(node(), *given))
    assert not [step for step in steps(cluster(node())) if step[1] == "kubelet-identity"]


def test_the_files_of_an_administrator_are_a_login() -> None:
    found = host_path("/etc/kubernetes/admin.conf", read_only=True)
    assert way(cluster(found, running(found), node()), WEB)[0] == "host-credentials"
    other = host_path("/etc/hostname", read_only=True)
    assert way(cluster(other, running(other), node()), WEB) == []


def test_a_mounted_token_is_its_account() -> None:
    boss = granted(robot("web"), EVERYTHING)
    assert way(cluster(daemon_set(serviceAccountName="web"), account(), *boss), WEB) == [
        "mounts-token",
        "administer",
    ]
    off = daemon_set(serviceAccountName="web", automountServiceAccountToken=False)
    assert way(cluster(off, account(), *boss), WEB) == []
    quiet = account(automountServiceAccountToken=False)
    assert way(cluster(daemon_set(serviceAccountName="web"), quiet, *boss), WEB) == []


def test_a_projected_token_counts_when_it_is_for_the_api_server() -> None:
    def projecting(**token: Any) -> Tree:
        sources = [{"serviceAccountToken": {"path": "t", **token}}]
        volumes = [{"name": "t", "projected": {"sources": sources}}]
        return daemon_set(serviceAccountName="web", automountServiceAccountToken=False, volumes=volumes)

    boss = granted(robot("web"), EVERYTHING)
    assert way(cluster(projecting(), account(), *boss), WEB) == ["mounts-token", "administer"]
    assert way(cluster(projecting(audience="vault"), account(), *boss), WEB) == []


def test_a_mounted_token_secret_is_its_account() -> None:
    boss = (account("boss"), *granted(robot("boss"), EVERYTHING))
    meta = {
        "name": "t",
        "namespace": "shop",
        "annotations": {"kubernetes.io/service-account.name": "boss"},
    }
    token = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta,
        "type": "kubernetes.io/service-account-token",
    }
    box = container(env=[{"name": "T", "valueFrom": {"secretKeyRef": {"name": "t", "key": "token"}}}])
    found = daemon_set(box, automountServiceAccountToken=False)
    assert way(cluster(found, token, *boss), WEB) == ["mounts-secret", "secret-is-token", "administer"]
    assert way(cluster(found, {**token, "type": "Opaque"}, *boss), WEB) == []


def test_the_metadata_service_gives_the_machines_identity() -> None:
    plain = daemon_set()
    machine = node(provider="aws:///eu/i-1")
    assert way(cluster(plain, running(plain), machine), WEB, CLOUD) == ["metadata"]
    assert way(cluster(plain, running(plain), node(provider="kind://a")), WEB, CLOUD) == []
    shut = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "shut", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
    }
    assert way(cluster(plain, running(plain), machine, shut), WEB, CLOUD) == []
    host = daemon_set(hostNetwork=True)
    assert way(cluster(host, running(host), machine, shut), WEB, CLOUD) == ["metadata"]


def test_gke_conceals_the_machine_from_pods() -> None:
    plain = daemon_set()
    machine = node(provider="gce://p/z/n1")
    machine["metadata"]["labels"]["iam.gke.io/gke-metadata-server-enabled"] = "true"
    assert way(cluster(plain, running(plain), machine), WEB, CLOUD) == []


@pytest.mark.parametrize(
    "key",
    ["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"],
)
def test_an_account_may_be_somebody_in_a_cloud(key: str) -> None:
    named = account(annotations={key: "some-role"})
    plain = daemon_set(serviceAccountName="web")
    assert way(cluster(plain, named), WEB, CLOUD) == ["mounts-token", "cloud-identity"]
    assert way(cluster(plain, account(annotations={"other": "x"})), WEB, CLOUD) == []


def test_keys_of_a_cloud_in_the_environment() -> None:
    keyed = daemon_set(container(env=[{"name": "AWS_SECRET_ACCESS_KEY", "value": "x" * 40}]))
    assert way(cluster(keyed), WEB, CLOUD) == ["cloud-key"]
    told = daemon_set(container(env=[{"name": "AWS_REGION", "value": "eu-west-1"}]))
    assert way(cluster(told), WEB, CLOUD) == []


def test_the_internet_reaches_what_is_published() -> None:
    front = Vertex("workload", "web", "shop", "Deployment.apps")
    found = paths_from(graph(cluster(deployment(), balancer())), INTERNET, front, 1)
    assert [str(proof.ref) for proof in found.paths[0].steps[0].edge.proofs] == [
        "Service shop/web",
        "Deployment shop/web",
    ]
    assert paths_from(graph(cluster(deployment())), INTERNET, front, 1).status == "none"
    inner = cluster(deployment(), balancer(address="10.0.0.7"))
    assert kinds(inner, Vertex("zone", "outside")) == {"expose"}
    assert kinds(inner, INTERNET) == set()


def test_pods_reach_pods_unless_policies_are_against_it() -> None:
    web, data = deployment(), deployment("db", "data", port=5432)
    front = Vertex("workload", "web", "shop", "Deployment.apps")
    store = Vertex("goal", "a data store")
    assert way(cluster(web, data), front, store)[0] == "connect"
    shut: Tree = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "shut", "namespace": "data"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    assert way(cluster(web, data, shut), front, store) == []
    some = {**shut, "spec": {**shut["spec"], "ingress": [{"from": [{"namespaceSelector": {}}]}]}}
    guarded = paths_from(graph(cluster(web, data, some)), front, store, 1)
    free = paths_from(graph(cluster(web, data)), front, store, 1)
    assert guarded.paths[0].likelihood < free.paths[0].likelihood


def test_what_was_not_read_is_not_called_absent() -> None:
    documents = [
        daemon_set(serviceAccountName="web"),
        account(),
        *granted(robot("web"), rule("pods", "list")),
    ]
    assert paths_from(graph(snapshot_of(documents)), WEB, ADMIN).status == "none"
    blind = snapshot_of(documents, forbidden=(CLUSTER_ROLE,))
    answer = paths_from(graph(blind), WEB, ADMIN)
    assert answer.status == "not known"
    assert "clusterroles.rbac.authorization.k8s.io could not be listed (forbidden)" in answer.gaps
    unread = [documents[0], documents[1], documents[3]]
    answer = paths_from(graph(snapshot_of(unread, forbidden=(CLUSTER_ROLE,))), WEB, ADMIN)
    assert answer.status == "not known"
    assert answer.gaps[0] == "rights that were not read: ClusterRole b"


def test_a_path_over_what_is_not_sure_is_marked() -> None:
    boss = granted(robot("web"), EVERYTHING)
    blind = snapshot_of([daemon_set(serviceAccountName="web"), *boss], forbidden=(SERVICE_ACCOUNT,))
    answer = paths_from(graph(blind), WEB, ADMIN)
    assert answer.status == "maybe"
    assert answer.paths[0].doubts == ("serviceaccounts could not be listed (forbidden)",)


def test_an_escape_is_not_denied_because_no_pods_were_read() -> None:
    blind = snapshot_of([ESCAPES["privileged"], node()], forbidden=(POD,))
    answer = paths_from(graph(blind), WEB, NODE)
    assert answer.status == "maybe"


def test_a_starter_of_pods_takes_nodes_but_for_what_a_webhook_may_refuse() -> None:
    starts = granted(user(), rule("pods", "create"), space="shop")
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [
            {
                "name": "pods.guard.example",
                "clientConfig": {"url": "https://guard.example"},
                "rules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods"],
                    }
                ],
            }
        ],
    }
    assert paths_from(graph(cluster(namespace(), *starts)), vertex(user()), NODE).status == "open"
    guarded = paths_from(graph(cluster(namespace(), *starts, hook)), vertex(user()), NODE)
    assert guarded.status == "maybe"
    assert "guard" in guarded.paths[0].doubts[0]


def test_policies_that_nobody_enforces_hold_nobody() -> None:
    plugin = daemon_set(container("flannel", image="docker.io/flannel/flannel:v0.26.0"), name="flannel")
    plugin["metadata"]["namespace"] = "kube-system"
    shut: Tree = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "shut", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }
    front = Vertex("workload", "web", "shop", "Deployment.apps")
    held = cluster(deployment(), balancer(), deployment("db", port=5432), shut)
    free = cluster(deployment(), balancer(), deployment("db", port=5432), shut, plugin, running(plugin))
    store = Vertex("goal", "a data store")
    assert (way(held, front, store), way(held, INTERNET, front)) == ([], [])
    assert (way(free, front, store), way(free, INTERNET, front)) == (
        ["connect", "within", "connect"],
        ["expose"],
    )


def test_a_webhook_that_skips_the_namespace_refuses_nothing_there() -> None:
    starts = granted(user(), rule("pods", "create"), space="shop")
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [
            {
                "name": "pods.guard.example",
                "clientConfig": {"url": "https://guard.example"},
                "namespaceSelector": {"matchLabels": {"guarded": "yes"}},
                "rules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods"],
                    }
                ],
            }
        ],
    }
    assert paths_from(graph(cluster(namespace(), *starts, hook)), vertex(user()), NODE).status == "open"
