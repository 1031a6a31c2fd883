"""Pane 4: who may do what: subjects, bindings and roles, the risky grants inline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.rbac.answer import Path, explain_who
from ksec_tui.analysis.rbac.bindings import Bound, bindings, rules_of
from ksec_tui.analysis.rbac.defaults import is_system_binding
from ksec_tui.analysis.rbac.grants import Grant
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.rbac.naming import NamingError, request_named
from ksec_tui.analysis.rbac.subjects import Holder, subjects
from ksec_tui.cluster.access import ClusterRole, PolicyRule, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, SERVICE_ACCOUNT
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding, rank
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.lens import question_of
from ksec_tui.screens.pane import (
    Listing,
    Pane,
    Row,
    View,
    kind_column,
    name_column,
    namespace_column,
    object_row,
    risk_column,
    short_kind,
    value_column,
    why_column,
)
from ksec_tui.screens.widgets.columns import Cell

RBAC = "rbac.authorization.k8s.io"
MANY = 4
"""Names shown of a longer list."""


def subject_rows(view: View) -> Sequence[Row]:
    """One row for each user, group and ServiceAccount: those of Kubernetes itself last."""
    found = [_subject(view, holder) for holder in subjects(view.state.snapshot)]
    return sorted(found, key=lambda row: row.values["system"])


def _subject(view: View, holder: Holder) -> Row:
    who = holder.who
    ref = ObjectRef(who.namespace, who.kind, who.name, "" if who.is_account else RBAC)
    every = (*holder.direct, *holder.inherited)
    values = {
        "system": who.namespace.startswith("kube-") or who.name.startswith("system:"),
        "roles": _few(grant.role.name for grant in holder.direct),
        "scope": _scope(holder.direct),
        "paths": len(every),
        "pods": len(holder.pods) or "",
        "exists": Cell("missing", "warning")
        if holder.exists is False
        else "?"
        if holder.exists is None
        else "",
    }
    if not who.is_account:
        values["exists"] = ""
    findings = _on_bindings(view, {grant.binding for grant in holder.direct})
    if who.is_account:
        findings = sorted({*findings, *view.results.on(ref)}, key=rank)
    return object_row(view, ref, values, subjects="bindings", findings=findings)


def _on_bindings(view: View, refs: Iterable[ObjectRef]) -> list[Finding]:
    return sorted((finding for ref in refs for finding in view.results.on(ref)), key=rank)


def _scope(grants: Sequence[Grant]) -> Cell | str:
    if any(grant.namespace is None for grant in grants):
        return Cell("cluster", "warning")
    return _few(sorted({grant.namespace or "" for grant in grants}))


def _few(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    more = f" +{len(every) - MANY}" if len(every) > MANY else ""
    return one_line(", ".join(every[:MANY]), 120) + more


def binding_rows(view: View) -> Sequence[Row]:
    """One row for each binding: those of Kubernetes itself last."""
    found = [_binding(view, bound) for bound in bindings(view.state.snapshot)]
    return sorted(found, key=lambda row: row.values["system"])


def _binding(view: View, bound: Bound) -> Row:
    cluster = bound.namespace is None
    values = {
        "system": is_system_binding(bound),
        "role": Cell(bound.role.name, "error") if bound.dangling else bound.role.name,
        "subjects": _few(_subject_words(bound)),
        "scope": Cell("cluster", "warning") if cluster else bound.namespace,
    }
    return object_row(view, bound.ref, values, subjects="bindings", labels=bound.binding.metadata.labels)


def _subject_words(bound: Bound) -> Iterable[str]:
    for who in bound.subjects:
        if who is None:
            yield "(nobody)"
        else:
            yield f"{who.namespace}/{who.name}" if who.is_account else f"{who.kind.lower()}:{who.name}"


def role_rows(view: View) -> Sequence[Row]:
    """One row for each role: those of Kubernetes itself last."""
    snapshot = view.state.snapshot
    bound: dict[ObjectRef, list[ObjectRef]] = {}
    for item in bindings(snapshot):
        bound.setdefault(item.role, []).append(item.ref)
    roles: list[Role | ClusterRole] = [*snapshot.of(CLUSTER_ROLE), *snapshot.of(ROLE)]
    found = [_role(view, role, bound.get(role.ref, [])) for role in roles]
    return sorted(found, key=lambda row: row.values["system"])


def _role(view: View, role: Role | ClusterRole, used: Sequence[ObjectRef]) -> Row:
    rules = rules_of(view.state.snapshot, role)
    values = {
        "system": is_system(role),
        "rules": len(rules),
        "bindings": len(used) or "",
        "grants": _few(_rule_words(rule) for rule in rules),
    }
    results = view.results
    pointing = [item for item in results.pointing_at(role.ref) if item.verdict is Verdict.FAIL]
    findings = sorted({*results.on(role.ref), *pointing}, key=rank)
    return object_row(
        view, role.ref, values, subjects="roles", labels=role.metadata.labels, findings=findings
    )


def _rule_words(rule: PolicyRule) -> str:
    what = ",".join(rule.resources or rule.non_resource_urls)
    return f"{','.join(rule.verbs)} {what}" + (
        f" [{','.join(rule.resource_names)}]" if rule.resource_names else ""
    )


def holder_rows(view: View) -> Sequence[Row]:
    """Who can do what was asked: one row for each subject and way, widest first."""
    snapshot, question = view.state.snapshot, view.lens.question
    try:
        verb, resource, name, namespace, anywhere = question_of(question)
        asked = request_named(snapshot, verb, resource, name, namespace)
    except NamingError as error:
        said = f"{error}" if question else "Q asks: who can VERB RESOURCE[/SUB] [NAME] [-n NAMESPACE | -A]"
        return [_remark(said, unknown=bool(question))]
    found = explain_who(snapshot, asked.request, anywhere=anywhere)
    holding = {holder.who: holder for holder in subjects(snapshot)}
    rows = [
        _holder_row(view, who, path, len(holding[who].pods) if who in holding else 0)
        for who, paths in found.holders.items()
        for path in paths
    ]
    rows += [_remark(f"there may be more: {gap}", unknown=True) for gap in found.unknown]
    rows += [_remark(note, unknown=False) for note in asked.notes]
    return rows or [_remark("nobody is named by any binding for it", unknown=False)]


def _holder_row(view: View, who: Who, path: Path, pods: int) -> Row:
    ref = ObjectRef(who.namespace, who.kind, who.name, "" if who.is_account else RBAC)
    values = {
        "scope": Cell("cluster", "warning") if path.namespace is None else path.namespace,
        "via": f"{short_kind(path.binding.kind)} {path.binding.path}",
        "role": f"{short_kind(path.role.kind)} {path.role.path} rule {path.rule + 1}",
        "pods": pods or "",
    }
    findings = _on_bindings(view, {path.binding})
    return object_row(
        view, ref, values, subjects="bindings", key=f"{ref.id} {path}", findings=findings, notes=(str(path),)
    )


def _remark(words: str, *, unknown: bool) -> Row:
    """A row that says something about the answer as a whole."""
    ref = ObjectRef("", "Answer", words, RBAC)
    return Row(f"remark {words}", ref, unknown=words if unknown else "", text=words, haystack=words.lower())


_SUBJECT_KINDS = (SERVICE_ACCOUNT, CLUSTER_ROLE_BINDING, ROLE_BINDING, CLUSTER_ROLE, ROLE)

PANE = Pane(
    "rbac",
    4,
    "RBAC",
    "Who may do what. Subjects with all they hold, bindings with their scope, roles with their rules.",
    (
        Listing(
            "subjects",
            "Subjects",
            _SUBJECT_KINDS,
            (
                risk_column(),
                kind_column(),
                namespace_column(),
                name_column(width=24, min_width=14),
                value_column("scope", "SCOPE", width=10, min_width=7, priority=1),
                value_column("roles", "ROLES", width=20, min_width=8, grow=1, priority=2),
                value_column("paths", "GRANTS", width=6, min_width=6, right=True, priority=4),
                value_column("pods", "PODS", width=4, min_width=4, right=True, priority=4),
                value_column("exists", "", width=7, min_width=7, priority=6),
                why_column(),
            ),
            subject_rows,
            frozenset({"ServiceAccount", "User", "Group"}),
            "no subjects",
        ),
        Listing(
            "bindings",
            "Bindings",
            (CLUSTER_ROLE_BINDING, ROLE_BINDING),
            (
                risk_column(),
                kind_column(),
                value_column("scope", "SCOPE", width=12, min_width=7, priority=1),
                name_column(width=26, min_width=13),
                value_column("role", "ROLE", width=18, min_width=9, grow=1, priority=1),
                value_column("subjects", "SUBJECTS", width=26, min_width=11, grow=1, priority=1),
                why_column(titled=True),
            ),
            binding_rows,
            frozenset({"ClusterRoleBinding", "RoleBinding"}),
            "no bindings",
        ),
        Listing(
            "roles",
            "Roles",
            (CLUSTER_ROLE, ROLE),
            (
                risk_column(),
                kind_column(),
                namespace_column(),
                name_column(width=28, min_width=15),
                value_column("rules", "RULES", width=5, min_width=5, right=True, priority=3),
                value_column("bindings", "BOUND", width=5, min_width=5, right=True, priority=3),
                value_column("grants", "GRANTS", width=30, min_width=12, grow=2, priority=2),
                why_column(priority=4, titled=True),
            ),
            role_rows,
            frozenset({"ClusterRole", "Role"}),
            "no roles",
        ),
        Listing(
            "who-can",
            "Who can",
            (CLUSTER_ROLE_BINDING, ROLE_BINDING),
            (
                risk_column(),
                kind_column(),
                namespace_column(),
                name_column(width=30, min_width=15),
                value_column("scope", "SCOPE", width=10, min_width=7, priority=1),
                value_column("pods", "PODS", width=4, min_width=4, right=True, priority=4),
                value_column("via", "BY", width=28, min_width=12, grow=1, priority=2),
                value_column("role", "ROLE", width=28, min_width=12, grow=1, priority=3),
            ),
            holder_rows,
        ),
    ),
    aliases=("sa", "crb", "rb", "role", "roles", "subjects", "bindings"),
    badge=lambda view: str(
        len(view.state.snapshot.of(CLUSTER_ROLE_BINDING)) + len(view.state.snapshot.of(ROLE_BINDING))
    ),
)
