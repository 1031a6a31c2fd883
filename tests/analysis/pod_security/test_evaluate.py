"""What each level refuses, since when, where it stands in the pod, and how fast that is known."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from ksec_tui.analysis.pod_security import (
    NEWEST,
    Barrier,
    barriers,
    evaluate,
    level_reached,
    next_level,
    runs,
)
from ksec_tui.cluster.pods import PodSpec

HARDENED: dict[str, Any] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
POD_HARDENED = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def pod(**spec: Any) -> PodSpec:
    return msgspec.convert({"containers": [{"name": "app"}], **spec}, PodSpec)


def hardened(own: dict[str, Any] | None = None, shared: dict[str, Any] | None = None, **spec: Any) -> PodSpec:
    return pod(
        **{
            "containers": [{"name": "app", "securityContext": {**HARDENED, **(own or {})}}],
            "securityContext": {**POD_HARDENED, **(shared or {})},
            **spec,
        }
    )


def failed(spec: PodSpec, level: str = "restricted", minor: int = NEWEST) -> tuple[str, ...]:
    return evaluate(spec, {}, level, minor).checks


def changes(spec: PodSpec, level: str) -> list[tuple[int, bool]]:
    """The versions in which the verdict begins."""
    found: list[tuple[int, bool]] = []
    for run in runs(spec, {}, level):
        if not found or found[-1][1] != run.evaluation.allowed:
            found.append((run.first, run.evaluation.allowed))
    return found


@pytest.mark.parametrize(
    ("spec", "level", "expected"),
    [
        (
            hardened({"allowPrivilegeEscalation": True}),
            "restricted",
            [(0, True), (8, False)],
        ),
        (hardened({"capabilities": {"drop": ["all"]}}), "restricted", [(0, True), (22, False)]),
        (hardened(shared={"runAsUser": 0}), "restricted", [(0, True), (23, False)]),
        (
            hardened(shared={"runAsUser": 0}, hostUsers=False),
            "restricted",
            [(0, True), (23, False), (35, True)],
        ),
        (
            pod(securityContext={"runAsNonRoot": True}, os={"name": "windows"}),
            "restricted",
            [(0, True), (8, False), (25, True)],
        ),
        (
            pod(securityContext={"runAsNonRoot": True}, nodeSelector={"kubernetes.io/os": "windows"}),
            "restricted",
            [(0, True), (8, False)],
        ),
        (
            pod(securityContext={"sysctls": [{"name": "net.ipv4.ip_local_reserved_ports", "value": "1"}]}),
            "baseline",
            [(0, False), (27, True)],
        ),
        (
            pod(securityContext={"seLinuxOptions": {"type": "container_engine_t"}}),
            "baseline",
            [(0, False), (31, True)],
        ),
        (
            pod(containers=[{"name": "a", "livenessProbe": {"tcpSocket": {"host": "127.0.0.1", "port": 1}}}]),
            "baseline",
            [(0, True), (34, False)],
        ),
        (
            pod(hostUsers=False, containers=[{"name": "a", "securityContext": {"procMount": "Unmasked"}}]),
            "baseline",
            [(0, False), (35, True)],
        ),
        (
            hardened({"procMount": "Unmasked"}, hostUsers=False),
            "restricted",
            [(0, False)],
        ),
    ],
)
def test_what_counts_depends_on_the_version(
    spec: PodSpec, level: str, expected: list[tuple[int, bool]]
) -> None:
    assert changes(spec, level) == expected


def test_every_kind_of_container_is_judged() -> None:
    bad = {"securityContext": {"privileged": True}}
    for name in ("initContainers", "containers", "ephemeralContainers"):
        assert failed(pod(**{name: [{"name": "x", **bad}]}), "baseline") == ("privileged",)
    sidecar = {"name": "side", "restartPolicy": "Always", **bad}
    assert failed(pod(initContainers=[sidecar]), "baseline") == ("privileged",)


def test_a_volume_without_a_source_is_scratch_space() -> None:
    assert failed(hardened(volumes=[{"name": "e"}])) == ()
    assert failed(hardened(volumes=[{"name": "n", "nfs": {"server": "s", "path": "/"}}])) == (
        "restrictedVolumes",
    )


def test_restricted_tells_of_one_defect_once() -> None:
    spec = hardened(
        {
            "capabilities": {"add": ["NET_RAW"]},
            "seccompProfile": {"type": "Unconfined"},
            "procMount": "Unmasked",
        },
        volumes=[{"name": "h", "hostPath": {"path": "/"}}],
    )
    assert failed(spec, "baseline") == (
        "capabilities_baseline",
        "hostPathVolumes",
        "procMount",
        "seccompProfile_baseline",
    )
    assert failed(spec) == (
        "capabilities_restricted",
        "procMount_restricted",
        "restrictedVolumes",
        "seccompProfile_restricted",
    )


def test_a_bad_value_of_the_pod_counts_though_every_container_overrides_it() -> None:
    own = {"runAsNonRoot": True, "runAsUser": 7, "seccompProfile": {"type": "RuntimeDefault"}}
    shared = {"runAsNonRoot": False, "runAsUser": 0, "seccompProfile": {"type": "Unconfined"}}
    assert failed(hardened(own, shared)) == ("runAsNonRoot", "runAsUser", "seccompProfile_restricted")


def test_the_words_are_the_api_servers() -> None:
    said = evaluate(pod(hostPID=True, hostNetwork=True), {}, "baseline")
    assert said.detail == "host namespaces (hostNetwork=true, hostPID=true)"
    assert said.failed[0].check == "hostNamespaces"


def test_unknown_levels_are_refused_and_unknown_versions_clamped() -> None:
    with pytest.raises(ValueError, match="strict"):
        evaluate(pod(), {}, "strict")
    assert evaluate(pod(), {}, "restricted", 99) == evaluate(pod(), {}, "restricted", NEWEST)
    assert evaluate(pod(), {}, "restricted", -1) == evaluate(pod(), {}, "restricted", 0)


@pytest.mark.parametrize(
    ("spec", "reached"),
    [(pod(hostIPC=True), "privileged"), (pod(), "baseline"), (hardened(), "restricted")],
)
def test_the_level_reached_is_the_strictest_that_admits_the_pod(spec: PodSpec, reached: str) -> None:
    assert level_reached(spec, {}) == reached


def test_without_a_version_a_level_counts_only_when_every_version_admits_the_pod() -> None:
    probing = pod(containers=[{"name": "a", "livenessProbe": {"httpGet": {"host": "b", "port": 1}}}])
    assert level_reached(probing, {}, 33) == "baseline"
    assert level_reached(probing, {}, None) == "privileged"


def test_barriers_point_at_the_very_fields() -> None:
    spec = pod(
        initContainers=[{"name": "i", "ports": [{"containerPort": 1}, {"containerPort": 2, "hostPort": 2}]}],
        volumes=[{"name": "e"}, {"name": "h", "hostPath": {"path": "/x"}}],
    )
    annotations = {"container.apparmor.security.beta.kubernetes.io/i": "unconfined"}
    found = barriers(spec, annotations, pointer="/spec/template/spec")
    assert {item.check: item.fields for item in found} == {
        "appArmorProfile": (
            "/spec/template/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1i",
        ),
        "hostPathVolumes": ("/spec/template/spec/volumes/1/hostPath",),
        "hostPorts": ("/spec/template/spec/initContainers/0/ports/1/hostPort",),
    }


def test_barriers_of_the_next_level_name_what_must_be_set() -> None:
    (escalation, *_) = barriers(pod(), {})
    assert escalation == Barrier(
        "allowPrivilegeEscalation",
        "restricted",
        "allowPrivilegeEscalation != false",
        'container "app" must set securityContext.allowPrivilegeEscalation=false',
        ("/spec/containers/0/securityContext/allowPrivilegeEscalation",),
    )
    assert barriers(hardened(), {}) == ()


def test_the_next_level_of_restricted_is_itself() -> None:
    assert [next_level(name) for name in ("privileged", "baseline", "restricted")] == [
        "baseline",
        "restricted",
        "restricted",
    ]


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("unconfined", False), ("foo/bar", False), ("runtime/default", True), ("localhost/x", True), ("", True)],
)
def test_the_old_apparmor_annotation_counts_for_any_container_name(value: str, allowed: bool) -> None:
    annotations = {"container.apparmor.security.beta.kubernetes.io/nobody": value}
    assert evaluate(pod(), annotations, "baseline").allowed is allowed


def test_seccomp_annotations_count_until_1_18_for_containers_that_exist() -> None:
    prefix = "container.seccomp.security.alpha.kubernetes.io/"
    assert not evaluate(pod(), {f"{prefix}app": "unconfined"}, "baseline", 18).allowed
    assert evaluate(pod(), {f"{prefix}app": "unconfined"}, "baseline", 19).allowed
    assert evaluate(pod(), {f"{prefix}other": "unconfined"}, "baseline", 18).allowed


def test_ten_thousand_pods_of_fifteen_hundred_owners_are_judged_in_well_under_a_second() -> None:
    def made(owner: int, at: int) -> PodSpec:
        token = {"name": f"kube-api-access-{owner}-{at}", "projected": {"sources": []}}
        container = {
            "name": f"app-{owner}",
            "image": "a:1",
            "securityContext": HARDENED,
            "ports": [{"containerPort": 80}],
            "readinessProbe": {"httpGet": {"port": 80}},
        }
        return pod(containers=[container], volumes=[token], securityContext=POD_HARDENED)

    specs = [made(owner, at) for owner in range(1500) for at in range(7)]
    begun = time.process_time()
    assert {level_reached(spec, {}) for spec in specs} == {"restricted"}
    assert time.process_time() - begun < 0.9
