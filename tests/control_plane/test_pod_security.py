"""What the tool says of a pod is what the API server's own admission says, level by level and version by version."""

from __future__ import annotations

import random

from ksec_tui.analysis.pod_security import Evaluation, evaluate
from ksec_tui.analysis.pod_security.labels import PREFIX, policies
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.cluster.ingest import item_from_tree
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.pods import Pod
from tests.control_plane.client import RefusedError, Tree, query
from tests.control_plane.conftest import Tally
from tests.control_plane.plane import Plane
from tests.control_plane.pods import pod

POLICIES = (
    ("baseline", "latest"),
    ("restricted", "latest"),
    ("restricted", "v1.99"),
    ("baseline", "v1.24"),
    ("restricted", "v1.18"),
    ("restricted", "v1.28"),
    ("baseline", "v1.33"),
    ("restricted", "v1.34"),
)
PODS = 350
_SAID = ": "


def test_random_pods_are_admitted_and_refused_as_the_server_does(
    bare: Plane, dice: random.Random, tally: Tally
) -> None:
    """A pod that no server takes is asked about in a namespace without labels first, and left out."""
    spaces: dict[str, dict[str, str]] = {"pods-free": {}} | {
        f"pods-{number}": {f"{PREFIX}enforce": level, f"{PREFIX}enforce-version": version}
        for number, (level, version) in enumerate(POLICIES)
    }
    for space, labels in spaces.items():
        bare.admin.post("/api/v1/namespaces", {"metadata": {"name": space, "labels": labels}})
        bare.admin.post(f"/api/v1/namespaces/{space}/serviceaccounts", {"metadata": {"name": "default"}})
    server = minor_version(bare.admin.get("/version")["gitVersion"])
    assert server is not None
    drawn = [pod(dice, number) for number in range(PODS)]
    taken = asked(bare, "pods-free", drawn)
    usable = [
        (tree, stored)
        for tree, stored in zip(drawn, taken, strict=True)
        if not isinstance(stored, RefusedError)
    ]
    assert len(usable) > PODS / 2

    wrong, verdicts = [], set()
    for space, labels in spaces.items():
        policy = policies(labels).enforce
        minor = policy.minor(server)
        assert minor is not None
        answers = asked(bare, space, [tree for tree, _ in usable])
        for (tree, stored), answer in zip(usable, answers, strict=True):
            theirs = refusal(answer, f'violates PodSecurity "{policy.level}:')
            ours = judged(stored, policy.level, minor)
            # As written it is the same verdict; the words may lack what the server's defaults bring.
            same = judged(tree, policy.level, minor).allowed == ours.allowed
            if not same or (ours.allowed, ours.detail) != (theirs is None, theirs or ""):
                wrong.append((labels, tree, ours.detail, theirs))
            verdicts.add((policy.level, ours.allowed))
            tally["admission verdicts compared"] += 1
    assert wrong == []
    assert verdicts == {
        ("privileged", True),
        *((level, allowed) for level in ("baseline", "restricted") for allowed in (True, False)),
    }


def judged(tree: Tree, level: str, minor: int) -> Evaluation:
    read = item_from_tree(POD, tree).object
    assert isinstance(read, Pod)
    return evaluate(read.spec, read.metadata.annotations, level, minor)


def asked(plane: Plane, space: str, trees: list[Tree]) -> list[Tree | RefusedError]:
    path = query(f"/api/v1/namespaces/{space}/pods", dryRun="All")
    return plane.admin.try_all((path, tree) for tree in trees)


def refusal(answer: Tree | RefusedError, begin: str) -> str | None:
    """What admission found wrong, in its words; None when it lets the pod through."""
    if not isinstance(answer, RefusedError):
        return None
    assert (answer.status, begin in answer.message) == (403, True), answer
    return answer.message.partition(begin)[2].partition(_SAID)[2]
