"""Live pods that Pod Security judges otherwise than the template they are made from."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.pod_security.tighten import judged, refused, tighten
from ksec_tui.analysis.workloads import workload_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.test_workloads import container, deployment, pod, replica_set

SPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}},
}
WEB = ObjectRef("shop", "Deployment", "web", "apps")
NFS = {"name": "share", "nfs": {"server": "nas.example", "path": "/"}}
SECCOMP = "container.seccomp.security.alpha.kubernetes.io/app"


def changed(how: str) -> dict[str, Any]:
    """A pod that was made from the template and has something more."""
    probe = {"tcpSocket": {"host": "203.0.113.9", "port": 80}}
    made = pod("web-1-b", container(livenessProbe=probe) if how == "probe" else container())
    if how == "volume":
        made["spec"]["volumes"] = [NFS]
    elif how == "annotation":
        made["metadata"]["annotations"] = {SECCOMP: "unconfined"}
    elif how == "node":
        made["spec"]["hostNetwork"] = True
    return made


@pytest.mark.parametrize("how", ["probe", "volume", "annotation", "node"])
def test_a_pod_that_has_more_than_its_template_is_judged_by_itself(how: str) -> None:
    """The equal one beside it adds no verdict."""
    cluster = snapshot_of([SPACE, deployment(), replica_set(), pod("web-1-a"), changed(how)])
    workload = workload_named(cluster, WEB)
    assert workload is not None
    assert [ref.name for _, ref, _ in judged(workload)] == ["web", "web-1-b"]


@pytest.mark.parametrize("how", ["annotation", "node"])
def test_it_alone_is_refused_by_its_namespace(how: str) -> None:
    """And keeps the namespace from what the template would let it enforce."""
    cluster = snapshot_of([SPACE, deployment(), replica_set(), pod("web-1-a"), changed(how)])
    assert [item.pods for item in refused(cluster, "shop")] == [("web-1-b",)]
    found = tighten(cluster, "shop")
    assert found.level == "privileged"
    assert [item.object.name for item in found.hindrances] == ["web-1-b"]
    assert found.hindrances[0].barriers
