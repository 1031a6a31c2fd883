"""The plan in linear mode: how each fix stands, what all do, what needs somebody, and the files of an export."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.plain.conftest import Talk
from tests.plain.dialogue import Row

CRITICAL = ("findings sev:critical", "stage", "yes")
PRIVILEGED = ("findings rule:wl-privileged verdict:fail", "1", "1", "stage")


def test_an_empty_plan_says_how_to_fill_it(shop: Talk) -> None:
    assert "Nothing is staged" in shop("plan").last


def test_every_fix_is_told_with_its_risk_and_how_it_stands(shop: Talk) -> None:
    said = shop(*PRIVILEGED, "plan").last
    assert "1 fix staged. What holds: 1 fix on 1 object: " in said
    assert re.search(
        r"^1\. .*wl-privileged on Deployment shop/web: (likely safe|review), ", said, re.MULTILINE
    )


def test_a_plan_is_proven_once_and_again_when_it_changes(shop: Talk) -> None:
    talked = shop(*PRIVILEGED, "plan", "effects", "back", "unstage 1")
    assert talked.said[5].count("Proving") == 1
    assert "Proving" not in talked.said[6] + talked.said[7]
    assert "Nothing is staged" in talked.last


def test_effects_are_told_one_a_line(shop: Talk) -> None:
    said = shop(*PRIVILEGED, "plan", "effects").last
    assert "1 critical go" in said
    assert re.search(r"^May break: ", said, re.MULTILINE)


def test_what_becomes_of_attackers_is_told_of_the_plan_and_of_one_fix(demo: Talk) -> None:
    binding = ("findings rule:rbac-cluster-admin name:ci-deployer verdict:fail", "1", "1")
    talked = demo(*binding, "prove", "back", "stage", "plan", "effects")
    for said in (talked.said[4], talked.last):
        assert re.search(
            r"^Attackers: [0-9]+ attack paths cut .*; [0-9]+% of the modelled risk goes\.$",
            said,
            re.MULTILINE,
        )
        assert re.search(r"^Way cut: .*ci.* -> cluster-admin\.$", said, re.MULTILINE)


def test_the_whole_change_is_told_line_by_line(shop: Talk) -> None:
    said = shop(*PRIVILEGED, "plan", "diff").last
    assert "Changed: Deployment shop/web." in said
    assert "removed: " in said


def test_a_fix_is_taken_out_by_its_number_all_by_a_word(shop: Talk) -> None:
    talked = shop(*CRITICAL, "plan", "unstage 99", "unstage", "unstage 1", "unstage all", "undo", "plan")
    assert "Say the number of a fix" in talked.said[5]
    assert "Say the number of a fix" in talked.said[6]
    assert "1 fix taken out" in talked.said[7]
    assert "Nothing is staged" in talked.said[8]
    assert "fixes staged. What holds" in talked.last or "fix staged. What holds" in talked.last


def test_a_number_leads_to_the_finding_of_the_fix(shop: Talk) -> None:
    assert "On Deployment shop/web." in shop(*PRIVILEGED, "plan", "1").last


def test_reviews_are_made_fix_by_fix(shop: Talk) -> None:
    talked = shop(*PRIVILEGED, "plan", "review", Row("read the change"), "back", Row("take it"), "review")
    assert "to review before an export" in talked.said[5]
    assert "It may break something: " in talked.said[6]
    assert "removed: " in talked.said[7]
    assert "Taken." in talked.said[9]
    assert "The review is done." in talked.said[9]
    assert ": review, proven" in talked.said[9]
    assert "Nothing of the plan asks for a review." in talked.last


def test_what_a_review_leaves_out_is_out_of_the_plan(shop: Talk) -> None:
    talked = shop(*PRIVILEGED, "plan", "review", Row("leave it out"))
    assert "1 fix taken out" in talked.last
    assert "Nothing is staged" in talked.last
    assert ": review, to review" in shop(*PRIVILEGED, "plan", "review", Row("decide later")).last


def test_fixes_that_conflict_are_told_and_one_can_be_preferred(demo: Talk) -> None:
    image = "findings name:inventory rule:img-deprecated-registry,img-no-digest verdict:fail"
    talked = demo(image, "stage", "yes", "plan", "prefer 2", "prefer 2", "prefer x", "undo", "again")
    assert re.search(
        r"^Conflict: 1 and 2 want different things at .*image of .*inventory\. ", talked.said[4], re.MULTILINE
    )
    assert talked.said[4].count(", in conflict") == 2
    assert "Preferred: " in talked.said[5]
    assert "1 set aside for others." in talked.said[5]
    assert re.search(r"^1\. .*, set aside$", talked.said[5], re.MULTILINE)
    assert "Nothing conflicts with that fix, or it is preferred already." in talked.said[6]
    assert "Say the number of a fix after prefer." in talked.said[7]
    assert "Conflict: 1 and 2" in talked.last


def exported(folder: Path) -> set[str]:
    """The files of an export."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_an_export_writes_what_the_explorer_writes(shop: Talk, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    talked = shop(*PRIVILEGED, "plan", f"export {folder}", Row("include them"), "quit")
    told = "".join(talked.said[6:])
    assert f"Written to {folder}: " in told
    assert "Nothing was applied." in told
    files = exported(folder)
    assert {"REPORT.md", "kustomize/kustomization.yaml"} <= files
    listed = yaml.safe_load((folder / "kustomize/kustomization.yaml").read_text(encoding="utf-8"))
    assert listed["kind"] == "Kustomization"
    assert talked.last.endswith("Goodbye.\n")


def test_the_folder_is_asked_for_when_none_is_said(shop: Talk, tmp_path: Path) -> None:
    folder = tmp_path / "asked"
    talked = shop(*PRIVILEGED, "plan", "export", str(folder), Row("include them"))
    assert talked.prompts[6].startswith("Folder, or Enter for ksec-fixes")
    assert "REPORT.md" in exported(folder)


def test_an_export_asks_about_what_nobody_reviewed(shop: Talk, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    talked = shop(*PRIVILEGED, "plan", f"export {folder}", Row("do not export"))
    assert "1 fix needs a review first." in talked.said[6]
    assert "Nothing was written." in talked.last
    assert (
        "Nothing is left to export."
        in shop(*PRIVILEGED, "plan", f"export {folder}", Row("leave them out")).last
    )
    assert "Review 1 of 1" in shop(*PRIVILEGED, "plan", f"export {folder}", Row("look at each")).last
    assert not folder.exists()


def test_a_folder_that_holds_something_is_refused(shop: Talk, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("x", encoding="utf-8")
    talked = shop(*PRIVILEGED, "plan", f"export {tmp_path / 'mine'}", Row("include them"))
    assert "Not written: " in talked.last
    assert "is not empty" in talked.last
    assert exported(tmp_path / "mine") == {"notes"}


def test_what_is_left_to_a_human_is_counted(demo: Talk) -> None:
    said = demo("findings rule:cp-anonymous-auth verdict:fail", "1", "1", "stage", "plan").last
    assert "1 by hand; they are written to MANUAL.md." in said
    assert ": manual, by hand" in said
