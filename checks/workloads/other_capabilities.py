"""Capabilities beyond those that every level of Pod Security but the widest allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.pod_security.allowed import CAPABILITIES as BASELINE
from ksec_tui.analysis.security_context import capability
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._capabilities import Told, adding, taken
from ksec_tui.checks.workloads._common import at, listed, named, those, together
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Change, Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import json_patch, op, workload_fix


def _adds_other(item: Placed) -> bool:
    return bool(adding(item, Told.OTHER))


def _misspelt(name: str) -> bool:
    return capability(name) in BASELINE


@check(
    "wl-cap-non-default",
    "Capability that Pod Security refuses",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.2.9", "OWASP K01"),
)
def other_capability(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container adds a capability that runtimes do not give and level baseline does not allow.

    ## Why
    Such capabilities reach beyond the container: locking memory, raising priorities, reading the kernel's
    log with its addresses. They were left out of the defaults since few programs need them, and each opens
    code of the kernel that is otherwise out of reach. Those that lead out of the container by themselves
    are told under `wl-cap-dangerous`, those of the network under `wl-cap-net-admin` and `wl-cap-net-raw`.

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
                capabilities:
                  drop: [ALL]
                  add: [NET_BIND_SERVICE, SYSLOG]
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
                capabilities:
                  drop: [ALL]
                  add: [NET_BIND_SERVICE]
    ```
    """
    for item in those(workload, _adds_other):
        for index, name in adding(item, Told.OTHER):
            path = f"/securityContext/capabilities/add/{index}"
            known = capability(name)
            if _misspelt(name):
                words = f'{named(item)} adds "{name}", which admission does not read as {known}'
                yield at(workload, item, path, words, Severity.LOW)
            else:
                words = (
                    f"{named(item)} adds {known or 'a capability without a name'}, which is not in baseline"
                )
                yield at(workload, item, path, words)


@other_capability.fix
def _usual(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _adds_other)
    if workload.system or not risky:
        return None
    gone = dict.fromkeys(
        name for item in risky for _, name in adding(item, Told.OTHER) if not _misspelt(name)
    )
    removal = workload_fix(
        workload,
        f"Take {', '.join(gone)} from {listed(risky)}",
        taken(workload, lambda item: [i for i, name in adding(item, Told.OTHER) if not _misspelt(name)]),
        Risk.REVIEW,
        may_break="It breaks what uses the capability.",
    )
    spelling = workload_fix(
        workload,
        f"Spell capabilities of {listed(risky)} as admission does",
        _respelt(workload),
        Risk.LIKELY,
        may_break="It breaks nothing that runs: the runtime gave the same capability.",
    )
    return together(removal, spelling)


def _respelt(workload: Workload) -> Change | None:
    operations: list[dict[str, Any]] = []
    for item in workload.placed:
        if item.injected or item.list == "ephemeralContainers":
            continue
        path = f"{item.pointer}/securityContext/capabilities/add"
        odd = [(index, name) for index, name in adding(item, Told.OTHER) if _misspelt(name)]
        if odd:
            operations.append(op("test", f"{item.pointer}/name", item.container.name))
        for index, name in odd:
            operations.append(op("test", f"{path}/{index}", name))
            operations.append(op("replace", f"{path}/{index}", capability(name)))
    return json_patch(workload.ref, *operations) if operations else None
