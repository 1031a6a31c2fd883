"""Objects stand by namespace and name, in whatever order they come, change and go."""

from __future__ import annotations

import random

from ksec_tui.cluster.following import FollowingBuilder
from ksec_tui.cluster.ingest import Page, collect, item_from_tree
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo


def page_of(namespace: str, name: str, label: str) -> Page:
    metadata = {"namespace": namespace, "name": name, "labels": {"turn": label}}
    return collect(POD, [item_from_tree(POD, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata})])


def test_a_snapshot_is_in_order_after_every_change() -> None:
    chance = random.Random(5)  # noqa: S311 - only to try much
    builder = FollowingBuilder(SourceInfo())
    there: dict[tuple[str, str], str] = {}
    for turn in range(200):
        key = f"team-{chance.randrange(3)}", f"pod-{chance.randrange(20)}"
        ref = ObjectRef(key[0], "Pod", key[1])
        if key in there and chance.random() < 0.3:
            del there[key]
            builder.change(ref, Page(POD))
        else:
            there[key] = str(turn)
            builder.change(ref, page_of(*key, str(turn)))
        pods = builder.snapshot().of(POD)
        found = {(pod.metadata.namespace, pod.metadata.name): pod.metadata.labels["turn"] for pod in pods}
        assert list(found.items()) == sorted(there.items())
