"""The name of one object in a cluster."""

from __future__ import annotations

import msgspec


class ObjectRef(msgspec.Struct, frozen=True, order=True, gc=False):
    """Names one object: ``apps/Deployment shop/web``.

    ``namespace`` is empty for cluster-scoped objects and ``group`` for the core API group.
    The order is by namespace, kind, name: what a reader of a list expects.
    """

    namespace: str
    kind: str
    name: str
    group: str = ""

    def __str__(self) -> str:
        """``Deployment shop/web`` or ``ClusterRole admin``."""
        return f"{self.kind} {self.path}"

    @property
    def path(self) -> str:
        """``shop/web``, or ``admin`` for a cluster-scoped object."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def id(self) -> str:
        """A stable key: ``apps/Deployment/shop/web``; unique within one cluster."""
        return f"{self.group}/{self.kind}/{self.namespace}/{self.name}"


CLUSTER = ObjectRef("", "Cluster", "cluster")
"""What a cluster-wide control is judged on."""
