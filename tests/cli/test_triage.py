"""``triage`` and ``scan --triage``: decisions that last, are honoured, counted and audited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.triage import store
from ksec_tui.triage.decision import State
from tests.cli.conftest import POD, TODAY, Ksec
from tests.cli.test_scan import RAW_CONTROL

PID, ROOT = "rule:wl-host-pid name:probe", "rule:wl-root-possible name:probe"
BAD = "  - check: wl-host-pid\n    object: nonsense\n"


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The platform's place for state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def pod(tmp_path: Path) -> str:
    """A manifest of one weak pod."""
    path = tmp_path / "pod.yaml"
    path.write_text(POD, encoding="utf-8")
    return str(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the triage file is to be."""
    return tmp_path / "triage.yaml"


def listed(ksec: Ksec, pod: str, file: Path, *options: str) -> list[dict[str, Any]]:
    answer = ksec("triage", "list", "-f", pod, *TODAY, "--triage", str(file), "-o", "json", *options)
    assert answer.code == 0
    found: list[dict[str, Any]] = json.loads(answer.out)["findings"]
    return found


def accept(ksec: Ksec, pod: str, file: Path, *options: str) -> str:
    answer = ksec(
        "triage",
        "accept",
        "-f",
        pod,
        *TODAY,
        "--triage",
        str(file),
        "--reason",
        "a probe",
        "--owner",
        "ann",
        *options,
    )
    assert answer.code == 0, answer.err
    return answer.err


def test_an_accepted_risk_does_not_fail_a_pipeline_until_the_day_after_its_last(
    ksec: Ksec, pod: str, file: Path
) -> None:
    err = accept(ksec, pod, file, "--filter", PID)
    assert "1 finding accepted in" in err
    scan = ("scan", "-f", pod, "--fail-on", "high", "--filter", PID)
    assert ksec(*scan, *TODAY).code == 1
    kept = ("--triage", str(file))
    assert ksec(*scan, *TODAY, *kept).code == 0
    assert ksec(*scan, "--today", "2026-12-21", *kept).code == 0
    late = ksec(*scan, "--today", "2026-12-22", *kept)
    assert late.code == 1
    assert "Open again though dismissed once: 1 expired" in late.out


def test_changed_evidence_opens_it_again(ksec: Ksec, pod: str, file: Path) -> None:
    accept(ksec, pod, file, "--filter", ROOT)
    text = POD.replace("containers: [", "containers: [{name: second, image: registry.example/x:1}, ")
    Path(pod).write_text(text, encoding="utf-8")
    (row,) = listed(ksec, pod, file, "--filter", ROOT)
    assert (row["state"], row["decision"]["reopened"]) == ("open", "evidence changed")
    assert (
        ksec(
            "scan", "-f", pod, *TODAY, "--triage", str(file), "--filter", "is:reopened !is:expired"
        ).out.count("Pod shop/probe")
        == 1
    )


def test_dismissed_findings_are_counted_and_listed_where_asked_for(ksec: Ksec, pod: str, file: Path) -> None:
    accept(ksec, pod, file, "--filter", PID)
    scan = ("scan", "-f", pod, *TODAY, "--triage", str(file))
    plain, shown = ksec(*scan).out, ksec(*scan, "--show-dismissed").out
    assert "wl-host-pid" not in plain
    assert "Dismissed, not counted: 1 accepted; --show-dismissed lists them" in plain
    assert "accepted until 2026-12-21 by ann  wl-host-pid  Pod shop/probe  a probe" in shown


