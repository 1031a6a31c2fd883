"""NetworkPolicies are looked up by label: the same ones as by asking every one, in time that does not square."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ksec_tui.analysis.network.policies import isolating
from ksec_tui.analysis.network.selectors import label_sets, selected_by_policy
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.findings.examples import snapshot_of

LABELS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=2)
REQUIREMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from("ab"),
            "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
        },
        optional={"values": st.just(["x"])},
    ),
    max_size=1,
)
SPACES = st.sampled_from(["one", "two"])


@settings(max_examples=60, deadline=None)
@given(
    pods=st.lists(st.tuples(SPACES, LABELS), max_size=5),
    selectors=st.lists(st.tuples(SPACES, LABELS, REQUIREMENTS), max_size=6),
)
def test_a_lookup_by_label_finds_what_asking_each_policy_finds(
    pods: list[tuple[str, dict[str, str]]], selectors: list[tuple[str, dict[str, str], list[object]]]
) -> None:
    trees: list[object] = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p{number}", "namespace": space, "labels": labels},
        }
        for number, (space, labels) in enumerate(pods)
    ]
    trees += [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"n{number}", "namespace": space},
            "spec": {"podSelector": {"matchLabels": labels, "matchExpressions": requirements}},
        }
        for number, (space, labels, requirements) in enumerate(selectors)
    ]
    snapshot = snapshot_of(trees)
    for workload in workloads(snapshot):
        expected = [
            policy
            for policy in snapshot.within(NETWORK_POLICY, workload.namespace)
            if any(policy.spec.pod_selector.matches(labels) for labels in label_sets(snapshot, workload))
        ]
        assert list(isolating(snapshot, workload, "ingress")) == expected
        for policy in snapshot.of(NETWORK_POLICY):
            assert (workload in selected_by_policy(snapshot, policy)) is (policy in expected)
