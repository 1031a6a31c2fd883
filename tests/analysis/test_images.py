"""Image references are taken apart as runtimes do, and what pods really run is held against them."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.images import Image, Reference, drift, images, pull_policy, reference, running_digest
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.pods import Container
from ksec_tui.findings.examples import snapshot_of

ONE, TWO = (f"sha256:{digit * 64}" for digit in "ab")


@pytest.mark.parametrize(
    ("image", "parts", "registry", "floats"),
    [
        ("nginx", Reference("nginx"), "docker.io", True),
        ("nginx:latest", Reference("nginx", "latest"), "docker.io", True),
        ("team/app:1.2", Reference("team/app", "1.2"), "docker.io", False),
        ("localhost/app:1", Reference("localhost/app", "1"), "localhost", False),
        ("reg.test:5000/app", Reference("reg.test:5000/app"), "reg.test:5000", True),
        ("reg.test:5000/a/b:v2", Reference("reg.test:5000/a/b", "v2"), "reg.test:5000", False),
        (f"quay.io/a@{ONE}", Reference("quay.io/a", "", ONE), "quay.io", False),
        (f"quay.io/a:1@{ONE}", Reference("quay.io/a", "1", ONE), "quay.io", False),
        (f"a:latest@{ONE}", Reference("a", "latest", ONE), "docker.io", False),
        ("", Reference(""), "docker.io", True),
    ],
)
def test_a_reference_in_its_parts(image: str, parts: Reference, registry: str, floats: bool) -> None:
    found = reference(image)
    assert found == parts
    assert (found.registry, found.floats) == (registry, floats)


@pytest.mark.parametrize(
    ("image", "policy", "holds"),
    [
        ("nginx", "", "Always"),
        ("nginx:latest", "", "Always"),
        ("nginx:1.27", "", "IfNotPresent"),
        (f"nginx@{ONE}", "", "IfNotPresent"),
        (f"nginx:latest@{ONE}", "", "Always"),
        ("nginx", "Never", "Never"),
    ],
)
def test_the_pull_policy_is_what_is_written_else_what_the_tag_makes_it(
    image: str, policy: str, holds: str
) -> None:
    assert pull_policy(Container(image=image, image_pull_policy=policy)) == holds


@pytest.mark.parametrize(
    ("reported", "digest"),
    [
        (f"docker.io/library/nginx@{ONE}", ONE),
        (f"docker-pullable://nginx@{ONE}", ONE),
        (f"docker://{ONE}", ONE),
        (ONE, ONE),
        ("", ""),
        ("nginx:1", ""),
    ],
)
def test_the_digest_that_a_kubelet_reports(reported: str, digest: str) -> None:
    assert running_digest(reported) == digest


def pod(name: str, image: str, digest: str, *, phase: str = "Running", owner: str = "web") -> dict[str, Any]:
    made_by = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": owner, "controller": True, "uid": "u"}
    status = {"name": "app", "image": image, "imageID": f"reg.test/app@{digest}"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "ownerReferences": [made_by]},
        "spec": {"containers": [{"name": "app", "image": image}]},
        "status": {"phase": phase, "containerStatuses": [status]},
    }


def owner(name: str, image: str) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"a": name}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"a": name}}, "template": template},
    }


def found(*objects: dict[str, Any]) -> dict[str, Image]:
    return {image.name: image for image in images(snapshot_of(objects))}


def test_replicas_that_run_different_digests_of_one_reference_drift() -> None:
    image = found(owner("web", "app:1"), pod("web-0", "app:1", ONE), pod("web-1", "app:1", TWO))["app:1"]
    assert [ref.name for ref in image.drifting] == ["web"]
    assert dict(image.digests) == {ONE: 1, TWO: 1}


def test_pods_of_an_older_template_and_ended_pods_are_no_drift() -> None:
    known = found(
        owner("web", "app:2"),
        pod("web-0", "app:2", ONE),
        pod("web-1", "app:1", TWO),
        pod("web-2", "app:2", TWO, phase="Succeeded"),
    )
    assert not any(image.drifting for image in known.values())
    assert dict(known["app:2"].digests) == {ONE: 1}
    assert dict(known["app:1"].digests) == {TWO: 1}


def test_two_workloads_may_run_different_digests_without_either_drifting() -> None:
    image = found(
        owner("web", "app:1"),
        owner("api", "app:1"),
        pod("web-0", "app:1", ONE),
        pod("api-0", "app:1", TWO, owner="api"),
    )["app:1"]
    assert image.drifting == ()
    assert sorted(image.digests) == [ONE, TWO]
    assert [ref.name for ref in image.users] == ["api", "web"]


def test_drift_is_told_by_container() -> None:
    snapshot = snapshot_of([owner("web", "app:1"), pod("web-0", "app:1", ONE), pod("web-1", "app:1", TWO)])
    (workload,) = workloads(snapshot)
    assert drift(workload) == {"app": (ONE, TWO)}


def test_an_image_that_nothing_runs_yet_has_no_digest() -> None:
    image = found(owner("web", "app:1"))["app:1"]
    assert (dict(image.digests), image.policies) == ({}, ("IfNotPresent",))
