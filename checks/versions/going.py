"""What coming releases, or this one already, no longer serve."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.versions.apis import ApiUse, Sign, uses_of
from ksec_tui.analysis.versions.components import server_versions
from ksec_tui.analysis.versions.fields import FIELD_KINDS, FieldUse, field_uses, field_uses_of
from ksec_tui.analysis.versions.numbers import line_key
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import KINDS, POD, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import deprecations
from ksec_tui.findings.check import Subjects, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_GOING = {row.kind for row in deprecations().apis if row.component == "k8s"}
WRITTEN_KINDS: tuple[Kind[KubeObject], ...] = tuple(
    kind for kind in KINDS if kind.name in _GOING and not kind.metadata_only
)


def _find(snapshot: Snapshot, ref: ObjectRef) -> KubeObject | None:
    return snapshot.get(ref)


WRITTEN: Subjects[KubeObject] = Subjects(
    "objects of APIs with several versions",
    WRITTEN_KINDS,
    lambda snapshot: (item for kind in WRITTEN_KINDS for item in snapshot.of(kind)),
    lambda item: item.ref,
    _find,
)


@check(
    "ver-deprecated-api",
    "Written in an API version that goes",
    Severity.LOW,
    on=WRITTEN,
    also=(POD,),
    threats=(Threat.EXTERNAL,),
    references=("Kubernetes deprecation policy", "NSA/CISA upgrading"),
)
def deprecated_api(item: KubeObject, cluster: Snapshot) -> Iterator[Outcome]:
    """Somebody writes an object in a version of its API that the server has dropped, or is to drop.

    ## Why
    The object itself stays: the server stores it in its own version. But whoever wrote it will fail at the
    next attempt once the version is gone, in the middle of a rollout or of an upgrade, and clusters that
    cannot be upgraded keep their known flaws. Told by the manifest, by metadata.managedFields, which names
    the writer, or by the annotation of kubectl apply. Clients that only read leave no trace in objects.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.24.17
    ---
    apiVersion: batch/v1beta1
    kind: CronJob
    metadata: {name: report, namespace: shop}
    spec:
      schedule: "0 3 * * *"
      jobTemplate: {spec: {template: {spec: {containers: [{name: report, image: "shop/report:1.4"}]}}}}
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.24.17
    ---
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: report, namespace: shop}
    spec:
      schedule: "0 3 * * *"
      jobTemplate: {spec: {template: {spec: {containers: [{name: report, image: "shop/report:1.4"}]}}}}
    ```
    """
    if not cluster.whole(item.ref):
        # What a controller makes is not held whole, and no one else writes it.
        made = item.controller is not None
        yield NotApplicable("a controller writes it") if made else Unknown("who wrote it was not read")
        return
    servers = server_versions(cluster)
    for use in uses_of(cluster, item.ref):
        yield Evidence(use.pointer, use.words, severity=_urgency(use, servers[0].line if servers else ""))


def _urgency(use: ApiUse, line: str) -> Severity:
    """MEDIUM when this server or the next minor does without it, a step less for the weakest sign."""
    soon = not line or (bool(use.row.removed) and _minors_left(use.row.removed, line) <= 1)
    if soon:
        return Severity.LOW if use.sign is Sign.APPLIED else Severity.MEDIUM
    return Severity.INFO if use.sign is Sign.APPLIED else Severity.LOW


def _minors_left(removed: str, line: str) -> int:
    return line_key(removed)[1] - line_key(line)[1]


@deprecated_api.fix
def _deprecated_api_fix(item: KubeObject, cluster: Snapshot) -> Fix | None:
    uses = uses_of(cluster, item.ref)
    if not uses:
        return None
    steps = []
    for use in uses:
        who = f"{use.manager}, which writes it," if use.manager else "the manifest or chart it comes from"
        aim = use.row.instead or "what replaces it; nothing in Kubernetes does"
        steps.append(f"Change {who} from {use.row.api_version} to {aim}; read what moved between the two.")
    if all(use.sign is not Sign.MANIFEST for use in uses):
        steps.append("The sign goes away when the writer has written the object anew.")
    return Fix(
        f"Write {item.ref} in a version that stays", risk=Risk.MANUAL, steps=tuple(dict.fromkeys(steps))
    )


_TOLD_ELSEWHERE = frozenset({"service-external-ips", "gitrepo-volume", "ingress-nginx"})
"""Changes of which checks of their own tell."""


def _users(snapshot: Snapshot) -> Iterator[ObjectRef]:
    yield from dict.fromkeys(use.ref for use in field_uses(snapshot) if use.change.id not in _TOLD_ELSEWHERE)


USERS: Subjects[ObjectRef] = Subjects(
    "objects that use fields which go",
    FIELD_KINDS,
    _users,
    lambda ref: ref,
    lambda snapshot, ref: ref if field_uses_of(snapshot, ref) else None,
)


@check(
    "ver-deprecated-field",
    "A field that goes is relied on",
    Severity.LOW,
    on=USERS,
    threats=(Threat.CONTAINER,),
    references=("Kubernetes deprecation policy", "KEP-135", "KEP-24"),
)
def deprecated_field(ref: ObjectRef, cluster: Snapshot) -> Iterator[Evidence]:
    """An object relies on a field, annotation or mechanism that Kubernetes has dropped, or is to drop.

    ## Why
    A safeguard that is written where nobody reads it any more protects nothing: seccomp annotations are
    ignored since 1.27, so pods that carry only them run without a filter. Other such fields still work, and
    stop to work with an upgrade.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      namespace: shop
      annotations: {kubernetes.io/ingress.class: nginx}
    spec:
      tls: [{hosts: [shop.example.org], secretName: web-tls}]
      rules:
        - host: shop.example.org
          http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      namespace: shop
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.org], secretName: web-tls}]
      rules:
        - host: shop.example.org
          http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
    ```
    """
    servers = server_versions(cluster)
    for use in field_uses_of(cluster, ref):
        if use.change.id not in _TOLD_ELSEWHERE:
            yield Evidence(use.pointer, _said(use), severity=_weight(use, servers[0].line if servers else ""))


def _said(use: FieldUse) -> str:
    return f"{use.words}: {use.change.change}; instead use {use.change.instead}"


def _weight(use: FieldUse, line: str) -> Severity:
    """MEDIUM for a safeguard that is ignored, INFO for what merely has a newer name."""
    change = use.change
    dropped = bool(change.removed) and (not line or line_key(change.removed) <= line_key(line))
    if change.id == "seccomp-annotation" and dropped:
        return Severity.MEDIUM
    names = ("ingress-class-annotation", "master-label", "mountable-secrets")
    return Severity.INFO if change.id in names else Severity.LOW


@deprecated_field.fix
def _deprecated_field_fix(ref: ObjectRef, cluster: Snapshot) -> Fix | None:
    uses = [use for use in field_uses_of(cluster, ref) if use.change.id not in _TOLD_ELSEWHERE]
    steps = [f"Replace it by {use.change.instead}: {use.words}." for use in uses]
    return (
        Fix(f"Move {ref} to what stays", risk=Risk.MANUAL, steps=tuple(dict.fromkeys(steps)))
        if steps
        else None
    )
