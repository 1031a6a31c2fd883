"""What the RBAC checks share: bindings as subjects, and the words for a right that a binding gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from ksec_tui.analysis.identity import is_bootstrap
from ksec_tui.analysis.rbac.bindings import USER_FACING, Bound, binding_named, bindings
from ksec_tui.analysis.rbac.defaults import is_anonymous, is_everyone, is_system_binding
from ksec_tui.analysis.rbac.identity import MASTERS, identity_of
from ksec_tui.analysis.rbac.resources import BUILT_IN_GROUPS
from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.checks.rbac.power import Hits, hits_of, nowhere
from ksec_tui.checks.rbac.power import Power as Power  # the checks take what they share from here
from ksec_tui.checks.rbac.power import given as given
from ksec_tui.checks.rbac.power import pinned as pinned
from ksec_tui.checks.rbac.power import powers as powers
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Cut, Fix
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import narrow

WRITE = ("create", "update", "patch")
DELETE = ("delete", "deletecollection")
CHANGE = (*WRITE, *DELETE)
READ = ("get", "list", "watch")
ANY = ("get", "create", "update", "patch", "delete")
"""What a request to a proxy subresource can carry."""

HOLDERS = (Threat.CREDENTIALS, Threat.CONTAINER)
"""The lenses of a right that somebody holds: whoever steals the login or the token has it."""

BINDINGS: Subjects[Bound] = Subjects(
    "bindings",
    (CLUSTER_ROLE_BINDING, ROLE_BINDING, CLUSTER_ROLE, ROLE),
    # A role that could not be read at all is told once, as a gap in these kinds, not for each binding.
    lambda snapshot: _resolved(snapshot),
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


def _resolved(snapshot: Snapshot) -> tuple[Bound, ...]:
    found: tuple[Bound, ...] = snapshot.derived(
        _gap, lambda whole: tuple(bound for bound in bindings(whole) if not _gap(whole, bound))
    )
    return found


def _gap(snapshot: Snapshot, bound: Bound) -> bool:
    kind, place = (CLUSTER_ROLE, None) if bound.role.kind == "ClusterRole" else (ROLE, bound.namespace)
    return bound.holder is None and bool(bound.unknown) and snapshot.coverage.gap(kind, place) is not None


def preface(bound: Bound) -> Unknown | NotApplicable | None:
    """Why the rules of a binding need not, or cannot, be looked at one by one."""
    if not bound.people:
        return NotApplicable("no subject of it can match anybody")
    if bound.unknown:
        return Unknown(bound.unknown)
    if bound.everything:
        return NotApplicable("it grants everything, which rbac-cluster-admin tells")
    return None


def granted(
    bound: Bound,
    wanted: Iterable[Power],
    cluster: Severity,
    inside: Severity | None = None,
    *,
    only_in: tuple[str, ...] = (),
) -> Iterator[Outcome]:
    """One piece of evidence for each rule of the bound role that gives one of the rights.

    What weighs MEDIUM or less is not told again of a rule with ``resources: ["*"]``, which
    rbac-wildcard-resource tells, nor of the default roles admin, edit and view, which are made for it.

    Args:
        bound: the binding.
        wanted: the rights that are looked for.
        cluster: the severity when they hold everywhere, or in kube-system.
        inside: the severity in one ordinary namespace; None when a RoleBinding does not matter.
        only_in: the only namespaces where they matter, besides the whole cluster.
    """
    every = wanted if isinstance(wanted, tuple) else tuple(wanted)
    place = bound.namespace
    if place is not None and (place not in only_in if only_in else inside is None):
        return iter((nowhere(bound, every, matters=bool(only_in)),))
    if not bound.plain and (stop := preface(bound)) is not None:
        return iter((stop,))
    found = hits_of(bound, every)
    return _told(bound, found, cluster, cluster if only_in else inside) if found else iter(())


def _told(bound: Bound, found: Hits, cluster: Severity, inside: Severity | None) -> Iterator[Outcome]:
    here = severity_of(bound, cluster, inside)
    usual = cluster if here is None else here
    for index, hits in found:
        rule = bound.rules[index]
        if usual > Severity.MEDIUM or not _told_elsewhere(bound, rule):
            said = dict.fromkeys(f"{', '.join(verbs)} {_named(power, rule)}" for power, verbs in hits)
            meant = any(power.meant(rule) for power, _ in hits)
            yield rule_evidence(bound, index, _joined(list(said)), usual, meant=meant, whole=tuple(said))


def _told_elsewhere(bound: Bound, rule: PolicyRule) -> bool:
    ours = not BUILT_IN_GROUPS.isdisjoint(rule.api_groups) or ALL in rule.api_groups
    default = bound.role.kind == "ClusterRole" and bound.role.name in USER_FACING
    return (ALL in rule.resources and ours) or (
        default and bound.holder is not None and is_bootstrap(bound.holder)
    )


def _named(power: Power, rule: PolicyRule) -> str:
    return ", ".join(rule.resources[:3]) if power.resource == ALL else power.resource


def _joined(parts: list[str]) -> str:
    return " and ".join(parts[:3]) + (f" and {len(parts) - 3} more rights" if len(parts) > 3 else "")


def cut_powers(bound: Bound, snapshot: Snapshot, wanted: Iterable[Power], what: str) -> Fix | None:
    """Take the rights out of the bound role, as `fixes.rbac.narrow` does it; `what` says which, in words."""
    cuts = [Cut(power.verbs, resource) for power in wanted if (resource := _resources(power, bound))]
    names = dict.fromkeys(name for cut in cuts for _, name in cut.resources)
    title = f"Take {what} out of {bound.role.kind} {bound.role.name}"
    return narrow(bound, snapshot, cuts, title, " and ".join(list(names)[:3]))


def _resources(power: Power, bound: Bound) -> tuple[tuple[str, str], ...]:
    if power.resource != ALL:
        return ((power.group, power.resource),)
    rules = [rule for rule in bound.rules if power.group in rule.api_groups]
    return tuple(dict.fromkeys((power.group, name) for rule in rules for name in rule.resources))


def rule_evidence(
    bound: Bound,
    index: int,
    what: str,
    usual: Severity,
    *,
    meant: bool = False,
    whole: tuple[str, ...] = (),
) -> Evidence:
    """Evidence that stands in a rule of the bound role; resourceNames lower it, but those that are `meant`.

    `whole` is all of what `what` may name the first three of.
    """
    rule = bound.rules[index]
    only = ""
    if pinned(rule):
        only = f" (only {', '.join(rule.resource_names[:3])}{', …' if len(rule.resource_names) > 3 else ''})"
        usual = usual if meant else shifted(usual, -1)
    words = f"{holders(bound)} may {what}{only} {scope(bound)} through {bound.role.kind} {bound.role.name}"
    basis = in_full(bound, words, whole, rule.resource_names if only else ())
    if bound.holder is None:
        return Evidence("/roleRef", words, None, usual, basis)
    return Evidence(f"/rules/{index}", words, bound.role, usual, basis)


def rule_at(bound: Bound, outcome: Outcome) -> PolicyRule | None:
    """The rule that evidence stands in."""
    if not isinstance(outcome, Evidence) or not outcome.path.startswith("/rules/"):
        return None
    return bound.rules[int(outcome.path.removeprefix("/rules/"))]


def unpinned(bound: Bound, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Those outcomes whose rule is not confined to objects of certain names."""
    for outcome in outcomes:
        rule = rule_at(bound, outcome)
        if rule is None or not pinned(rule):
            yield outcome


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


