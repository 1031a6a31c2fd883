"""Kubelet configurations are read from files, alone or as kubeadm keeps them in a ConfigMap."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ksec_tui.analysis.kubelets import configurations
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.saved import SavedSource, save

BARE = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
readOnlyPort: 10255
staticPodURLHeader: {Authorization: [c4nary]}
"""


def config_map(name: str = "kubelet-config") -> dict[str, object]:
    meta = {"name": name, "namespace": "kube-system"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
        "data": {"kubelet": BARE, "other": "c4nary"},
    }


@pytest.mark.parametrize("form", ["bare", "configmap", "list"])
def test_a_kubelet_configuration_is_read_in_every_form(form: str, tmp_path: Path) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [config_map("kubelet-config-1.20")]}
    texts = {"bare": BARE, "configmap": json.dumps(config_map()), "list": json.dumps(listed)}
    path = tmp_path / ("kubelet.yaml" if form == "bare" else "objects.json")
    path.write_text(texts[form])
    snapshot, problems = load(FileSource([str(path)]))
    (found,) = configurations(snapshot)
    assert found.read_only_port == 10255
    assert not problems
    assert "c4nary" not in repr([snapshot.document(found.ref), found])


def test_a_configmap_of_another_name_is_no_kubelet_configuration(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(config_map("web")))
    assert configurations(load(FileSource([str(tmp_path)]))[0]) == ()


def test_a_broken_copy_spoils_nothing(tmp_path: Path) -> None:
    document = config_map()
    document["data"] = {"kubelet": "a: [1\n b"}
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert configurations(load(FileSource([str(tmp_path)]))[0]) == ()


def test_it_is_saved_and_read_again(tmp_path: Path) -> None:
    (tmp_path / "kubelet.yaml").write_text(BARE)
    snapshot, _ = load(FileSource([str(tmp_path / "kubelet.yaml")]))
    save(snapshot, tmp_path / "saved.ksec")
    again, problems = load(SavedSource(tmp_path / "saved.ksec"))
    assert configurations(again) == configurations(snapshot)
    assert again.coverage == snapshot.coverage
    assert not problems
