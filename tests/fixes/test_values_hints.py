"""Which values of a chart likely set a field goes by the conventions of charts."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.findings.examples import snapshot_of
from ksec_tui.fixes.build import strategic
from ksec_tui.fixes.owner import managed_lines
from ksec_tui.fixes.touched import touched
from ksec_tui.fixes.values_hints import chart_name, values_keys
from tests.fixes.managed import WEB, deployment, unprivileged


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"helm.sh/chart": "ingress-nginx-4.12.0"}, "ingress-nginx"),
        ({"helm.sh/chart": "cert-manager-v1.16.2"}, "cert-manager"),
        ({"helm.sh/chart": "k8s-monitoring-1.0.0-rc.1"}, "k8s-monitoring"),
        ({"helm.sh/chart": "app-2024.1.15_abc"}, "app"),
        ({"helm.sh/chart": "plain"}, "plain"),
        ({"chart": "redis-3.0.0", "heritage": "Tiller"}, "redis"),
        ({"chart": "redis-3.0.0"}, ""),
        ({}, ""),
    ],
)
def test_a_chart_is_named_without_its_version(labels: dict[str, str], name: str) -> None:
    assert chart_name(labels) == name


def keys(chart: str, kind: str = "Deployment", component: str = "", **spec: Any) -> tuple[str, ...]:
    labels = {"helm.sh/chart": f"{chart}-1.0.0"}
    labels |= {"app.kubernetes.io/component": component} if component else {}
    body = spec if kind != "Deployment" else {"spec": {"template": {"spec": spec}}}
    return values_keys(kind, labels, [path for path, _ in touched(strategic(WEB, body))])


def container(name: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"name": name, **fields}]


PRIVILEGED = {"securityContext": {"privileged": False}}
USER = {"runAsNonRoot": True}


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (
            keys("shop", containers=container("shop", **PRIVILEGED)),
            "containerSecurityContext.privileged or securityContext.privileged",
        ),
        (keys("shop", securityContext=USER), "podSecurityContext.runAsNonRoot"),
        (
            keys("redis", component="master", containers=container("redis", **PRIVILEGED)),
            (
                "master.containerSecurityContext.privileged or master.securityContext.privileged"
                " or containerSecurityContext.privileged or securityContext.privileged"
            ),
        ),
        (
            keys("ingress-nginx", component="controller", containers=container("controller", **PRIVILEGED)),
            "controller.containerSecurityContext.privileged",
        ),
        (
            keys(
                "cert-manager",
                component="webhook",
                containers=container("cert-manager-webhook", **PRIVILEGED),
            ),
            "webhook.containerSecurityContext.privileged",
        ),
        (keys("cert-manager", component="controller", securityContext=USER), "securityContext.runAsNonRoot"),
        (
            keys("argo-cd", component="repo-server", containers=container("repo-server", **PRIVILEGED)),
            "repoServer.containerSecurityContext.privileged",
        ),
        (
            keys("argo-cd", component="repo-server", securityContext=USER),
            "global.securityContext.runAsNonRoot",
        ),
        (keys("grafana", securityContext=USER), "securityContext.runAsNonRoot"),
        (keys("traefik", containers=container("traefik", **PRIVILEGED)), "securityContext.privileged"),
        (
            keys("shop", containers=container("shop", resources={"limits": {"memory": "1Gi"}})),
            "resources.limits.memory",
        ),
        (keys("shop", hostNetwork=False), "hostNetwork"),
        (keys("shop", automountServiceAccountToken=False), "automountServiceAccountToken"),
        (
            keys("shop", "ServiceAccount", automountServiceAccountToken=False),
            "serviceAccount.automount or serviceAccount.automountServiceAccountToken",
        ),
        (keys("shop", "Service", spec={"type": "ClusterIP"}), "service.type"),
        (keys("shop", "Ingress", spec={"tls": [{"hosts": ["a"]}]}), "ingress.tls"),
    ],
)
def test_a_field_has_its_likely_key(found: tuple[str, ...], wanted: str) -> None:
    assert found == (wanted,)


def test_a_second_container_likely_has_its_own_values() -> None:
    (found,) = keys("shop", containers=container("log-shipper", **PRIVILEGED))
    assert found.startswith("logShipper.containerSecurityContext.privileged or ")


def test_fields_without_a_common_key_are_left_to_the_reader() -> None:
    assert keys("shop", volumes=[{"name": "x", "hostPath": None}]) == ()
    assert keys("shop", "Role", rules=[]) == ()


def test_many_fields_are_counted() -> None:
    context = dict.fromkeys(("a", "b", "c", "d", "e"), True)
    found = keys("shop", securityContext=context)
    assert len(found) == 4
    assert found[-1] == "and 2 more beside them"


def test_the_likely_keys_stand_in_what_a_patch_is_exported_with() -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "app-1.2.3"}
    annotations = {"meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "shop"}
    snapshot = snapshot_of([deployment(labels=labels, annotations=annotations)])
    assert managed_lines(snapshot, [unprivileged()]) == (
        "Helm release r manages this: put the change into its values; the next upgrade reverts a live patch.",
        (
            "Likely place: the values of release shop/r (chart app): likely"
            " containerSecurityContext.privileged or securityContext.privileged."
        ),
        "Likely place: a post-renderer with the exported patch (helm --post-renderer).",
    )
