"""Checks of security contexts follow the API's precedence and exemptions to the letter."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.findings.runner import fix_for
from tests.checks.workloads.pods import (
    CHECKS,
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

WINDOWS: Tree = {"os": {"name": "windows"}}
USERNS: Tree = {"hostUsers": False}
WINDOWS_BY_SELECTOR: Tree = {"nodeSelector": {"kubernetes.io/os": "windows"}}


def pod(**values: Any) -> Tree:
    return {"securityContext": values}


@pytest.mark.parametrize(
    ("check", "own", "spec", "version", "expected"),
    [
        # Privileged: unset and false are fine.
        ("wl-privileged", {"privileged": True}, {}, "", "critical"),
        ("wl-privileged", {"privileged": False}, {}, "", ""),
        ("wl-privileged", {"privileged": True}, USERNS, "v1.36.0", "high"),
        # Escalation: exactly false, at the container only, not for Windows by spec.os.
        ("wl-allow-priv-esc", {}, {}, "", "medium"),
        ("wl-allow-priv-esc", {"allowPrivilegeEscalation": True}, {}, "", "medium"),
        ("wl-allow-priv-esc", {"allowPrivilegeEscalation": False}, {}, "", ""),
        ("wl-allow-priv-esc", {}, pod(allowPrivilegeEscalation=False), "", "medium"),
        ("wl-allow-priv-esc", {}, WINDOWS, "", ""),
        ("wl-allow-priv-esc", {}, WINDOWS_BY_SELECTOR, "", "medium"),
        ("wl-allow-priv-esc", {}, USERNS, "v1.36.0", "medium"),
        # Capabilities: any spelling that some runtime takes is dangerous, only ALL is a full drop.
        ("wl-cap-dangerous", {"capabilities": {"add": ["SYS_ADMIN"]}}, {}, "", "critical"),
        ("wl-cap-dangerous", {"capabilities": {"add": ["cap_sys_admin"]}}, {}, "", "critical"),
        ("wl-cap-dangerous", {"capabilities": {"add": ["all"]}}, {}, "", "critical"),
        ("wl-cap-dangerous", {"capabilities": {"add": ["SYS_PTRACE"]}}, {}, "", "high"),
        ("wl-cap-dangerous", {"capabilities": {"add": ["SYS_ADMIN"]}}, USERNS, "", "medium"),
        ("wl-cap-dangerous", {"capabilities": {"add": ["NET_BIND_SERVICE", "CHOWN"]}}, {}, "", ""),
        ("wl-cap-dangerous", {"capabilities": {"drop": ["SYS_ADMIN"]}}, {}, "", ""),
        ("wl-cap-no-drop-all", {"capabilities": {"drop": ["ALL"]}}, {}, "", ""),
        ("wl-cap-no-drop-all", {"capabilities": {"drop": ["NET_RAW", "ALL"]}}, {}, "", ""),
        ("wl-cap-no-drop-all", {"capabilities": {"drop": ["all"]}}, {}, "", "low"),
        ("wl-cap-no-drop-all", {"capabilities": {"drop": ["CAP_ALL"]}}, {}, "", "low"),
        ("wl-cap-no-drop-all", {"capabilities": {"drop": ["NET_RAW"]}}, {}, "", "medium"),
        ("wl-cap-no-drop-all", {}, WINDOWS, "", ""),
        # Root: the container's value wins; user namespaces excuse it from policy 1.35 on.
        ("wl-root-explicit", {"runAsUser": 0}, {}, "", "high"),
        ("wl-root-explicit", {}, pod(runAsUser=0), "", "high"),
        ("wl-root-explicit", {"runAsUser": 0}, pod(runAsUser=1000), "", "high"),
        ("wl-root-explicit", {"runAsUser": 1000}, pod(runAsUser=0), "", "low"),
        ("wl-root-explicit", {"runAsUser": 0, "runAsNonRoot": True}, {}, "", "low"),
        ("wl-root-explicit", {"runAsUser": 0}, USERNS, "v1.35.1", ""),
        ("wl-root-explicit", {"runAsUser": 0}, USERNS, "v1.34.9", "low"),
        ("wl-root-explicit", {"runAsUser": 0}, USERNS, "", "low"),
        ("wl-root-explicit", {"runAsUser": 0}, {"hostUsers": True}, "v1.36.0", "high"),
        ("wl-root-explicit", {"runAsUser": 65532}, {}, "", ""),
        ("wl-root-possible", {}, {}, "", "medium"),
        ("wl-root-possible", {}, pod(runAsNonRoot=True), "", ""),
        ("wl-root-possible", {"runAsNonRoot": False}, pod(runAsNonRoot=True), "", "medium"),
        ("wl-root-possible", {"runAsNonRoot": True}, pod(runAsNonRoot=False), "", ""),
        ("wl-root-possible", {"runAsUser": 1000}, {}, "", "info"),
        ("wl-root-possible", {"runAsUser": 0}, {}, "", ""),
        ("wl-root-possible", {"runAsUser": 1000, "runAsNonRoot": True}, {}, "", ""),
        ("wl-root-possible", {}, USERNS, "v1.36.2", ""),
        ("wl-root-possible", {}, WINDOWS, "", "medium"),
        # Seccomp.
        ("wl-seccomp-missing", {}, {}, "", "low"),
        ("wl-seccomp-missing", {}, pod(seccompProfile={"type": "RuntimeDefault"}), "", ""),
        ("wl-seccomp-missing", {"seccompProfile": {"type": "Localhost"}}, {}, "", ""),
        ("wl-seccomp-missing", {}, WINDOWS, "", ""),
        ("wl-seccomp-missing", {}, pod(seccompProfile={"type": "Unconfined"}), "", ""),
        ("wl-seccomp-unconfined", {}, pod(seccompProfile={"type": "Unconfined"}), "", "medium"),
        (
            "wl-seccomp-unconfined",
            {"seccompProfile": {"type": "RuntimeDefault"}},
            pod(seccompProfile={"type": "Unconfined"}),
            "",
            "low",
        ),
        (
            "wl-seccomp-unconfined",
            {"seccompProfile": {"type": "Unconfined"}},
            pod(seccompProfile={"type": "RuntimeDefault"}),
            "",
            "medium",
        ),
        ("wl-writable-rootfs", {}, {}, "", "low"),
        ("wl-writable-rootfs", {"readOnlyRootFilesystem": False}, {}, "", "low"),
        ("wl-writable-rootfs", {"readOnlyRootFilesystem": True}, {}, "", ""),
        ("wl-writable-rootfs", {}, WINDOWS, "", ""),
    ],
)
def test_the_effective_value_decides(check: str, own: Tree, spec: Tree, version: str, expected: str) -> None:
    assert severity(check, daemon_set(secured(**own), **spec), version=version) == expected


@pytest.mark.parametrize(
    ("place", "extra", "named"),
    [
        ("initContainers", {}, "init container second"),
        ("initContainers", {"restartPolicy": "Always"}, "sidecar second"),
        ("ephemeralContainers", {}, "debug container second"),
    ],
)
def test_every_list_of_containers_is_judged_and_named_for_what_it_is(
    place: str, extra: Tree, named: str
) -> None:
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": "shop"}}
    second = {**container("second", securityContext={"privileged": True}), **extra}
    tree = {**bare, "spec": {"containers": [container()], place: [second]}}
    assert words("wl-privileged", tree) == [f"{named} runs privileged"]


def test_an_init_container_that_ends_may_write_its_files_but_a_sidecar_not() -> None:
    own = secured(readOnlyRootFilesystem=True)
    ends, stays = container("setup"), container("proxy", restartPolicy="Always")
    found = words("wl-writable-rootfs", daemon_set(own, initContainers=[ends, stays]))
    assert found == ["sidecar proxy may write to its root file system"]


def test_a_risk_of_the_template_is_not_told_again_for_its_pods() -> None:
    owner = daemon_set(secured(privileged=True))
    older = {**secured(privileged=True), "image": "registry.example/app:0.9.0"}
    assert words("wl-privileged", owner, live(owner, older)) == ["container app runs privileged"]


def test_an_injected_container_is_found_in_the_live_pod() -> None:
    owner = daemon_set(secured(privileged=False))
    proxy = container("proxy", securityContext={"privileged": True})
    snapshot = cluster(owner, live(owner, secured(privileged=False), proxy))
    (finding,) = judged("wl-privileged", snapshot)
    assert (finding.subject.kind, finding.subject.name) == ("DaemonSet", "web")
    (piece,) = finding.evidence
    assert piece.words == "container proxy (in the live pod) runs privileged"
    assert piece.ref is not None
    assert (piece.ref.kind, piece.path) == ("Pod", "/spec/containers/1/securityContext/privileged")


def test_dropping_privileges_keeps_the_rest_of_the_context() -> None:
    tree = daemon_set(secured(privileged=True, runAsUser=1000), container("other"))
    assert spec_of(fixed("wl-privileged", tree), tree)["containers"] == [
        secured(runAsUser=1000),
        container("other"),
    ]


def test_forbidding_escalation_takes_what_the_api_refuses_beside_it_in_the_same_patch() -> None:
    own = {"privileged": True, "capabilities": {"add": ["NET_ADMIN", "CAP_SYS_ADMIN"]}}
    tree = daemon_set(secured(**own))
    (left,) = spec_of(fixed("wl-allow-priv-esc", tree), tree)["containers"]
    assert left["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["NET_ADMIN"]},
    }


def test_dropping_all_keeps_the_capabilities_that_are_added() -> None:
    tree = daemon_set(secured(capabilities={"add": ["NET_BIND_SERVICE"], "drop": ["NET_RAW", "MKNOD"]}))
    (left,) = spec_of(fixed("wl-cap-no-drop-all", tree), tree)["containers"]
    assert left["securityContext"]["capabilities"] == {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}


@pytest.mark.parametrize(
    ("own", "spec", "left_own", "left_pod"),
    [
        ({"runAsUser": 0}, {}, {"runAsNonRoot": True}, None),
        ({"runAsUser": 0}, pod(runAsUser=1000), {}, {"runAsUser": 1000}),
        ({"runAsUser": 0}, pod(runAsNonRoot=True), {}, {"runAsNonRoot": True}),
        ({}, pod(runAsUser=0, fsGroup=5), {}, {"runAsNonRoot": True, "fsGroup": 5}),
        ({"runAsNonRoot": False}, pod(runAsUser=0), {"runAsNonRoot": True}, {"runAsNonRoot": True}),
        ({"runAsUser": 1000}, pod(runAsUser=0), {"runAsUser": 1000}, {}),
    ],
)
def test_taking_root_away_never_invents_a_user(
    own: Tree, spec: Tree, left_own: Tree, left_pod: Tree | None
) -> None:
    tree = daemon_set(secured(**own), **spec)
    left = spec_of(fixed("wl-root-explicit", tree), tree)
    assert left["containers"][0]["securityContext"] == left_own
    assert left.get("securityContext") == left_pod


def test_root_is_refused_at_the_pod_unless_another_container_is_root_on_purpose() -> None:
    shared = daemon_set(container("a"), container("b"))
    assert spec_of(fixed("wl-root-possible", shared), shared)["securityContext"] == {"runAsNonRoot": True}
    root = {"name": "b", "image": "registry.example/b:1", "securityContext": {"runAsUser": 0}}
    mixed = daemon_set(container("a"), root)
    left = spec_of(fixed("wl-root-possible", mixed), mixed)
    assert left == {"containers": [{**container("a"), "securityContext": {"runAsNonRoot": True}}, root]}


def test_a_read_only_root_gets_a_scratch_directory_only_where_there_is_none() -> None:
    mounted = container("b", volumeMounts=[{"name": "tmp", "mountPath": "/tmp/"}])
    tree = daemon_set(container("a"), mounted, volumes=[{"name": "tmp", "emptyDir": {}}])
    left = spec_of(fixed("wl-writable-rootfs", tree), tree)
    assert {volume["name"] for volume in left["volumes"]} == {"tmp", "tmp-2"}
    assert left["containers"][0]["volumeMounts"] == [{"name": "tmp-2", "mountPath": "/tmp"}]
    assert left["containers"][1]["volumeMounts"] == mounted["volumeMounts"]


def test_unconfined_containers_get_the_default_without_touching_their_pod() -> None:
    tree = daemon_set(secured(seccompProfile={"type": "Unconfined"}), container("other"))
    left = spec_of(fixed("wl-seccomp-unconfined", tree), tree)
    assert left["containers"][0]["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert "securityContext" not in left


def test_a_bare_pod_gets_steps_and_no_patch() -> None:
    tree = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "one", "namespace": "shop"},
        "spec": {"containers": [secured(privileged=True)]},
    }
    made = fix("wl-privileged", cluster(tree))
    assert made.changes == ()
    assert "delete it and create it anew" in made.steps[-1]


def test_components_of_kubernetes_are_told_but_not_patched() -> None:
    snapshot = cluster(daemon_set(secured(privileged=True), name="kube-proxy", namespace="kube-system"))
    (finding,) = judged("wl-privileged", snapshot)
    assert finding.system
    assert fix_for(finding, CHECKS.values(), snapshot) is None


def test_containers_that_had_a_tmp_each_keep_one_each() -> None:
    """In a common one they would meet each other's files, and whoever takes one could plant some for the others."""
    own = {"name": "own", "image": "i", "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}
    others = [{"name": name, "image": "i"} for name in ("a", "b")]
    tree = daemon_set(container(), own, *others, volumes=[{"name": "tmp", "emptyDir": {}}])
    left = spec_of(fixed("wl-writable-rootfs", tree), tree)
    assert [item["name"] for item in left["volumes"]] == ["tmp-2", "tmp-3", "tmp-4", "tmp"]
    mounted = {item["name"]: item["volumeMounts"][0]["name"] for item in left["containers"]}
    assert mounted == {"app": "tmp-2", "own": "tmp", "a": "tmp-3", "b": "tmp-4"}


@pytest.mark.parametrize(
    ("ports", "security", "said"),
    [
        ([80, 8443, 443], {}, "container app port 80, container app port 443;"),
        ([80], {"capabilities": {"add": ["cap_net_bind_service"]}}, ""),
        ([8080], {}, ""),
        ([], {}, ""),
    ],
)
def test_ports_that_need_a_capability_are_named_where_all_are_dropped(
    ports: list[int], security: Tree, said: str
) -> None:
    declared = [{"containerPort": port} for port in ports]
    offered = fix(
        "wl-cap-no-drop-all", cluster(daemon_set(container(ports=declared, securityContext=security)))
    )
    assert said in offered.may_break
    assert ("declared" in offered.may_break) is bool(said)


@pytest.mark.parametrize(
    ("version", "patched"), [("v1.18.20", False), ("v1.19.0", True), ("", True), ("v1.34.1-gke.1", True)]
)
def test_a_server_that_does_not_know_the_field_for_seccomp_is_sent_no_patch_of_it(
    version: str, patched: bool
) -> None:
    """It drops unknown fields without a word: the patch would be accepted and change nothing."""
    made = fix("wl-seccomp-missing", cluster(daemon_set(), version=version))
    assert bool(made.changes) is patched
    assert any("seccomp.security.alpha.kubernetes.io/pod" in step for step in made.steps) is not patched
