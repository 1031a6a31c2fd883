"""Lists and differences of connections equal the public ones of netpol-analyzer, case by case, in every form.

No case is excused.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Ksec
from tests.cli.connection_cases import THERE, Case, bad_inputs, cases, folder, table

pytestmark = pytest.mark.skipif(not THERE, reason="shared/conformance/network/netpol-analyzer is not here")

REFUSED = {
    "bad_netpols/subdir1": (
        "netpols.yaml:",
        "default/shippingservice-netpol",
        "spec.ingress[2].from[0].ipBlock.cidr",
    ),
    "bad_netpols/subdir3": ("netpols.yaml:", "default/shippingservice-netpol", "spec.ingress[0].from[0]: "),
    "bad_yamls/subdir3": ("No such file or directory",),
    "ttt": ("No such file or directory",),
    "np_test_with_empty_port_range": (
        "netpol.yaml:",
        "ns1/egress-empty-port-range",
        "spec.egress[0].ports[1].endPort",
    ),
    "example_w_err_pods_w_same_owner_and_labels_gap_anp": (
        ".yaml:",
        "AdminNetworkPolicy new-example-with-err",
        "spec.subject",
        "default/internal-security",
    ),
    "anp_bad_path_test_3": ("anps.yaml:", "AdminNetworkPolicy same-name", "metadata.name"),
    "anp_bad_path_test_6": ("anp.yaml:", "AdminNetworkPolicy egress-tcp", "spec.egress[0].to: "),
    "anp_bad_path_test_9": ("anp.yaml:", "AdminNetworkPolicy egress-tcp", "spec.egress[1].action: "),
    "anp_bad_path_test_14": ("anp.yaml:", "AdminNetworkPolicy ingress-udp", "spec.ingress[0].from: "),
    "anp_bad_path_test_17": ("anp.yaml:", "AdminNetworkPolicy ingress-udp", "spec.ingress[3].ports[0]: "),
    "anp_bad_path_test_19": (
        ".yaml:",
        "AdminNetworkPolicy ingress-udp",
        "spec.egress[0].to[0].networks[0]: ",
    ),
    "banp_bad_path_test_2": (".yaml:", "BaselineAdminNetworkPolicy banp-name", "metadata.name: "),
    "banp_bad_path_test_5": (".yaml:", "BaselineAdminNetworkPolicy default", "spec.egress[0].to: "),
    "banp_bad_path_test_8": (".yaml:", "BaselineAdminNetworkPolicy default", "spec.egress[0].action: "),
    "banp_bad_path_test_11": (".yaml:", "BaselineAdminNetworkPolicy default", "spec.ingress[0].from: "),
    "banp_bad_path_test_14": (".yaml:", "BaselineAdminNetworkPolicy default", "spec.ingress[0].action: "),
    "udn_bad_path_test_1": (
        "udn.yaml:",
        "UserDefinedNetwork blue/separate-namespace",
        "spec.topology",
        "Layer4",
    ),
    "udn_bad_path_test_4": ("udn.yaml:", "UserDefinedNetwork blue/default", "metadata.name: "),
    "udn_bad_path_test_7": (
        "udn.yaml:",
        "blue/separate-namespace",
        "blue/namespace-scoped",
        "spec.layer2.role: ",
    ),
}
"""Input that netpol-analyzer refuses: the file, the object and the field that are to be named."""

TOLD: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no_network_policy_resources_warning": ((), ("no NetworkPolicy",)),
    "input_dir_with_focusworkload_that_does_not_exist_should_get_warning": (("--focus", "abcd"), ("abcd",)),
    "input_dir_with_multiple_focusworkloads_that_do_not_exist_should_get_warnings": (
        ("--focus", "myfriend,mynobody"),
        ("myfriend", "mynobody"),
    ),
    "irrelevant_JSON_file_unable_to_decode": ((), ("connlist_output.json", "no Kubernetes object")),
    "input_admin_policy_contains_ipv6_addresses_in_networks_egress_peer_should_get_warning": (
        (),
        ("network-as-egress-peer", "spec.egress[0]", "spec.egress[1]", "IPv6"),
    ),
    "input_admin_policy_contains_named_port_with_networks_should_get_warning": (
        (),
        ("AdminNetworkPolicy egress-peer-1", "spec.egress[0]", "port name dns means nothing for addresses"),
    ),
    "using_exposure_with_focus_workload_peer_and_focus_workload": (
        ("--exposure", "--focus", "one", "--peer", "other"),
        ("leave --peer or --exposure out",),
    ),
    "using_secondary_udn_should_warn_that_not_supported_yet": ((), ("green/namespace-scoped", "secondary")),
    "input_resources_contain_virt_launcher_pod_should_warn_that_it_is_ignored": (
        (),
        ("foo/virt-launcher-fedora-apricot-pike-81-qr48r", "left out"),
    ),
    "nad_is_ignored_if_multiple_networks_is_disabled": ((), ("not looked at", "NetworkAttachmentDefinition")),
}
"""Input that netpol-analyzer warns of: further arguments, and the words that are to be said."""

LISTS, DIFFERENCES = cases("list"), cases("diff")
REFUSALS = [item for item in bad_inputs() if item["severity"] == "fatal"]
WARNINGS = [item for item in bad_inputs() if item["severity"] != "fatal"]


def named(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", LISTS, ids=named)
def test_a_list_has_the_lines_of_the_public_one(ksec: Ksec, case: Case) -> None:
    answer = ksec(*case.words)
    assert answer.code == 0
    assert table(case.form, answer.out) == table(case.form, case.expected.read_text("utf-8"))


@pytest.mark.parametrize("case", DIFFERENCES, ids=named)
def test_differences_have_the_lines_of_the_public_ones(ksec: Ksec, case: Case) -> None:
    answer = ksec(*case.words)
    assert answer.code == 0
    assert table(case.form, answer.out) == table(case.form, case.expected.read_text("utf-8"))


@pytest.mark.parametrize("item", REFUSALS, ids=lambda item: str(item["dir"]))
def test_what_is_refused_is_named_with_file_object_and_field(ksec: Ksec, item: dict[str, Any]) -> None:
    answer = ksec("connections", "-f", folder(item["dir"]), "--style", "netpol-analyzer")
    assert (answer.code, answer.out) == (3, "")
    assert [words for words in REFUSED[item["dir"]] if words not in answer.err] == []


@pytest.mark.parametrize("item", WARNINGS, ids=lambda item: str(item["name"]))
def test_what_is_warned_of_is_said_beside_the_list(ksec: Ksec, item: dict[str, Any]) -> None:
    more, words = TOLD[item["name"]]
    answer = ksec("connections", "-f", folder(item["dir"]), "--style", "netpol-analyzer", *more)
    assert answer.code == 0
    assert [word for word in words if word not in answer.err] == []


def test_all_cases_are_there() -> None:
    assert (len({case.words[:-2] for case in LISTS}), len({case.words[:-2] for case in DIFFERENCES})) == (
        71,
        17,
    )
    assert (len(LISTS) + len(DIFFERENCES), len(REFUSALS), len(WARNINGS)) == (171, 20, 10)
