"""What is new, back again or fixed since the last time; what could not be judged is none of these."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import DEPLOYMENT
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.findings.examples import example_snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import run
from ksec_tui.triage import seen
from ksec_tui.triage.absence import Absence, Absences
from ksec_tui.triage.audit import Status, audit
from ksec_tui.triage.notation import TriageError, read
from ksec_tui.triage.places import seen_file, triage_file
from ksec_tui.triage.seen import NOTHING, Seen
from ksec_tui.triage.triage import NOTHING as UNDECIDED
from ksec_tui.triage.writing import with_decisions
from tests.triage.values import TODAY, ruling

CHECKS = tuple(item for item in all_checks() if item.id in ("wl-privileged", "wl-host-pid"))
WEB = ObjectRef("shop", "Deployment", "web", "apps")


def deployment(name: str, *, privileged: bool = True, host_pid: bool = False) -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      hostPID: {str(host_pid).lower()}
      containers:
      - {{name: main, image: registry.example/a:1, securityContext: {{privileged: {str(privileged).lower()}}}}}
"""


def judged(*parts: str, forbidden: bool = False) -> tuple[tuple[Finding, ...], Absences]:
    """What the two checks find in these manifests."""
    snapshot = example_snapshot("---".join(parts), forbidden=[DEPLOYMENT] if forbidden else [])
    results = run(snapshot, CHECKS)
    return results.findings, Absences(snapshot, results, CHECKS)


def day(number: int) -> dt.date:
    return TODAY + dt.timedelta(days=number)


def after(*looks: tuple[tuple[Finding, ...], Absences]) -> Seen:
    """What is known after these looks, a day apart."""
    known = NOTHING
    for number, (findings, absences) in enumerate(looks):
        known = known.observed(findings, absences, day(number))
    return known


WEAK, HARD, EMPTY = judged(deployment("web")), judged(deployment("web", privileged=False)), judged()
REFUSED = judged(forbidden=True)
KEY = WEAK[0][0].fingerprint


def test_the_first_time_nothing_is_new() -> None:
    assert NOTHING.since(*WEAK) == seen.Since()


def test_what_was_not_there_the_last_time_is_new_once() -> None:
    assert after(HARD).since(*WEAK).mark(KEY) == "new"
    assert after(HARD, WEAK).since(*WEAK).mark(KEY) == ""


@pytest.mark.parametrize("gone", [HARD, EMPTY])
def test_what_is_repaired_or_deleted_is_fixed_and_regressed_when_it_comes_back(
    gone: tuple[tuple[Finding, ...], Absences],
) -> None:
    assert after(WEAK).since(*gone).fixed == {KEY}
    assert after(WEAK, gone).since(*gone).fixed == set()
    assert after(WEAK, gone).since(*WEAK).mark(KEY) == "regressed"
    assert after(WEAK, gone, WEAK).since(*WEAK).mark(KEY) == ""


def test_what_cannot_be_read_is_neither_fixed_nor_new_when_it_can_again() -> None:
    assert after(WEAK).since(*REFUSED).fixed == set()
    assert after(WEAK, REFUSED).since(*WEAK).mark(KEY) == ""


def test_a_check_that_does_not_run_fixes_nothing() -> None:
    snapshot = example_snapshot(deployment("web"))
    other = CHECKS[:1] if CHECKS[0].id != "wl-privileged" else CHECKS[1:]
    results = run(snapshot, other)
    assert after(WEAK).since(results.findings, Absences(snapshot, results, other)).fixed == set()


def test_other_evidence_on_the_same_finding_is_told() -> None:
    other = judged(deployment("web").replace("name: main", "name: sidecar"))
    assert after(WEAK).since(*other).changed == {KEY}


def test_what_is_long_gone_is_forgotten() -> None:
    known = after(WEAK, EMPTY)
    assert KEY in known.observed(*EMPTY, day(seen.KEEP_GONE)).sightings
    assert KEY not in known.observed(*EMPTY, day(seen.KEEP_GONE + 2)).sightings


def test_the_file_gives_back_what_was_put_in_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "seen.json"
    known = seen.observe(path, *WEAK, TODAY)
    assert seen.load(path) == known == after(WEAK)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"privileged: true" not in path.read_bytes()
    assert seen.load(tmp_path / "none") == NOTHING


