"""From users, groups and ServiceAccounts to what their rights make possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ksec_tui.analysis.paths.builder import (
    ADMIN,
    ANYONE,
    NODES,
    Builder,
    account,
    hub,
    secret,
    workload,
)
from ksec_tui.analysis.paths.holders import Given, Powers, add_members, powers_of, vertex_of
from ksec_tui.analysis.paths.model import Cut, Proof, Vertex
from ksec_tui.analysis.paths.rights import EVERYTHING, IS_WIDE, STEERED, rights_of
from ksec_tui.analysis.paths.steps import CHECKS, CLIENT_SIGNERS, JOINS, STEPS, Join
from ksec_tui.analysis.rbac.identity import (
    ANONYMOUS,
    MASTERS,
    NODE_PREFIX,
    Who,
    identity_of,
)
from ksec_tui.analysis.rbac.identity import (
    NODES as NODE_GROUP,
)
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CONFIG_MAP, ROLE, SECRET, SERVICE_ACCOUNT
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_KUBELETS_MAY_NOT = frozenset(
    {
        "pods.create",
        "pods.exec",
        "pods.exec-get",
        "pods.ephemeral",
        "pods.change",
        "tokens.create",
        "controllers.create",
        "controllers.change",
    }
)
"""What admission takes from kubelets whatever RBAC says (plugin/pkg/admission/noderestriction)."""


def add_subjects(builder: Builder, snapshot: Snapshot) -> None:
    """All subjects of bindings and all ServiceAccounts, their groups, and what they may do."""
    every = powers_of(builder, snapshot)
    builder.add("administer", builder.at(Vertex("group", MASTERS)), builder.at(ADMIN), "right", MASTERS)
    places = _Places(snapshot)
    for who, powers in every.items():
        _Subject(builder, snapshot, places, who, powers).add(every)
    builder.at(Vertex("user", ANONYMOUS))
    add_members(builder, snapshot, every)


class _Places:
    """Lookups for rules that name objects."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.secrets: dict[str, list[str]] = {}
        for item in snapshot.of(SECRET):
            self.secrets.setdefault(item.name, []).append(item.namespace)
        self.accounts: dict[str, list[str]] = {}
        for found in snapshot.of(SERVICE_ACCOUNT):
            self.accounts.setdefault(found.name, []).append(found.namespace)
        self.pods: dict[str, list[tuple[str, ObjectRef]]] = {}
        for made in workloads(snapshot):
            for name in made.pod_names:
                self.pods.setdefault(name, []).append((made.namespace, made.ref))

    def named(self, what: str, name: str, place: str | None) -> Iterator[Vertex]:
        """The vertices that a name in a rule means."""
        if what == "user":
            yield Vertex("user", name)
        elif what == "node":
            yield Vertex("on", name)
        elif what == "pod":
            for namespace, ref in self.pods.get(name, ()):
                if place in (None, namespace):
                    yield workload(ref)
        else:
            for namespace in (self.secrets if what == "secret" else self.accounts).get(name, ()):
                if place in (None, namespace):
                    yield secret(namespace, name) if what == "secret" else account(namespace, name)


