"""Certificates: Gateways that serve in the clear, and TLS that names a Secret that is not there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ksec_tui.analysis.network.balancers import Zone, gateway_placement
from ksec_tui.analysis.network.gateways import accepts
from ksec_tui.cluster.gateway import Gateway, HTTPRoute, Listener
from ksec_tui.cluster.kinds import GATEWAY, HTTP_ROUTE, INGRESS, SECRET
from ksec_tui.cluster.networking import Ingress
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

CERT_MANAGER = ("cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme")
"""Annotations by which cert-manager makes the Secret that an Ingress names."""


@check(
    "net-listener-no-tls",
    "A Gateway serves routes without TLS",
    Severity.MEDIUM,
    on=dataclasses.replace(objects(GATEWAY), kinds=(GATEWAY, HTTP_ROUTE)),
    threats=(Threat.EXTERNAL,),
    references=("NSA Network encryption", "T1040", "T1557", "OWASP K05"),
)
def listener_no_tls(gateway: Gateway, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A listener for plain HTTP hands requests to workloads instead of redirecting them to HTTPS.

    ## Why
    Everyone between the client and the Gateway reads passwords, cookies and answers, and can change them. A
    listener on port 80 is fine when all that its routes do is to redirect to HTTPS.

    ## Risky
    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: shop}
    spec:
      gatewayClassName: edge
      listeners:
        - {name: http, port: 80, protocol: HTTP}
    ---
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
          tls: {certificateRefs: [{name: shop-tls}]}
    ---
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
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: shop-tls, namespace: shop}
    type: kubernetes.io/tls
    ```
    """
    plain = [(at, item) for at, item in enumerate(gateway.spec.listeners) if item.protocol == "HTTP"]
    if not plain:
        yield NotApplicable("no listener for plain HTTP")
        return
    severity = Severity.LOW if gateway_placement(gateway).zone is Zone.OUTSIDE else None
    for at, listener in plain:
        route = _served(cluster, gateway, listener)
        if route is not None:
            words = f"listener {listener.name} serves {route.ref} without TLS"
            yield Evidence(f"/spec/listeners/{at}/protocol", words, None, severity)


def _served(snapshot: Snapshot, gateway: Gateway, listener: Listener) -> HTTPRoute | None:
    """A route that this listener takes and that leads to a backend."""
    for route in snapshot.of(HTTP_ROUTE):
        if not any(rule.backend_refs for rule in route.spec.rules):
            continue
        for parent in route.spec.parent_refs:
            here = parent.kind == "Gateway" and (parent.namespace or route.namespace) == gateway.namespace
            if here and parent.name == gateway.name and accepts(snapshot, gateway, listener, route, parent):
                return route
    return None


@listener_no_tls.fix
def _https(gateway: Gateway, cluster: Snapshot) -> Fix:
    names = [
        listener.name
        for listener in gateway.spec.listeners
        if listener.protocol == "HTTP" and _served(cluster, gateway, listener)
    ]
    steps = (
        "Get a certificate for the hosts, by cert-manager or from your authority, into a Secret of type tls.",
        f"Add a listener of protocol HTTPS with tls.certificateRefs to {gateway.ref}.",
        f"Attach the routes to it by sectionName, and let one route redirect what comes to {', '.join(names)}.",
    )
    may_break = "Clients that cannot follow a redirect."
    return Fix(f"Serve the routes of {gateway.ref} with TLS", (), Risk.MANUAL, may_break, steps)


@check(
    "net-tls-secret-missing",
    "The certificate of an Ingress is missing",
    Severity.LOW,
    on=objects(INGRESS),
    needs=(SECRET,),
    threats=(Threat.EXTERNAL, Threat.CREDENTIALS),
    references=("T1557", "OWASP K05"),
)
def tls_secret_missing(ingress: Ingress, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """An Ingress names a Secret for TLS that does not exist.

    ## Why
    Most controllers then serve a certificate of their own that no client trusts. People learn to click the
    warning away, which is what somebody in the middle needs. Whoever may create a Secret of that name decides
    which key is used.

    ## Risky
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
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: shop-tls, namespace: shop}
    type: kubernetes.io/tls
    ```
    """
    named = [(at, entry) for at, entry in enumerate(ingress.spec.tls) if entry.secret_name]
    if not named:
        yield NotApplicable("it names no Secret")
        return
    made_later = any(key in ingress.metadata.annotations for key in CERT_MANAGER)
    if made_later and cluster.source.kind == "files":
        yield NotApplicable("cert-manager makes the Secret in the cluster")
        return
    for at, entry in named:
        # ingress-nginx and Traefik do not read Secrets of other namespaces for an Ingress; Contour's delegation
        # is written with a slash.
        if "/" in entry.secret_name or cluster.find(SECRET, entry.secret_name, ingress.namespace):
            continue
        hosts = ", ".join(entry.hosts) or "every host"
        words = f"Secret {entry.secret_name} with the certificate for {hosts} does not exist"
        yield Evidence(f"/spec/tls/{at}/secretName", words)


@tls_secret_missing.fix
def _certificate(ingress: Ingress, cluster: Snapshot) -> Fix:
    missing = sorted(
        {
            entry.secret_name
            for entry in ingress.spec.tls
            if entry.secret_name and not cluster.find(SECRET, entry.secret_name, ingress.namespace)
        }
    )
    create = f"kubectl create secret tls {missing[0] if missing else 'NAME'} -n {ingress.namespace}"
    steps = (
        f"Look why {', '.join(missing)} is not there: a misspelt name, a failed Certificate, another namespace.",
        f"Create it: {create} --cert=FILE --key=FILE, or let cert-manager issue it.",
    )
    return Fix(f"Give {ingress.ref} its certificate", (), Risk.MANUAL, "", steps)
