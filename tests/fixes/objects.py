"""Objects and changes that patches are tried on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.apply import apply

TRUTH = Path(__file__).parents[3] / "shared/conformance/patch/kubectl-patch.jsonl"


CASES = [json.loads(line) for line in TRUTH.read_text().splitlines()] if TRUTH.exists() else []


def ref_of(document: dict[str, Any]) -> ObjectRef:
    meta = document["metadata"]
    group = document["apiVersion"].rpartition("/")[0]
    return ObjectRef(meta.get("namespace", ""), document["kind"], meta["name"], group)


def change_of(document: dict[str, Any], kind: str, body: Any) -> Change:
    return Change(ref_of(document), PatchType(kind), body)


def strategic(document: dict[str, Any], body: Any) -> Any:
    return apply(document, change_of(document, "strategic", body))


def deployment(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "a"}], **spec}}},
    }


def pod_patch(**spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


def pod_spec(document: Any) -> Any:
    return document["spec"]["template"]["spec"]


VOLUMES = [{"name": "v", "hostPath": {"path": "/"}}, {"name": "w", "emptyDir": {}}]


APP = {"name": "app", "image": "a"}
