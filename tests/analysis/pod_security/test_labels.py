"""Pod Security labels mean what the API server makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ksec_tui.analysis.pod_security import Policy, mode, policies

TRUTH = Path(__file__).resolve().parents[4] / "shared/conformance/pss/psa-labels.jsonl"
needs_truth = pytest.mark.skipif(not TRUTH.is_file(), reason="shared/conformance/pss is not here")

ENFORCE = "pod-security.kubernetes.io/enforce"
WARN = "pod-security.kubernetes.io/warn"


@pytest.mark.parametrize(
    ("label", "value", "read_as"),
    [
        (ENFORCE, "baseline", "baseline"),
        (ENFORCE, "Baseline", "restricted"),
        (ENFORCE, "", "restricted"),
        (WARN, "restricted", "restricted"),
        (WARN, "Restricted", "privileged"),
        (WARN, "", "privileged"),
    ],
)
def test_a_bad_enforce_level_fails_closed_and_a_bad_warn_level_open(
    label: str, value: str, read_as: str
) -> None:
    assert mode({label: value}, label.rpartition("/")[2]).read_as == read_as


def test_an_absent_level_is_privileged_and_valid() -> None:
    absent = mode({}, "enforce")
    assert (absent.read_as, absent.valid_level, absent.valid_version, absent.meant) == (
        "privileged",
        True,
        True,
        "",
    )


@pytest.mark.parametrize(
    ("version", "valid", "minor"),
    [
        ("latest", True, None),
        ("v1.0", True, 0),
        ("v1.33", True, 33),
        ("v1.024", False, None),
        ("1.24", False, None),
        ("v2.0", False, None),
        ("v1.24.1", False, None),
        ("v1.24\n", False, None),
        ("Latest", False, None),
    ],
)
def test_versions_are_latest_or_v1_and_a_plain_number(version: str, valid: bool, minor: int | None) -> None:
    found = mode({f"{ENFORCE}-version": version}, "enforce")
    assert (found.valid_version, found.minor) == (valid, minor)


@pytest.mark.parametrize(
    ("written", "meant"), [("Restricted", "restricted"), (" baselin", "baseline"), ("on", "restricted")]
)
def test_the_level_that_was_meant_is_the_nearest_word(written: str, meant: str) -> None:
    assert mode({WARN: written}, "warn").meant == meant


@needs_truth
def test_every_namespace_of_the_truth_set_is_read_as_the_server_reads_it() -> None:
    rows = [json.loads(line) for line in TRUTH.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 54
    for row in rows:
        found = policies(row["labels"])
        read = {name: str(getattr(found, name)) for name in ("enforce", "audit", "warn")}
        assert {**read, "errors": list(found.errors)} == {key: row[key] for key in (*read, "errors")}, row


def test_a_stricter_enforce_level_warns_too_unless_warnings_are_set() -> None:
    pinned = {ENFORCE: "restricted", f"{ENFORCE}-version": "v1.30"}
    assert str(policies(pinned).warn) == "restricted:v1.30"
    assert str(policies({**pinned, f"{WARN}-version": "v1.20"}).warn) == "restricted:v1.20"
    assert str(policies({**pinned, WARN: "privileged"}).warn) == "privileged:latest"
    assert str(policies({ENFORCE: "Restricted"}).warn) == "privileged:latest"


def test_the_clusters_default_counts_for_absent_labels_only() -> None:
    default = Policy("baseline", "v1.28")
    assert str(policies({}, default).enforce) == "baseline:v1.28"
    assert str(policies({ENFORCE: "privileged"}, default).enforce) == "privileged:v1.28"
    assert (
        str(policies({ENFORCE: "oops", f"{ENFORCE}-version": "1.2"}, default).enforce) == "restricted:latest"
    )


@pytest.mark.parametrize(
    ("version", "server", "minor"),
    [
        ("latest", 33, 33),
        ("latest", None, None),
        ("v1.24", 33, 24),
        ("v1.24", None, 24),
        ("v1.99", 33, 33),
        ("v1.99", None, 37),
        ("latest", 50, 37),
    ],
)
def test_a_policy_is_never_newer_than_the_server_or_the_newest_known(
    version: str, server: int | None, minor: int | None
) -> None:
    assert Policy("baseline", version).minor(server) == minor
