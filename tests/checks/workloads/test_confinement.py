"""AppArmor, SELinux, /proc, kernel parameters, user namespaces and host processes follow upstream to the letter."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.workloads import workloads
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Risk
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

ARMOR, SELINUX, SYSCTL = "wl-apparmor-disabled", "wl-selinux-custom", "wl-unsafe-sysctl"
USERS, PROC, HOST_PROCESS = "wl-host-users", "wl-proc-mount", "wl-host-process-windows"
NOTE = "container.apparmor.security.beta.kubernetes.io/"
UNCONFINED: Tree = {"appArmorProfile": {"type": "Unconfined"}}
CONFINED: Tree = {"appArmorProfile": {"type": "RuntimeDefault"}}


def noted(tree: Tree, **notes: str) -> Tree:
    """`tree` with AppArmor annotations for containers."""
    tree["spec"]["template"]["metadata"]["annotations"] = {NOTE + key: text for key, text in notes.items()}
    return tree


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (daemon_set(), ""),
        (daemon_set(secured(**UNCONFINED)), "medium"),
        (daemon_set(secured(**CONFINED)), ""),
        (daemon_set(securityContext=UNCONFINED), "medium"),
        (daemon_set(secured(**CONFINED), securityContext=UNCONFINED), "low"),
        (daemon_set(secured(**UNCONFINED), securityContext=CONFINED), "medium"),
        (noted(daemon_set(), app="unconfined"), "medium"),
        (noted(daemon_set(), app="runtime/default"), ""),
        (noted(daemon_set(), app="localhost/shop"), ""),
        (noted(daemon_set(), app=""), ""),
        (noted(daemon_set(), gone="unconfined"), "low"),
        (noted(daemon_set(secured(**CONFINED)), app="unconfined"), "low"),
        (noted(daemon_set(securityContext=UNCONFINED), app="runtime/default"), "low"),
        (daemon_set(securityContext=UNCONFINED, os={"name": "windows"}), ""),
    ],
)
def test_app_armor_is_off_by_field_or_annotation(tree: Tree, expected: str) -> None:
    assert severity(ARMOR, tree) == expected


def test_what_the_server_copies_into_pods_is_told_once_at_the_template() -> None:
    owner = noted(daemon_set(), app="unconfined")
    (finding,) = judged(ARMOR, cluster(owner, live(owner, secured(**UNCONFINED))))
    (piece,) = finding.evidence
    assert piece.words == "container app runs without AppArmor"
    assert piece.path == f"/spec/template/metadata/annotations/{NOTE.replace('/', '~1')}app"


def test_confining_takes_the_annotation_and_keeps_the_others() -> None:
    tree = noted(daemon_set(securityContext=UNCONFINED), app="unconfined", gone="x", side="localhost/a")
    after = fixed(ARMOR, tree)
    assert spec_of(after, tree)["securityContext"] == CONFINED
    (workload,) = workloads(after)
    assert workload.annotations == {f"{NOTE}side": "localhost/a"}


@pytest.mark.parametrize(
    ("options", "version", "found"),
    [
        ({"type": "spc_t"}, "", True),
        ({"type": "container_t"}, "", False),
        ({"type": "container_kvm_t", "level": "s0:c1"}, "", False),
        ({"type": "container_engine_t"}, "v1.30.5", True),
        ({"type": "container_engine_t"}, "v1.31.0", False),
        ({"type": "container_engine_t"}, "", False),
        ({"user": "system_u"}, "", True),
        ({"role": "system_r"}, "", True),
        ({"level": "s0:c1,c2"}, "", False),
        ({}, "", False),
    ],
)
def test_an_selinux_label_is_one_of_containers_or_told(options: Tree, version: str, found: bool) -> None:
    for tree in (
        daemon_set(securityContext={"seLinuxOptions": options}),
        daemon_set(secured(seLinuxOptions=options)),
    ):
        assert bool(words(SELINUX, tree, version=version)) is found


def test_the_selinux_level_stays() -> None:
    options = {"type": "spc_t", "user": "system_u", "level": "s0:c1"}
    tree = daemon_set(securityContext={"seLinuxOptions": options})
    assert spec_of(fixed(SELINUX, tree), tree)["securityContext"] == {"seLinuxOptions": {"level": "s0:c1"}}


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("kernel.shm_rmid_forced", "v1.20.0", ""),
        ("kernel.msgmax", "v1.37.0", "medium"),
        ("net.ipv4.ip_local_reserved_ports", "v1.26.9", "medium"),
        ("net.ipv4.ip_local_reserved_ports", "v1.27.0", ""),
        ("net.ipv4.tcp_keepalive_time", "v1.28.0", "medium"),
        ("net.ipv4.tcp_keepalive_time", "v1.29.0", ""),
        ("net.ipv4.tcp_rmem", "v1.31.3", "medium"),
        ("net.ipv4.tcp_rmem", "v1.32.0", ""),
        ("net.ipv4.tcp_notsent_lowat", "v1.36.2", "medium"),
        ("net.ipv4.tcp_notsent_lowat", "v1.37.0", ""),
        ("net.ipv4.tcp_notsent_lowat", "", ""),
        ("net/ipv4/tcp_syncookies", "v1.37.0", "medium"),
    ],
)
def test_the_safe_kernel_parameters_are_those_of_the_servers_version(
    name: str, version: str, expected: str
) -> None:
    tree = daemon_set(securityContext={"sysctls": [{"name": name, "value": "1"}]})
    assert severity(SYSCTL, tree, version=version) == expected


def test_the_last_unsafe_parameter_takes_the_list_with_it() -> None:
    tree = daemon_set(securityContext={"fsGroup": 7, "sysctls": [{"name": "kernel.msgmax", "value": "1"}]})
    assert spec_of(fixed(SYSCTL, tree), tree)["securityContext"] == {"fsGroup": 7}


@pytest.mark.parametrize(
    ("value", "spec", "expected"),
    [
        ("Unmasked", {}, "high"),
        ("Unmasked", {"hostUsers": False}, "low"),
        ("Unmasked", {"hostUsers": True}, "high"),
        ("Default", {}, ""),
        ("", {}, ""),
    ],
)
def test_proc_is_unmasked_unless_default(value: str, spec: Tree, expected: str) -> None:
    assert severity(PROC, daemon_set(secured(procMount=value), **spec), version="v1.36.0") == expected


MOUNT: Tree = {"volumeMounts": [{"name": "host", "mountPath": "/host", "readOnly": True}]}
ON_NODE: Tree = {"volumes": [{"name": "host", "hostPath": {"path": "/srv"}}]}


@pytest.mark.parametrize(
    ("own", "spec", "version", "expected"),
    [
        (container(), {}, "", ""),
        (secured(runAsUser=1000), {}, "", ""),
        (secured(runAsUser=0), {}, "", "low"),
        (container(), {"securityContext": {"runAsUser": 0}}, "", "low"),
        (secured(runAsUser=1000), {"securityContext": {"runAsUser": 0}}, "", ""),
        ({**secured(runAsUser=0), **MOUNT}, ON_NODE, "", "medium"),
        (secured(privileged=True), {}, "", "medium"),
        (secured(capabilities={"add": ["SYS_ADMIN"]}), {}, "", "low"),
        (secured(capabilities={"add": ["SYS_ADMIN"]}, runAsUser=0), {}, "", "medium"),
        (secured(capabilities={"add": ["CHOWN"]}), {}, "", ""),
        (secured(runAsUser=0), {"hostUsers": False}, "", ""),
        (secured(runAsUser=0), {"hostUsers": True}, "", "low"),
        (secured(runAsUser=0), {}, "v1.32.4", ""),
        (secured(runAsUser=0), {}, "v1.33.0", "low"),
        (secured(runAsUser=0), {"os": {"name": "windows"}}, "", ""),
    ],
)
def test_power_without_a_user_namespace(own: Tree, spec: Tree, version: str, expected: str) -> None:
    assert severity(USERS, daemon_set(own, **spec), version=version) == expected


@pytest.mark.parametrize("namespace", ["hostNetwork", "hostPID", "hostIPC"])
def test_no_user_namespace_is_put_beside_those_of_the_node(namespace: str) -> None:
    spec: Tree = {namespace: True}
    assert fix(USERS, cluster(daemon_set(secured(runAsUser=0), **spec))).risk is Risk.MANUAL


def options(value: bool) -> Tree:
    return {"windowsOptions": {"hostProcess": value}}


@pytest.mark.parametrize(
    ("own", "spec", "found"),
    [
        ({}, {"securityContext": options(True)}, True),
        (options(True), {}, True),
        (options(False), {"securityContext": options(True)}, False),
        ({"windowsOptions": {}}, {"securityContext": options(True)}, True),
        (options(False), {}, False),
    ],
)
def test_a_host_process_is_one_by_its_own_word_or_its_pods(own: Tree, spec: Tree, found: bool) -> None:
    assert bool(words(HOST_PROCESS, daemon_set(secured(**own), **spec))) is found


def test_evidence_stands_where_the_field_is() -> None:
    def place(finding: Finding) -> str:
        return finding.evidence[0].path

    at = "/spec/template/spec"
    for check, tree, path in (
        (ARMOR, daemon_set(securityContext=UNCONFINED), f"{at}/securityContext/appArmorProfile"),
        (ARMOR, daemon_set(secured(**UNCONFINED)), f"{at}/containers/0/securityContext/appArmorProfile"),
        (USERS, daemon_set(secured(privileged=True)), f"{at}/hostUsers"),
        (
            HOST_PROCESS,
            daemon_set(securityContext=options(True)),
            f"{at}/securityContext/windowsOptions/hostProcess",
        ),
    ):
        assert place(judged(check, cluster(tree))[0]) == path
