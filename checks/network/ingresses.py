"""Ingresses and Gateways: what they serve in the clear, whom they share a door with, where they lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.network.balancers import Zone, ingress_placement
from ksec_tui.analysis.network.gateways import ROUTE_KINDS, attached
from ksec_tui.analysis.network.proxies import class_of
from ksec_tui.analysis.network.selectors import NAME_LABEL
from ksec_tui.checks.network._common import INGRESSES
from ksec_tui.cluster.gateway import Gateway
from ksec_tui.cluster.kinds import GATEWAY, INGRESS
from ksec_tui.cluster.networking import Ingress
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import json_patch, op

TLS_ELSEWHERE = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "traefik.ingress.kubernetes.io/router.tls",
    "nginx.ingress.kubernetes.io/ssl-passthrough",
    "haproxy.org/ssl-passthrough",
    "route.openshift.io/termination",
)
"""Annotations by which a controller serves TLS without the Ingress's own tls section."""

ACME_SOLVER = "acme.cert-manager.io/http01-solver"
"""On the short-lived Ingresses that answer a certificate authority, which must be plain HTTP (RFC 8555 8.3)."""


def _covered(ingress: Ingress, host: str) -> bool:
    """Whether a tls entry covers a host; one without hosts stands for all (networking/v1 IngressTLS)."""
    for entry in ingress.spec.tls:
        if not entry.hosts or not host:
            return True
        for name in entry.hosts:
            if name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:]):
                return True
    return False


