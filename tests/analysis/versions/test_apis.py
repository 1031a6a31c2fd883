"""Who writes objects in API versions that go, and which fields that go are relied on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ksec_tui.analysis.versions.apis import Sign, api_uses, gone, warned
from ksec_tui.analysis.versions.fields import field_uses
from ksec_tui.analysis.versions.numbers import line_key
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import Deprecation, deprecations
from ksec_tui.findings.examples import snapshot_of


def cluster(*documents: dict[str, Any], server: str = "v1.24.17") -> Snapshot:
    return snapshot_of([{"kind": "Cluster", "serverVersion": server, "today": "2026-11-21"}, *documents])


def managed(manager: str, version: str, time: str) -> dict[str, str]:
    return {"manager": manager, "operation": "Update", "apiVersion": version, "time": time}


def cron_job(
    *entries: dict[str, str], version: str = "batch/v1", uid: str = "u1", applied: str = ""
) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": "report", "namespace": "shop", "uid": uid, "managedFields": list(entries)}
    if applied:
        text = json.dumps({"apiVersion": applied, "kind": "CronJob"})
        meta["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": text}
    return {"apiVersion": version, "kind": "CronJob", "metadata": meta, "spec": {"schedule": "0 3 * * *"}}


OLD, NEW = "batch/v1beta1", "batch/v1"


@pytest.mark.parametrize(
    ("document", "signs"),
    [
        (cron_job(managed("helm", OLD, "2026-01-02T00:00:00Z")), [(Sign.MANAGED, "helm")]),
        (cron_job(managed("helm", NEW, "2026-01-02T00:00:00Z")), []),
        (
            cron_job(
                managed("helm", OLD, "2026-01-02T00:00:00Z"), managed("helm", NEW, "2026-03-02T00:00:00Z")
            ),
            [],
        ),
        (
            cron_job(
                managed("helm", NEW, "2026-01-02T00:00:00Z"), managed("helm", OLD, "2026-03-02T00:00:00Z")
            ),
            [(Sign.MANAGED, "helm")],
        ),
        (
            cron_job(
                managed("helm", OLD, "2026-01-02T00:00:00Z"), managed("argo", NEW, "2026-03-02T00:00:00Z")
            ),
            [(Sign.MANAGED, "helm")],
        ),
        (cron_job(applied=OLD), [(Sign.APPLIED, "")]),
        (cron_job(managed("helm", NEW, "2026-01-02T00:00:00Z"), applied=OLD), []),
        (cron_job(version=OLD, uid=""), [(Sign.MANIFEST, "")]),
        (cron_job(version=OLD), []),
    ],
)
def test_the_best_sign_tells_and_a_writer_that_has_moved_on_is_not_told(
    document: dict[str, Any], signs: list[tuple[Sign, str]]
) -> None:
    assert [(use.sign, use.manager) for use in api_uses(cluster(document))] == signs


def test_a_server_that_does_not_warn_yet_makes_nothing_of_it() -> None:
    document = cron_job(managed("helm", OLD, "2026-01-02T00:00:00Z"))
    assert api_uses(cluster(document, server="v1.20.15")) == ()
    assert len(api_uses(cluster(document, server="v1.21.0"))) == 1


def test_the_sentence_names_writer_time_version_and_what_to_use() -> None:
    (use,) = api_uses(cluster(cron_job(managed("helm", OLD, "2026-01-02T00:00:00Z"))))
    assert use.words == (
        "written by helm on 2026-01-02 as CronJob batch/v1beta1, removed in 1.25, instead use batch/v1"
    )
    assert use.pointer == "/metadata/managedFields/0/apiVersion"


def test_a_manager_with_escape_sequences_cannot_act() -> None:
    (use,) = api_uses(cluster(cron_job(managed("\x1b[2Jhelm", OLD, "\x1b]0;x\x07"))))
    assert "\x1b" not in use.words


@pytest.mark.parametrize(
    "meta",
    [
        {"managedFields": "no list"},
        {"managedFields": [7]},
        {"managedFields": [{"apiVersion": ["x"]}]},
        {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{"}},
        {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"apiVersion": 7}'}},
    ],
)
def test_odd_metadata_hides_no_other_object(meta: dict[str, Any]) -> None:
    odd = cron_job()
    odd["metadata"] = {"name": "odd", "namespace": "shop", "uid": "u2", **meta}
    found = api_uses(cluster(odd, cron_job(managed("helm", OLD, "2026-01-02T00:00:00Z"))))
    assert [use.ref.name for use in found] == ["report"]


@pytest.mark.parametrize("row", deprecations().apis, ids=lambda row: f"{row.api_version}-{row.kind}")
def test_every_row_is_warned_of_before_it_goes_and_gone_from_then_on(row: Deprecation) -> None:
    if row.removed:
        major, minor = line_key(row.removed)
        assert gone(row, row.removed)
        assert gone(row, f"{major}.{minor + 1}")
        assert not gone(row, f"{major}.{minor - 1}")
    else:
        assert not gone(row, "99.0")
    if row.deprecated:
        assert warned(row, row.deprecated)


def pod(annotations: dict[str, str] | None = None, **spec: object) -> dict[str, Any]:
    meta = {"name": "app", "namespace": "shop", "annotations": annotations or {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": [{"name": "app", "image": "example.org/app:1"}], **spec},
    }


def node(runtime: str, kubelet: str = "v1.36.5", **labels: str) -> dict[str, Any]:
    meta = {"name": "n1", "labels": {key.replace("__", "/"): value for key, value in labels.items()}}
    info = {"kubeletVersion": kubelet, "containerRuntimeVersion": runtime}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": {"nodeInfo": info}}


@pytest.mark.parametrize(
    ("document", "change"),
    [
        (pod({"seccomp.security.alpha.kubernetes.io/pod": "runtime/default"}), "seccomp-annotation"),
        (pod({"container.seccomp.security.alpha.kubernetes.io/app": "x"}), "seccomp-annotation"),
        (pod({"container.apparmor.security.beta.kubernetes.io/app": "x"}), "apparmor-annotation"),
        (pod(volumes=[{"name": "src", "gitRepo": {"repository": "x"}}]), "gitrepo-volume"),
        (node("containerd://1.7.27"), "containerd-1"),
        (node("docker://20.10.0", "v1.23.17"), "dockershim"),
        (
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {
                    "name": "a",
                    "namespace": "shop",
                    "annotations": {"kubernetes.io/enforce-mountable-secrets": "true"},
                },
            },
            "mountable-secrets",
        ),
        (
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": {
                    "name": "a",
                    "namespace": "shop",
                    "annotations": {"kubernetes.io/ingress.class": "nginx"},
                },
            },
            "ingress-class-annotation",
        ),
        (
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "a", "namespace": "shop"},
                "spec": {"externalIPs": ["203.0.113.7"]},
            },
            "service-external-ips",
        ),
    ],
)
def test_a_field_that_goes_is_found_where_it_is_used(document: dict[str, Any], change: str) -> None:
    assert [use.change.id for use in field_uses(cluster(document))] == [change]


def test_what_stays_is_no_use() -> None:
    assert field_uses(cluster(pod({"note": "x"}), node("containerd://2.1.4"))) == ()


@pytest.mark.parametrize("kubelet", ["v1.24.0", "v1.36.5", ""])
def test_docker_beside_a_kubelet_that_has_no_dockershim_relies_on_nothing_that_went(kubelet: str) -> None:
    assert field_uses(cluster(node("docker://29.1.0", kubelet))) == ()
