"""What a decision rests on: the same risk gives the same digests, another risk others."""

from __future__ import annotations

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.verdict import Severity
from ksec_tui.triage.evidence import MAX_PIECES, digests
from tests.triage.values import finding, unknown


def test_a_container_that_moves_in_its_list_is_the_same_evidence() -> None:
    first = finding(Evidence("/spec/containers/0/securityContext", "container a runs privileged"))
    moved = finding(Evidence("/spec/containers/12/securityContext", "container a runs privileged"))
    assert digests(first) == digests(moved)


def test_replicas_that_get_new_names_and_nodes_are_the_same_evidence() -> None:
    def on(pod: str, node: str) -> tuple[str, ...]:
        ref = ObjectRef("shop", "Pod", pod)
        words = f"container web of pod {pod}, on node {node} runs another image"
        return digests(finding(Evidence("/status", words, ref), reaches=(pod, "web-other")))

    assert on("web-7f9-abcde", "worker-1") == on("web-5c4-zyxwv", "worker-22.eu.example")


def test_a_pod_that_does_not_belong_to_the_workload_counts_by_name() -> None:
    one = finding(Evidence("", "pod db-0 runs here", ObjectRef("shop", "Pod", "db-0")))
    other = finding(Evidence("", "pod db-1 runs here", ObjectRef("shop", "Pod", "db-1")))
    assert digests(one) != digests(other)


def test_other_words_another_place_another_object_or_severity_are_other_evidence() -> None:
    base = Evidence("/spec/hostPID", "the pod shares it")
    others = (
        Evidence("/spec/hostIPC", base.words),
        Evidence(base.path, "the pod shares more"),
        Evidence(base.path, base.words, ObjectRef("", "Node", "a")),
        Evidence(base.path, base.words, severity=Severity.CRITICAL),
    )
    assert len({digests(finding(piece)) for piece in (base, *others)}) == 5


def test_the_order_of_evidence_does_not_count() -> None:
    assert digests(finding("a", "b", "c")) == digests(finding("c", "a", "b"))


def test_what_is_unknown_counts_by_its_reason_without_numbers() -> None:
    assert digests(unknown("pods could not be listed; 3 of the pods not judged")) == digests(
        unknown("pods could not be listed; 1,204 of the pods not judged")
    )
    assert digests(unknown("pods were not supplied")) != digests(unknown("nodes were not supplied"))
    assert digests(unknown("the pod shares it")) != digests(finding("the pod shares it"))


def test_a_great_many_pieces_share_one_digest_that_changes_with_any_of_them() -> None:
    many = [f"user {number} may do it" for number in range(MAX_PIECES + 1)]
    assert len(digests(finding(*many))) == 1
    assert digests(finding(*many)) != digests(finding(*many[1:], "somebody else may do it"))
    assert len(digests(finding(*many[1:]))) == MAX_PIECES
