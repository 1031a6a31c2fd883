"""Where routes of the Gateway API lead: out of the cluster by name, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.network.gateways import ROUTE_KINDS
from ksec_tui.analysis.network.routes import backend_port, route_backends
from ksec_tui.checks.network.backends import CONTROL_NAMES
from ksec_tui.cluster.gateway import BackendRef, HTTPRoute
from ksec_tui.cluster.kinds import SERVICE, kind_named
from ksec_tui.cluster.networking import Service
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


def _found(snapshot: Snapshot, ref: ObjectRef) -> HTTPRoute | None:
    kind = kind_named(ref.group, ref.kind)
    route = snapshot.find(kind, ref.name, ref.namespace) if kind in ROUTE_KINDS else None
    return route if isinstance(route, HTTPRoute) else None


ROUTES: Subjects[HTTPRoute] = Subjects(
    "routes",
    ROUTE_KINDS,
    lambda snapshot: (route for kind in ROUTE_KINDS for route in snapshot.of(kind)),
    lambda route: route.ref,
    _found,
)

Step = tuple[str, BackendRef, ObjectRef, Service | None]


def _services(snapshot: Snapshot, route: HTTPRoute) -> Iterator[Step]:
    """The backends of a route that are Services: (JSON pointer, reference, which, the Service if it is there)."""
    for at, rule in enumerate(route.spec.rules):
        for path, back in route_backends(rule):
            if back.kind == "Service" and not back.group:
                ref = ObjectRef(back.namespace or route.namespace, "Service", back.name)
                yield f"/spec/rules/{at}{path}", back, ref, snapshot.find(SERVICE, ref.name, ref.namespace)


@check(
    "net-route-external-name",
    "A route leads to a name instead of pods",
    Severity.HIGH,
    on=ROUTES,
    everywhere=(SERVICE,),
    threats=(Threat.EXTERNAL, Threat.CREDENTIALS),
    references=("CVE-2021-25740", "T1090", "MS-TA9034", "OWASP K05"),
)
def route_external_name(route: HTTPRoute, cluster: Snapshot) -> Iterator[Evidence]:
    """A backend of a route is an ExternalName Service, so the gateway connects wherever that name points.

    ## Why
    The gateway becomes a proxy to a host that a DNS name chooses: the API server, the cloud's metadata service, a
    machine of the office network. Policies see the gateway as the client. The Gateway API advises implementations
    against it; those that do it all the same let whoever writes the Service choose the target.

    ## Risky
    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: old, namespace: shop}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules:
        - backendRefs: [{name: old, port: 80}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: old, namespace: shop}
    spec:
      type: ExternalName
      externalName: intranet.example.com
      ports: [{port: 80}]
    ```

    ## Fixed
    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: old, namespace: shop}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules:
        - backendRefs: [{name: old, port: 80}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: old, namespace: shop}
    spec:
      selector: {app: old}
      ports: [{port: 80}]
    ```
    """
    for path, _, ref, service in _services(cluster, route):
        if service is not None and service.spec.type == "ExternalName":
            name = service.spec.external_name
            control = CONTROL_NAMES.fullmatch(name) is not None
            words = f"it leads to {ref}, which is the name {name}"
            yield Evidence(f"{path}/name", words, None, Severity.CRITICAL if control else None)


@route_external_name.fix
def _to_pods(route: HTTPRoute, _: Snapshot) -> Fix:
    steps = (
        f"Find out what {route.ref} is to reach behind that name.",
        "Move it behind a Service with a selector or with EndpointSlices that name its addresses.",
        "Or take the rule out of the route.",
    )
    return Fix(f"Lead {route.ref} to pods", (), Risk.MANUAL, "What it serves is not served meanwhile.", steps)


@check(
    "net-route-dangling",
    "A route leads to a Service that does not exist",
    Severity.LOW,
    on=ROUTES,
    everywhere=(SERVICE,),
    threats=(Threat.CREDENTIALS,),
    references=("T1584", "OWASP K05"),
)
def route_dangling(route: HTTPRoute, cluster: Snapshot) -> Iterator[Evidence]:
    """A backend of a route names a Service, or a port of one, that is not there.

    ## Why
    The host answers with an error until somebody creates a Service of that name. Whoever may do so in that
    namespace then serves under the host's name and certificate, with no change of the route to notice.

    ## Risky
    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: shop}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules:
        - backendRefs: [{name: web-v2, port: 80}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ```

    ## Fixed
    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: shop}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules:
        - backendRefs: [{name: web, port: 80}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ```
    """
    for path, back, ref, service in _services(cluster, route):
        if service is None:
            yield Evidence(f"{path}/name", f"it leads to {ref}, which does not exist")
        elif back.port is not None and not backend_port(service, "", back.port):
            yield Evidence(f"{path}/port", f"it leads to port {back.port}, which {ref} does not have")


@route_dangling.fix
def _repair(route: HTTPRoute, _: Snapshot) -> Fix:
    steps = (
        "Correct the name or port of the backend if it is a mistake.",
        f"Otherwise take the backend out of {route.ref}.",
    )
    return Fix(f"Repair the backends of {route.ref}", (), Risk.MANUAL, "", steps)
