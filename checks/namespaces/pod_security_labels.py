"""Pod Security labels that do not say what they seem to say."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.pod_security import MODES, PREFIX, Mode, mode
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.checks.namespaces.pod_security import NAMESPACES
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import strategic

_LAG = 3
"""A pinned policy older than this many minor versions has missed at least a year of new rules."""


def _pointer(label: str) -> str:
    return "/metadata/labels/" + (PREFIX + label).replace("/", "~1")


def _modes(namespace: Namespace) -> tuple[Mode, ...]:
    return tuple(mode(namespace.metadata.labels, name) for name in MODES)


@check(
    "ns-psa-invalid-label",
    "Unreadable Pod Security label",
    Severity.MEDIUM,
    on=NAMESPACES,
    threats=(Threat.CREDENTIALS,),
    references=("KEP-2579", "OWASP K04"),
)
def invalid_label(namespace: Namespace, _: Snapshot) -> Iterator[Evidence]:
    """A Pod Security label holds a word that the API server does not know.

    ## Why
    Levels are `privileged`, `baseline` and `restricted`, versions `latest` or `v1.N`, to the letter. A bad
    `enforce` counts as restricted, so that pods are refused for no visible reason; a bad `warn` or
    `audit` counts as privileged and tells nobody anything; a bad version counts as latest.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: baseline
        pod-security.kubernetes.io/enforce-version: "1.33"
        pod-security.kubernetes.io/warn: Restricted
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: baseline
        pod-security.kubernetes.io/enforce-version: latest
        pod-security.kubernetes.io/warn: restricted
    ```
    """
    for item in _modes(namespace):
        if not item.valid_level:
            words = f'the {item.name} level "{item.level}" is unknown and counts as {item.read_as}'
            yield Evidence(_pointer(item.name), words)
        if not item.valid_version:
            words = f'the {item.name} version "{item.version}" is unreadable and counts as latest'
            yield Evidence(_pointer(f"{item.name}-version"), words)


@invalid_label.fix
def _valid(namespace: Namespace, _: Snapshot) -> Fix | None:
    """Says what the server does already; for warnings, which refuse nothing, what was meant."""
    if is_system(namespace):
        return None
    labels: dict[str, str] = {}
    for item in _modes(namespace):
        if not item.valid_level:
            labels[PREFIX + item.name] = item.read_as if item.name == "enforce" else item.meant
        if not item.valid_version:
            labels[f"{PREFIX}{item.name}-version"] = "latest"
    said = ", ".join(f"{key.removeprefix(PREFIX)} {value}" for key, value in labels.items())
    return Fix(
        f"Spell the Pod Security labels out as the API server reads them: {said}",
        (strategic(namespace.ref, {"metadata": {"labels": labels}}),),
        Risk.SAFE,
        "It refuses nothing that is admitted now; a corrected warn level brings warnings back.",
    )


@check(
    "ns-psa-version-lag",
    "Old version of the Pod Security policy",
    Severity.LOW,
    on=NAMESPACES,
    threats=(Threat.CREDENTIALS,),
    references=("KEP-2579", "OWASP K04"),
)
def version_lag(namespace: Namespace, cluster: Snapshot) -> Iterator[Evidence | NotApplicable | Unknown]:
    """A namespace pins a version of the policy that is not the server's.

    ## Why
    A pinned version keeps admitting what later versions refuse, such as probes that make the kubelet
    connect elsewhere (since 1.34). One that is newer than the server counts as the server's newest, so
    that the label promises more than is checked.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.34.2
    ---
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: baseline
        pod-security.kubernetes.io/enforce-version: v1.24
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.34.2
    ---
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: baseline
        pod-security.kubernetes.io/enforce-version: v1.34
    ```
    """
    pinned = mode(namespace.metadata.labels, "enforce").minor
    server = minor_version(cluster.source.server_version)
    if pinned is None:
        yield NotApplicable("no version is pinned")
    elif server is None:
        yield Unknown("the API server's version is not known")
    elif pinned > server or server - pinned > _LAG:
        side = "newer than" if pinned > server else "behind"
        words = f"the policy of v1.{pinned} is enforced, {side} the server's v1.{server}"
        yield Evidence(_pointer("enforce-version"), words)


@version_lag.fix
def _current(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    server = minor_version(cluster.source.server_version)
    if server is None or is_system(namespace):
        return None
    labels = {f"{PREFIX}enforce-version": f"v1.{server}"}
    return Fix(
        f"Enforce the policy of v1.{server}",
        (strategic(namespace.ref, {"metadata": {"labels": labels}}),),
        Risk.REVIEW,
        "Pods that only the old version admits are refused when they are made anew.",
    )
