"""What the attack graph is made of: vertices, edges, and what an edge rests on."""

from __future__ import annotations

import msgspec

from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.cluster.ref import ObjectRef


class Vertex(msgspec.Struct, frozen=True, order=True, gc=False):
    """Something that an attacker may have: a place, an identity, a power, a thing.

    Attributes:
        kind: ``workload``, ``account``, ``pods``; see `_WORDS`.
        name: within the kind.
        namespace: where; empty for the whole cluster.
        of: for objects kind and group as ``Deployment.apps``, for roles ``ClusterRole``.
    """

    kind: str
    name: str = ""
    namespace: str = ""
    of: str = ""

    @property
    def words(self) -> str:
        """What it is, in a phrase that can stand as subject or object of a sentence."""
        made = _WORDS.get(self.kind)
        if made is not None:
            return (made[0] if self.namespace else made[1]).format(name=self.name, ns=self.namespace)
        path = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.of.partition('.')[0] or _NOUNS.get(self.kind, self.kind)} {path}"

    @property
    def ref(self) -> ObjectRef | None:
        """The object that it is, if it is one."""
        if self.kind in ("workload", "secret", "node", "role", "account"):
            kind, _, group = (self.of or _NOUNS[self.kind]).partition(".")
            return ObjectRef(self.namespace, kind, self.name, group)
        return None

    @property
    def who(self) -> Who | None:
        """The subject that it is, if it is one."""
        noun = {"account": "ServiceAccount", "user": "User", "group": "Group"}.get(self.kind)
        return Who(noun, self.name, self.namespace) if noun else None

    @property
    def id(self) -> str:
        """A stable key for reports: ``account/ci/deployer``."""
        return "/".join(part for part in (self.kind, self.of, self.namespace, self.name) if part)

    def __str__(self) -> str:
        return self.words


_NOUNS = {
    "account": "ServiceAccount",
    "user": "User",
    "group": "Group",
    "secret": "Secret",
    "node": "Node",
}

_WORDS = {
    "zone": ("{name}", "{name}"),
    "reach": ("pods within reach in {ns}", "pods within reach"),
    "secrets": ("every Secret of {ns}", "every Secret of the cluster"),
    "accounts": ("any ServiceAccount of {ns}", "any ServiceAccount of the cluster"),
    "pods": ("pods started in {ns}", "pods started anywhere"),
    "privileged": ("privileged pods started in {ns}", "privileged pods started anywhere"),
    "inside": ("the running pods of {ns}", "every running pod"),
    "on": ("", "the pods on Node {name}"),
    "nodeset": ("", "the nodes {name}"),
    "nodes": ("", "every node"),
    "anyone": ("", "any user"),
    "namespace-admin": ("every right in {ns}", "every right in every namespace"),
    "cloud": ("{name}", "{name}"),
    "admin": ("", "cluster-admin"),
    "unread": ("rights in {ns} that were not read: {name}", "rights that were not read: {name}"),
    "goal": ("", "{name}"),
}
"""Words for what is no object: in a namespace, and in the whole cluster."""


class Proof(msgspec.Struct, frozen=True, gc=False):
    """Where an edge stands written: an object and a JSON pointer in it; empty for the whole object."""

    ref: ObjectRef
    path: str = ""


class Cut(msgspec.Struct, frozen=True, order=True, gc=False):
    """What removes an edge: the finding of one of these checks on this object, once it is fixed.

    Attributes:
        ref: the object that the finding stands under.
        checks: the ids of the checks; none where the object itself has to go.
        partly: whether the fix only makes the step harder, or removes it for some only: what it does then shows
            in the simulated state.
    """

    ref: ObjectRef
    checks: tuple[str, ...] = ()
    partly: bool = False


class Edge(msgspec.Struct, frozen=True, gc=False):
    """One step.

    Attributes:
        kind: a key of `kinds.KINDS`.
        source: number of the vertex it starts from.
        target: number of the vertex it leads to.
        likelihood: that an attacker who is at the source succeeds, 0 to 1: a judgement.
        detail: what it goes by, in a phrase: ``privileged: true``; may be empty.
        proofs: where that stands.
        cuts: what would remove it; each alone is enough.
        doubt: why it may not be there; empty when it is.
    """

    kind: str
    source: int
    target: int
    likelihood: float
    detail: str = ""
    proofs: tuple[Proof, ...] = ()
    cuts: tuple[Cut, ...] = ()
    doubt: str = ""
