"""Carries an export out on a real server: its commands, then what controllers would do about pods."""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from ksec_tui.cluster.kinds import WORKLOAD_KINDS, kind_of_resource
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.fixes.rollout import rolled_out
from tests.control_plane.client import (
    APPLY_PATCH,
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    WORKERS,
    Client,
    RefusedError,
    Tree,
    query,
)
from tests.control_plane.demo import path_of
from tests.fixes.carrying import Command
from tests.fixes.kubectl import KUBECTL

_TYPES = {"json": JSON_PATCH, "strategic": STRATEGIC_PATCH, "merge": MERGE_PATCH}

_POLICY_SECONDS = 15.0
_KEPT = ("name", "namespace", "labels", "annotations", "ownerReferences")
_OF_THE_SERVER = ("priority", "preemptionPolicy")
"""What follows from the name of a PriorityClass."""


def carry_out(commands: Iterable[Command], one: Callable[[Command], str]) -> list[str]:
    """Run commands by `one`, those of one verb in a row at the same time; what was refused, in words.

    A server takes a moment until it admits by a policy as that was changed last.
    """

    def patient(words: Command) -> str:
        until = time.monotonic() + _POLICY_SECONDS
        while "ValidatingAdmissionPolicy" in (said := one(words)) and time.monotonic() < until:
            threading.Event().wait(0.1)
        return said

    refused: list[str] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for _, group in itertools.groupby(commands, key=lambda words: words[1]):
            refused += [said for said in pool.map(patient, group) if said]
    return refused


def by_kubectl(folder: Path, kubeconfig: Path) -> Callable[[Command], str] | None:
    """Runs a command that was written to be run in `folder` by the real kubectl; None where there is none."""
    if KUBECTL is None:
        return None
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}

    def run(words: Command) -> str:
        assert KUBECTL is not None
        command = [KUBECTL, *words[1:]]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        return "" if done.returncode == 0 else f"{' '.join(words)}: {done.stderr.strip()}"

    return run


def by_requests(folder: Path, admin: Client) -> Callable[[Command], str]:
    """Asks for what such a command asks for."""

    def run(words: Command) -> str:
        path = folder / words[words.index("--patch-file" if words[1] == "patch" else "-f") + 1]
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        try:
            if words[1] == "patch":
                admin.patch(_place(words), body, _TYPES[words[words.index("--type") + 1]])
            elif words[1] == "create":
                admin.post(path_of(body), body)
            elif words[1] == "delete":
                admin.ask("DELETE", f"{path_of(body)}/{body['metadata']['name']}")
            else:
                place = query(f"{path_of(body)}/{body['metadata']['name']}", fieldManager="kubectl")
                admin.patch(place, body, APPLY_PATCH)
        except RefusedError as error:
            return f"{' '.join(words)}: {error}"
        return ""

    return run


def _place(words: Command) -> str:
    """The path of the object that a patch is for."""
    kind = kind_of_resource(words[2])
    assert kind is not None, words
    space = words[words.index("-n") + 1] if "-n" in words else None
    return f"{kind.path(space)}/{words[3]}"


def roll_out(admin: Client, before: Snapshot, after: Snapshot) -> tuple[int, list[str]]:
    """Make anew the pods of every workload whose template changed, through admission.

    There are no controllers here, and no nodes that would run what they make. A pod that admission refuses is
    left as it was: its controller would not get a new one either.

    Returns:
        How many were made, and the names of those that were refused.
    """
    pods: dict[ObjectRef, Tree | None] = {}
    for kind in WORKLOAD_KINDS:
        for owner in before.of(kind):
            old, new = before.document(owner.ref), after.document(owner.ref)
            pods |= rolled_out(before, owner.ref, old, new)
    refused = [] if not pods else [ref.name for ref, tree in pods.items() if not _remade(admin, ref, tree)]
    return len(pods) - len(refused), refused


def _remade(admin: Client, ref: ObjectRef, tree: Tree | None) -> bool:
    path = f"/api/v1/namespaces/{ref.namespace}/pods"
    if tree is None:
        admin.ask("DELETE", query(f"{path}/{ref.name}", gracePeriodSeconds=0))
        return True
    meta = {key: tree["metadata"][key] for key in _KEPT if tree["metadata"].get(key)}
    spec = {key: value for key, value in tree["spec"].items() if key not in _OF_THE_SERVER}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
    trial = {**pod, "metadata": {**meta, "name": f"{ref.name[:50]}-trial"}}
    try:
        admin.post(query(path, dryRun="All"), trial)
    except RefusedError as error:
        if "violates PodSecurity" not in error.message:
            raise
        return False
    admin.ask("DELETE", query(f"{path}/{ref.name}", gracePeriodSeconds=0))
    admin.post(path, pod)
    admin.patch(f"{path}/{ref.name}/status", {"status": tree["status"]})
    return True
