"""Images: what a reference says, which workloads use it, and what their pods really run.

The grammar of references is that of the distribution project; defaults are those of the API server
(core/v1 defaults.go SetDefaults_Container) and of the runtimes (docker.io, ``latest``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.pods import Container, Pod
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

LATEST = "latest"
"""The tag that is meant when a reference has neither tag nor digest."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The parts of an image reference.

    Attributes:
        repository: as written, without tag and digest: ``quay.io/team/app``, ``nginx``.
        tag: as written; empty when there is none.
        digest: ``sha256:…``; empty when there is none.
    """

    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def registry(self) -> str:
        """The host it is pulled from; docker.io when the reference names none."""
        host, slash, _ = self.repository.partition("/")
        named = bool(slash) and ("." in host or ":" in host or host == "localhost")
        return host if named else "docker.io"

    @property
    def floats(self) -> bool:
        """Whether it means ``latest``, written out or not."""
        return not self.digest and self.tag in ("", LATEST)


def reference(image: str) -> Reference:
    """An image reference in its parts; the port of a registry is no tag. Any text gives some answer."""
    name, _, digest = image.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return Reference(f"{head}{slash}{last}", tag, digest)


def pull_policy(container: Container) -> str:
    """The policy that holds: as written, else Always for ``latest`` and IfNotPresent for the rest."""
    if container.image_pull_policy:
        return container.image_pull_policy
    # A digest beside the tag latest changes nothing here: the API server looks at the tag alone.
    known = reference(container.image)
    return "Always" if known.tag == LATEST or known.floats else "IfNotPresent"


def running_digest(image_id: str) -> str:
    """``sha256:…`` out of what a kubelet reports (``docker-pullable://repo@sha256:…``, ``sha256:…``); or empty."""
    digest = image_id.rpartition("@")[2].rpartition("//")[2]
    return digest if digest.startswith("sha256:") else ""


def running(pod: Pod) -> Iterator[tuple[str, str, str]]:
    """(container, image as its spec writes it, digest that runs) of a pod; nothing of one that has ended."""
    if pod.finished:
        return
    spec, status = pod.spec, pod.status
    lists = (
        (spec.containers, status.container_statuses),
        (spec.init_containers, status.init_container_statuses),
        (spec.ephemeral_containers, status.ephemeral_container_statuses),
    )
    for containers, statuses in lists:
        if statuses:
            images = {item.name: item.image for item in containers}
            for item in statuses:
                digest = running_digest(item.image_id)
                if digest and item.name in images:
                    yield item.name, images[item.name], digest


def drift(workload: Workload) -> dict[str, tuple[str, ...]]:
    """Containers of which pods run different digests under one and the same reference: name -> the digests.

    Pods of an old and of a new template differ by reference and are no drift. Nodes of several architectures
    report one digest, that of the index, with the common runtimes.
    """
    runs = _runs(workload)
    return {name: tuple(sorted(digests)) for (name, _), digests in runs.items() if len(digests) > 1}


def _runs(workload: Workload) -> dict[tuple[str, str], Counter[str]]:
    """(container, reference) -> how many pods run which digest."""
    runs: dict[tuple[str, str], Counter[str]] = {}
    for pod in workload.pods:
        for name, image, digest in running(pod):
            runs.setdefault((name, image), Counter())[digest] += 1
    return runs


@dataclass(slots=True)
class Image:
    """One reference as templates and pods write it, with all that use it.

    Attributes:
        name: the reference as written.
        users: the workloads that use it, by name.
        policies: the pull policies with which they do, in the order of their names.
        digests: what runs: digest -> number of containers.
        drifting: the workloads whose own pods run different digests of it.
    """

    name: str
    users: dict[ObjectRef, Workload] = field(default_factory=dict)
    policies: tuple[str, ...] = ()
    digests: Mapping[str, int] = field(default_factory=dict)
    drifting: tuple[ObjectRef, ...] = ()

    @property
    def reference(self) -> Reference:
        """Its parts."""
        return reference(self.name)


def images(snapshot: Snapshot) -> tuple[Image, ...]:
    """Every image of every container, debug containers included, by name; computed once."""
    found: tuple[Image, ...] = snapshot.derived(_images, _images)
    return found


def _images(snapshot: Snapshot) -> tuple[Image, ...]:
    found: dict[str, Image] = {}
    policies: dict[str, set[str]] = {}
    digests: dict[str, Counter[str]] = {}
    drifting: dict[str, dict[ObjectRef, None]] = {}
    for workload in workloads(snapshot):
        for placed in workload.placed:
            name = placed.container.image
            if name:
                found.setdefault(name, Image(name)).users[workload.ref] = workload
                policies.setdefault(name, set()).add(pull_policy(placed.container))
        for (_, image), runs in _runs(workload).items():
            digests.setdefault(image, Counter()).update(runs)
            if len(runs) > 1:
                drifting.setdefault(image, {})[workload.ref] = None
    for name, entry in found.items():
        entry.policies = tuple(sorted(policies[name]))
        entry.digests = dict(digests.get(name, Counter()).most_common())
        entry.drifting = tuple(drifting.get(name, ()))
    return tuple(found[name] for name in sorted(found))
