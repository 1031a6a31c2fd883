"""Pod Security labels mean what the API server makes of them; baseline is read at its strictest."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ksec_tui.analysis.pod_security import baseline_violations, blockers, mode
from ksec_tui.cluster.kinds import CRON_JOB
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.findings.examples import snapshot_of

ENFORCE = "pod-security.kubernetes.io/enforce"
WARN = "pod-security.kubernetes.io/warn"


@pytest.mark.parametrize(
    ("label", "value", "read_as"),
    [
        (ENFORCE, "baseline", "baseline"),
        (ENFORCE, "Baseline", "restricted"),
        (ENFORCE, "", "restricted"),
        (WARN, "restricted", "restricted"),
        (WARN, "Restricted", "privileged"),
        (WARN, "", "privileged"),
    ],
)
def test_a_bad_enforce_level_fails_closed_and_a_bad_warn_level_open(
    label: str, value: str, read_as: str
) -> None:
    assert mode({label: value}, label.rpartition("/")[2]).read_as == read_as


def test_an_absent_level_is_privileged_and_valid() -> None:
    absent = mode({}, "enforce")
    assert (absent.read_as, absent.valid_level, absent.valid_version, absent.meant) == (
        "privileged",
        True,
        True,
        "",
    )


@pytest.mark.parametrize(
    ("version", "valid", "minor"),
    [
        ("latest", True, None),
        ("v1.0", True, 0),
        ("v1.33", True, 33),
        ("v1.024", False, None),
        ("1.24", False, None),
        ("v2.0", False, None),
        ("v1.24.1", False, None),
        ("v1.24\n", False, None),
        ("Latest", False, None),
    ],
)
def test_versions_are_latest_or_v1_and_a_plain_number(version: str, valid: bool, minor: int | None) -> None:
    found = mode({f"{ENFORCE}-version": version}, "enforce")
    assert (found.valid_version, found.minor) == (valid, minor)


@pytest.mark.parametrize(
    ("written", "meant"), [("Restricted", "restricted"), (" baselin", "baseline"), ("on", "restricted")]
)
def test_the_level_that_was_meant_is_the_nearest_word(written: str, meant: str) -> None:
    assert mode({WARN: written}, "warn").meant == meant


def violations(spec: dict[str, Any], annotations: dict[str, str] | None = None) -> tuple[str, ...]:
    whole = {"containers": [{"name": "app"}], **spec}
    return baseline_violations(msgspec.convert(whole, PodSpec), annotations or {})


def own(**values: Any) -> dict[str, Any]:
    return {"containers": [{"name": "app", "securityContext": values}]}


APPARMOR = "container.apparmor.security.beta.kubernetes.io/nobody"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ()),
        ({"hostNetwork": True}, ("host namespaces",)),
        ({"hostPID": True, "hostIPC": True}, ("host namespaces",)),
        ({"volumes": [{"name": "h", "hostPath": {"path": "/x"}}]}, ("hostPath volumes",)),
        ({"volumes": [{"name": "e"}, {"name": "p", "persistentVolumeClaim": {"claimName": "d"}}]}, ()),
        (own(privileged=True), ("privileged",)),
        ({"initContainers": [{"name": "i", "securityContext": {"privileged": True}}]}, ("privileged",)),
        ({"ephemeralContainers": [{"name": "e", "securityContext": {"privileged": True}}]}, ("privileged",)),
        (own(capabilities={"add": ["NET_BIND_SERVICE", "CHOWN"]}), ()),
        (own(capabilities={"add": ["NET_RAW"]}), ("capabilities",)),
        (own(capabilities={"add": ["CAP_CHOWN"]}), ("capabilities",)),
        ({"containers": [{"name": "a", "ports": [{"containerPort": 1, "hostPort": 1}]}]}, ("host ports",)),
        ({"containers": [{"name": "a", "ports": [{"containerPort": 1, "hostPort": 0}]}]}, ()),
        (own(procMount="Unmasked"), ("procMount",)),
        (own(procMount="Default"), ()),
        (own(seccompProfile={"type": "Unconfined"}), ("seccomp",)),
        ({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}, ("seccomp",)),
        (own(seccompProfile={"type": "Localhost"}), ()),
        (own(appArmorProfile={"type": "Unconfined"}), ("AppArmor",)),
        (own(seLinuxOptions={"type": "spc_t"}), ("SELinux",)),
        (own(seLinuxOptions={"type": "container_t", "level": "s0:c1"}), ()),
        (own(seLinuxOptions={"user": "system_u"}), ("SELinux",)),
        ({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]}}, ()),
        ({"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}}, ("sysctls",)),
        ({"securityContext": {"windowsOptions": {"hostProcess": True}}}, ("Windows host process",)),
        (
            {"containers": [{"name": "a", "livenessProbe": {"httpGet": {"host": "127.0.0.1", "port": 1}}}]},
            ("hosts in probes",),
        ),
        ({"containers": [{"name": "a", "livenessProbe": {"httpGet": {"port": 1}}}]}, ()),
        (
            {
                "containers": [
                    {"name": "a", "lifecycle": {"preStop": {"tcpSocket": {"host": "b", "port": 1}}}}
                ]
            },
            ("hosts in probes",),
        ),
        # Not in baseline at all.
        ({"securityContext": {"runAsUser": 0}}, ()),
        ({"shareProcessNamespace": True}, ()),
    ],
)
def test_what_baseline_refuses(spec: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert violations(spec) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("unconfined", ("AppArmor",)), ("runtime/default", ()), ("localhost/x", ()), ("", ())],
)
def test_the_old_apparmor_annotation_counts_for_any_container_name(
    value: str, expected: tuple[str, ...]
) -> None:
    assert violations({}, {APPARMOR: value}) == expected


def pod(name: str, phase: str, **spec: Any) -> dict[str, Any]:
    body = {"containers": [{"name": "app", "image": "a:1"}], **spec}
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": body, "status": {"phase": phase}}


def test_templates_that_run_nothing_now_stand_in_the_way_too() -> None:
    template = {"spec": {"template": {"spec": {"hostPID": True, "containers": [{"name": "a"}]}}}}
    meta = {"name": "nightly", "namespace": "shop"}
    job = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta, "spec": {"jobTemplate": template}}
    assert blockers(snapshot_of([job]), "shop") == ("CronJob nightly (host namespaces)",)
    assert blockers(snapshot_of([job]), "other") == ()


def test_who_passes_is_not_known_while_a_kind_of_workload_is_not() -> None:
    assert blockers(snapshot_of([pod("a", "Running")], forbidden=[CRON_JOB]), "shop") is None
