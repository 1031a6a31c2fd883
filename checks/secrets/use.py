"""How Secrets come into containers, and into how many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.exposure import EXPOSURE_KINDS, exposures_of
from ksec_tui.analysis.network.world import ADMIN_KINDS
from ksec_tui.analysis.secret_use import Variable, users, variables, whole
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.workloads._common import at, named, those
from ksec_tui.cluster.access import Secret
from ksec_tui.cluster.kinds import SECRET, WORKLOAD_KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

MANY = 5
"""Workloads that hold one Secret, from which on it is told."""

_SECRETS = replace(objects(SECRET), kinds=(SECRET, *EXPOSURE_KINDS))
"""What is found exposed is so whatever else was not read; what was not read is told beside it."""


def _single(workload: Workload) -> tuple[Variable, ...]:
    found = those(workload, lambda item: any(True for _ in variables(item)))
    return tuple([use for item in found for use in variables(item)])


def _whole(workload: Workload) -> tuple[Variable, ...]:
    found = those(workload, lambda item: any(True for _ in whole(item)))
    return tuple(use for item in found for use in whole(item))


@check(
    "sec-env-from-secret",
    "Secret in environment variables",
    Severity.INFO,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("CIS 5.4.1",),
)
def variable_of_secret(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container takes keys of Secrets as environment variables.

    ## Why
    Variables are inherited by every program that the container starts, and end up in crash reports and
    debug pages. A mounted file is read by who opens it, and follows when the Secret changes.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              env:
                - name: DB_PASSWORD
                  valueFrom: {secretKeyRef: {name: web-db, key: password}}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              env:
                - {name: DB_PASSWORD_FILE, value: /etc/web-db/password}
              volumeMounts:
                - {name: web-db, mountPath: /etc/web-db, readOnly: true}
          volumes:
            - {name: web-db, secret: {secretName: web-db}}
    ```
    """
    for use in _single(workload):
        words = f"{named(use.item)} has Secret {use.secret} in its variable {use.name}"
        yield at(workload, use.item, use.place, words)


@variable_of_secret.fix
def _as_file(workload: Workload, _: Snapshot) -> Fix | None:
    return _mount(workload, _single(workload))


@check(
    "sec-envfrom-whole-secret",
    "Whole Secret in environment variables",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("CIS 5.4.1", "OWASP K03"),
)
def whole_secret(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container takes every key of a Secret as environment variables.

    ## Why
    Each key that is ever added to the Secret comes into the container, needed or not, and a key may take the
    name of a variable that changes how programs run, such as LD_PRELOAD or HTTP_PROXY.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              envFrom:
                - secretRef: {name: web-db}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              volumeMounts:
                - {name: web-db, mountPath: /etc/web-db, readOnly: true}
          volumes:
            - {name: web-db, secret: {secretName: web-db}}
    ```
    """
    for use in _whole(workload):
        words = f"{named(use.item)} has every key of Secret {use.secret} in its environment"
        yield at(workload, use.item, use.place, words)


@whole_secret.fix
def _named_keys(workload: Workload, _: Snapshot) -> Fix | None:
    return _mount(workload, _whole(workload))


def _mount(workload: Workload, uses: tuple[Variable, ...]) -> Fix | None:
    names = ", ".join(dict.fromkeys(use.secret for use in uses if not use.item.injected))
    if workload.system or not names:
        return None
    return Fix(
        f"Mount {names} as files",
        (),
        Risk.MANUAL,
        "The program must read the files instead of its environment.",
        (
            "See whether the program takes a file (often NAME_FILE); many images do.",
            f"Add a volume of {names} with the keys it needs (items), and a read-only mount.",
            "Take the variables out in the same change.",
        ),
    )


@check(
    "sec-secret-fanout",
    "Secret in many or exposed workloads",
    Severity.INFO,
    on=_SECRETS,
    needs=WORKLOAD_KINDS,
    also=ADMIN_KINDS,
    threats=(Threat.CONTAINER,),
    references=("MS-TA9025", "OWASP K03"),
)
def fanout(secret: Secret, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A Secret is in the containers of many workloads, or of one that the internet reaches.

    ## Why
    Each workload that holds it is a place from which it can be stolen, and all of them must follow when it is
    changed. This is no fault by itself: it tells how far a break-in into one of them reaches.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Secret
    metadata: {name: web-db, namespace: shop}
    type: Opaque
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports: [{containerPort: 8080}]
          volumes:
            - {name: web-db, secret: {secretName: web-db}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{port: 443, targetPort: 8080}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Secret
    metadata: {name: web-db, namespace: shop}
    type: Opaque
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports: [{containerPort: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{port: 443, targetPort: 8080}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```
    """
    holders = () if is_system(secret) else users(cluster, secret.namespace, secret.name)
    found = []
    if len(holders) > MANY:
        words = f"{len(holders)} workloads hold it, such as {holders[0].ref} and {holders[1].ref}"
        found.append(Evidence("", words))
    found += [
        Evidence("", f"{workload.ref} holds it, which the internet reaches", workload.ref)
        for workload in holders
        if any(item.zone is Zone.INTERNET for item in exposures_of(cluster, workload.ref))
    ]
    yield from found
    if holders and not found and any(cluster.gap(kind) for kind in EXPOSURE_KINDS):
        yield NotApplicable("which of its workloads are exposed is not known")
