"""Containers that admission adds to live pods: no template has them, and no patch of one takes them out."""

from __future__ import annotations

from collections.abc import Iterable

from ksec_tui.cluster.text import one_line

_MESH = "the configuration of the injector"
_INJECTORS = {
    "istio-proxy": (
        "Istio",
        "global.proxy of istiod's values, or the annotations sidecar.istio.io/* of the pod",
    ),
    "istio-init": ("Istio", "the Istio CNI plugin (pilot.cni.enabled), which makes this container needless"),
    "istio-validation": ("Istio", "the values of istiod and of the Istio CNI plugin"),
    "linkerd-proxy": (
        "Linkerd",
        "proxy of Linkerd's values, or the annotations config.linkerd.io/* of the pod",
    ),
    "linkerd-init": ("Linkerd", "the Linkerd CNI plugin (cniEnabled), which makes this container needless"),
    "linkerd-network-validator": ("Linkerd", "networkValidator of Linkerd's values"),
    "vault-agent": (
        "the Vault agent injector",
        "the annotations vault.hashicorp.com/agent-* of the pod template",
    ),
    "vault-agent-init": (
        "the Vault agent injector",
        "the annotations vault.hashicorp.com/agent-* of the pod template",
    ),
    "consul-dataplane": ("Consul", "connectInject of Consul's values"),
    "consul-connect-inject-init": ("Consul", "connectInject of Consul's values"),
    "kuma-sidecar": ("Kuma", "runtime.kubernetes.injector of the control plane's configuration"),
    "kuma-init": ("Kuma", "runtime.kubernetes.injector of the control plane's configuration"),
    "daprd": (
        "Dapr",
        "dapr_sidecar_injector of Dapr's values, or the annotations dapr.io/* of the pod template",
    ),
    "azwi-proxy": ("Azure Workload Identity", _MESH),
    "azwi-proxy-init": ("Azure Workload Identity", _MESH),
    "gke-gcsfuse-sidecar": (
        "GKE's Cloud Storage FUSE driver",
        "the annotations gke-gcsfuse/* of the pod template",
    ),
    "otc-container": ("the OpenTelemetry operator", "its OpenTelemetryCollector of mode sidecar"),
    "jaeger-agent": ("the Jaeger operator", "its Jaeger resource, spec.agent"),
    "k8tz": ("k8tz", _MESH),
}
"""By the name of the container: who adds it, and where that is set up, as the projects call it."""

_STARTS = {
    "opentelemetry-auto-instrumentation": ("the OpenTelemetry operator", "its Instrumentation resource"),
    "datadog-lib-": (
        "the Datadog admission controller",
        "the annotations admission.datadoghq.com/* and its values",
    ),
}

Injector = tuple[str, str]
"""Who adds a container, and where that is set up."""


def injector_of(container: str) -> Injector | None:
    """Who adds containers of that name to pods; None when nobody is known to."""
    if container in _INJECTORS:
        return _INJECTORS[container]
    return next((who for start, who in _STARTS.items() if container.startswith(start)), None)


def steps_for(containers: Iterable[str], webhooks: Iterable[str]) -> tuple[str, ...]:
    """What to do about containers that only live pods have, one step for each who may add them.

    Args:
        containers: their names.
        webhooks: the names of mutating webhook configurations that are asked about pods.
    """
    by_injector: dict[Injector | None, list[str]] = {}
    for name in dict.fromkeys(containers):
        by_injector.setdefault(injector_of(name), []).append(name)
    steps = []
    for found, names in by_injector.items():
        listed = ", ".join(one_line(name, 63) for name in names)
        if found is not None:
            steps.append(f"{listed}: added to live pods by {found[0]}; fix it there: {found[1]}.")
            continue
        asked = [one_line(name, 100) for name in webhooks]
        more = f" and {len(asked) - 4} more" if len(asked) > 4 else ""
        hooks = f" Mutating webhooks that may: {', '.join(asked[:4])}{more}." if asked else ""
        steps.append(
            f"{listed}: only live pods have it, their template does not; fix what adds it at admission.{hooks}"
        )
    steps.append("Then restart the pods: kubectl rollout restart replaces them.")
    return tuple(steps)
