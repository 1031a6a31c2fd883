"""Lists of built-in kinds merge by the keys of the API's struct tags, and custom resources not at all."""

from __future__ import annotations

import pytest

from ksec_tui.fixes.merge_keys import shape_of


@pytest.mark.parametrize(
    ("group", "kind", "path", "key"),
    [
        ("", "Pod", "spec/containers/ports", "containerPort"),
        ("", "Pod", "spec/volumes/ephemeral/volumeClaimTemplate/metadata/ownerReferences", "uid"),
        ("", "Pod", "status/containerStatuses/volumeMounts", "mountPath"),
        ("apps", "StatefulSet", "spec/template/spec/topologySpreadConstraints", "topologyKey"),
        ("extensions", "Deployment", "spec/template/spec/hostAliases", "ip"),
        (
            "batch",
            "CronJob",
            "spec/jobTemplate/spec/template/spec/initContainers/volumeDevices",
            "devicePath",
        ),
        ("", "Service", "spec/ports", "port"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy", "spec/matchConditions", "name"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "spec/variables", "name"),
        ("resource.k8s.io", "ResourceClaim", "status/reservedFor", "uid"),
        ("scheduling.k8s.io", "PodGroup", "status/conditions", "type"),
    ],
)
def test_a_list_merges_by_its_key(group: str, kind: str, path: str, key: str) -> None:
    shape = shape_of(group, kind)
    assert shape is not None
    for part in path.split("/"):
        shape = shape.of(part)
    assert shape.key == key


@pytest.mark.parametrize(
    ("group", "kind", "path"),
    [
        ("", "Pod", "spec/tolerations"),
        ("", "Pod", "spec/containers/envFrom"),
        ("", "Pod", "status/containerStatuses"),
        ("", "ServiceAccount", "imagePullSecrets"),
        ("apps", "StatefulSet", "spec/volumeClaimTemplates"),
        ("networking.k8s.io", "NetworkPolicy", "spec/egress"),
        ("networking.k8s.io", "Ingress", "spec/tls"),
        ("rbac.authorization.k8s.io", "ClusterRole", "rules"),
        ("rbac.authorization.k8s.io", "RoleBinding", "subjects"),
    ],
)
def test_every_other_list_is_replaced(group: str, kind: str, path: str) -> None:
    shape = shape_of(group, kind)
    assert shape is not None
    for part in path.split("/"):
        shape = shape.of(part)
    assert not shape.key
    assert not shape.union


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("gateway.networking.k8s.io", "HTTPRoute"),
        ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
        ("argoproj.io", "Rollout"),
        ("snapshot.storage.k8s.io", "VolumeSnapshot"),
    ],
)
def test_a_custom_resource_takes_no_strategic_merge_patch(group: str, kind: str) -> None:
    assert shape_of(group, kind) is None
