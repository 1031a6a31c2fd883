"""Each capability is told by exactly one check, and fixes of several checks go together."""

from __future__ import annotations

import pytest

from ksec_tui.findings.runner import fix_for
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.checks.workloads.pods import (
    CHECKS,
    Tree,
    cluster,
    container,
    daemon_set,
    fix,
    fixed,
    judged,
    secured,
    severity,
    spec_of,
    words,
)

DANGEROUS, ADMIN, RAW, OTHER = "wl-cap-dangerous", "wl-cap-net-admin", "wl-cap-net-raw", "wl-cap-non-default"
DEFAULTS = "wl-cap-no-drop-all"
NODE_NETWORK: Tree = {"hostNetwork": True}


@pytest.mark.parametrize(
    ("name", "spec", "expected"),
    [
        ("SYS_ADMIN", {}, {DANGEROUS: "critical"}),
        ("all", {}, {DANGEROUS: "critical"}),
        ("PERFMON", {}, {DANGEROUS: "high"}),
        ("NET_ADMIN", {}, {ADMIN: "medium"}),
        ("CAP_NET_ADMIN", {}, {ADMIN: "medium"}),
        ("NET_ADMIN", NODE_NETWORK, {ADMIN: "high"}),
        ("NET_RAW", {}, {RAW: "medium"}),
        ("net_raw", {}, {RAW: "medium"}),
        ("SYSLOG", {}, {OTHER: "medium"}),
        ("IPC_LOCK", {}, {OTHER: "medium"}),
        ("NOT_A_CAPABILITY", {}, {OTHER: "medium"}),
        ("CAP_NET_BIND_SERVICE", {}, {OTHER: "low"}),
        ("chown", {}, {OTHER: "low"}),
        ("NET_BIND_SERVICE", {}, {}),
        ("MKNOD", {}, {}),
    ],
)
def test_an_added_capability_is_told_once(name: str, spec: Tree, expected: dict[str, str]) -> None:
    tree = daemon_set(secured(capabilities={"drop": ["ALL"], "add": [name]}), **spec)
    found = {check: severity(check, tree) for check in (DANGEROUS, ADMIN, RAW, OTHER)}
    assert {check: word for check, word in found.items() if word} == expected


@pytest.mark.parametrize(
    ("own", "spec", "expected"),
    [
        ({}, {}, "low"),
        ({"capabilities": {"drop": ["MKNOD"]}}, {}, "low"),
        ({"capabilities": {"drop": ["NET_RAW"]}}, {}, ""),
        ({"capabilities": {"drop": ["CAP_NET_RAW"]}}, {}, ""),
        ({"capabilities": {"drop": ["all"]}}, {}, ""),
        ({"capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]}}, {}, "medium"),
        ({}, {"os": {"name": "windows"}}, ""),
    ],
)
def test_packets_can_be_forged_unless_it_is_dropped(own: Tree, spec: Tree, expected: str) -> None:
    assert severity(RAW, daemon_set(secured(**own) if own else container(), **spec)) == expected


def test_init_sidecar_and_debug_containers_are_judged_too() -> None:
    adding = {"securityContext": {"capabilities": {"drop": ["ALL"], "add": ["SYSLOG"]}}}
    tree = daemon_set(
        secured(capabilities={"drop": ["ALL"]}),
        initContainers=[container("setup", **adding), container("mesh", restartPolicy="Always", **adding)],
        ephemeralContainers=[container("shell", **adding)],
    )
    assert words(OTHER, tree) == [
        "init container setup adds SYSLOG, which is not in baseline",
        "sidecar mesh adds SYSLOG, which is not in baseline",
        "debug container shell adds SYSLOG, which is not in baseline",
    ]


def test_a_capability_spelt_otherwise_is_spelt_as_admission_reads_it_and_stays() -> None:
    tree = daemon_set(secured(capabilities={"add": ["cap_chown", "SYSLOG", "KILL"]}))
    (left,) = spec_of(fixed(OTHER, tree), tree)["containers"]
    assert left["securityContext"]["capabilities"]["add"] == ["CHOWN", "KILL"]


def test_the_fixes_of_all_capability_checks_go_together() -> None:
    """Each takes its own; together they leave what nobody complains of, and the drop of all wins."""
    adds = ["NET_ADMIN", "SYS_ADMIN", "CHOWN", "NET_RAW", "SYSLOG", "net_admin"]
    tree = daemon_set(secured(capabilities={"add": adds, "drop": ["MKNOD"]}))
    snapshot = cluster(tree)
    plan = FixPlan()
    for check in (DANGEROUS, ADMIN, RAW, OTHER, DEFAULTS, "wl-allow-priv-esc", "wl-host-users"):
        (finding,) = judged(check, snapshot)
        made = fix_for(finding, CHECKS.values(), snapshot)
        assert made is not None
        plan = plan.stage(finding, made)
    assert plan.conflicts == ()
    result = simulate(snapshot, plan, tuple(CHECKS.values()))
    assert result.ok, (result.refused, result.errors)
    (left,) = spec_of(result.snapshot, tree)["containers"]
    assert left["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["CHOWN"], "drop": ["ALL"]},
    }


def test_a_patch_names_what_it_takes_by_tests() -> None:
    tree = daemon_set(secured(capabilities={"add": ["CHOWN", "NET_ADMIN"]}))
    (change,) = fix(ADMIN, cluster(tree)).changes
    at = "/spec/template/spec/containers/0"
    assert change.body == [
        {"op": "test", "path": f"{at}/name", "value": "app"},
        {"op": "test", "path": f"{at}/securityContext/capabilities/add/1", "value": "NET_ADMIN"},
        {"op": "remove", "path": f"{at}/securityContext/capabilities/add/1"},
    ]


def test_components_of_the_system_get_no_patch() -> None:
    snapshot = cluster(daemon_set(secured(capabilities={"add": ["NET_ADMIN"]}), namespace="kube-system"))
    (finding,) = judged(ADMIN, snapshot)
    assert finding.system
    assert fix_for(finding, CHECKS.values(), snapshot) is None