def in_full(bound: Bound, words: str, *lists: tuple[str, ...]) -> str:
    """The basis of evidence whose words name `holders` and the first of `lists`; empty when they name them all."""
    if len(bound.people) < 2 and all(len(names) < 4 for names in lists):
        return ""
    everybody = ", ".join(sorted(map(str, bound.people)))
    said = words.replace(holders(bound), everybody, 1)
    return "; ".join((said, *(", ".join(sorted(names)) for names in lists if len(names) > 3)))


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
        holds = also_holds(snapshot, bound, others)
        if holds is None:
            yield Unknown(f"whether {holders(bound)} may also {what} stands in a role that was not read")
        elif holds:
            yield outcome


_Places = dict[tuple[str, str], dict[str | None, bool]]
"""Login -> namespace (None for the whole cluster) -> whether it surely holds something there."""


def also_holds(snapshot: Snapshot, bound: Bound, wanted: tuple[Power, ...]) -> bool | None:
    """Whether some subject of `bound` has one of `powers` where the binding counts; None when that is open."""
    places: _Places = snapshot.derived((also_holds, wanted), lambda whole: _places(whole, wanted))
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


def _places(snapshot: Snapshot, wanted: tuple[Power, ...]) -> _Places:
    found: _Places = {}
    for bound in bindings(snapshot):
        useful = [power for power in wanted if bound.namespace is None or power.reachable_inside]
        sure = any(power.of(rule) for power in useful for rule in bound.rules)
        if sure or (bound.unknown and useful):
            for person in bound.people:
                held = found.setdefault(person.login, {})
                held[bound.namespace] = sure or held.get(bound.namespace, False)
    return found


def runs_as(bound: Bound, *words: str) -> bool:
    """Whether the binding is that of a program of a certain name: all it names are ServiceAccounts called so."""
    return all(
        who.is_account and any(word in (who.namespace[: len(word)], who.name[: len(word)]) for word in words)
        for who in bound.people
    )


def minor_version(snapshot: Snapshot) -> int | None:
    """The minor version of the API server: 33 for ``v1.33.4``; None when unknown."""
    return _minor(snapshot.source.server_version)


@lru_cache(maxsize=16)
def _minor(version: str) -> int | None:
    found = re.match(r"v?1\.(\d+)", version)
    return int(found[1]) if found else None
