"""Findings in linear mode: grouped, filtered, counted; one finding in full; many at once only after a question."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.state.store import save, state_file
from ksec_tui.state.values import Look
from tests.plain.conftest import SMALL, TODAY, Talk
from tests.plain.dialogue import Row, talk

PRIVILEGED = "findings rule:wl-privileged verdict:fail"
PID = "findings rule:wl-host-pid verdict:fail"


def counted(said: str) -> int:
    """How many findings a list says it has."""
    found = re.search(r"^([0-9,]+) findings?[:.]", said, re.MULTILINE)
    assert found is not None
    return int(found[1].replace(",", ""))


def test_findings_are_grouped_by_check_worst_first(shop: Talk) -> None:
    rows = re.findall(r"^[0-9]+\. (\w+),", shop("findings").last, re.MULTILINE)
    order = ["critical", "high", "medium", "low", "info", "not"]
    assert rows[0] == "critical"
    assert rows == sorted(rows, key=order.index)


@pytest.mark.parametrize("place", ["findings", "namespaces", "workloads", "rbac"])
def test_severities_are_words(demo: Talk, place: str) -> None:
    assert re.search(r"\b(critical|high|medium)\b", demo(place).last)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("object", "Deployment shop/web:"),
        ("namespace", "shop:"),
        ("none", "Deployment shop/web: "),
        ("c", "(wl-"),
    ],
)
def test_findings_can_be_grouped_otherwise(shop: Talk, word: str, expected: str) -> None:
    assert expected in shop("findings", f"group {word}").last


def test_an_unknown_group_is_refused_with_what_there_is(shop: Talk) -> None:
    assert "Group by check, object, namespace or none." in shop("findings", "group colour").last
    assert "Group by check, object, namespace or none." in shop("findings", "group").last


def test_the_filter_is_that_of_everywhere(shop: Talk) -> None:
    talked = shop("findings", "filter sev:critical ns:shop", "filter")
    every, some = counted(talked.said[1]), counted(talked.said[2])
    assert 0 < some < every
    assert "Filter: sev:critical ns:shop." in talked.said[2]
    assert counted(talked.last) == every


def test_a_filter_that_cannot_be_read_is_told_with_its_place_and_the_last_one_stays(shop: Talk) -> None:
    talked = shop("findings", "filter sev:critical", "filter sev:purple", "again", "findings bad:x")
    assert "at character" in talked.said[3]
    assert "Filter: sev:critical." in talked.said[4]
    assert "Not filtered" in talked.said[5]


def test_what_matches_nothing_is_told_apart_from_what_is_empty(shop: Talk) -> None:
    assert "Nothing matches the filter." in shop("findings name:nobody").last


def test_staged_findings_can_be_filtered_and_are_marked(shop: Talk) -> None:
    talked = shop(PRIVILEGED, "1", "1", "stage", "findings is:staged", "1")
    assert counted(talked.said[5]) == 1
    assert "1 staged" in talked.said[5]
    assert "(staged)" in talked.last


def test_a_finding_says_why_where_and_how_to_fix_it(shop: Talk) -> None:
    said = shop(PRIVILEGED, "1", "1").last
    assert "critical" in said
    assert "On Deployment shop/web." in said
    assert "Evidence: " in said
    assert "privileged" in said
    assert "Why: " in said
    assert re.search(r"Fix: .* Risk: (safe|likely safe|review)", said)
    assert "State: open." in said


def test_all_evidence_names_its_place_and_the_references(shop: Talk) -> None:
    said = shop(PRIVILEGED, "1", "1", Row("all evidence")).last
    assert "/spec/template/spec/containers/0/securityContext/privileged of Deployment shop/web" in said
    assert "Reference: " in said


def test_a_fix_is_staged_and_taken_out_by_number_or_word(shop: Talk) -> None:
    talked = shop(PRIVILEGED, "1", "1", "1", "1", "stage", "unstage", "unstage")
    assert talked.said[4].startswith("Staged: ")
    assert "1 in the plan" in talked.said[4]
    assert "1 fix taken out; 0 in the plan." in talked.said[5]
    assert "1 in the plan" in talked.said[6]
    assert "0 in the plan" in talked.said[7]
    assert "0 fixes taken out" in talked.said[8]


def test_the_effect_of_a_fix_is_proven_and_its_change_told_line_by_line(shop: Talk) -> None:
    said = shop(PRIVILEGED, "1", "1", "prove", "more").last
    proven = shop(PRIVILEGED, "1", "1", "prove").last
    assert "Proving 1 fix" in proven
    assert "Proven: 1 fix on 1 object: " in proven
    whole = proven + said
    assert "securityContext.privileged: true -> " in whole
    assert re.search(r"^removed: +privileged: true$", whole, re.MULTILINE)
    assert re.search(r"^added: ", whole, re.MULTILINE)


def test_what_only_a_human_can_do_is_told_step_by_step(demo: Talk) -> None:
    said = demo("findings rule:cp-anonymous-auth", "1", "1", "prove").last
    assert "No patch can do this." in said
    assert "Step 1: " in said


def test_the_next_and_previous_finding_of_a_list_are_a_word_away(shop: Talk) -> None:
    talked = shop(PID, "1", "1", "next", "next", "previous", "previous", "back")
    assert "On Deployment shop/web." in talked.said[3]
    assert "On Pod shop/probe." in talked.said[4]
    assert "last of the list" in talked.said[5]
    assert "On Deployment shop/web." in talked.said[6]
    assert "first of the list" in talked.said[7]
    assert "Check wl-host-pid" in talked.last


def test_a_dot_does_the_last_thing_again_and_goes_on(shop: Talk) -> None:
    talked = shop(PID, "1", "1", ".", "stage", "next", ".", "plan")
    assert "Nothing was staged or decided yet." in talked.said[4]
    assert "No fix" in talked.said[7] or "Staged" in talked.said[7]
    assert "last of the list" in talked.said[7]
    assert "Deployment shop/web" in talked.last


def test_staging_all_that_is_listed_asks_with_a_count_and_no_is_what_anything_else_means(shop: Talk) -> None:
    for answer in ("no", "", "perhaps"):
        talked = shop("findings sev:critical", "stage", answer, "home")
        assert re.search(r"Stage the fixes of [0-9]+ findings\?", talked.prompts[2])
        assert "No: nothing was done." in talked.said[3]
        assert "0 fixes staged" in talked.last
    said = shop("findings sev:critical", "stage", "yes").last
    assert re.search(r"Staged [0-9]+ fixes; [0-9]+ in the plan\.", said)


def test_what_is_all_staged_is_not_asked_about(shop: Talk) -> None:
    assert "Nothing of this can be staged" in shop("findings sev:critical", "stage", "yes", "stage").last


def test_undo_and_redo_go_over_staging(shop: Talk) -> None:
    talked = shop("undo", PRIVILEGED, "1", "1", "stage", "undo", "undo", "redo", "redo")
    assert "nothing to take back" in talked.said[1]
    assert "Now 0 fixes staged" in talked.said[6]
    assert "nothing to take back" in talked.said[7]
    assert "Now 1 fix staged" in talked.said[8]
    assert "nothing to do again" in talked.said[9]


def test_what_follows_from_a_finding_is_told_level_by_level(demo: Talk) -> None:
    said = demo("findings rule:sec-sa-takeover-workload", "1", "1", Row("what follows")).last
    assert "is compromised:" in said
    assert re.search(r"^Level 1: it holds the token of ServiceAccount", said, re.MULTILINE)
    assert re.search(r"^Level 2: ", said, re.MULTILINE)
    assert (
        "no place where an attacker can be"
        in demo("findings rule:cp-anonymous-auth", "1", "1", Row("what follows")).last
    )


def test_a_finding_that_is_gone_after_a_refresh_is_not_there_any_more(shop: Talk, file: Path) -> None:
    def mended() -> str:
        file.write_text(SMALL.replace("{privileged: true}", "{}"), encoding="utf-8")
        return "refresh"

    talked = shop(PRIVILEGED, "1", "1", "stage", mended, PRIVILEGED, "plan")
    assert "1 fix staged" in talked.said[5]
    assert "Nothing matches the filter." in talked.said[6]
    assert "refused: Its finding is not there any more." in talked.last


def test_a_refresh_says_what_is_new_worst_first_and_how_much_is_gone(shop: Talk, file: Path) -> None:
    def changed() -> str:
        more = """
