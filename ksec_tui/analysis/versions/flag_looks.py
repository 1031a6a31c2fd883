"""Safeguards of the API server that its flags tell, where it runs in pods that can be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ksec_tui.analysis.control_plane import API_SERVER, hidden, plugins, processes
from ksec_tui.analysis.versions.looks import Look, Status, Told, unread
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot


def by_flag(judge: Callable[[Snapshot], Sequence[Told]]) -> Look:
    """Judged by the flags of every API server that shows; the worst of them counts."""

    def look(snapshot: Snapshot) -> Told:
        gap = unread(snapshot, POD)
        if gap is not None:
            return gap
        told = judge(snapshot)
        if not told:
            return Status.HIDDEN, hidden(snapshot, API_SERVER)
        return min(told, key=lambda item: list(Status).index(item[0]))

    return look


def is_set(name: str, missing: str, otherwise: Status = Status.OFF) -> Look:
    """On when the flag `name` has a value."""

    def judge(snapshot: Snapshot) -> Sequence[Told]:
        return [
            (Status.ON, f"--{name} is set")
            if process.value(name)
            else (otherwise, f"--{name} is not set: {missing}")
            for process in processes(snapshot, API_SERVER)
        ]

    return by_flag(judge)


def switched(name: str, *, good: bool, default: bool) -> Look:
    """On when the flag `name` says `good`; unset it says `default`."""

    def judge(snapshot: Snapshot) -> Sequence[Told]:
        found = []
        for process in processes(snapshot, API_SERVER):
            told = f"--{name}={process.value(name)}" if process.last(name) else f"--{name} is not set"
            fine = process.on(name, default=default) is good
            found.append((Status.ON if fine else Status.OFF, told))
        return found

    return by_flag(judge)


def encrypted(snapshot: Snapshot) -> Sequence[Told]:
    """Whether Secrets are stored encrypted: only that something is set up can be seen."""
    return [
        (Status.PARTLY, "a configuration is named; what it encrypts is not visible")
        if process.value("encryption-provider-config")
        else (Status.OFF, "--encryption-provider-config is not set")
        for process in processes(snapshot, API_SERVER)
    ]


def anonymous(snapshot: Snapshot) -> Sequence[Told]:
    """Whether requests without login are refused or limited."""
    found = []
    for process in processes(snapshot, API_SERVER):
        if not process.on("anonymous-auth", default=True):
            found.append((Status.ON, "--anonymous-auth=false"))
        elif process.value("authentication-config"):
            found.append((Status.PARTLY, "a file may limit anonymous requests; it is not visible"))
        else:
            found.append((Status.OFF, "anonymous requests are let in everywhere"))
    return found


def node_restriction(snapshot: Snapshot) -> Sequence[Told]:
    """Whether kubelets are kept to their own objects."""
    return [
        (Status.ON, "the plugin runs")
        if "NodeRestriction" in plugins(process)
        else (Status.OFF, "NodeRestriction is not among the admission plugins")
        for process in processes(snapshot, API_SERVER)
    ]


def audit(snapshot: Snapshot) -> Sequence[Told]:
    """Whether what is asked of the server is written down."""
    found = []
    for process in processes(snapshot, API_SERVER):
        sinks = ("audit-log-path", "audit-webhook-config-file")
        writes = process.value("audit-policy-file") and any(process.value(name) for name in sinks)
        words = "a policy and a place are named" if writes else "no policy, or no place to write to, is named"
        found.append((Status.ON if writes else Status.OFF, words))
    return found
