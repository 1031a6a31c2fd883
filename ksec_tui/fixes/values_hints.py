"""Which values of a Helm chart likely set a field: by the conventions of charts, never certain.

The conventions are those of what ``helm create`` makes (``podSecurityContext`` for pods, ``securityContext`` for
containers), of the charts that say ``containerSecurityContext``, and of a few charts that are known by name. The
keys below are those of the charts' own values.yaml; a chart may drop or rename them in any version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.touched import Path, Step, path_words

_MOST = 3


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a chart keeps the security contexts of a component.

    Attributes:
        pod: keys for the pod's, likely ones first.
        container: keys for a container's.
        parts: by the component label, the key below which that component has its own; empty for the top.
        whole: whether the pod's context is set once for all components.
    """

    pod: tuple[str, ...] = ("podSecurityContext",)
    container: tuple[str, ...] = ("containerSecurityContext", "securityContext")
    parts: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False


_PLAIN = _Layout()
_CREATED = _Layout(container=("securityContext",))
_SPLIT = _Layout(("securityContext",), ("containerSecurityContext",))

_CHARTS: dict[str, _Layout] = {
    "argo-cd": _Layout(
        ("global.securityContext",),
        ("containerSecurityContext",),
        {
            "application-controller": "controller",
            "applicationset-controller": "applicationSet",
            "dex-server": "dex",
            "notifications-controller": "notifications",
            "redis": "redis",
            "repo-server": "repoServer",
            "server": "server",
        },
        whole=True,
    ),
    "cert-manager": _Layout(
        ("securityContext",),
        ("containerSecurityContext",),
        {"controller": "", "webhook": "webhook", "cainjector": "cainjector"},
    ),
    "cluster-autoscaler": _SPLIT,
    "external-dns": _CREATED,
    "grafana": _SPLIT,
    "ingress-nginx": _Layout(
        container=("containerSecurityContext",),
        parts={"controller": "controller", "default-backend": "defaultBackend"},
    ),
    "kube-state-metrics": _SPLIT,
    "metrics-server": _CREATED,
    "prometheus": _Layout(("securityContext",), ("containerSecurityContext",), {"server": "server"}),
    "prometheus-node-exporter": _SPLIT,
    "traefik": _CREATED,
}

_VERSION = re.compile(r"-v?\d+(\.\d+){0,2}([-+_].*)?$")
_SAME_NAME = frozenset(
    {
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "hostUsers",
        "tolerations",
        "nodeSelector",
        "affinity",
        "priorityClassName",
        "automountServiceAccountToken",
        "enableServiceLinks",
        "shareProcessNamespace",
    }
)
_OF_CONTAINER = frozenset({"resources", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"})
_OF_SERVICE = frozenset(
    {
        "type",
        "loadBalancerSourceRanges",
        "externalIPs",
        "externalTrafficPolicy",
        "allocateLoadBalancerNodePorts",
    }
)


def chart_name(labels: Mapping[str, str]) -> str:
    """The chart that made an object, without its version: from ``helm.sh/chart: ingress-nginx-4.12.0``; or empty."""
    said = labels.get("helm.sh/chart", "") or (labels.get("chart", "") if "heritage" in labels else "")
    return one_line(_VERSION.sub("", said), 100)


def values_keys(kind: str, labels: Mapping[str, str], paths: Iterable[Path]) -> tuple[str, ...]:
    """What to look for in a chart's values to change the fields at `paths`: ``containerSecurityContext.privileged``.

    One text for each field, alternatives joined by ``or``; none for fields that charts have no common name for.
    """
    layout = _CHARTS.get(chart_name(labels), _PLAIN)
    found: dict[str, None] = {}
    for path in paths:
        keys = tuple(dict.fromkeys(_keys(kind, labels, path, layout)))
        if keys:
            found[" or ".join(keys)] = None
    if len(found) > _MOST:
        return (*list(found)[:_MOST], f"and {len(found) - _MOST} more beside them")
    return tuple(found)


def _keys(kind: str, labels: Mapping[str, str], path: Path, layout: _Layout) -> Iterator[str]:
    match kind, path:
        case "Service", ("spec", str(name), *_) if name in _OF_SERVICE:
            yield f"service.{name}"
        case "Ingress", ("spec", "tls", *_):
            yield "ingress.tls"
        case "ServiceAccount", ("automountServiceAccountToken", *_):
            yield "serviceAccount.automount"
            yield "serviceAccount.automountServiceAccountToken"
        case _:
            rest = _in_pod(path)
            if rest:
                yield from _of_pod(rest, labels, layout)


def _in_pod(path: Path) -> Path:
    """What follows the pod's spec in `path`; empty for what is elsewhere."""
    for head in (
        ("spec", "jobTemplate", "spec", "template", "spec"),
        ("spec", "template", "spec"),
    ):
        if path[: len(head)] == head:
            return path[len(head) :]
    return ()


def _of_pod(path: Path, labels: Mapping[str, str], layout: _Layout) -> Iterator[str]:
    parts = _parts(labels, layout)
    match path:
        case ("securityContext", *rest):
            places = ("",) if layout.whole else parts
            yield from _joined(places, layout.pod, rest)
        case ("containers", (_, str(container)), *rest) if rest:
            yield from _of_container(container, rest, labels, layout)
        case (str(name), *rest) if name in _SAME_NAME:
            yield from _joined(parts, (name,), rest)


def _of_container(
    container: str, path: list[Step], labels: Mapping[str, str], layout: _Layout
) -> Iterator[str]:
    parts = _parts(labels, layout)
    main = {chart_name(labels), labels.get("app.kubernetes.io/name", ""), *labels.values()}
    if container not in main and layout is _PLAIN:
        # A second container has its own place in most charts, below its name.
        parts = tuple(dict.fromkeys((_camel(container), *parts)))
    match path:
        case ["securityContext", *rest]:
            yield from _joined(parts, layout.container, rest)
        case [str(name), *rest] if name in _OF_CONTAINER:
            yield from _joined(parts, (name,), rest)
        case ["imagePullPolicy"]:
            yield from _joined(parts, ("image.pullPolicy",), [])
        case ["image"]:
            yield from _joined(parts, ("image.tag", "image.digest"), [])


def _parts(labels: Mapping[str, str], layout: _Layout) -> tuple[str, ...]:
    """The keys below which a component's own values may stand."""
    component = labels.get("app.kubernetes.io/component", "")
    if layout.parts:
        return (layout.parts[component],) if component in layout.parts else ("",)
    return (_camel(component), "") if component and layout is _PLAIN else ("",)


def _joined(parts: Iterable[str], names: Iterable[str], rest: Iterable[Step]) -> Iterator[str]:
    below = path_words(tuple(rest))
    for part in parts:
        for name in names:
            key = f"{part}.{name}" if part else name
            yield f"{key}.{below}" if below and not below.startswith("[") else f"{key}{below}"


def _camel(text: str) -> str:
    first, *rest = re.split(r"[^A-Za-z0-9]+", one_line(text, 63)) or [""]
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
