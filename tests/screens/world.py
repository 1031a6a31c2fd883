"""A small cluster to explore, and a source that shows it as tests need it: changing, slow, refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import Document, collect, item_from_tree
from ksec_tui.cluster.kinds import KINDS, kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.sources.base import Arrived, Ended, Event, Opened, Problem, SourceError, Started

RBAC = "rbac.authorization.k8s.io"
API = ObjectRef("shop", "Deployment", "api", "apps")
ACCOUNT = ObjectRef("shop", "ServiceAccount", "robot")
BINDING = ObjectRef("", "ClusterRoleBinding", "robots", RBAC)
ROLE = ObjectRef("", "ClusterRole", "anything", RBAC)


def thing(api: str, kind: str, name: str, namespace: str = "", **rest: object) -> Document:
    """An object."""
    metadata: dict[str, object] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    metadata.update(rest.pop("metadata", {}))  # type: ignore[call-overload]
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def deployment(name: str, namespace: str = "shop", **container: object) -> Document:
    """A Deployment of one container."""
    labels = {"app": name}
    spec = {
        "serviceAccountName": "robot",
        "containers": [{"name": "main", "image": f"registry.test/{name}:1.0", **container}],
    }
    return thing(
        "apps/v1",
        "Deployment",
        name,
        namespace,
        metadata={"labels": labels, "uid": f"uid-{name}"},
        spec={
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    )


def pod_of(name: str, namespace: str = "shop") -> Iterator[Document]:
    """The ReplicaSet and the pod that a Deployment's controller makes of it."""
    made = deployment(name, namespace)
    template = made["spec"]["template"]
    for kind, own, owner in (
        ("ReplicaSet", f"{name}-1", ("Deployment", name)),
        ("Pod", f"{name}-1-x", ("ReplicaSet", f"{name}-1")),
    ):
        reference = {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "controller": True}
        reference["uid"] = f"uid-{owner[1]}"
        metadata = {"labels": {"app": name}, "ownerReferences": [reference], "uid": f"uid-{own}"}
        spec = template["spec"] if kind == "Pod" else {**made["spec"], "template": template}
        yield thing("v1" if kind == "Pod" else "apps/v1", kind, own, namespace, metadata=metadata, spec=spec)


def cluster(*, workers: int = 3) -> list[Document]:
    """A privileged Deployment whose account may do anything, quiet ones beside it, and their surroundings."""
    subject = {"kind": "ServiceAccount", "name": "robot", "namespace": "shop"}
    binding: dict[str, Any] = {
        "subjects": [subject],
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "anything"},
    }
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    port = {"port": 80, "targetPort": 8080}
    return [
        thing("v1", "Namespace", "shop"),
        thing("v1", "Namespace", "quiet"),
        thing("v1", "Namespace", "kube-system"),
        deployment("api", securityContext={"privileged": True}),
        *pod_of("api"),
        *(deployment(f"worker-{number:02}") for number in range(workers)),
        deployment("cron", "quiet"),
        thing("v1", "ServiceAccount", "robot", "shop"),
        thing("v1", "ServiceAccount", "idle", "shop"),
        thing(f"{RBAC}/v1", "ClusterRole", "anything", rules=[rule]),
        thing(f"{RBAC}/v1", "ClusterRoleBinding", "robots", **binding),
        thing("v1", "Service", "api", "shop", spec={"selector": {"app": "api"}, "ports": [port]}),
    ]


class World:
    """A source of given objects.

    Args:
        states: what it holds at the first reading, the second, and so on; a `SourceError` fails that reading.
        coverage: by resource name, how a kind went that was not simply read.
        problems: what could not be taken in.
        info: what the source says of itself.
        gate: when given, reading stops before the last kind until it is set.
        whole: objects that can be fetched; with it, the Snapshot holds none of them whole.
    """

    def __init__(
        self,
        *states: Sequence[Document] | SourceError,
        coverage: Mapping[str, KindCoverage] | None = None,
        problems: Sequence[Problem] = (),
        info: SourceInfo | None = None,
        gate: threading.Event | None = None,
        whole: Mapping[ObjectRef, Document] | None = None,
    ) -> None:
        self.info = info or SourceInfo(
            kind="demo", label="test", user="tester", server_version="v1.33.4", today="2026-11-21"
        )
        self.readings = 0
        self.fetched: list[ObjectRef] = []
        self._states = states or (cluster(),)
        self._coverage = coverage or {}
        self._problems = problems
        self._gate = gate
        self._whole = whole

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        """Everything of the next state."""
        state = self._states[min(self.readings, len(self._states) - 1)]
        self.readings += 1
        if isinstance(state, SourceError):
            raise state
        yield Opened(self.info)
        yield from self._problems
        trees: dict[str, list[Document]] = {}
        for tree in state:
            kind = kind_named(str(tree["apiVersion"]).rpartition("/")[0], str(tree["kind"]))
            assert kind is not None, tree["kind"]
            trees.setdefault(kind.resource, []).append(tree)
        for kind in KINDS:
            if kind is KINDS[-1] and self._gate is not None:
                while not self._gate.wait(0.01):
                    if cancel.is_set():
                        return
            cover = self._coverage.get(kind.resource, KindCoverage(State.OK))
            yield Started(kind)
            if kind.resource in trees and cover.state in (State.OK, State.PARTIAL):
                page = collect(kind, [item_from_tree(kind, tree) for tree in trees[kind.resource]])
                if self._whole is not None:
                    page = msgspec.structs.replace(page, documents={})
                yield Arrived(page)
            yield Ended(kind, cover)

    def fetch(self, ref: ObjectRef) -> Document | None:
        """One object, whole."""
        self.fetched.append(ref)
        return None if self._whole is None else self._whole.get(ref)
