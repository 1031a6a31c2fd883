"""The patch that closes the node's ports; two checks need it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.cluster.pods import ContainerPort
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.build import containers, json_patch, op


def without_host_ports(workload: Workload, pod_spec: dict[str, None]) -> Change | None:
    """The template without host ports and without the fields of `pod_spec`, which it has.

    A strategic merge finds ports by containerPort alone: where one number is there twice (TCP and UDP) it
    would change the first only, so that positions are named, behind tests of what stands there.
    """
    risky = [
        item
        for item in workload.placed
        if not item.injected and any(port.host_port for port in item.container.ports)
    ]
    if not risky and not pod_spec:
        return None
    tests: list[dict[str, Any]] = []
    removals = [op("remove", f"{workload.pointer}/{name}") for name in pod_spec]
    for item in risky:
        tests.append(op("test", f"{item.pointer}/name", item.container.name))
        removals.extend(_removals(item))
    numbers = [[port.container_port for port in item.container.ports] for item in risky]
    if any(len(set(row)) < len(row) for row in numbers):
        return json_patch(workload.ref, *tests, *removals)
    return containers(workload, lambda item: closed(item) if item in risky else None, dict(pod_spec))


def closed(item: Placed) -> dict[str, Any]:
    """The part of a patch that closes the node's ports of one container."""
    return {"ports": [_port(port) for port in item.container.ports if port.host_port]}


def _port(port: ContainerPort) -> dict[str, Any]:
    host_ip = {"hostIP": None} if port.host_ip else {}
    return {"containerPort": port.container_port, "hostPort": None, **host_ip}


def _removals(item: Placed) -> Iterator[dict[str, Any]]:
    for index, port in enumerate(item.container.ports):
        if port.host_port:
            yield op("remove", f"{item.pointer}/ports/{index}/hostPort")
            if port.host_ip:
                yield op("remove", f"{item.pointer}/ports/{index}/hostIP")
