"""What a stolen token of a workload is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.accounts import token_mounted
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.exposure import EXPOSURE_KINDS, exposures_of
from ksec_tui.analysis.network.world import ADMIN_KINDS
from ksec_tui.analysis.rbac.takeover import Takeover, takeovers
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.workloads._common import elsewhere
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, SERVICE_ACCOUNT
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.volumes import TokenProjection
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import pod_template, workload_fix

DAY = 86_400
_TOLD = 3


@check(
    "sec-sa-takeover-workload",
    "Workload whose token takes over the cluster",
    Severity.HIGH,
    on=WORKLOADS,
    needs=(SERVICE_ACCOUNT,),
    everywhere=(ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING),
    also=(*EXPOSURE_KINDS, *ADMIN_KINDS),
    threats=(Threat.CONTAINER, Threat.EXTERNAL),
    references=("CIS 5.1.1", "T1078", "MS-TA9016", "MS-TA9019", "OWASP K02"),
)
def takeover(workload: Workload, cluster: Snapshot) -> Iterator[Outcome]:
    """The pods hold a token that reads every Secret, starts pods as anybody, or acts as somebody else.

    ## Why
    Whoever breaks into one of its containers owns the cluster with a few API requests, without touching
    the node. It is as severe as it gets where the internet reaches the workload.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: sync, namespace: shop}
    spec:
      selector: {matchLabels: {app: sync}}
      template:
        metadata: {labels: {app: sync}}
        spec:
          serviceAccountName: sync
          containers:
            - name: app
              image: registry.example/sync:1.4.2
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: sync, namespace: shop}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: sync}
    rules:
      - {apiGroups: [""], resources: [secrets], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: sync}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sync}
    subjects: [{kind: ServiceAccount, name: sync, namespace: shop}]
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: sync, namespace: shop}
    spec:
      selector: {matchLabels: {app: sync}}
      template:
        metadata: {labels: {app: sync}}
        spec:
          serviceAccountName: sync
          containers:
            - name: app
              image: registry.example/sync:1.4.2
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: sync, namespace: shop}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: sync}
    rules:
      - {apiGroups: [""], resources: [secrets], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: sync, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sync}
    subjects: [{kind: ServiceAccount, name: sync, namespace: shop}]
    ```
    """
    if workload.static:
        yield NotApplicable("static pods have no ServiceAccount token")
        return
    found = _held(workload, cluster)
    if not found:
        return
    faces = [item for item in exposures_of(cluster, workload.ref) if item.zone is Zone.INTERNET]
    reached = "; the internet reaches it" if faces else ""
    words = f"its ServiceAccount {workload.spec.account} may {_told(found)}{reached}"
    path = f"{workload.pointer}/serviceAccountName"
    severity = Severity.CRITICAL if faces else None
    yield Evidence(path, words, elsewhere(workload, workload.object.ref), severity)


def _told(found: Sequence[Takeover]) -> str:
    """The first rights, each beside the binding that gives it."""
    by_binding: dict[ObjectRef, list[str]] = {}
    for item in found[:_TOLD]:
        by_binding.setdefault(item.bindings[0], []).append(item.words)
    parts = [f"{', '.join(words)} (by {binding})" for binding, words in by_binding.items()]
    return ", ".join(parts) + (" and more" if len(found) > _TOLD else "")


def _held(workload: Workload, cluster: Snapshot) -> tuple[Takeover, ...]:
    if not token_mounted(workload.spec, workload.namespace, cluster) and not any(
        not token.audience for _, token in _projected(workload.spec)
    ):
        return ()
    return takeovers(cluster, workload.namespace, workload.spec.account)


@takeover.fix
def _less(workload: Workload, cluster: Snapshot) -> Fix | None:
    found = _held(workload, cluster)
    if workload.system or not found:
        return None
    bindings = sorted({str(ref) for item in found for ref in item.bindings})
    return Fix(
        f"Take the takeover rights from ServiceAccount {workload.spec.account}",
        (),
        Risk.MANUAL,
        "The program fails at what it did with these rights.",
        (
            f"They come by {', '.join(bindings[:5])}: see there which of the rights it uses (the audit log tells).",
            "Give what it needs in the namespaces where it needs it, by RoleBindings, and to the objects it names.",
            "If it never calls the API, set automountServiceAccountToken: false instead.",
        ),
    )


@check(
    "sec-projected-token-wide",
    "Token in a pod that is valid for long",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("T1528", "OWASP K09"),
)
def long_token(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A projected ServiceAccount token is valid for more than a day.

    ## Why
    The kubelet renews such tokens by itself, so that an hour is enough for any program that rereads the
    file. A token that leaks is good until it ends or its pod goes; without an audience of its own it is good
    for the API server.

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
          volumes:
            - name: vault
              projected:
                sources:
                  - serviceAccountToken: {audience: vault, expirationSeconds: 2592000, path: token}
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
          volumes:
            - name: vault
              projected:
                sources:
                  - serviceAccountToken: {audience: vault, expirationSeconds: 3600, path: token}
    ```
    """
    for place, token in _projected(workload.spec):
        seconds = token.expiration_seconds or 0
        if seconds > DAY:
            whom = f"for {token.audience}" if token.audience else "for the API server"
            words = f"the token {token.path} {whom} is valid for {seconds // DAY} days"
            path = f"{workload.pointer}{place}/serviceAccountToken/expirationSeconds"
            yield Evidence(path, words, elsewhere(workload, workload.object.ref))


def _projected(spec: PodSpec) -> Iterator[tuple[str, TokenProjection]]:
    """(JSON pointer of the source below the pod spec, the token) of every projected token."""
    for number, volume in enumerate(spec.volumes):
        for index, source in enumerate(volume.projected.sources if volume.projected else ()):
            if source.service_account_token is not None:
                yield f"/volumes/{number}/projected/sources/{index}", source.service_account_token


@long_token.fix
def _hourly(workload: Workload, cluster: Snapshot) -> Fix | None:
    document = cluster.document(workload.object.ref)
    if workload.system or document is None or not cluster.whole(workload.object.ref):
        return None
    spec: dict[str, object] = document
    for part in workload.pointer.strip("/").split("/"):
        inner = spec.get(part)
        spec = inner if isinstance(inner, dict) else {}
    volumes = [_shortened(volume) for volume in _listed(spec.get("volumes"))]
    # The list of sources is atomic in a strategic merge patch: the whole new list.
    change = pod_template(workload, {"volumes": [volume for volume in volumes if volume is not None]})
    return workload_fix(
        workload,
        "Let projected tokens end after an hour",
        change,
        Risk.LIKELY,
        may_break="A program that reads the token only once is refused after an hour.",
    )


def _listed(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _shortened(volume: dict[str, object]) -> dict[str, object] | None:
    """The part of a patch that shortens the tokens of one volume; None when it has none that is long."""
    projected = volume.get("projected")
    sources = _listed(projected.get("sources")) if isinstance(projected, dict) else []
    changed = []
    for source in sources:
        token = source.get("serviceAccountToken")
        seconds = token.get("expirationSeconds") if isinstance(token, dict) else None
        if isinstance(token, dict) and isinstance(seconds, int) and seconds > DAY:
            changed.append({**source, "serviceAccountToken": {**token, "expirationSeconds": 3600}})
        else:
            changed.append(source)
    return None if changed == sources else {"name": volume.get("name"), "projected": {"sources": changed}}
