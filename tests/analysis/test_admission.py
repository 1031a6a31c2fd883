"""Webhooks guard what their rules cover, skip whom their selectors exclude, and answer if an endpoint is ready."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ksec_tui.analysis.admission import backing, exempting_labels, guards, guards_pods
from ksec_tui.cluster.platform import Namespace, ServiceReference, Webhook
from ksec_tui.findings.examples import snapshot_of


def webhook(**fields: Any) -> Webhook:
    return msgspec.convert({"name": "x.example", **fields}, Webhook)


def rule(groups: list[str], resources: list[str], operations: list[str] | None = None) -> dict[str, Any]:
    return {"apiGroups": groups, "resources": resources, "operations": operations or ["CREATE", "UPDATE"]}


@pytest.mark.parametrize(
    ("covered", "pods", "something"),
    [
        (rule([""], ["pods"]), True, True),
        (rule(["*"], ["*"]), True, True),
        (rule(["*"], ["*/*"]), True, True),
        (rule([""], ["pods"], ["*"]), True, True),
        (rule([""], ["pods"], ["DELETE"]), False, False),
        (rule([""], ["pods/exec"], ["CONNECT"]), False, False),
        (rule([""], ["pods/*"]), False, False),
        (rule(["apps"], ["deployments"]), False, True),
        (rule(["rbac.authorization.k8s.io"], ["rolebindings"]), False, True),
        (rule(["cert-manager.io"], ["*/*"]), False, False),
        (rule([""], ["configmaps"]), False, False),
    ],
)
def test_what_a_rule_guards(covered: dict[str, Any], pods: bool, something: bool) -> None:
    hook = webhook(rules=[covered])
    assert (guards_pods(hook), guards(hook)) == (pods, something)


@pytest.mark.parametrize(
    ("requirement", "labels", "exempt"),
    [
        ({"key": "skip", "operator": "DoesNotExist"}, {"skip": "1"}, ("skip=1",)),
        ({"key": "skip", "operator": "DoesNotExist"}, {}, ()),
        ({"key": "skip", "operator": "NotIn", "values": ["true"]}, {"skip": "true"}, ("skip=true",)),
        ({"key": "skip", "operator": "NotIn", "values": ["true"]}, {"skip": "no"}, ()),
        # Opting in is not an exemption, and neither is a name, which nobody can give himself.
        ({"key": "guard", "operator": "In", "values": ["on"]}, {}, ()),
        ({"key": "guard", "operator": "Exists"}, {}, ()),
        ({"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["shop"]}, {}, ()),
    ],
)
def test_which_labels_exempt_a_namespace(
    requirement: dict[str, Any], labels: dict[str, str], exempt: tuple[str, ...]
) -> None:
    hook = webhook(namespaceSelector={"matchExpressions": [requirement]})
    namespace = msgspec.convert({"metadata": {"name": "shop", "labels": labels}}, Namespace)
    assert exempting_labels(hook, namespace) == exempt


def service(**spec: Any) -> dict[str, Any]:
    meta = {"name": "policy", "namespace": "guard"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


def endpoints(*ready: bool | None, owner: str = "policy", namespace: str = "guard") -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": owner}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{owner}-1", "namespace": namespace, "labels": labels},
        "endpoints": [
            {"addresses": [f"10.0.0.{number}"], "conditions": {} if state is None else {"ready": state}}
            for number, state in enumerate(ready)
        ],
    }


@pytest.mark.parametrize(
    ("documents", "dead", "ready"),
    [
        ([], True, 0),
        ([endpoints(True)], True, 0),
        ([service()], True, 0),
        ([service(), endpoints(False)], True, 0),
        ([service(), endpoints(True, False)], False, 1),
        ([service(), endpoints(None)], False, 1),
        ([service(), endpoints(True, owner="other")], True, 0),
        ([service(), endpoints(True, namespace="other")], True, 0),
        ([service(type="ExternalName", externalName="policy.example")], False, 0),
    ],
)
def test_who_answers_for_a_service(documents: list[dict[str, Any]], dead: bool, ready: int) -> None:
    found = backing(snapshot_of(documents), ServiceReference(namespace="guard", name="policy"))
    assert (found.dead, found.ready) == (dead, ready)