def test_the_json_has_every_finding_with_its_state(ksec: Ksec, pod: str, file: Path) -> None:
    accept(ksec, pod, file, "--filter", PID)
    bare = json.loads(ksec("scan", "-f", pod, *TODAY, "-o", "json").out)
    kept = json.loads(ksec("scan", "-f", pod, *TODAY, "-o", "json", "--triage", str(file)).out)
    (found,) = (finding for finding in kept["findings"] if finding["state"] != "open")
    assert (found["check"], found["subject"]["name"], found["state"]) == ("wl-host-pid", "probe", "accepted")
    assert found["decision"] == {
        "state": "accepted",
        "at": "2026-11-21T00:00:00Z",
        "reason": "a probe",
        "owner": "ann",
        "expires": "2026-12-21",
    }
    for finding in kept["findings"]:
        del finding["state"]
        finding.pop("decision", None)
    assert kept == bare


def test_a_scan_looks_at_no_file_unless_asked_to(ksec: Ksec, pod: str, state: Path) -> None:
    before = ksec("scan", "-f", pod, *TODAY, "-o", "json").out
    done = ksec("triage", "mitigated", "-f", pod, *TODAY, "--filter", PID, "--reason", "a wall")
    (kept,) = (state / "ksec-tui" / "triage").iterdir()
    assert str(kept) in done.err
    assert ksec("scan", "-f", pod, *TODAY, "-o", "json").out == before
    rows = json.loads(ksec("triage", "list", "-f", pod, *TODAY, "-o", "json").out)["findings"]
    assert [row["check"] for row in rows if row["state"] == "mitigated"] == ["wl-host-pid"]


@pytest.mark.parametrize("action", ["false-positive", "wont-fix", "mitigated", "in-progress"])
def test_a_finding_is_decided_by_its_id_and_reopened(ksec: Ksec, pod: str, file: Path, action: str) -> None:
    answer = ksec("triage", "list", "-f", pod, "-o", "json", "--filter", PID)
    (row,) = json.loads(answer.out)["findings"]
    where = ("-f", pod, *TODAY, "--triage", str(file))
    assert ksec("triage", action, row["finding"][:6], *where, "--reason", "so it is").code == 0
    decided = listed(ksec, pod, file, "--filter", f"state:{action}")
    assert [item["finding"] for item in decided] == [row["finding"]]
    assert ksec("triage", "reopen", row["finding"], *where, "--reason", "no longer").code == 0
    assert listed(ksec, pod, file, "--filter", f"state:{action}") == []
    (kept,) = store.load(file).triage.decisions.values()
    assert (kept.state, kept.reason) == (State.OPEN, "no longer")


def test_a_filter_decides_in_bulk_but_not_again_what_is_dismissed(ksec: Ksec, pod: str, file: Path) -> None:
    accept(ksec, pod, file, "--filter", PID)
    where = ("-f", pod, *TODAY, "--triage", str(file))
    answer = ksec("triage", "wont-fix", *where, "--filter", "rule:wl-* name:probe", "--reason", "a probe")
    assert answer.code == 0
    assert "1 of the" in answer.err
    states = {
        row["check"]: row["state"] for row in listed(ksec, pod, file, "--filter", "rule:wl-* name:probe")
    }
    assert states.pop("wl-host-pid") == "accepted"
    assert set(states.values()) == {"wont-fix"}
    assert f"{len(states)} findings wont-fix in" in answer.err
    assert "dismissed already" in ksec("triage", "wont-fix", *where, "--filter", PID, "--reason", "x").err


def test_a_dry_run_writes_nothing(ksec: Ksec, pod: str, file: Path) -> None:
    assert "would be" in accept(ksec, pod, file, "--filter", PID, "--dry-run")
    assert not file.exists()


