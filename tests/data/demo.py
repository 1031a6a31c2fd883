"""The demo cluster by kind and by name, for the tests about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.data.demo import documents

Doc = dict[str, Any]
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicationController", "CronJob"}


class Demo:
    """The demo cluster, by kind and by name."""

    def __init__(self) -> None:
        self.docs: list[Doc] = list(documents())
        self.by_uid = {doc["metadata"]["uid"]: doc for doc in self.docs}
        self.by_key = {self.key(doc): doc for doc in self.docs}
        self.pods = self.all("Pod")

    @staticmethod
    def key(doc: Doc) -> tuple[str, str, str]:
        return doc["kind"], doc["metadata"].get("namespace", ""), doc["metadata"]["name"]

    def all(self, kind: str) -> list[Doc]:
        return [doc for doc in self.docs if doc["kind"] == kind]

    def get(self, kind: str, namespace: str, name: str) -> Doc:
        return self.by_key[kind, namespace, name]

    def templates(self) -> Iterator[tuple[str, Doc]]:
        """Name and pod spec of every declared workload and every pod, with its namespace."""
        for doc in self.docs:
            if doc["kind"] == "Pod":
                yield doc["metadata"]["namespace"], doc["spec"]
            elif doc["kind"] in WORKLOADS | {"Job"}:
                spec = doc["spec"].get("jobTemplate", doc)["spec"]
                yield doc["metadata"]["namespace"], spec["template"]["spec"]

    def selected(self, namespace: str, labels: dict[str, str]) -> list[Doc]:
        return [
            pod
            for pod in self.pods
            if pod["metadata"]["namespace"] == namespace
            and labels.items() <= pod["metadata"].get("labels", {}).items()
        ]


def token_volumes(pod: Doc) -> list[Doc]:
    """The volumes of a pod that hold a ServiceAccount's token."""
    return [
        volume
        for volume in pod["spec"].get("volumes", [])
        if any("serviceAccountToken" in source for source in volume.get("projected", {}).get("sources", []))
    ]