class _Subject:
    """The steps of one subject."""

    def __init__(
        self, builder: Builder, snapshot: Snapshot, places: _Places, who: Who, powers: Powers
    ) -> None:
        self._builder = builder
        self._snapshot = snapshot
        self._places = places
        self._who = who
        self._powers = powers
        self._at = builder.at(vertex_of(who))
        self._kubelet = (who.kind == "Group" and who.name == NODE_GROUP) or who.name.startswith(NODE_PREFIX)

    def add(self, every: dict[Who, Powers]) -> None:
        """All of them."""
        for given in self._powers.get(EVERYTHING, ()):
            target = ADMIN if given.place is None else hub("namespace-admin", given.place)
            self._edge("administer", target, (given,), "right", "everything")
        for atom, gives in self._powers.items():
            if self._kubelet and atom in _KUBELETS_MAY_NOT:
                continue
            for given in gives:
                self._alone(atom, given)
        together = self._together(every)
        for join in JOINS:
            self._joined(join, together)
        self._named_roles(together)
        self._named_groups(together)

    def _alone(self, atom: str, given: Given) -> None:
        if atom in STEERED:
            self._steer(atom, given)
            return
        if atom == "configmaps.change":
            self._aws_auth(given)
            return
        step = STEPS.get(atom)
        if step is None:
            return
        names = given.held.names
        if not names or step.named == "same":
            target = ANYONE if step.hub == "anyone" else hub(step.hub, given.place)
            self._edge(step.kind, target, (given,), step.likelihood, step.detail)
        elif step.named:
            for name in names:
                for target in self._places.named(step.named, name, given.place):
                    detail = f"{step.detail}, only {name}"
                    self._edge(step.kind, target, (given,), "right", detail)

    def _steer(self, atom: str, given: Given) -> None:
        _, plural, name = STEERED[atom]
        for namespace in self._places.accounts.get(name, ()):
            self._edge(
                "steer-controller",
                account(namespace, name),
                (given,),
                "many steps",
                f"through {plural}",
            )

    def _aws_auth(self, given: Given) -> None:
        place, names = "kube-system", given.held.names
        if given.place not in (None, place) or (names and "aws-auth" not in names):
            return
        if self._snapshot.find(CONFIG_MAP, "aws-auth", place) is None:
            return
        self._edge("edit-aws-auth", ADMIN, (given,), "right", "ConfigMap aws-auth")

    def _together(self, every: dict[Who, Powers]) -> Powers:
        """What it holds with all of its groups; its own first."""
        found = {atom: list(gives) for atom, gives in self._powers.items()}
        for name in identity_of(self._who).groups:
            group = Who("Group", name)
            if group != self._who:
                for atom, gives in every.get(group, {}).items():
                    found.setdefault(atom, []).extend(gives)
        return found

    def _joined(self, join: Join, together: Powers) -> None:
        parts: list[list[Given]] = []
        for atoms in join.needs:
            gives = [
                given for atom in atoms for given in together.get(atom, ()) if _counts(atom, given, join)
            ]
            if not gives:
                return
            parts.append(gives)
        wide = [all(atom in IS_WIDE for atom in atoms) for atoms in join.needs]
        for place in _common(parts, wide, join.scope):
            here = [
                [given for given in gives if free or given.place is None or given.place == place]
                for gives, free in zip(parts, wide, strict=True)
            ]
            if not all(here) or not any(
                given in own for own in self._powers.values() for gives in here for given in gives
            ):
                continue
            target = {"admin": ADMIN, "anyone": ANYONE, "nodes": NODES}.get(join.hub) or hub(join.hub, place)
            self._edge(
                join.kind,
                target,
                tuple(gives[0] for gives in here),
                "many steps",
                join.detail,
                here,
            )

    def _named_roles(self, together: Powers) -> None:
        """Roles that it may bind by name: what they give, where it may write bindings."""
        for atom, kind in (("clusterroles.bind", "ClusterRole"), ("roles.bind", "Role")):
            for given in self._powers.get(atom, ()):
                named = given.held.names or (self._roles_in(given.place) if kind == "Role" else ())
                for name in named:
                    self._bindable(given, kind, name, together)

    def _roles_in(self, place: str | None) -> tuple[str, ...]:
        return tuple(item.name for item in self._snapshot.within(ROLE, place)) if place else ()

    def _bindable(self, given: Given, kind: str, name: str, together: Powers) -> None:
        writes = list(together.get("bindings.write", ()))
        if kind == "ClusterRole" and given.place is None:
            writes += together.get("clusterbindings.write", ())
        for write in writes:
            everywhere = write in together.get("clusterbindings.write", ())
            place = None if everywhere else write.place or given.place
            if not everywhere and (place is None or given.place not in (None, place)):
                continue
            target = Vertex("role", name, place or "", f"{kind}.rbac.authorization.k8s.io")
            new = not self._builder.has(target)
            if new and not self._expand(target, kind, name, place):
                continue
            self._edge("bind-role", target, (given, write), "many steps", f"bind {name}")

    def _expand(self, vertex: Vertex, kind: str, name: str, place: str | None) -> bool:
        found = (
            self._snapshot.find(CLUSTER_ROLE, name)
            if kind == "ClusterRole"
            else self._snapshot.find(ROLE, name, place or "")
        )
        if found is None:
            return False
        minor = minor_version(self._snapshot.source.server_version)
        source = self._builder.at(vertex)
        proof = found.ref
        for atom, helds in rights_of(found.rules or (), minor).items():
            if place is not None and atom in IS_WIDE:
                continue
            for held in helds:
                path = (Proof(proof, f"/rules/{held.index}"),)
                if atom == EVERYTHING:
                    target = ADMIN if place is None else hub("namespace-admin", place)
                    self._builder.add(
                        "administer", source, self._builder.at(target), "right", "everything", path
                    )
                elif atom in STEPS and not held.names:
                    step = STEPS[atom]
                    aim = ANYONE if step.hub == "anyone" else hub(step.hub, place)
                    self._builder.add(
                        step.kind, source, self._builder.at(aim), step.likelihood, step.detail, path
                    )
        return True

    def _named_groups(self, together: Powers) -> None:
        """Groups that it may take on by name, with some user to go with them."""
        users = [*together.get("users.impersonate", ()), *together.get("accounts.impersonate", ())]
        for given in self._powers.get("groups.impersonate", ()):
            for name in given.held.names if users else ():
                target = ADMIN if name == MASTERS else Vertex("group", name)
                self._edge(
                    "impersonate",
                    target,
                    (given, users[0]),
                    "right",
                    f"group {name}",
                    [[given], users],
                )

    def _edge(
        self,
        kind: str,
        target: Vertex,
        given: tuple[Given, ...],
        likelihood: str,
        detail: str,
        alternatives: Iterable[list[Given]] | None = None,
    ) -> None:
        proofs = []
        for item in given:
            role = Proof(item.bound.role, f"/rules/{item.held.index}")
            proofs += (
                [Proof(item.bound.ref), role] if item.bound.holder is not None else [Proof(item.bound.ref)]
            )
        parts = [[item] for item in given] if alternatives is None else alternatives
        words = f"{detail} by {given[0].bound.ref}"
        if len({item.bound.ref for item in given}) > 1:
            words = f"{detail} by {' and '.join(dict.fromkeys(str(item.bound.ref) for item in given))}"
        cuts = tuple(dict.fromkeys(_cut(gives) for gives in parts if _single(gives)))
        self._builder.add(kind, self._at, self._builder.at(target), likelihood, words, tuple(proofs), cuts)


