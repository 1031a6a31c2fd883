"""How the command lines of control-plane pods are read."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.control_plane import API_SERVER, ETCD, Process, plugins, processes, weak_ciphers
from ksec_tui.findings.examples import snapshot_of
from tests.checks.control_plane.pods import static_pod


def process(component: str = API_SERVER, **container: Any) -> Process:
    (found,) = processes(snapshot_of([static_pod(component, [], **container)]), component)
    return found


FORMS: list[tuple[str, dict[str, Any]]] = [
    ("one word", {"command": ["kube-apiserver", "--a=1", "--b=x"]}),
    ("two words", {"command": ["kube-apiserver", "--a", "1", "--b", "x"]}),
    ("an absolute path", {"command": ["/usr/local/bin/kube-apiserver", "--a=1", "--b=x"]}),
    ("arguments of their own", {"command": ["kube-apiserver"], "args": ["--a=1", "--b=x"]}),
    ("the image's entry point", {"command": [], "args": ["--a=1", "--b=x"]}),
    ("a wrapper", {"command": ["/go-runner", "--log=y", "kube-apiserver"], "args": ["--a=1", "--b=x"]}),
    ("a shell", {"command": ["/bin/sh", "-c", "exec /bin/kube-apiserver --a=1 --b=x 1>>/var/log/x 2>&1"]}),
    ("hyperkube", {"command": ["/hyperkube", "kube-apiserver", "--a=1", "--b=x"]}),
]


@pytest.mark.parametrize("container", [form for _, form in FORMS], ids=[name for name, _ in FORMS])
def test_flags_are_read_from_every_way_to_start_a_component(container: dict[str, Any]) -> None:
    found = process(**container)
    assert (found.value("a"), found.value("b"), found.value("log")) == ("1", "x", "")


def test_a_bare_flag_is_switched_on_and_what_is_no_truth_value_counts_as_the_default() -> None:
    found = process(command=["kube-apiserver", "--on", "--off=False", "--odd=perhaps", "--last"])
    assert found.on("on", default=False)
    assert not found.on("off", default=True)
    assert found.on("odd", default=True)
    assert found.on("last", default=False)
    assert not found.on("absent", default=False)


def test_evidence_points_at_the_word_of_the_last_occurrence() -> None:
    found = process(command=["kube-apiserver", "--a=1"], args=["--a=2"])
    assert found.pointer("a") == "/spec/containers/0/args/0"
    assert found.pointer("absent") == "/spec/containers/0/command"


def test_an_unclosed_quote_in_a_script_hides_no_flags() -> None:
    found = process(command=["/bin/sh", "-c", "kube-apiserver --a=1 --b='x"])
    assert found.value("a") == "1"


def test_pods_that_are_no_control_plane_have_no_processes() -> None:
    pod = static_pod("kube-proxy", ["--a=1"])
    other = static_pod(API_SERVER, ["--a=1"])
    other["metadata"] |= {"annotations": {}, "ownerReferences": []}
    done = static_pod(API_SERVER, ["--a=1"], node="cp-2") | {"status": {"phase": "Failed"}}
    snapshot = snapshot_of([pod, other, done])
    assert processes(snapshot, API_SERVER) == ()


def test_a_static_pod_from_its_manifest_is_known_by_its_label() -> None:
    pod = static_pod(API_SERVER, ["--a=1"])
    pod["metadata"] |= {"annotations": {}, "ownerReferences": [], "labels": {"component": API_SERVER}}
    assert len(processes(snapshot_of([pod]), API_SERVER)) == 1


def test_etcd_takes_variables_and_its_command_line_wins() -> None:
    env = [{"name": "ETCD_CLIENT_CERT_AUTH", "value": "true"}, {"name": "ETCD_AUTO_TLS", "value": "true"}]
    found = process(ETCD, command=["etcd", "--auto-tls=false"], env=env)
    assert found.on("client-cert-auth", default=False)
    assert found.pointer("client-cert-auth") == "/spec/containers/0/env/0/value"
    assert not found.on("auto-tls", default=True)


def test_plugins_are_the_default_ones_but_for_what_flags_say() -> None:
    assert "PodSecurity" in plugins(process())
    command = ["kube-apiserver", "--disable-admission-plugins=PodSecurity", "--enable-admission-plugins=X"]
    found = plugins(process(command=command))
    assert "X" in found
    assert "PodSecurity" not in found
    assert plugins(process(command=["kube-apiserver", "--admission-control=A,B"])) == {"A", "B"}


def test_weak_ciphers_are_those_without_forward_secrecy_or_with_known_attacks() -> None:
    weak = ("TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")
    fine = ("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert weak_ciphers((*weak, *fine)) == weak