@check(
    "net-ingress-no-tls",
    "An Ingress serves a host without TLS",
    Severity.MEDIUM,
    on=INGRESSES,
    threats=(Threat.EXTERNAL,),
    references=("NSA Network encryption", "T1040", "T1557", "OWASP K05"),
)
def ingress_no_tls(ingress: Ingress, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A host of an Ingress is served in the clear.

    ## Why
    Without TLS everyone between the client and the cluster reads passwords, cookies and answers, and can
    change them. When a host has TLS in another Ingress, a path that is missing here may still be asked for
    in the clear.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      ingressClassName: nginx
      rules:
        - host: shop.example.com
          http:
            paths:
              - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
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
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com], secretName: shop-tls}]
      rules:
        - host: shop.example.com
          http:
            paths:
              - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ```
    """
    meta = ingress.metadata
    if meta.labels.get(ACME_SOLVER) == "true":
        yield NotApplicable("it answers a certificate authority, which asks in the clear")
        return
    elsewhere = next((key for key in TLS_ELSEWHERE if meta.annotations.get(key, "false") != "false"), None)
    if elsewhere is not None:
        yield NotApplicable(f"annotation {elsewhere} sets TLS")
        return
    placed = ingress_placement(ingress, class_of(cluster, ingress))
    severity = Severity.LOW if placed.zone is Zone.OUTSIDE else None
    bare = dict.fromkeys(rule.host for rule in ingress.spec.rules if not _covered(ingress, rule.host))
    if not ingress.spec.rules and ingress.spec.default_backend and not ingress.spec.tls:
        bare[""] = None
    for host in bare:
        yield Evidence("/spec/tls", f"{host or 'every host'} is served without TLS", None, severity)


@ingress_no_tls.fix
def _tls(ingress: Ingress, _: Snapshot) -> Fix:
    hosts = ", ".join(sorted({rule.host for rule in ingress.spec.rules if rule.host})) or "its host"
    steps = (
        f"Get a certificate for {hosts}, by cert-manager or from your authority, into a Secret of type tls.",
        f"Add it to spec.tls of {ingress.ref} with its hosts and secretName.",
        "Redirect plain HTTP, by the controller's setting or annotation.",
    )
    return Fix(
        f"Serve {ingress.ref} with TLS", (), Risk.MANUAL, "Clients that cannot follow a redirect.", steps
    )


@check(
    "net-wildcard-host",
    "An Ingress takes every host of a shared controller",
    Severity.MEDIUM,
    on=INGRESSES,
    everywhere=(INGRESS,),
    threats=(Threat.EXTERNAL, Threat.CREDENTIALS),
    references=("T1557", "MS-TA9005", "OWASP K05"),
)
def wildcard_host(ingress: Ingress, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """An Ingress without a host, or with a wildcard, stands on a controller that other namespaces use.

    ## Why
    The rule answers for every name that nobody else claimed: mistyped names, names of services that were
    removed, names that point at the load balancer and are not set up yet. Whoever owns this namespace
    receives their visitors, cookies and tokens.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: cms, namespace: legacy}
    spec:
      ingressClassName: nginx
      tls: [{secretName: cms-tls}]
      rules:
        - http:
            paths: [{path: /cms, pathType: Prefix, backend: {service: {name: cms, port: {number: 80}}}}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com], secretName: shop-tls}]
      rules:
        - host: shop.example.com
          http:
            paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: cms, namespace: legacy}
    spec:
      ingressClassName: nginx
      tls: [{secretName: cms-tls}]
      rules:
        - host: cms.example.com
          http:
            paths: [{path: /cms, pathType: Prefix, backend: {service: {name: cms, port: {number: 80}}}}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com], secretName: shop-tls}]
      rules:
        - host: shop.example.com
          http:
            paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]
    ```
    """
    users: dict[str, set[str]] = cluster.derived(_class_users, _class_users)
    name = class_of(cluster, ingress)[0]
    others = users.get(name, set()) - {ingress.namespace}
    if not name or not others:
        yield NotApplicable("no other namespace uses its class" if name else "it has no class")
        return
    shared = f"class {name} also serves namespace {min(others)}"
    for at, rule in enumerate(ingress.spec.rules):
        if not rule.host or rule.host.startswith("*."):
            what = rule.host or "every host that no other rule names"
            yield Evidence(f"/spec/rules/{at}/host", f"it answers for {what}, and {shared}")
    if ingress.spec.default_backend is not None:
        yield Evidence("/spec/defaultBackend", f"it answers for every host that no rule names, and {shared}")


def _class_users(snapshot: Snapshot) -> dict[str, set[str]]:
    users: dict[str, set[str]] = {}
    for ingress in snapshot.of(INGRESS):
        users.setdefault(class_of(snapshot, ingress)[0], set()).add(ingress.namespace)
    return users


@wildcard_host.fix
def _hosts(ingress: Ingress, _: Snapshot) -> Fix:
    steps = (f"Name the hosts that {ingress.ref} is to serve in its rules, one rule for each.",)
    return Fix(
        f"Name the hosts of {ingress.ref}", (), Risk.MANUAL, "Other names are no longer answered.", steps
    )


@check(
    "net-listener-any-namespace",
    "A Gateway takes routes from every namespace",
    Severity.MEDIUM,
    on=objects(GATEWAY),
    threats=(Threat.CREDENTIALS,),
    references=("GEP-1426", "T1557", "OWASP K05"),
)
def listener_any_namespace(gateway: Gateway, _: Snapshot) -> Iterator[Evidence]:
    """A listener accepts routes of whoever may write them, in any namespace.

    ## Why
    A route names the hosts and paths it wants. On a listener open to all namespaces, anyone who may create
    a route in any of them can claim a host or a more specific path of another team and receive its visitors.

    ## Risky
    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: shop}
    spec:
      gatewayClassName: edge
      listeners:
        - {name: https, port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: blog, namespace: blog}
    spec:
      parentRefs: [{name: public, namespace: shop}]
      hostnames: [blog.example.com]
    ```

    ## Fixed
    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: shop}
    spec:
      gatewayClassName: edge
      listeners:
        - name: https
          port: 443
          protocol: HTTPS
          allowedRoutes:
            namespaces:
              from: Selector
              selector:
                matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [blog]}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: blog, namespace: blog}
    spec:
      parentRefs: [{name: public, namespace: shop}]
      hostnames: [blog.example.com]
    ```
    """
    for index, listener in enumerate(gateway.spec.listeners):
        if listener.allowed_routes.namespaces.from_ == "All":
            hosts = listener.hostname or "every host"
            path = f"/spec/listeners/{index}/allowedRoutes/namespaces/from"
            yield Evidence(path, f"listener {listener.name} takes routes for {hosts} from every namespace")


@listener_any_namespace.fix
def _listed_namespaces(gateway: Gateway, cluster: Snapshot) -> Fix | None:
    title = f"Take routes on {gateway.ref} only from the namespaces that have some"
    may_break = "Namespaces that add their first route later must be added to the listener."
    if any(cluster.gap(kind) for kind in ROUTE_KINDS):
        steps = (f"List the namespaces whose routes name {gateway.ref} and allow just these.",)
        return Fix(title, (), Risk.MANUAL, may_break, steps)
    document = cluster.document(gateway.ref)
    if document is None:
        return None
    used = {
        route.namespace
        for kind in ROUTE_KINDS
        for route in cluster.of(kind)
        if any(item.gateway.ref == gateway.ref for item in attached(cluster, route))
    }
    wanted: dict[str, Any] = {"from": "Same"}
    if used - {gateway.namespace}:
        named = {"key": NAME_LABEL, "operator": "In", "values": sorted(used)}
        wanted = {"from": "Selector", "selector": {"matchExpressions": [named]}}
    tests, changes = [], []
    for index, listener in enumerate(document["spec"]["listeners"]):
        found = listener.get("allowedRoutes", {}).get("namespaces", {})
        if found.get("from") == "All":
            path = f"/spec/listeners/{index}"
            tests.append(op("test", f"{path}/name", listener["name"]))
            changes.append(op("replace", f"{path}/allowedRoutes/namespaces", wanted))
    return Fix(title, (json_patch(gateway.ref, *tests, *changes),), Risk.REVIEW, may_break)
