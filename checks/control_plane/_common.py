"""What the checks on the control plane share: each process judged by itself, and the steps of a human."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from ksec_tui.analysis.control_plane import PLACE, Process, hidden, processes
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects
from ksec_tui.findings.finding import Evidence, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity

CONTROL_PLANE: Subjects[Snapshot] = Subjects(
    "cluster",
    (),
    lambda snapshot: (snapshot,),
    lambda _: CLUSTER,
    lambda snapshot, _: snapshot,
    place=PLACE,
)
"""The cluster, whose control plane shows in pods of kube-system; a check on it needs POD."""

_EXTRA = {
    "kube-apiserver": "apiServer.extraArgs",
    "kube-controller-manager": "controllerManager.extraArgs",
    "kube-scheduler": "scheduler.extraArgs",
    "etcd": "etcd.local.extraArgs",
}


def judged(
    snapshot: Snapshot, component: str, judge: Callable[[Process], Iterable[Outcome]]
) -> Iterator[Outcome]:
    """What `judge` says of each process of a component; UNKNOWN when none is visible.

    Where several run and not all are set alike, the evidence says so.
    """
    found = processes(snapshot, component)
    if not found:
        yield Unknown(hidden(snapshot, component))
        return
    outcomes = [tuple(judge(process)) for process in found]
    fine = sum(not any(isinstance(outcome, Evidence) for outcome in told) for told in outcomes)
    for told in outcomes:
        for outcome in told:
            if fine and isinstance(outcome, Evidence):
                words = f"{outcome.words}; {fine} of the {len(found)} visible ones are set otherwise"
                yield msgspec.structs.replace(outcome, words=words)
            else:
                yield outcome


def at(process: Process, flag: str, words: str, severity: Severity | None = None) -> Evidence:
    """Evidence at a flag (without dashes), or where it would stand; `words` continue the pod's name."""
    return Evidence(process.pointer(flag), f"{process.pod.name} {words}", process.pod.ref, severity)


def as_set(process: Process, flag: str) -> str:
    """``--profiling is not set`` or ``--profiling=true``."""
    found = process.last(flag)
    return f"--{flag} is not set" if found is None else f"--{flag}={found.value}"


def flag_fix(title: str, components: Iterable[str], wanted: str, may_break: str, *before: str) -> Fix:
    """The steps to set flags: no patch reaches a static pod, whose manifest is a file on its node."""
    names = tuple(components)
    files = " and ".join(f"/etc/kubernetes/manifests/{name}.yaml" for name in names)
    places = " and ".join(_EXTRA[name] for name in names)
    return Fix(
        title,
        (),
        Risk.MANUAL,
        may_break,
        (
            *before,
            f"On one control-plane node after the other, in {files}: {wanted}. The kubelet restarts the process.",
            "Wait for the node to be ready again before the next: kubectl get --raw '/readyz?verbose'",
            (
                f"With kubeadm, change {places} too (kubectl -n kube-system edit configmap kubeadm-config), "
                "or its next upgrade takes the change back."
            ),
        ),
    )
