"""Checks of the node's namespaces, ports and file system judge what a container can really do there."""

from __future__ import annotations

import pytest

from ksec_tui.findings.fix import PatchType
from tests.checks.workloads.pods import (
    Tree,
    cluster,
    container,
    daemon_set,
    fix,
    fixed,
    judged,
    live,
    secured,
    severity,
    spec_of,
    words,
)


def mounting(path: str, *, sub_path: str = "", read_only: bool = False) -> Tree:
    mount: Tree = {"name": "host", "mountPath": "/host"}
    if sub_path:
        mount["subPath"] = sub_path
    if read_only:
        mount["readOnly"] = True
    return daemon_set(container(volumeMounts=[mount]), volumes=[{"name": "host", "hostPath": {"path": path}}])


SOCKET, SENSITIVE, WRITABLE = "wl-runtime-socket", "wl-hostpath-sensitive", "wl-hostpath-writable"


@pytest.mark.parametrize(
    ("path", "read_only", "expected"),
    [
        ("/var/run/docker.sock", False, {SOCKET: "critical"}),
        ("/run/containerd/containerd.sock", True, {SOCKET: "critical"}),
        ("/run//k3s/containerd/", True, {SOCKET: "critical"}),
        ("/var/run", True, {SOCKET: "critical"}),
        ("/opt/docker/docker.sock", False, {SOCKET: "critical"}),
        (r"\\.\pipe\docker_engine", False, {SOCKET: "critical"}),
        ("C:\\\\", False, {SENSITIVE: "critical"}),
        ("/", True, {SOCKET: "critical", SENSITIVE: "high"}),
        ("/", False, {SOCKET: "critical", SENSITIVE: "critical"}),
        ("/run/xtables.lock", False, {WRITABLE: "high"}),
        ("/runner", False, {WRITABLE: "high"}),
        ("/etc", False, {SENSITIVE: "critical"}),
        ("/etc/", True, {SENSITIVE: "high"}),
        ("/etc/cron.d", False, {SENSITIVE: "critical"}),
        ("/etcetera", True, {}),
        ("/srv/../etc", False, {SENSITIVE: "critical"}),
        ("/var/lib/kubelet/pods", True, {SENSITIVE: "high"}),
        ("/var/lib", True, {SENSITIVE: "high"}),
        ("/var/lib/mysql", False, {WRITABLE: "high"}),
        ("/var/lib/mysql", True, {}),
        ("/proc", True, {SENSITIVE: "high"}),
        ("/lib64", False, {SENSITIVE: "critical"}),
        ("/etc/localtime", True, {}),
        ("/etc/localtime", False, {SENSITIVE: "critical"}),
        ("/lib/modules", True, {}),
        ("/lib/modules", False, {SENSITIVE: "critical"}),
        ("/dev/fuse", False, {WRITABLE: "high"}),
        ("/dev/log", False, {WRITABLE: "high"}),
        ("/proc/swaps", True, {}),
        ("/var/lib/kubelet/device-plugins", False, {WRITABLE: "high"}),
        ("/var/lib/kubelet/plugins/nfs.csi.k8s.io", False, {WRITABLE: "high"}),
        ("/var/lib/kubelet/plugins/kubernetes.io", False, {SENSITIVE: "critical"}),
        ("/var/lib/kubelet/plugins", False, {SENSITIVE: "critical"}),
        ("/etc/kubernetes/manifests", True, {SENSITIVE: "high"}),
        ("/dev/sda", False, {SENSITIVE: "critical"}),
    ],
)
def test_a_mount_is_told_once_under_what_it_is_worst_for(
    path: str, read_only: bool, expected: dict[str, str]
) -> None:
    tree = mounting(path, read_only=read_only)
    found = {check: severity(check, tree) for check in (SOCKET, SENSITIVE, WRITABLE)}
    assert {check: word for check, word in found.items() if word} == expected


def test_the_sub_path_is_what_the_container_gets() -> None:
    assert severity(SENSITIVE, mounting("/", sub_path="srv/data")) == ""
    assert words(WRITABLE, mounting("/", sub_path="srv/data")) == [
        "container app may write to /srv/data of the node"
    ]
    assert severity(SENSITIVE, mounting("/", sub_path="etc")) == "critical"


def test_a_volume_that_nobody_mounts_gives_nothing() -> None:
    tree = daemon_set(volumes=[{"name": "host", "hostPath": {"path": "/etc"}}])
    assert severity(SENSITIVE, tree) == ""


