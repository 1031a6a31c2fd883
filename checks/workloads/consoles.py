"""Consoles and control APIs that can be reached from outside of the cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.exposure import Exposure, exposures_of
from ksec_tui.analysis.network.sensitive import console
from ksec_tui.analysis.network.world import ADMIN_KINDS
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.checks.network._common import EXPOSED, at_door, way
from ksec_tui.cluster.kinds import INGRESS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_OUTSIDE = (Zone.INTERNET, Zone.OUTSIDE, Zone.NODES)

_OPEN = frozenset(
    {
        "Alertmanager",
        "Kubeflow",
        "MLflow",
        "Ollama",
        "Prometheus",
        "Ray",
        "Tiller",
        "Weave Scope",
        "Zeppelin",
        "vLLM",
    }
)
"""Those that ask nobody to log in unless they are told to, by the documentation of each."""

_LOGINS = (
    "nginx.ingress.kubernetes.io/auth-",
    "alb.ingress.kubernetes.io/auth-type",
    "haproxy.org/auth-type",
    "haproxy-ingress.github.io/auth-",
    "ingress.kubernetes.io/auth-",
)
"""Start of the annotations by which an Ingress has its controller ask for a login or certificate."""


def _consoles(snapshot: Snapshot) -> Iterator[Workload]:
    for workload in workloads(snapshot):
        if exposures_of(snapshot, workload.ref) and console(workload.spec):
            yield workload


_CONSOLES = dataclasses.replace(EXPOSED, title="exposed consoles", select=_consoles)
"""Workloads that are a console, by their image, and have a way in; of others nothing is claimed."""


def _asked(cluster: Snapshot, item: Exposure) -> bool:
    """Whether an Ingress on the way has its controller ask who is there."""
    for link in item.chain:
        ingress = (
            cluster.find(INGRESS, link.ref.name, link.ref.namespace) if link.ref.kind == "Ingress" else None
        )
        if ingress is not None and any(key.startswith(_LOGINS) for key in ingress.metadata.annotations):
            return True
    return False


def _doors(cluster: Snapshot, workload: Workload) -> list[Exposure]:
    """The exposures beyond the cluster, one for each door: the widest."""
    found: dict[str, Exposure] = {}
    for item in exposures_of(cluster, workload.ref):
        if item.zone in _OUTSIDE:
            key = item.chain[0].ref.id
            known = found.get(key)
            if known is None or _OUTSIDE.index(item.zone) < _OUTSIDE.index(known.zone):
                found[key] = item
    return list(found.values())


@check(
    "wl-exposed-admin-ui",
    "A console can be reached from outside",
    Severity.HIGH,
    on=_CONSOLES,
    also=ADMIN_KINDS,
    threats=(Threat.EXTERNAL,),
    references=("MS-TA9005", "T1190", "T1133", "OWASP K06"),
)
def exposed_console(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | Unknown]:
    """A dashboard, notebook, model server or other console is open to more than the cluster.

    ## Why
    Consoles run code or read much on behalf of whoever is in front of them, and many ask nobody who that is
    until they are told to: dashboards, notebooks and model servers are how clusters are taken over from
    outside. What the image is tells which it is; what its own settings ask for is not seen here, only
    whether an Ingress on the way asks for a login.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: prometheus, namespace: monitoring}
    spec:
      selector: {matchLabels: {app: prometheus}}
      template:
        metadata: {labels: {app: prometheus}}
        spec:
          containers:
            - name: prometheus
              image: quay.io/prometheus/prometheus:v3.7.1
              ports: [{name: web, containerPort: 9090}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: prometheus, namespace: monitoring}
    spec:
      type: LoadBalancer
      selector: {app: prometheus}
      ports: [{port: 80, targetPort: web}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: prometheus, namespace: monitoring}
    spec:
      selector: {matchLabels: {app: prometheus}}
      template:
        metadata: {labels: {app: prometheus}}
        spec:
          containers:
            - name: prometheus
              image: quay.io/prometheus/prometheus:v3.7.1
              ports: [{name: web, containerPort: 9090}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: prometheus, namespace: monitoring}
    spec:
      type: ClusterIP
      selector: {app: prometheus}
      ports: [{port: 80, targetPort: web}]
    ```
    """
    name = console(workload.spec)
    doors = _doors(cluster, workload)
    for item in doors:
        asked = _asked(cluster, item)
        bare = name in _OPEN and not asked
        words = f"{name} can be reached: {way(item)}"
        if asked:
            words += ", where the Ingress asks for a login"
        elif bare:
            words += "; by itself it asks nobody to log in"
        yield at_door(
            item, words, Severity.CRITICAL if bare and item.zone is Zone.INTERNET else Severity.HIGH
        )
    if not doors:
        for item in exposures_of(cluster, workload.ref):
            if item.zone is Zone.UNKNOWN:
                yield Unknown(f"whether {name} can be reached from outside is not known: {way(item)}")


@exposed_console.fix
def _withdrawn(workload: Workload, cluster: Snapshot) -> Fix | None:
    doors = sorted({item.chain[0].ref for item in _doors(cluster, workload)})
    if not doors:
        return None
    return Fix(
        f"Keep {console(workload.spec)} inside the cluster",
        (),
        Risk.MANUAL,
        "Whoever uses it from outside needs another way.",
        (
            *(f"{ref}: make it internal or withdraw it." for ref in doors),
            "Give those who need it `kubectl port-forward`, a VPN, or a proxy that asks them to log in.",
            "Look at its own log for strangers who were there already.",
        ),
    )
