"""Configuration of a shared ingress-nginx that comes from annotations of an Ingress."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ksec_tui.analysis.network.proxies import class_of
from ksec_tui.checks.network._common import INGRESSES
from ksec_tui.cluster.networking import Ingress
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import strategic

PREFIX = "nginx.ingress.kubernetes.io/"

SNIPPETS = {
    f"{PREFIX}{name}": name
    for name in (
        "configuration-snippet",
        "server-snippet",
        "stream-snippet",
        "auth-snippet",
        "modsecurity-snippet",
    )
}
"""Annotations whose value is pasted into nginx.conf as it is (ingress-nginx user guide, annotations)."""

PASTED = {
    f"{PREFIX}{name}": flaw
    for name, flaw in (
        ("auth-url", "CVE-2025-24514"),
        ("auth-tls-match-cn", "CVE-2025-1097"),
        ("mirror-target", "CVE-2025-1098"),
        ("mirror-host", "CVE-2025-1098"),
        ("auth-method", "CVE-2026-1580"),
        ("auth-signin", "CVE-2021-25742"),
        ("rewrite-target", "CVE-2021-25742"),
        ("permanent-redirect", "CVE-2021-25742"),
    )
}
"""Annotations whose value reached nginx.conf unescaped in some version -> the flaw."""

_BREAKS_OUT = re.compile(r"[\r\n;{}]|⟪U\+0*(A|D)⟫|[␊␍]")
"""What ends a directive or opens a block of nginx.conf; none of it belongs into a URL, host or method."""

_ODD_NAME = re.compile(r"[\r\n;]|⟪U\+0*(A|D)⟫|[␊␍]")
"""The same for regular expressions, in which braces count repetitions."""


def _carried(ingress: Ingress) -> Iterator[tuple[str, str]]:
    """The annotations of an Ingress that carry directives where a value belongs: (key, flaw)."""
    for key, flaw in PASTED.items():
        odd = _ODD_NAME if key.endswith(("match-cn", "rewrite-target")) else _BREAKS_OUT
        if odd.search(ingress.metadata.annotations.get(key, "")):
            yield key, flaw


@check(
    "net-ingress-injection",
    "An Ingress writes into the configuration of ingress-nginx",
    Severity.HIGH,
    on=INGRESSES,
    threats=(Threat.CREDENTIALS, Threat.EXTERNAL),
    references=("CVE-2021-25742", "CVE-2025-24514", "CVE-2025-1974", "T1190", "OWASP K05"),
)
def ingress_injection(ingress: Ingress, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """An annotation of an Ingress puts directives into the nginx.conf of the shared ingress-nginx controller.

    ## Why
    The controller reads the certificates and Secrets of every namespace that it serves. Whoever may write an
    Ingress with a snippet, or with a value that breaks out of its directive, runs configuration, and with it code,
    in that controller: a tenant of one namespace takes the whole cluster. The controller was archived in
    March 2026, so that later flaws of this kind stay open.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      namespace: shop
      annotations:
        nginx.ingress.kubernetes.io/configuration-snippet: "more_set_headers X-Frame-Options:DENY;"
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

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      namespace: shop
      annotations: {}
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
    name, controller = class_of(cluster, ingress)
    if controller not in ("", "k8s.io/ingress-nginx"):
        yield NotApplicable(f"class {name} is served by {controller}, which does not read these annotations")
        return
    said = ingress.metadata.annotations
    for key, flaw in _carried(ingress):
        words = f"annotation {key} carries directives of nginx.conf ({flaw})"
        yield Evidence(_place(key), words, None, Severity.CRITICAL)
    for key, short in SNIPPETS.items():
        if said.get(key, "").strip():
            yield Evidence(_place(key), f"annotation {short} is pasted into the controller's nginx.conf")


def _place(key: str) -> str:
    return f"/metadata/annotations/{key.replace('/', '~1')}"


@ingress_injection.fix
def _without_snippets(ingress: Ingress, _: Snapshot) -> Fix:
    said = ingress.metadata.annotations
    snippets = [key for key in SNIPPETS if said.get(key, "").strip()]
    title = f"Take the configuration out of the annotations of {ingress.ref}"
    # Without them requests may pass that nobody has authenticated, or that the firewall would have stopped.
    guards = [key for key in snippets if SNIPPETS[key] in ("auth-snippet", "modsecurity-snippet")]
    guards += [key for key, _flaw in _carried(ingress)]
    if guards:
        steps = (
            f"Find out who wrote {', '.join(guards)} of {ingress.ref}: such a value is how a controller is attacked.",
            "Keep what authenticates or filters requests in another way first, or take the host offline.",
            f"Then: kubectl annotate ingress {ingress.name} -n {ingress.namespace} "
            + " ".join(f"{key}-" for key in guards),
            "If it was an attack, renew every certificate and Secret that the controller could read.",
        )
        return Fix(title, (), Risk.MANUAL, "Requests that it authenticated or filtered.", steps)
    change = strategic(ingress.ref, {"metadata": {"annotations": dict.fromkeys(snippets)}})
    may_break = "Headers, redirects and limits that the snippet set are gone: set them by the annotations made for it."
    return Fix(title, (change,), Risk.REVIEW, may_break)
