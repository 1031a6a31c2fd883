"""Pane 7: how old is it? The API server and every node, and every minor release with its dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ksec_tui.analysis.version_rows import Component, Fact, Level, components
from ksec_tui.analysis.versions.cluster import built_words
from ksec_tui.cluster.kinds import NODE
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.data.versions import oldest_as_of
from ksec_tui.data.versions.age import Freshness, age
from ksec_tui.findings.verdict import Verdict
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
    value_column,
    why_column,
)
from ksec_tui.screens.panes.version_lists import (
    BAR,
    flaw_rows,
    going_rows,
    safeguard_rows,
    timeline_rows,
    upgrade_rows,
)
from ksec_tui.screens.widgets.columns import Cell, Column

FAMILY = "ver-"
"""The prefix of the checks whose findings on the cluster as a whole belong to the API server's row."""

STYLES = {Level.FINE: "", Level.UNKNOWN: "unknown", Level.SOON: "warning", Level.BAD: "error"}


def rows(view: View) -> Sequence[Row]:
    """The API server, then one row for each node."""
    labels = {node.ref: node.metadata.labels for node in view.state.snapshot.of(NODE)}
    found = [
        _server_row(view, item) if item.ref == CLUSTER else _node_row(view, item, labels[item.ref])
        for item in components(view.state.snapshot)
    ]
    found.append(_facts(view))
    gap = view.state.snapshot.coverage.gap(NODE)
    if gap:
        # The API server's row is always there, so that the list itself is never empty and never says why.
        values = {"component": "nodes", "version": Cell("?", "unknown")}
        found.append(Row("nodes", CLUSTER, values=values, unknown=gap, text=gap, haystack=gap.lower()))
    return found


def _facts(view: View) -> Row:
    """How old the facts are by which all the rest is judged."""
    found = age(oldest_as_of(), view.state.snapshot.source.date)
    style = {Freshness.FRESH: "", Freshness.OLD: "warning"}.get(found.freshness, "error")
    ahead = found.freshness is Freshness.AHEAD
    words = "after today: is the clock right?" if ahead else f"{found.days} days old: {found.freshness.value}"
    values = {"component": "facts on versions", "version": str(found.as_of), "support": Cell(words, style)}
    notes = (
        f"The facts on versions are of {found.as_of}: what was released or found since then is not known.",
        "ksec-tui data show lists them; ksec-tui data update --from takes newer ones.",
    )
    ref = ObjectRef("", "Facts", "versions")
    text = f"facts on versions {found.as_of} {words}"
    return Row(ref.id, ref, values=values, text=text, haystack=text.lower(), notes=notes)


def _server_row(view: View, item: Component) -> Row:
    """What other families say of the whole cluster is left out: it is not about versions."""
    found = tuple(entry for entry in view.results.on(CLUSTER) if _of_server(entry.check, entry.verdict))
    row = object_row(view, CLUSTER, _values(item))
    ran = [result for name, result in view.state.results.by_check.items() if name.startswith(FAMILY)]
    judged = bool(ran) and not any(result.tally.pending for result in ran)
    words = " ".join(
        (
            "API server",
            one_line(item.version, 100),
            one_line(item.unknown, 300),
            *(entry.words for entry in found),
        )
    )
    text = f"{words} {item.support.words} {item.skew.words}"
    staged = not view.staged.isdisjoint(entry.fingerprint for entry in found)
    built = built_words(view.state.snapshot)
    return replace(
        row,
        notes=(f"The API server's program was {built}.",) if built else (),
        findings=found,
        unknown="" if found else item.unknown,
        judged=judged,
        staged=staged,
        text=text,
        haystack=text.lower(),
    )


def _of_server(check: str, verdict: Verdict) -> bool:
    # What is unknown about all nodes stands at the cluster too, but is no flaw of the API server.
    about_nodes = (
        "ver-node-",
        "ver-kubelet-",
        "ver-runtime-",
        "ver-os-",
        "ver-proxy-",
        "ver-component-",
        "ver-deprecated-",
    )
    return check.startswith(FAMILY) and (verdict is Verdict.FAIL or not check.startswith(about_nodes))


def _node_row(view: View, item: Component, labels: dict[str, str]) -> Row:
    notes = (f"The node is {item.state}.",) if item.state else ()
    return object_row(view, item.ref, _values(item), subjects="nodes", labels=labels, notes=notes)


def _values(item: Component) -> dict[str, object]:
    return {
        "component": item.name,
        "version": one_line(item.version, 100) or Cell("?", "unknown"),
        "support": _cell(item.support),
        "days": _days(item.support),
        "skew": _cell(item.skew),
        "runtime": _cell(item.runtime),
        "os": _cell(item.system),
        "kernel": one_line(item.kernel, 100),
    }


def _cell(fact: Fact) -> Cell:
    return Cell(one_line(fact.words, 200), STYLES[fact.level])


def _days(fact: Fact) -> Cell:
    return Cell("" if fact.days is None else f"{fact.days:+}", STYLES[fact.level])