---
apiVersion: v1
kind: Pod
metadata: {name: fresh, namespace: shop}
spec:
  hostPID: true
  containers: [{name: main, image: "registry.example/fresh:1", securityContext: {privileged: true}}]
"""
        file.write_text(SMALL.replace("{privileged: true}", "{}") + more, encoding="utf-8")
        return "refresh"

    told = shop(changed).last
    assert re.search(r"^New, critical: .* on Pod shop/fresh\.$", told, re.MULTILINE)
    assert re.search(r"^And \d+ more new; findings lists them\.$", told, re.MULTILINE)
    assert re.search(r"^\d+ findings? (is|are) gone\.$", told, re.MULTILINE)


def test_a_source_that_cannot_be_read_again_leaves_what_was_known(shop: Talk, file: Path) -> None:
    def away() -> str:
        file.unlink()
        return "refresh"

    talked = shop(away, PRIVILEGED)
    assert "Not refreshed: " in talked.said[1]
    assert "1 finding" in talked.last


def test_what_is_new_since_the_last_session_is_counted_marked_and_can_be_filtered(
    shop: Talk, file: Path
) -> None:
    assert "Since " not in shop().said[0]
    assert "Since 2026-11-21: 0 new, 0 back again, 0 fixed." in shop().said[0]
    file.write_text(SMALL.replace("name: probe", "name: another"), encoding="utf-8")
    talked = shop("findings is:new rule:wl-host-pid", "1", "1")
    assert re.search(r"Since 2026-11-21: [1-9][0-9]* new, 0 back again, [1-9][0-9]* fixed\.", talked.said[0])
    assert "Pod shop/another" in talked.said[2]
    assert "(new)" in talked.said[2]
    assert "Deployment shop/web" not in talked.said[2]
    assert "It is new since 2026-11-21." in talked.last


def test_what_was_seen_and_cannot_be_read_is_told_and_left_as_it_is(shop: Talk, tmp_path: Path) -> None:
    shop()
    (seen,) = (tmp_path / "xdg_state_home").rglob("*.json")
    seen.write_text("{nonsense", encoding="utf-8")
    assert "What is new is not known: " in shop().said[0]
    assert seen.read_text(encoding="utf-8") == "{nonsense"


def test_saved_views_of_the_settings_and_of_the_context_are_a_word_away(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.yaml").write_text(
        "views:\n  tenants: {filter: 'sev:>=high', namespaces: 'shop,!kube-*'}\n  who: {pane: rbac}\n",
        encoding="utf-8",
    )
    source = SourceInfo(kind="files", label=str(file))
    save(
        state_file(source),
        [lambda kept: msgspec.structs.replace(kept, views={"mine": Look(filter="rule:wl-host-pid")})],
    )
    argv = ("-f", str(file), *TODAY, "--config", str(tmp_path / "settings.yaml"))
    talked = talk(monkeypatch, argv, "findings", "view", "view tenants", "view mine")
    assert "Saved views of findings: mine, tenants." in talked.said[2]
    assert "Filter: sev:>=high ns:shop,!kube-*." in talked.said[3]
    assert "Filter: rule:wl-host-pid." in talked.last


def test_without_saved_views_it_is_told_where_they_come_from(shop: Talk) -> None:
    assert (
        "Saved views of findings: none; the explorer and the settings file make them."
        in shop("findings", "view x").last
    )
