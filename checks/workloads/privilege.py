"""Containers that are more than a process: privileged, gaining rights, rewriting their own files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from ksec_tui.analysis.security_context import (
    added,
    always_escalates,
    capability,
    context,
    in_user_namespace,
    is_windows,
    privileged,
)
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._capabilities import taken
from ksec_tui.checks.workloads._common import at, is_sidecar, listed, named, security, template_fix, those
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_SCRATCH = "/tmp"  # noqa: S108 - a directory of the container, not a file of ours


@check(
    "wl-privileged",
    "Privileged container",
    Severity.CRITICAL,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.2", "NSA Pod security", "T1611", "MS-TA9018", "OWASP K01"),
)
def privileged_container(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container runs privileged.

    ## Why
    A privileged container holds every capability, sees every device of the node and runs without seccomp
    and AppArmor. Whoever breaks into it mounts the node's disk and owns the node, its kubelet credentials
    and every pod beside it; no further exploit is needed.

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
              securityContext:
                privileged: true
                runAsNonRoot: true
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
              securityContext:
                runAsNonRoot: true
    ```
    """
    for item in those(workload, _privileged):
        inside = in_user_namespace(item.spec)
        yield at(
            workload,
            item,
            "/securityContext/privileged",
            f"{named(item)} runs privileged" + (", though inside a user namespace" if inside else ""),
            Severity.HIGH if inside else None,
        )


def _privileged(item: Placed) -> bool:
    return privileged(item.container)


@privileged_container.fix
def _unprivileged(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _privileged)
    return template_fix(
        workload,
        f"Run {listed(risky)} without privileges",
        lambda item: security(privileged=None) if item in risky else None,
        Risk.REVIEW,
        "It breaks what mounts file systems, opens devices or changes the node's network or kernel.",
    )


@check(
    "wl-allow-priv-esc",
    "Privilege escalation is allowed",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS restricted", "CIS 5.2.6", "T1068", "OWASP K01"),
)
def privilege_escalation(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container does not forbid its processes to gain privileges.

    ## Why
    Unless `allowPrivilegeEscalation` is false, setuid programs and file capabilities work inside the
    container. An attacker who runs code as an ordinary user turns a forgotten `su`, or a flaw in it, into
    root, and from there reaches for the kernel. With it the kernel refuses (no_new_privs).

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
              securityContext:
                runAsNonRoot: true
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
              securityContext:
                runAsNonRoot: true
                allowPrivilegeEscalation: false
    ```
    """
    if is_windows(workload.spec):
        yield NotApplicable("Windows has no setuid")
        return
    for item in those(workload, _escalates):
        how = "allows" if context(item.container).allow_privilege_escalation else "does not forbid"
        words = f"{named(item)} {how} privilege escalation"
        yield at(workload, item, "/securityContext/allowPrivilegeEscalation", words)


def _escalates(item: Placed) -> bool:
    return context(item.container).allow_privilege_escalation is not False


@privilege_escalation.fix
def _no_escalation(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _escalates)
    deep = any(always_escalates(item.container) for item in risky)
    forbidding = template_fix(
        workload,
        f"Forbid privilege escalation in {listed(risky)}",
        lambda item: _without_escalation(item) if item in risky else None,
        Risk.REVIEW if deep else Risk.LIKELY,
        "It breaks what needs to be privileged or SYS_ADMIN, which the API server refuses beside it."
        if deep
        else "It breaks programs that become another user through setuid: sudo, su, some ping and cron.",
    )
    taking = taken(workload, lambda item: _administering(item) if item in risky else ())
    if forbidding is None or taking is None or not forbidding.changes:
        return forbidding
    return msgspec.structs.replace(forbidding, changes=(taking, *forbidding.changes))


def _without_escalation(item: Placed) -> dict[str, Any]:
    """The API server refuses it beside privileged and SYS_ADMIN, so that these go with it."""
    values: dict[str, Any] = {"allowPrivilegeEscalation": False}
    if privileged(item.container):
        values["privileged"] = None
    return security(**values)


def _administering(item: Placed) -> list[int]:
    names = enumerate(added(item.container))
    return [index for index, name in names if capability(name) == "SYS_ADMIN"]


@check(
    "wl-writable-rootfs",
    "Root file system is writable",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("NSA Immutable container file systems", "CIS 5.6.3", "OWASP K01"),
)
def writable_root(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container may change the files of its own image.

    ## Why
    Attackers drop tools, replace programs and keep a foothold in the container's file system. With a
    read-only root they are left with the volumes, which can be watched. This is defence in depth: by
    itself it opens nothing. Init containers that end, and debug containers, are not judged.

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
          volumes:
            - name: tmp
              emptyDir: {}
          containers:
            - name: app
              image: registry.example/web:1.4.2
              securityContext:
                readOnlyRootFilesystem: true
              volumeMounts:
                - {name: tmp, mountPath: /tmp}
    ```
    """
    if is_windows(workload.spec):
        yield NotApplicable("Windows has no read-only root file system")
        return
    for item in those(workload, _root_writable):
        words = f"{named(item)} may write to its root file system"
        yield at(workload, item, "/securityContext/readOnlyRootFilesystem", words)


def _root_writable(item: Placed) -> bool:
    lasts = item.list == "containers" or is_sidecar(item)
    return lasts and context(item.container).read_only_root_filesystem is not True


@writable_root.fix
def _read_only_root(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _root_writable)
    mounting = [item for item in risky if not item.injected and not _has_tmp(item)]
    # Containers have had a /tmp each: in a common one they would meet each other's files.
    volumes = dict(zip((item.pointer for item in mounting), _free_names(workload), strict=False))

    def wanted(item: Placed) -> dict[str, Any] | None:
        if item not in risky:
            return None
        volume = volumes.get(item.pointer)
        mounts = {"volumeMounts": [{"name": volume, "mountPath": _SCRATCH}]} if volume else {}
        return {**security(readOnlyRootFilesystem=True), **mounts}

    return template_fix(
        workload,
        f"Make the root file system of {listed(risky)} read-only, with a scratch /tmp",
        wanted,
        Risk.REVIEW,
        "It breaks programs that write elsewhere than to their volumes and /tmp: caches, pid files, logs.",
        {"volumes": [{"name": volume, "emptyDir": {}} for volume in volumes.values()]} if volumes else None,
    )


def _free_names(workload: Workload) -> Iterator[str]:
    """``tmp``, ``tmp-2``, …, but for names of volumes that are there."""
    taken = {volume.name for volume in workload.spec.volumes}
    names = ("tmp" if number == 1 else f"tmp-{number}" for number in itertools.count(1))
    return (name for name in names if name not in taken)


def _has_tmp(item: Placed) -> bool:
    return any(mount.mount_path.rstrip("/") == _SCRATCH for mount in item.container.volume_mounts)