def test_days_count_from_the_day_of_judging(ksec: Ksec, pod: str, file: Path) -> None:
    accept(ksec, pod, file, "--filter", PID, "--expires", "90d")
    (kept,) = store.load(file).triage.decisions.values()
    assert kept.expires == "2027-02-19"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("accept", "--filter", PID, "--owner", "a"), "--reason"),
        (("accept", "--filter", PID, "--reason", "a"), "--owner"),
        (("accept", "--reason", "a", "--owner", "b"), "by ID, or by --filter"),
        (("accept", "abcd", "--filter", "x", "--reason", "a", "--owner", "b"), "by ID, or by --filter"),
        (("wont-fix", "abc", "--reason", "a"), "too short for an id"),
        (("wont-fix", "00000000", "--reason", "a"), "there is no finding '00000000' here"),
        (("wont-fix", "--filter", "name:nobody", "--reason", "a"), "it matches no finding"),
        (("wont-fix", "--filter", PID, "--reason", " "), "reason: wont-fix needs one"),
        (("wont-fix", "--filter", PID, "--reason", "a", "--expires", "2026-11-20"), "is past"),
        (("wont-fix", "--filter", PID, "--reason", "a", "--expires", "soon"), "no date"),
        (("wont-fix", "--filter", "rule:x", "--reason", "a", "--expires", "99999d"), "it matches no finding"),
        (("reopen", "--filter", PID), "are open already"),
        (("list", "--filter", "is:new"), "is known only to scan --seen FILE"),
        (("list", "--filter", "state:acepted"), "did you mean accepted?"),
        (("audit",), "there is no such file"),
        (("forget",), "invalid choice"),
    ],
)
def test_wrong_usage_is_refused_with_the_reason(
    ksec: Ksec, pod: str, file: Path, argv: tuple[str, ...], words: str
) -> None:
    answer = ksec("triage", *argv, "-f", pod, *TODAY, "--triage", str(file))
    assert answer.code == 2
    assert words in answer.err
    assert answer.out == ""
    assert not file.exists()


@pytest.mark.parametrize(
    "words", ["is:new", "is:regressed", "is:expired", "state:open", "is:fixable,dismissed"]
)
def test_a_scan_does_not_pretend_to_know_what_it_was_not_given(ksec: Ksec, pod: str, words: str) -> None:
    answer = ksec("scan", "-f", pod, "--filter", words)
    assert answer.code == 2
    assert "is known only to scan --" in answer.err
    assert ksec("scan", "-f", pod, "--show-dismissed").code == 2
    for command in (("fix", "--out", "nowhere"), ("scan",)):
        answer = ksec(*command, "-f", pod, "--filter", "state:open")
        assert (answer.code, "is known only to scan --triage FILE" in answer.err) == (2, True)


def test_a_bad_entry_is_told_with_its_line_and_the_others_count(ksec: Ksec, pod: str, file: Path) -> None:
    accept(ksec, pod, file, "--filter", PID)
    line = file.read_text(encoding="utf-8").count("\n") + 1
    file.write_text(file.read_text(encoding="utf-8") + BAD, encoding="utf-8")
    answer = ksec("scan", "-f", pod, *TODAY, "--triage", str(file), "--filter", PID)
    assert f"triage.yaml:{line}: does not count: state is missing" in answer.err
    assert "1 accepted" in answer.out
    audit = ksec("triage", "audit", "-f", pod, *TODAY, "--triage", str(file))
    assert "2 entries: 1 matched, 1 invalid" in audit.out
    accept(ksec, pod, file, "--filter", ROOT)
    assert BAD in file.read_text(encoding="utf-8")


def test_a_malformed_file_is_refused_with_its_line_and_stays(ksec: Ksec, pod: str, file: Path) -> None:
    text = "schema: ksec-triage/1\ndecisions:\n  - check: [\n"
    file.write_text(text, encoding="utf-8")
    for argv in (
        ("scan", "-f", pod, "--triage", str(file)),
        ("triage", "list", "-f", pod, "--triage", str(file)),
        (
            "triage",
            "wont-fix",
            "-f",
            pod,
            "--triage",
            str(file),
            "--filter",
            "rule:wl-host-pid",
            "--reason",
            "a",
        ),
    ):
        answer = ksec(*argv)
        assert (answer.code, answer.out) == (2, "")
        assert "triage.yaml:4: not valid YAML" in answer.err
    assert file.read_text(encoding="utf-8") == text


