"""Every pod of the truth sets gets the verdict and the message of upstream's own code and of a real API server."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.analysis.pod_security import evaluate, runs
from ksec_tui.cluster.ingest import ingest_list, item_from_tree
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.pods import Pod

SHARED = Path(__file__).resolve().parents[4] / "shared"
PSS = SHARED / "conformance" / "pss"
ADMISSION = SHARED / "conformance" / "cluster" / "truth-psa.jsonl.xz"
SETS = {
    "synthetic-edge": 253,
    "synthetic-random": 643,
    "upstream-fixtures-all-versions": 98,
    "real-manifests": 960,
}


def pod_of(row: dict[str, Any]) -> Pod:
    tree = {"metadata": {**row["metadata"], "name": row["id"]}, "spec": row["spec"]}
    item = item_from_tree(POD, tree)
    assert isinstance(item.object, Pod), item.unreadable
    return item.object


@pytest.mark.skipif(not PSS.is_dir(), reason="shared/conformance/pss is not here")
@pytest.mark.parametrize("name", SETS)
def test_each_pod_gets_upstreams_verdict_and_words_in_every_version_at_both_levels(name: str) -> None:
    rows = [json.loads(line) for line in (PSS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= SETS[name]
    for row in rows:
        pod = pod_of(row)
        for level in ("baseline", "restricted"):
            found = [
                {
                    "from": run.first,
                    "to": run.last,
                    "allowed": run.evaluation.allowed,
                    "failed_checks": list(run.evaluation.checks),
                    "detail": run.evaluation.detail,
                }
                for run in runs(pod.spec, pod.metadata.annotations, level)
            ]
            assert found == row[level], (row["id"], level)


@pytest.mark.skipif(
    not (ADMISSION.is_file() and (SHARED / "cluster").is_dir()),
    reason="shared/cluster and its truth set are not here",
)
def test_each_pod_of_a_real_cluster_gets_what_its_api_server_said() -> None:
    page = ingest_list(POD, (SHARED / "cluster" / "pods.json").read_bytes())
    pods = {(item.namespace, item.name): item for item in page.objects}
    count = 0
    with lzma.open(ADMISSION, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            pod = pods[row["ns"], row["pod"]]
            assert isinstance(pod, Pod)
            said = evaluate(pod.spec, pod.metadata.annotations, row["level"], minor=36)
            assert said.allowed == row["allowed"], row
            assert said.detail == row["message"].partition(f'"{row["level"]}:latest": ')[2], row
            count += 1
    assert count >= 1326