def _days_left(row: Row) -> tuple[int, int]:
    """Soonest first, what has no date last."""
    value = row.values.get("days")
    text = value.text if isinstance(value, Cell) else ""
    return (0, int(text)) if text else (1, 0)


def _badge(view: View) -> str:
    bad = sum(item.level is Level.BAD for item in components(view.state.snapshot))
    return f"!{bad}" if bad else ""


_DAYS: Column[Row] = replace(
    value_column("days", "DAYS", width=6, min_width=5, right=True, priority=2), sort=_days_left
)

PANE = Pane(
    "versions",
    7,
    "Versions",
    "The API server and each node: how long their releases are supported, whether they fit together, "
    "which known flaws they have; what goes with coming releases, which safeguards lie dormant, what blocks "
    "an upgrade.",
    (
        Listing(
            "components",
            "Components",
            (),
            (
                risk_column(),
                value_column("component", "COMPONENT", width=24, min_width=16, grow=1, priority=0),
                value_column("version", "VERSION", width=16, min_width=8, priority=1),
                value_column("support", "SUPPORT", width=28, min_width=11, priority=3),
                _DAYS,
                value_column("skew", "SKEW", width=17, min_width=10, priority=3),
                value_column("runtime", "RUNTIME", width=18, min_width=10, priority=5),
                value_column("os", "OS IMAGE", width=20, min_width=10, priority=6),
                value_column("kernel", "KERNEL", width=18, min_width=8, wide=True, priority=7),
                why_column(priority=4),
            ),
            rows,
            frozenset({"Node", CLUSTER.kind}),
            "no nodes",
        ),
        Listing(
            "timeline",
            "Timeline",
            (),
            (
                value_column("minor", "MINOR", width=8, min_width=5, priority=0),
                value_column("bar", "SUPPORT IN TIME", width=BAR, min_width=BAR, priority=0),
                value_column("end", "END OF LIFE", width=11, min_width=10, priority=1),
                _DAYS,
                value_column("runs", "RUNS HERE", width=18, min_width=9, priority=1),
                value_column("latest", "LATEST", width=8, min_width=7, priority=3),
                value_column("released", "RELEASED", width=10, min_width=10, priority=5),
                value_column("maintenance", "MAINTENANCE", width=11, min_width=10, priority=6),
                value_column("support", "STATE", width=28, min_width=11, grow=1, priority=4),
            ),
            timeline_rows,
        ),
        Listing(
            "flaws",
            "CVEs",
            (),
            (
                value_column("cve", "CVE", width=16, min_width=14, priority=0),
                value_column("rating", "RATING", width=12, min_width=8, priority=1),
                value_column("component", "COMPONENT", width=16, min_width=10, priority=2),
                value_column("remedy", "REMEDY", width=11, min_width=9, priority=1),
                value_column("where", "WHERE", width=14, min_width=9, priority=2),
                value_column("flaw", "FLAW", width=40, min_width=18, grow=2, priority=3),
                value_column("fixed", "FIXED IN", width=24, min_width=12, grow=1, wide=True, priority=5),
            ),
            flaw_rows,
            empty="no flaw that the data knows is in what can be seen",
        ),
        Listing(
            "going",
            "Going",
            (),
            (
                risk_column(),
                value_column("what", "WHAT GOES", width=26, min_width=16, grow=1, priority=0),
                value_column("removed", "GONE IN", width=7, min_width=7, priority=1),
                namespace_column(),
                kind_column(),
                name_column(width=20),
                value_column("who", "WRITTEN BY", width=14, min_width=8, priority=3),
                value_column("time", "ON", width=10, min_width=10, priority=5),
                value_column("instead", "INSTEAD", width=24, min_width=10, priority=4),
                value_column("sign", "TOLD BY", width=24, min_width=10, wide=True, priority=6),
            ),
            going_rows,
            empty="no object shows an API version or a field that goes; who only reads leaves no trace in objects",
        ),
        Listing(
            "safeguards",
            "Safeguards",
            (),
            (
                value_column("status", "STATE", width=15, min_width=11, priority=0),
                value_column("title", "SAFEGUARD", width=34, min_width=20, grow=1, priority=0),
                value_column("since", "SINCE", width=5, min_width=5, priority=3),
                value_column("words", "WHY", width=40, min_width=20, grow=2, priority=1),
                value_column("fix", "TO SWITCH IT ON", width=30, min_width=14, wide=True, priority=5),
            ),
            safeguard_rows,
        ),
        Listing(
            "upgrade",
            "Upgrade",
            (),
            (
                value_column("hop", "TO", width=5, min_width=5, priority=0),
                value_column("step", "STEP", width=4, min_width=4, right=True, priority=1),
                value_column("object", "OBJECT", width=34, min_width=18, grow=1, priority=0),
                value_column("words", "WHAT TO CLEAR", width=44, min_width=24, grow=2, priority=1),
            ),
            upgrade_rows,
            empty="the server runs the newest minor that the data knows",
        ),
    ),
    aliases=("ver", "version", "nodes", "node", "no"),
    badge=_badge,
    short="Ver",
)