def test_two_sessions_keep_what_the_other_saw(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    findings, _ = judged(deployment("other"))
    seen.observe(path, *judged(deployment("web"), deployment("other")), TODAY)
    seen.observe(path, *REFUSED, TODAY)
    assert {KEY, findings[0].fingerprint} <= set(seen.load(path).sightings)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schema":"ksec-seen/2","last":"2026-11-21","seen":[]}',
        '{"schema":"ksec-seen/1","last":"never","seen":[]}',
        '{"schema":"ksec-seen/1","last":"2026-11-21","seen":[1]}',
        '{"schema":"ksec-seen/1","last":"2026-11-21","seen":[],"more":1}',
        "[" * 100_000,
        '{"schema":"\\u001b[2J","last":"","seen":[]}',
    ],
    ids=["empty", "list", "version", "day", "item", "field", "depth", "escape"],
)
def test_a_file_that_somebody_else_wrote_is_refused_and_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seen.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TriageError) as caught:
        seen.observe(path, *WEAK, TODAY)
    assert "seen.json" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == text


def test_why_a_finding_is_not_there_is_known_or_said_to_be_unknown() -> None:
    assert HARD[1].of("wl-privileged", WEB)[0] is Absence.PASSES
    assert EMPTY[1].of("wl-privileged", WEB)[0] is Absence.GONE
    assert REFUSED[1].of("wl-privileged", WEB) == (
        Absence.UNJUDGED,
        "deployments.apps could not be listed (forbidden)",
    )
    assert HARD[1].of("wl-none", WEB) == (Absence.UNJUDGED, "no check wl-none ran")


def test_every_entry_of_a_file_is_audited() -> None:
    both = judged(deployment("web", host_pid=True), deployment("old"), deployment("grown"))
    held = UNDECIDED.decide([item for item in both[0] if item.check == "wl-privileged"], ruling())
    held = held.decide(
        [item for item in both[0] if item.check == "wl-host-pid"], ruling(expires="2026-11-30")
    )
    data = with_decisions(b"", held.decisions.values(), "t.yaml") + b"  - {check: nonsense}\n"
    grown = deployment("grown") + "      - {name: more, image: a, securityContext: {privileged: true}}\n"
    findings, absences = judged(deployment("web", host_pid=True), grown)
    rows = audit(read(data, "t.yaml"), findings, absences, dt.date(2026, 12, 1))
    assert [(row.status, row.decision and row.decision.ref.name) for row in rows] == [
        (Status.INVALID, None),
        (Status.EXPIRED, "web"),
        (Status.CHANGED, "grown"),
        (Status.UNUSED, "old"),
        (Status.MATCHED, "web"),
    ]
    assert [row.status.waits for row in rows] == [True, True, True, True, False]
    assert "accepted until 2026-12-21 by ann" in rows[-1].words
    lines = data.decode().splitlines()
    assert all(lines[row.line - 1].startswith("  - ") for row in rows)


def test_what_could_not_be_judged_is_not_called_unused() -> None:
    held = UNDECIDED.decide(WEAK[0], ruling())
    data = with_decisions(b"", held.decisions.values(), "t.yaml")
    (row,) = audit(read(data, "t.yaml"), *REFUSED, TODAY)
    assert row.status is Status.UNJUDGED
    assert not row.status.waits


def test_each_context_has_files_of_its_own_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    labels = (
        "prod",
        "Prod",
        "../../etc/passwd",
        "a/b",
        "a-b",
        "arn:aws:eks:eu-west-1:1:cluster/x",
        "",
        "x" * 300,
    )
    sources = [SourceInfo("live", label) for label in labels] + [SourceInfo("demo", "prod")]
    for place in (triage_file, seen_file):
        paths = [place(source) for source in sources]
        assert len({str(path).lower() for path in paths}) == len(sources)
        assert {path.parent.parent for path in paths} == {Path("/state/ksec-tui")}
        assert all(len(path.name) < 100 and not path.name.startswith(".") for path in paths)
    assert triage_file(sources[0]).name.startswith("prod-")