def _single(gives: list[Given]) -> bool:
    """Whether one binding gives all of it: what comes by several is not taken by changing one."""
    return len({given.bound.ref for given in gives}) == 1


def _cut(gives: list[Given]) -> Cut:
    """What takes it: the check that tells of the right, or where several rights would do, the binding itself."""
    atoms = {given.atom for given in gives}
    return Cut(gives[0].bound.ref, CHECKS.get(atoms.pop(), ()) if len(atoms) == 1 else ())


def _counts(atom: str, given: Given, join: Join) -> bool:
    """Whether a right is wide enough for the step."""
    names = given.held.names
    if atom == "signers.approve":
        return not names or any(name in CLIENT_SIGNERS for name in names)
    if join.hub == "admin" and atom in ("users.impersonate", "accounts.impersonate"):
        return True
    if atom in ("controllers.change", "daemonsets.change"):
        return True
    if join.scope == "cluster" and given.place is not None and atom != "accounts.impersonate":
        return False
    return not names


def _common(parts: list[list[Given]], wide: list[bool], scope: str) -> Iterator[str | None]:
    """The places where every part holds; only the whole cluster where it does there."""
    local = [gives for gives, free in zip(parts, wide, strict=True) if not free]
    if scope == "cluster" or all(any(given.place is None for given in gives) for gives in local):
        yield None
        return
    for place in sorted({given.place for gives in local for given in gives if given.place is not None}):
        if all(any(given.place in (None, place) for given in gives) for gives in local):
            yield place