def test_the_audit_says_what_is_unused_and_what_could_not_be_judged(ksec: Ksec, pod: str, file: Path) -> None:
    accept(ksec, pod, file, "--filter", "rule:wl-host-pid|wl-root-possible name:probe")
    audit = ("triage", "audit", "-f", pod, *TODAY, "--triage", str(file))
    assert ksec(*audit, "--fail").code == 0
    Path(pod).write_text(POD.replace("hostPID: true", "hostPID: false"), encoding="utf-8")
    answer = ksec(*audit, "--fail", "-o", "json")
    assert answer.code == 1
    entries = json.loads(answer.out)["entries"]
    assert [(item["status"], item["check"]) for item in entries] == [
        ("unused", "wl-host-pid"),
        ("matched", "wl-root-possible"),
    ]
    nothing = Path(pod).with_name("other.yaml")
    nothing.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", encoding="utf-8")
    rest = ksec("triage", "audit", "-f", str(nothing), *TODAY, "--triage", str(file), "--fail")
    assert rest.code == 0
    assert "2 not judged" in rest.out


def test_what_is_new_since_the_last_run_can_fail_a_pipeline(ksec: Ksec, pod: str, tmp_path: Path) -> None:
    seen = str(tmp_path / "seen.json")
    scan = ("scan", "-f", pod, *TODAY, "--seen", seen, "--filter", "is:new|regressed", "--fail-on", "medium")
    first = ksec(*scan)
    assert first.code == 0
    assert "the first run" in first.err
    assert ksec(*scan).code == 0
    Path(pod).write_text(POD + "  hostIPC: true\n", encoding="utf-8")
    worse = ksec(*scan)
    assert worse.code == 1
    assert "Since 2026-11-21: 1 new, 0 back again" in worse.out
    assert "wl-host-ipc" in worse.out
    assert ksec(*scan).code == 0
    Path(pod).write_text(POD, encoding="utf-8")
    assert "1 fixed" in ksec(*scan).out
    Path(pod).write_text(POD + "  hostIPC: true\n", encoding="utf-8")
    again = json.loads(ksec(*scan, "-o", "json").out)
    assert again["since"] == {"last": "2026-11-21", "new": 0, "regressed": 1, "changed": 0, "fixed": 0}
    assert [(item["check"], item["since"]) for item in again["findings"]] == [("wl-host-ipc", "regressed")]


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_hostile_triage_file_reaches_no_terminal(ksec: Ksec, pod: str, file: Path, form: str) -> None:
    accept(ksec, pod, file, "--filter", PID)
    hostile = r'"\e[2J\u202e\x9b1m\e]52;c;b3duZWQ=\a"'
    text = file.read_text(encoding="utf-8").replace("reason: a probe", f"reason: {hostile}")
    bad = f"  - {{check: {hostile}, object: {hostile}, state: {hostile}, at: {hostile}, {hostile}: x}}\n"
    file.write_text(text + bad, encoding="utf-8")
    for argv in (("scan", "--show-dismissed"), ("triage", "list"), ("triage", "audit")):
        answer = ksec(*argv, "-f", pod, *TODAY, "--triage", str(file), "-o", form)
        assert answer.code == 0
        assert "␛" in answer.out
        for stream in (answer.out, answer.err):
            assert not RAW_CONTROL.search(stream.replace("\n", ""))


def test_no_payload_of_a_secret_reaches_the_files(ksec: Ksec, file: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "secret.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {password: hunter2hunter2}\n"
        "---\n" + POD.replace("image:", "env: [{name: DB_PASSWORD, value: hunter2hunter2}], image:"),
        encoding="utf-8",
    )
    seen = tmp_path / "seen.json"
    accept(ksec, str(manifest), file, "--filter", "name:*")
    assert ksec("scan", "-f", str(manifest), *TODAY, "--triage", str(file), "--seen", str(seen)).code == 0
    assert "sec-" in file.read_text(encoding="utf-8")
    for path in (file, seen):
        assert b"hunter2" not in path.read_bytes()
