"""Images are judged by what their names promise, and by what pods say that they run."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.kinds import SECRET
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.runner import run_one
from ksec_tui.findings.verdict import Verdict
from tests.checks.workloads.pods import (
    CHECKS,
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

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
PIN, LATEST, DRIFT, POLICY = "img-no-digest", "img-latest", "img-digest-drift", "img-pull-policy"
FROZEN, PULL_SECRET, VOLUME = "img-deprecated-registry", "img-pull-secret-missing", "img-volume-source"


@pytest.mark.parametrize(
    ("image", "check"),
    [
        ("nginx", LATEST),
        ("nginx:latest", LATEST),
        ("registry.example:5000/nginx", LATEST),
        ("nginx:1.27", PIN),
        ("registry.example:5000/nginx:1.27", PIN),
        ("nginx:stable", PIN),
        (f"nginx:1.27@{A}", ""),
        (f"nginx@{A}", ""),
        ("", ""),
    ],
)
def test_a_tag_that_may_move_is_told_by_one_check(image: str, check: str) -> None:
    tree = daemon_set(container(image=image))
    assert [name for name in (LATEST, PIN) if words(name, tree)] == ([check] if check else [])


def running(*images: str, **spec: object) -> Tree:
    names = ("app", "side", "more")
    statuses = [{"name": name, "imageID": image} for name, image in zip(names, images, strict=False)]
    return {"containerStatuses": statuses, **spec}


def test_what_runs_is_pinned_and_the_tag_stays_readable() -> None:
    setup = {**container(image="r.example/a:1"), "name": "setup"}
    tree = daemon_set(container(image="r.example/a:1"), initContainers=[setup])
    after = spec_of(fixed(PIN, tree, live(tree, status=running(f"r.example/a@{A}"))), tree)
    assert after["containers"][0]["image"] == f"r.example/a:1@{A}"
    assert after["initContainers"][0]["image"] == f"r.example/a:1@{A}"


def test_nothing_is_pinned_while_one_image_is_not_known() -> None:
    tree = daemon_set(container(image="r.example/a:1"), {**container(image="r.example/b:2"), "name": "side"})
    pod = live(tree, status=running(f"r.example/a@{A}", "sha256:local"))
    assert fix(PIN, cluster(tree, pod)).risk is Risk.MANUAL


def test_the_digest_of_an_older_template_is_not_put_to_the_new_tag() -> None:
    tree = daemon_set(container(image="r.example/a:2"))
    old = live(tree, container(image="r.example/a:1"), status=running(f"r.example/a@{A}"))
    assert fix(PIN, cluster(tree, old)).risk is Risk.MANUAL
    new = live(tree, name="web-x2", status=running(f"r.example/a@{B}"))
    (change,) = fix(PIN, cluster(tree, old, new)).changes
    assert change.body["spec"]["template"]["spec"]["containers"][0]["image"] == f"r.example/a:2@{B}"


@pytest.mark.parametrize(
    ("first", "second", "image", "expected"),
    [
        (f"r.example/a@{A}", f"r.example/a@{B}", "r.example/a:1", "high"),
        (f"r.example/a@{A}", f"mirror.example/a@{A}", "r.example/a:1", ""),
        (f"r.example/a@{A}", "sha256:local", "r.example/a:1", ""),
        (A, B, "r.example/a:1", ""),
        (f"r.example/a@{A}", f"r.example/a@{B}", "r.example/a", "high"),
        (f"r.example/a@{A}", f"r.example/a@{B}", f"r.example/a@{A}", ""),
    ],
)
def test_replicas_of_one_tag_must_run_one_image(first: str, second: str, image: str, expected: str) -> None:
    tree = daemon_set(container(image=image))
    pods = [live(tree, name=f"web-{n}", status=running(i)) for n, i in (("a", first), ("b", second))]
    assert severity(DRIFT, tree, *pods) == expected


def test_pods_of_two_templates_do_not_drift() -> None:
    tree = daemon_set(container(image="r.example/a:2"))
    old = live(tree, container(image="r.example/a:1"), name="old", status=running(f"r.example/a@{A}"))
    new = live(tree, name="new", status=running(f"r.example/a@{B}"))
    assert words(DRIFT, tree, old, new) == []
    ended = live(tree, name="ended", status=running(f"r.example/a@{A}", phase="Succeeded"))
    assert words(DRIFT, tree, new, ended) == []


def test_drift_is_told_in_the_pod_that_runs_the_other_image() -> None:
    tree = daemon_set(container(image="r.example/a:1"))
    pods = [
        live(tree, name=f"web-{name}", nodeName=f"node-{name}", status=running(f"r.example/a@{digest}"))
        for name, digest in (("a", A), ("b", B))
    ]
    (finding,) = judged(DRIFT, cluster(tree, *pods))
    (piece,) = finding.evidence
    assert piece.ref is not None
    assert (piece.ref.name, piece.path) == ("web-b", "/status/containerStatuses/0/imageID")
    assert "of pod web-b on node node-b runs r.example/a:1 as sha256:bbbb" in piece.words


@pytest.mark.parametrize(
    ("image", "policy", "found"),
    [
        ("nginx:1.27", "IfNotPresent", True),
        ("nginx:1.27", "", True),
        ("nginx:1.27", "Never", True),
        ("nginx:1.27", "Always", False),
        ("nginx", "", False),
        ("nginx:latest", "IfNotPresent", True),
        (f"nginx:1.27@{A}", "IfNotPresent", False),
    ],
)
def test_the_nodes_cache_decides_unless_the_registry_is_asked(image: str, policy: str, found: bool) -> None:
    tree = daemon_set(container(image=image, **({"imagePullPolicy": policy} if policy else {})))
    assert bool(words(POLICY, tree)) is found


def test_what_admission_sets_in_every_live_pod_is_no_finding_at_the_template() -> None:
    tree = daemon_set(container(image="r.example/a:1", imagePullPolicy="IfNotPresent"))
    asking = live(tree, container(image="r.example/a:1", imagePullPolicy="Always"), name="a")
    pinned = live(tree, container(image=f"r.example/a:1@{A}", imagePullPolicy="IfNotPresent"), name="b")
    plain = live(tree, name="c")
    assert words(POLICY, tree, asking) == []
    assert words(POLICY, tree, asking, pinned) == []
    assert words(PIN, tree, pinned) == []
    assert words(PIN, tree, pinned, plain) == ["container app runs r.example/a:1, without a digest"]
    assert len(words(POLICY, tree, asking, plain)) == 1


def test_pinning_and_asking_the_registry_leave_no_word() -> None:
    tree = daemon_set(container(image="r.example/a:1"))
    after = fixed(POLICY, tree)
    assert spec_of(after, tree)["containers"][0]["imagePullPolicy"] == "Always"


@pytest.mark.parametrize(
    ("image", "after"),
    [
        ("k8s.gcr.io/pause:3.6", "registry.k8s.io/pause:3.6"),
        (f"k8s.gcr.io/pause:3.6@{A}", f"registry.k8s.io/pause:3.6@{A}"),
        ("gcr.io/google_containers/echoserver:1.10", "registry.k8s.io/echoserver:1.10"),
        ("bitnamilegacy/redis:8", None),
        ("registry.k8s.io/pause:3.10", ""),
        ("mirror.example/k8s.gcr.io/pause:3.6", ""),
    ],
)
def test_a_frozen_registry_is_replaced_where_the_same_image_lives_on(image: str, after: str | None) -> None:
    tree = daemon_set(container(image=image))
    if after == "":
        assert words(FROZEN, tree) == []
    elif after is None:
        assert fix(FROZEN, cluster(tree)).risk is Risk.MANUAL
    else:
        assert spec_of(fixed(FROZEN, tree), tree)["containers"][0]["image"] == after


def secret(name: str, namespace: str = "shop") -> Tree:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "kubernetes.io/dockerconfigjson"}


def test_a_pull_secret_must_be_in_the_pods_own_namespace() -> None:
    tree = daemon_set(imagePullSecrets=[{"name": "registry"}])
    assert words(PULL_SECRET, tree, secret("registry")) == []
    assert words(PULL_SECRET, tree, secret("registry", "other")) == ["there is no Secret registry"]
    found = run_one(snapshot_of([tree], forbidden=[SECRET]), CHECKS[PULL_SECRET])
    assert {finding.verdict for finding in found.findings} == {Verdict.UNKNOWN}


@pytest.mark.parametrize(
    ("reference", "found"), [("r.example/m:1", True), (f"r.example/m@{A}", False), ("", False)]
)
def test_an_image_volume_is_pinned_by_its_digest(reference: str, found: bool) -> None:
    tree = daemon_set(volumes=[{"name": "m", "image": {"reference": reference}}])
    assert bool(words(VOLUME, tree)) is found
