"""The fix that takes parts of the node's file system out of the containers of a template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from ksec_tui.analysis.host_paths import HostMount
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import listed, named
from ksec_tui.cluster.pods import Container, Pod, VolumeMount
from ksec_tui.findings.fix import Change, Fix, Risk
from ksec_tui.fixes.build import containers, workload_fix

_TITLE, _MOST = 3, 12
"""Paths that a title names, and a sentence."""


def without_mounts(workload: Workload, found: Sequence[HostMount], besides: str) -> Fix | None:
    """The patch that removes exactly the mounts `found`, and each volume that nothing mounts after it.

    What only live pods have is left to who adds it. None for Kubernetes' own components.

    Args:
        workload: where the mounts are.
        found: mounts of hostPath volumes in it.
        besides: what is left for a human to do, one sentence.
    """
    if workload.system or not found:
        return None
    reached = [item for item in found if _in_template(item.placed)]
    change = _removal(workload, reached)
    if change is None:
        return _by_hand(workload, found, besides)
    paths = _several(item.path for item in reached)
    fix = workload_fix(
        workload,
        f"Take {paths} of the node out of {listed(item.placed for item in reached)}",
        change,
        Risk.REVIEW,
        may_break=" ".join(_breaks(reached)),
        steps=(
            f"Remove the volumeMounts of {paths}, and the volumes that nothing mounts any more.",
            besides,
        ),
    )
    return msgspec.structs.replace(fix, steps=(besides,)) if fix is not None and fix.changes else fix


def by_hand(found: Sequence[HostMount], besides: str) -> Fix:
    """The steps by which the mounts `found` go where no patch can know what to put in their place."""
    paths = _several(item.path for item in found)
    names = " and ".join(dict.fromkeys(named(item.placed) for item in found))
    return Fix(
        f"Take {paths} of the node out of the containers",
        (),
        Risk.MANUAL,
        "What needs this path of the node stops working.",
        (
            f"Find out what {names} does with it.",
            besides,
            "Remove the volumeMounts and the volume from the pod template.",
        ),
    )


def _by_hand(workload: Workload, found: Sequence[HostMount], besides: str) -> Fix | None:
    """The same where only debug containers, or pods that differ from the one that stands for all, have them."""
    if all(item.placed.injected for item in found) and not isinstance(workload.object, Pod):
        return None  # told where they are added
    return by_hand(found, besides)


def _in_template(item: Placed) -> bool:
    return not item.injected and item.list != "ephemeralContainers"


def _key(item: Placed, mount: VolumeMount) -> tuple[str, str, str]:
    return item.list, item.container.name, mount.mount_path


def _removal(workload: Workload, reached: Sequence[HostMount]) -> Change | None:
    gone = {_key(item.placed, item.mount) for item in reached}
    # A webhook may mount a volume of the template into a container of its own, which would then be refused.
    # Only mounts use such a volume: volumeDevices take claims alone (ValidateVolumeDevices).
    still = {
        mount.name
        for item in workload.placed
        if item.list != "ephemeralContainers"
        for mount in item.container.volume_mounts
        if _key(item, mount) not in gone
    }
    unused = [name for name in dict.fromkeys(item.mount.name for item in reached) if name not in still]

    def wanted(item: Placed) -> dict[str, Any] | None:
        # volumeMounts merge by mountPath, volumes by name (core/v1 Container, PodSpec).
        paths = [found.mount.mount_path for found in reached if found.placed is item]
        return {"volumeMounts": [_delete("mountPath", path) for path in paths]} if paths else None

    volumes = {"volumes": [_delete("name", name) for name in unused]} if unused else None
    return containers(workload, wanted, volumes)


def _delete(key: str, value: str) -> dict[str, str]:
    return {key: value, "$patch": "delete"}


def _several(paths: Iterable[str], most: int = _TITLE) -> str:
    names = list(dict.fromkeys(paths))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _breaks(reached: Sequence[HostMount]) -> Iterator[str]:
    where = (
        f"{item.mount.mount_path} (the node's {item.path})"
        if item.mount.mount_path != item.path
        else item.path
        for item in reached
    )
    yield f"It breaks what uses {_several(where, _MOST)}."
    for item in reached:
        uses = list(_uses(item.placed.container, item.mount.mount_path))
        if uses:
            words = f"{named(item.placed)} names {item.mount.mount_path} in {' and '.join(uses)}"
            yield f"{words[0].upper()}{words[1:]}: it will hardly start without."


def _uses(container: Container, path: str) -> Iterator[str]:
    """Where a container speaks of `path`; of variables only the names, since a value may be a credential."""
    # A path of which this is only the end (/host/etc for /etc) or the beginning (/etcd) is another one.
    spoken = re.compile(rf"(?<![\w.-]){re.escape(path.rstrip('/') or path)}(?![\w.-])")
    for name, words in (("its command", container.command), ("its arguments", container.args)):
        if any(map(spoken.search, words)):
            yield name
    for variable in container.env:
        if spoken.search(variable.value):
            yield f"variable {variable.name}"
