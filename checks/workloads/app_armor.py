"""Containers for which AppArmor is switched off, by field or by annotation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.security_context import CONFINING, context, is_windows, pod_context
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import elsewhere, listed, named, security, those
from ksec_tui.cluster.pods import SeccompProfile
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import containers, strategic, workload_fix
from ksec_tui.fixes.merging import combine

PREFIX = "container.apparmor.security.beta.kubernetes.io/"
"""Annotations that name a container's profile, before the field came in 1.30."""

_DEFAULT = {"type": "RuntimeDefault"}


def _off(profile: SeccompProfile | None) -> bool:
    """Whether a profile field is set to what does not confine."""
    return profile is not None and profile.type not in ("", *CONFINING)


def _refused(value: str) -> bool:
    """Whether an annotation's value is refused by Pod Security (check_appArmorProfile.go)."""
    return value not in ("", "runtime/default") and not value.startswith("localhost/")


def _where(workload: Workload, item: Placed) -> str:
    """Pointer of what leaves a container without AppArmor; empty when nothing does.

    The container's field wins over the annotation, which wins over the pod's field (pkg/security/apparmor).
    """
    own = context(item.container).app_armor_profile
    if own is not None:
        return f"{item.pointer}/securityContext/appArmorProfile" if _off(own) else ""
    noted = workload.annotations.get(PREFIX + item.container.name)
    if noted is not None and item.ref == workload.object.ref:
        return _annotation(workload, item.container.name) if _refused(noted) else ""
    if _off(pod_context(item.spec).app_armor_profile):
        return f"{item.pointer.rsplit('/', 2)[0]}/securityContext/appArmorProfile"
    return ""


def _annotation(workload: Workload, container: str) -> str:
    key = (PREFIX + container).replace("/", "~1")
    return f"{workload.pointer.removesuffix('/spec')}/metadata/annotations/{key}"


@check(
    "wl-apparmor-disabled",
    "AppArmor is switched off",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "NSA Pod hardening"),
)
def app_armor_off(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container asks to run without an AppArmor profile.

    ## Why
    On nodes with AppArmor the runtime's profile keeps a container from mounting, from writing to switches
    of the kernel below /proc and /sys, and from tracing others. `Unconfined` gives that back to whoever
    breaks in. Until 1.30 an annotation says so; it counts still, even for a container that does not exist.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata:
          labels: {app: web}
          annotations:
            container.apparmor.security.beta.kubernetes.io/app: unconfined
            shop.example/team: web
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              securityContext:
                appArmorProfile: {type: Unconfined}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata:
          labels: {app: web}
          annotations:
            shop.example/team: web
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              securityContext:
                appArmorProfile: {type: RuntimeDefault}
    ```
    """
    if is_windows(workload.spec):
        yield NotApplicable("Windows has no AppArmor")
        return
    places = {item.container.name for item in workload.placed}
    risky = those(workload, lambda item: bool(_where(workload, item)))
    for item in risky:
        words = f"{named(item)} runs without AppArmor"
        yield Evidence(_where(workload, item), words, elsewhere(workload, item.ref))
    told = {item.container.name for item in risky}
    own = elsewhere(workload, workload.object.ref)
    for name, value in _notes(workload):
        if name not in told:
            words = f'an annotation asks for "{value}" as the AppArmor profile of {name}'
            words += "" if name in places else ", a container that is not there"
            yield Evidence(_annotation(workload, name), words, own, Severity.LOW)
    if not risky and _off(pod_context(workload.spec).app_armor_profile):
        # Pod Security refuses the pod's own field whatever its containers say.
        path = f"{workload.pointer}/securityContext/appArmorProfile"
        words = "the pod asks for no AppArmor profile, though every container sets one"
        yield Evidence(path, words, own, Severity.LOW)


def _notes(workload: Workload) -> list[tuple[str, str]]:
    """(container, value) of the annotations that Pod Security refuses."""
    return [
        (key.removeprefix(PREFIX), value)
        for key, value in workload.annotations.items()
        if key.startswith(PREFIX) and _refused(value)
    ]


@app_armor_off.fix
def _confined(workload: Workload, _: Snapshot) -> Fix | None:
    if workload.system:
        return None

    def wanted(item: Placed) -> dict[str, Any] | None:
        own = context(item.container).app_armor_profile
        return security(appArmorProfile=_DEFAULT) if _off(own) else None

    pod = pod_context(workload.spec).app_armor_profile
    change = containers(workload, wanted, security(appArmorProfile=_DEFAULT) if _off(pod) else None)
    notes = {PREFIX + name: None for name, _ in _notes(workload)}
    if notes:
        body: dict[str, Any] = {"metadata": {"annotations": notes}}
        for part in reversed(workload.pointer.removesuffix("/spec").strip("/").split("/")):
            body = {part: body} if part else body
        noted = strategic(workload.ref, body)
        change = combine([change, noted]) if change is not None else noted
    risky = those(workload, lambda item: bool(_where(workload, item)))
    return workload_fix(
        workload,
        f"Confine {listed(risky) or 'the pod'} with the runtime's AppArmor profile",
        change,
        Risk.LIKELY,
        may_break="It breaks what mounts file systems or traces other processes.",
    )
