"""Takes rights out of the rules of RBAC roles: several cuts of one role are one patch.

A rule grants each of its verbs on each of its resources in each of its groups; what is left of it after a
cut can take several rules. Nothing can be subtracted from a wildcard of resources.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ksec_tui.analysis.rbac.inert import changed_by_name, inert_parts
from ksec_tui.analysis.rbac.resources import BUILT_IN_GROUPS, groups_of
from ksec_tui.analysis.rbac.rules import ALL, STANDARD_VERBS
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, Cut, PatchType
from ksec_tui.fixes.build import Body, op
from ksec_tui.fixes.clash import Clash
from ksec_tui.fixes.json_values import equal, is_index, parse_pointer


def cut_change(role: ObjectRef, rules: Mapping[int, Body], cuts: Sequence[Cut]) -> Change:
    """The JSON Patch that takes `cuts` out of a role.

    Every rule that changes is guarded by a `test`; what is left of a rule stays in its place, as far as it
    takes more rules these go to the end of the list.

    Args:
        role: the role.
        rules: its rules as they are stored, by position; at least those that the cuts change.
        cuts: what goes.
    """
    left = {index: without(rules[index], index, cuts) for index in sorted(rules)}
    touched = [index for index, boxes in left.items() if boxes != [rules[index]]]
    tests = [op("test", f"/rules/{index}", rules[index]) for index in touched]
    kept = [op("replace", f"/rules/{index}", left[index][0]) for index in touched if left[index]]
    gone = [op("remove", f"/rules/{index}") for index in touched if not left[index]]
    added = [op("add", "/rules/-", box) for index in touched for box in left[index][1:]]
    return Change(role, PatchType.JSON, [*tests, *kept, *added, *reversed(gone)], tuple(dict.fromkeys(cuts)))


def combined(changes: Sequence[Change]) -> Change:
    """One change that takes out of a role what each of `changes`, all with cuts, takes."""
    rules: dict[int, Body] = {}
    for change in changes:
        for operation in change.body:
            place = parse_pointer(operation["path"])
            if operation["op"] == "test" and len(place) == 2 and place[0] == "rules" and is_index(place[1]):
                rules[int(place[1])] = operation["value"]
    cuts = [cut for change in changes for cut in change.cuts]
    return cut_change(changes[0].target, rules, cuts)


def combined_new(changes: Sequence[Change]) -> Change:
    """One new role for several of one name, all with cuts of the same rules: what all of them leave.

    Raises:
        Clash: they differ in more than their rules.
    """
    first, *rest = changes
    rules: list[Body] = first.body["rules"]
    for other in rest:
        if not equal({**first.body, "rules": ()}, {**other.body, "rules": ()}):
            raise Clash("", "one new object", "another new object of that name")
        rules = [box for rule in rules for box in without(rule, -1, other.cuts)]
    cuts = tuple(dict.fromkeys(cut for change in changes for cut in change.cuts))
    notes = tuple(dict.fromkeys(note for change in changes for note in change.notes))
    return Change(first.target, first.type, {**first.body, "rules": rules}, cuts, notes)


def effective(rules: Sequence[Body], *, inside: bool) -> list[Body]:
    """Rules without what has no effect in a Role (`inside`) or a ClusterRole, as far as that is certain."""
    typed = [as_rule(rule) for rule in rules]
    named = changed_by_name(typed)
    kept = []
    for index, rule in enumerate(rules):
        parts = inert_parts(typed[index], inside=inside, named=named)
        if not any(not part.path for part in parts):
            idle = {
                typed[index].resources[int(part.path.rpartition("/")[2])]
                for part in parts
                if part.path.startswith("/resources/")
            }
            kept += _struck(rule, idle) if idle else [rule]
    return kept


def without(rule: Body, index: int, cuts: Iterable[Cut]) -> list[Body]:
    """What is left of the rule at position `index`: no, one or several rules; ``[rule]`` when it is not hit."""
    boxes = [rule]
    for cut in cuts:
        boxes = [left for box in boxes for left in _cut(box, index, cut)]
    return boxes


def by_wildcard(rule: Body, cut: Cut) -> bool:
    """Whether a rule gives something of `cut` by ``*`` or ``*/sub``, from which nothing can be subtracted."""
    entries, groups, verbs = (rule.get(key) or () for key in ("resources", "apiGroups", "verbs"))
    if not cut.instead and ALL not in verbs and set(cut.verbs).isdisjoint(verbs):
        return False
    return any(
        (ALL in entries or ("/" in name and ALL + name[name.find("/") :] in entries))
        and (group in groups or ALL in groups)
        for group, name in cut.resources
    )


def _cut(rule: Body, index: int, cut: Cut) -> list[Body]:
    if cut.rule is not None:
        return _struck(rule, cut.entries) if cut.rule == index else [rule]
    if cut.groups:
        return _grouped(rule)
    if not cut.resources:
        return [_written_out(rule)]
    groups = rule.get("apiGroups") or []
    verbs = rule.get("verbs") or []
    hit = [
        name
        for name in rule.get("resources") or ()
        if any(name == resource and (group in groups or ALL in groups) for group, resource in cut.resources)
    ]
    if hit and cut.instead:
        kept = [name for name in rule["resources"] if name not in hit]
        return [_box(rule, resources=kept + [name for name in cut.instead if name not in kept])]
    if not hit or (ALL not in verbs and set(cut.verbs).isdisjoint(verbs)):
        return [rule]
    kept = [name for name in rule["resources"] if name not in hit]
    boxes = [_box(rule, resources=kept)] if kept else []
    # Of a subresource, nothing useful is left without its verb.
    plain = [name for name in hit if "/" not in name]
    safe = [verb for verb in (STANDARD_VERBS if ALL in verbs else verbs) if verb not in cut.verbs]
    if plain and safe:
        boxes.append(_box(rule, resources=plain, verbs=safe))
    taken = {group for group, resource in cut.resources if resource in hit}
    foreign = [group for group in groups if group not in taken and _may_serve(group, hit)]
    if foreign:
        boxes.append(_box(rule, apiGroups=foreign, resources=hit))
    return [box for box in boxes if not _inert(box)]


def _written_out(rule: Body) -> Body:
    named = rule.get("resources") and ALL not in rule["resources"]
    return _box(rule, verbs=list(STANDARD_VERBS)) if named and ALL in (rule.get("verbs") or ()) else rule


def _grouped(rule: Body) -> list[Body]:
    """A rule for all API groups as rules for those that serve its resources."""
    entries = rule.get("resources") or []
    serving = {name: tuple(sorted(groups_of(name.partition("/")[0]))) for name in entries}
    if ALL not in (rule.get("apiGroups") or ()) or not all(serving.values()):
        return [rule]
    wanted = dict.fromkeys(serving.values())
    return [
        _box(rule, apiGroups=list(groups), resources=[name for name in entries if serving[name] == groups])
        for groups in wanted
    ]


def _struck(rule: Body, entries: Iterable[str]) -> list[Body]:
    gone = set(entries)
    for field in ("resources", "nonResourceURLs"):
        old = rule.get(field) or []
        kept = [entry for entry in old if entry not in gone]
        if old and not kept:
            return []
        if kept != old:
            rule = _box(rule, **{field: kept})
    return [rule]


def _may_serve(group: str, resources: Iterable[str]) -> bool:
    """Whether another API group may have resources of the same names."""
    if group == ALL:
        return False
    return group not in BUILT_IN_GROUPS or any(group in groups_of(name) for name in resources)


def _box(rule: Body, **changes: Any) -> Body:
    return {**copy.deepcopy(rule), **changes}


def _inert(box: Body) -> bool:
    return any(not part.path for part in inert_parts(as_rule(box), inside=False))


def as_rule(rule: Body) -> PolicyRule:
    """A rule as analysis reads it."""
    return PolicyRule(
        verbs=tuple(rule.get("verbs") or ()),
        api_groups=tuple(rule.get("apiGroups") or ()),
        resources=tuple(rule.get("resources") or ()),
        resource_names=tuple(rule.get("resourceNames") or ()),
        non_resource_urls=tuple(rule.get("nonResourceURLs") or ()),
    )
