"""Which live pods differ from their template in what matters for a security check."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.likeness import differing, signature
from ksec_tui.cluster.ingest import item_from_tree
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.pods import Pod

APP: dict[str, Any] = {
    "name": "app",
    "image": "registry.example/web:1.4.2",
    "ports": [{"name": "http", "containerPort": 8080}],
    "env": [{"name": "MODE", "value": "plain"}],
    "resources": {"limits": {"memory": "64Mi"}},
    "securityContext": {"runAsNonRoot": True},
}


def made(*, app: dict[str, Any] | None = None, phase: str = "Running", **spec: Any) -> Pod:
    """A pod with one container."""
    tree = {
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"serviceAccountName": "web", "containers": [{**APP, **(app or {})}], **spec},
        "status": {"phase": phase},
    }
    found = item_from_tree(POD, tree).object
    assert isinstance(found, Pod)
    return found


MATTERS = (
    made(app={"name": "other"}),
    made(app={"image": "registry.example/web:1.4.3"}),
    made(app={"ports": [{"name": "http", "containerPort": 8081}]}),
    made(app={"env": []}),
    made(app={"resources": {}}),
    made(app={"securityContext": {"runAsNonRoot": False}}),
    made(app={"restartPolicy": "Always"}),
    made(securityContext={"fsGroup": 1}),
    made(hostNetwork=True),
    made(hostPID=True),
    made(hostIPC=True),
    made(hostUsers=False),
    made(serviceAccountName="admin"),
    made(os={"name": "windows"}),
    made(initContainers=[APP]),
    made(ephemeralContainers=[{**APP, "name": "debugger"}]),
    made(containers=[APP, {**APP, "name": "proxy"}]),
    made(volumes=[{"name": "logs", "hostPath": {"path": "/var/log"}}]),
)

TOLD_APART = (
    made(nodeName="node-1", tolerations=[{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}]),
    made(volumes=[{"name": "kube-api-access-x", "projected": {"sources": []}}]),
    made(app={"volumeMounts": [{"name": "kube-api-access-x", "mountPath": "/var/run/secrets"}]}),
)


@pytest.mark.parametrize("pod", MATTERS)
def test_a_pod_that_differs_in_anything_that_checks_read_is_found(pod: Pod) -> None:
    """Quickly or not, and told apart by what it is told apart by afterwards."""
    assert differing(made().spec, [made(), pod]) == (pod,)
    assert differing(pod.spec, [made(), pod]) == (made(),)
    assert signature(pod.spec) != signature(made().spec)


@pytest.mark.parametrize("pod", TOLD_APART)
def test_what_the_api_server_and_the_scheduler_add_makes_no_difference(pod: Pod) -> None:
    """Else every pod would differ from its template."""
    assert differing(made().spec, [pod]) == ()
    assert signature(pod.spec) == signature(made().spec)


def test_a_pod_that_has_ended_is_not_looked_at() -> None:
    """It does nothing any more."""
    assert differing(made().spec, [made(hostPID=True, phase="Succeeded")]) == ()
