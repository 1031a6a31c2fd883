"""Credentials that lie where more people read than Secrets allow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ksec_tui.analysis.credentials import about
from ksec_tui.analysis.identity import is_system
from ksec_tui.cluster.access import ConfigMap, Secret
from ksec_tui.cluster.base import LAST_APPLIED
from ksec_tui.cluster.kinds import CONFIG_MAP, SECRET
from ksec_tui.cluster.redact import KEPT_BACK, WITHHELD
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check, objects
from ksec_tui.findings.finding import Evidence, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import strategic

_NAMED = "named like a credential"
_FILE = re.compile(
    r"\.(sh|ya?ml|json|conf|cnf|cfg|ini|properties|xml|toml|lua|py|js|rb|md|crt|pub|tpl|tmpl)$"
)
"""Keys that are names of files, of which the name says nothing of a single value."""


def _supplied(snapshot: Snapshot) -> tuple[ConfigMap | None, ...]:
    """The ConfigMaps of which something is known; None alone when no payload was supplied, as by a live cluster."""
    found = snapshot.of(CONFIG_MAP)
    known = tuple(item for item in found if item.data is not None)
    return known or ((None,) if found else ())


CONFIG_MAPS: Subjects[ConfigMap | None] = Subjects(
    "configmaps",
    (CONFIG_MAP,),
    _supplied,
    lambda item: CLUSTER if item is None else item.ref,
    lambda snapshot, ref: snapshot.find(CONFIG_MAP, ref.name, ref.namespace),
    system=lambda item: item is not None and is_system(item),
)


@check(
    "sec-configmap",
    "Credential in a ConfigMap",
    Severity.HIGH,
    on=CONFIG_MAPS,
    threats=(Threat.CREDENTIALS,),
    references=("NSA Secrets", "MS-TA9027", "OWASP K03"),
)
def configmap_credential(configmap: ConfigMap | None, _: Snapshot) -> Iterator[Outcome]:
    """A key of a ConfigMap holds a credential.

    ## Why
    ConfigMaps are meant to be read: the default roles view and edit show them, encryption at rest usually
    leaves them out, and they stand in repositories. Payloads are never asked of a server, so on a live cluster
    this is unknown; from files the names of keys and the form of values are judged and no value is kept.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web, namespace: shop}
    data:
      LOG_LEVEL: info
      DB_PASSWORD: not-a-real-one
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web, namespace: shop}
    data:
      LOG_LEVEL: info
    ```
    """
    if configmap is None:
        yield Unknown(
            "payloads of ConfigMaps are never asked of a server; judge files instead: "
            "kubectl get configmaps -A -o json > configmaps.json"
        )
        return
    for key, reason in _suspects(configmap):
        pointer = key.replace("~", "~0").replace("/", "~1")
        yield Evidence(f"/data/{pointer}", f"its key {key}: {reason}")


def _suspects(configmap: ConfigMap) -> Iterator[tuple[str, str]]:
    """(key, why its value looks like a credential) from the marks that stand for the values."""
    before, after = WITHHELD.split("{}")
    for key, mark in (configmap.data or {}).items():
        reason = str(mark).removeprefix(before).removesuffix(after)
        if mark != KEPT_BACK and not (reason == _NAMED and (about(key) or _FILE.search(key))):
            yield key, reason


@configmap_credential.fix
def _into_secret(configmap: ConfigMap | None, _: Snapshot) -> Fix | None:
    if configmap is None or is_system(configmap):
        return None
    keys = ", ".join(key for key, _ in _suspects(configmap))
    return Fix(
        f"Move {keys} of {configmap.ref} into a Secret",
        (),
        Risk.MANUAL,
        "Pods do not start while the Secret or its key is missing.",
        (
            "Change the credential where it is valid: it has been readable and counts as known.",
            f"Create a Secret in namespace {configmap.namespace} with the new value, outside of any repository.",
            "Let the pods take it from there: secretKeyRef for configMapKeyRef, or the mounted Secret.",
            f"Remove {keys} from the ConfigMap, from its repository and from the history of that.",
        ),
    )


@check(
    "sec-last-applied-leak",
    "Copy of a Secret in its annotations",
    Severity.MEDIUM,
    on=objects(SECRET),
    threats=(Threat.CREDENTIALS,),
    references=("T1552.007", "OWASP K03"),
)
def last_applied(secret: Secret, _: Snapshot) -> Iterator[Evidence]:
    """A Secret was made by kubectl apply, which keeps the whole manifest in an annotation.

    ## Why
    Metadata are shown more freely than payloads: by dashboards, backups of metadata, logs of controllers and
    every tool that prints annotations. The copy there holds the same values. It is never shown here.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Secret
    metadata:
      name: web-db
      namespace: shop
      annotations:
        owner: team-web
        kubectl.kubernetes.io/last-applied-configuration: '{"kind":"Secret","data":{"password":"bm8="}}'
    type: Opaque
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Secret
    metadata:
      name: web-db
      namespace: shop
      annotations:
        owner: team-web
    type: Opaque
    ```
    """
    copy = secret.metadata.annotations.get(LAST_APPLIED)
    if copy is not None and not copy.endswith("without a payload)"):
        pointer = LAST_APPLIED.replace("/", "~1")
        words = f"its annotation {LAST_APPLIED} repeats the manifest that was applied, values included"
        yield Evidence(f"/metadata/annotations/{pointer}", words)


@last_applied.fix
def _without_copy(secret: Secret, _: Snapshot) -> Fix | None:
    if is_system(secret):
        return None
    body = {"metadata": {"annotations": {LAST_APPLIED: None}}}
    may_break = (
        "The next kubectl apply takes no key away that its manifest no longer has; --server-side does."
    )
    return Fix(f"Remove the copy from {secret.ref}", (strategic(secret.ref, body),), Risk.SAFE, may_break)
