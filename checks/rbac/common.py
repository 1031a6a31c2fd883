"""What the RBAC checks share: bindings as subjects, and the words for a right that a binding gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ksec_tui.analysis.rbac.bindings import Bound, binding_named, bindings
from ksec_tui.analysis.rbac.defaults import is_anonymous, is_everyone, is_system_binding
from ksec_tui.analysis.rbac.identity import MASTERS, identity_of
from ksec_tui.analysis.rbac.resources import CLUSTER_SCOPED
from ksec_tui.analysis.rbac.rules import ALL, covers_resource, is_everything
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.verdict import Severity

WRITE = ("create", "update", "patch")

VIRTUAL_CLUSTER_SCOPED = frozenset({("", "users"), ("", "groups"), ("certificates.k8s.io", "signers")})
"""Names that stand for no stored objects and are asked for without a namespace."""

BINDINGS: Subjects[Bound] = Subjects(
    "bindings",
    (CLUSTER_ROLE_BINDING, ROLE_BINDING, CLUSTER_ROLE, ROLE),
    # A role that could not be read at all is told once, as a gap in these kinds, not for each binding.
    lambda snapshot: (bound for bound in bindings(snapshot) if not _gap(snapshot, bound)),
    lambda bound: bound.ref,
    binding_named,
    system=is_system_binding,
)
"""ClusterRoleBindings and RoleBindings, with the role that each grants."""

EVERY_BINDING: Subjects[Bound] = replace(BINDINGS, select=bindings)
"""The same with those whose role could not be read, for what the binding itself shows."""

SUBJECT_LISTS: Subjects[Bound] = replace(
    EVERY_BINDING, title="lists of subjects", kinds=(CLUSTER_ROLE_BINDING, ROLE_BINDING)
)
"""Bindings without regard to their roles."""


def _gap(snapshot: Snapshot, bound: Bound) -> bool:
    kind, place = (CLUSTER_ROLE, None) if bound.role.kind == "ClusterRole" else (ROLE, bound.namespace)
    return bound.holder is None and bool(bound.unknown) and snapshot.coverage.gap(kind, place) is not None


@dataclass(frozen=True, slots=True)
class Power:
    """A right that is a risk: any of some verbs on one resource (``pods/exec``) of one API group.

    `inside` says whether a RoleBinding can give it where the resource's scope does not tell.
    """

    verbs: tuple[str, ...]
    group: str
    resource: str
    inside: bool | None = None

    @property
    def reachable_inside(self) -> bool:
        """Whether a RoleBinding can give it: requests for the resource have a namespace."""
        if self.inside is not None:
            return self.inside
        key = (self.group, self.resource.partition("/")[0])
        return key not in CLUSTER_SCOPED and key not in VIRTUAL_CLUSTER_SCOPED

    def of(self, rule: PolicyRule) -> tuple[str, ...]:
        """Those of its verbs that `rule` gives, leaving out what resourceNames make impossible."""
        resource, _, subresource = self.resource.partition("/")
        if not (self.group in rule.api_groups or ALL in rule.api_groups):
            return ()
        if not covers_resource(rule, resource, subresource):
            return ()
        given = [verb for verb in self.verbs if verb in rule.verbs or ALL in rule.verbs]
        if pinned(rule) and not subresource:
            # A POST names no object, PUT and server-side apply do; deletecollection never does.
            named = not {"update", "patch", ALL}.isdisjoint(rule.verbs)
            given = [verb for verb in given if verb != "deletecollection" and (verb != "create" or named)]
        return tuple(given)


def pinned(rule: PolicyRule) -> bool:
    """Whether a rule is confined to objects of certain names."""
    return bool(rule.resource_names) and "" not in rule.resource_names


def preface(bound: Bound) -> Unknown | NotApplicable | None:
    """Why the rules of a binding need not, or cannot, be looked at one by one."""
    if not bound.people:
        return NotApplicable("no subject of it can match anybody")
    if bound.unknown:
        return Unknown(bound.unknown)
    if any(map(is_everything, bound.rules)):
        return NotApplicable("it grants everything, which rbac-cluster-admin tells")
    return None


def granted(
    bound: Bound, powers: Iterable[Power], cluster: Severity, inside: Severity | None = None
) -> Iterator[Outcome]:
    """One piece of evidence for each rule of the bound role that gives one of `powers`.

    Args:
        bound: the binding.
        powers: the rights that are looked for.
        cluster: the severity when they hold everywhere, or in kube-system.
        inside: the severity in one ordinary namespace; None when a RoleBinding cannot give them.
    """
    usual = severity_of(bound, cluster, inside)
    stop = preface(bound)
    if usual is None:
        yield NotApplicable("a RoleBinding cannot give it: such requests have no namespace")
        return
    if stop is not None:
        yield stop
        return
    for index, rule in enumerate(bound.rules):
        hits = {
            power.resource: power.of(rule)
            for power in powers
            if bound.namespace is None or power.reachable_inside
        }
        hits = {resource: verbs for resource, verbs in hits.items() if verbs}
        if hits:
            yield rule_evidence(bound, index, " and ".join(map(_said, hits.items())), usual)


def _said(hit: tuple[str, tuple[str, ...]]) -> str:
    resource, verbs = hit
    return f"{', '.join(verbs)} {resource}"


def rule_evidence(bound: Bound, index: int, what: str, usual: Severity) -> Evidence:
    """Evidence that stands in a rule of the bound role."""
    rule = bound.rules[index]
    only = ""
    if pinned(rule):
        only = f" (only {', '.join(rule.resource_names[:3])}{', …' if len(rule.resource_names) > 3 else ''})"
        usual = shifted(usual, -1)
    words = f"{holders(bound)} may {what}{only} {scope(bound)} through {bound.role.kind} {bound.role.name}"
    if bound.holder is None:
        return Evidence("/roleRef", words, None, usual)
    return Evidence(f"/rules/{index}", words, bound.role, usual)


def severity_of(bound: Bound, cluster: Severity, inside: Severity | None) -> Severity | None:
    """The severity for the binding's scope, one higher when everybody holds it; None when it has no effect there."""
    usual = cluster if bound.namespace in (None, "kube-system") else inside
    if bound.namespace is not None and inside is None:
        return None
    broad = any(is_anonymous(item) or is_everyone(item) for item in bound.people)
    return shifted(usual, 1) if broad and usual is not None else usual