def test_each_container_is_judged_by_its_own_mount() -> None:
    writer = container("writer", volumeMounts=[{"name": "host", "mountPath": "/data"}])
    reader = container("reader", volumeMounts=[{"name": "host", "mountPath": "/data", "readOnly": True}])
    tree = daemon_set(writer, reader, volumes=[{"name": "host", "hostPath": {"path": "/srv"}}])
    assert words(WRITABLE, tree) == ["container writer may write to /srv of the node"]
    left = spec_of(fixed(WRITABLE, tree), tree)["containers"]
    assert left[0]["volumeMounts"] == [{"name": "host", "mountPath": "/data", "readOnly": True}]
    assert left[1] == reader


@pytest.mark.parametrize(
    ("own", "spec", "expected"),
    [
        ({}, {}, "high"),
        ({"privileged": True}, {}, "critical"),
        ({"capabilities": {"add": ["SYS_PTRACE"]}}, {}, "critical"),
        ({"capabilities": {"add": ["SYS_PTRACE"]}, "runAsNonRoot": True}, {}, "high"),
    ],
)
def test_the_process_namespace_is_worse_for_who_can_enter_processes(
    own: Tree, spec: Tree, expected: str
) -> None:
    assert severity("wl-host-pid", daemon_set(secured(**own), hostPID=True, **spec)) == expected


def test_ports_in_the_node_network_are_told_with_the_network_alone() -> None:
    ports = [{"containerPort": 9100}]
    owner = daemon_set(container(ports=ports), hostNetwork=True)
    defaulted = container(ports=[{"containerPort": 9100, "hostPort": 9100}])
    documents = (owner, live(owner, defaulted, hostNetwork=True))
    assert words("wl-host-port", *documents) == []
    assert words("wl-host-network", *documents) == [
        "the pod uses the node's network, which opens 9100 on the node"
    ]
    assert words("wl-cap-no-drop-all", *documents) == [
        "container app keeps the runtime's default capabilities"
    ]


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({"hostPort": 80}, "medium"),
        ({"hostPort": 80, "hostIP": "127.0.0.1"}, "low"),
        ({"hostPort": 80, "hostIP": "::1"}, "low"),
        ({"hostPort": 80, "hostIP": "10.0.0.5"}, "medium"),
        ({"hostPort": 0}, ""),
        ({}, ""),
    ],
)
def test_a_host_port_counts_by_the_address_it_is_on(port: Tree, expected: str) -> None:
    assert severity("wl-host-port", daemon_set(container(ports=[{"containerPort": 80, **port}]))) == expected


def test_closing_one_of_two_ports_of_one_number_names_its_position() -> None:
    ports = [
        {"containerPort": 53, "protocol": "UDP"},
        {"containerPort": 53, "protocol": "TCP", "hostPort": 53, "hostIP": "10.0.0.1"},
    ]
    tree = daemon_set(container(ports=ports))
    made = fix("wl-host-port", cluster(tree))
    assert [change.type for change in made.changes] == [PatchType.JSON]
    assert made.changes[0].body[0] == {
        "op": "test",
        "path": "/spec/template/spec/containers/0/name",
        "value": "app",
    }
    left = spec_of(fixed("wl-host-port", tree), tree)["containers"][0]["ports"]
    assert left == [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}]


def test_evidence_in_a_live_pod_names_the_pod() -> None:
    owner = daemon_set()
    (finding,) = judged("wl-host-ipc", cluster(owner, live(owner, hostIPC=True)))
    (piece,) = finding.evidence
    assert piece.path == "/spec/hostIPC"
    assert piece.ref is not None
    assert piece.ref.name == "web-x1"


@pytest.mark.parametrize(
    ("host", "said"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("10.0.0.7", False), ("", False)],
)
def test_probes_of_the_nodes_loopback_address_are_said_to_fail_in_a_network_of_its_own(
    host: str, said: bool
) -> None:
    """The kubelet asks the address that is named, from the node: it would restart the pod for ever."""
    probe = {"httpGet": {"port": 7472, **({"host": host} if host else {})}}
    tree = daemon_set(container(livenessProbe=probe), hostNetwork=True)
    offered = fix("wl-host-network", cluster(tree))
    assert ("loopback address for container app" in offered.may_break) is said