def shifted(severity: Severity, steps: int) -> Severity:
    """The severity some steps higher or lower, within the scale."""
    return Severity(min(max(severity + steps, Severity.INFO), Severity.CRITICAL))


def holders(bound: Bound) -> str:
    """``ServiceAccount ci/deployer and 2 more``."""
    people = bound.people
    more = len(people) - 1
    return f"{people[0]} and {more} more" if more > 0 else str(people[0]) if people else "nobody"


def scope(bound: Bound) -> str:
    """``in namespace shop`` or ``in the whole cluster``."""
    return "in the whole cluster" if bound.namespace is None else f"in namespace {bound.namespace}"


def granted_with(
    snapshot: Snapshot,
    bound: Bound,
    outcomes: Iterable[Outcome],
    others: tuple[Power, ...],
    what: str,
) -> Iterator[Outcome]:
    """Those `outcomes` that count only when one of the binding's subjects also has one of `others` there.

    Args:
        snapshot: the cluster.
        bound: the binding.
        outcomes: what `granted` says of the right that is useless alone.
        others: the rights that complete it, by whatever binding of the same subject.
        what: these in words: ``change roles``.
    """
    for outcome in outcomes:
        if not isinstance(outcome, Evidence):
            yield outcome
            continue
        holds = _also_holds(snapshot, bound, others)
        if holds is None:
            yield Unknown(f"whether {holders(bound)} may also {what} stands in a role that was not read")
        elif holds:
            yield outcome


_Places = dict[tuple[str, str], dict[str | None, bool]]
"""Login -> namespace (None for the whole cluster) -> whether it surely holds something there."""


def _also_holds(snapshot: Snapshot, bound: Bound, powers: tuple[Power, ...]) -> bool | None:
    """Whether some subject of `bound` has one of `powers` where the binding counts; None when that is open."""
    places: _Places = snapshot.derived((_also_holds, powers), lambda whole: _places(whole, powers))
    open_question = False
    for person in bound.people:
        identity = identity_of(person)
        if MASTERS in identity.groups:
            return True
        for login in identity.logins:
            for place, sure in places.get(login, {}).items():
                if bound.namespace is None or place in (None, bound.namespace):
                    if sure:
                        return True
                    open_question = True
    return None if open_question else False


def _places(snapshot: Snapshot, powers: tuple[Power, ...]) -> _Places:
    found: _Places = {}
    for bound in bindings(snapshot):
        useful = [power for power in powers if bound.namespace is None or power.reachable_inside]
        sure = any(power.of(rule) for power in useful for rule in bound.rules)
        if sure or (bound.unknown and useful):
            for person in bound.people:
                held = found.setdefault(person.login, {})
                held[bound.namespace] = sure or held.get(bound.namespace, False)
    return found


def minor_version(snapshot: Snapshot) -> int | None:
    """The minor version of the API server: 33 for ``v1.33.4``; None when unknown."""
    found = re.match(r"v?1\.(\d+)", snapshot.source.server_version)
    return int(found[1]) if found else None
