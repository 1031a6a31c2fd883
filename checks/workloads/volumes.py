"""Volumes that have the node fetch or mount things for a pod's author."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.workloads._common import specs
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.volumes import Volume
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_INLINE = {
    "nfs": ("nfs", "NFS"),
    "iscsi": ("iscsi", "iSCSI"),
    "glusterfs": ("glusterfs", "GlusterFS"),
    "rbd": ("rbd", "Ceph block storage"),
    "cephfs": ("cephfs", "CephFS"),
    "flexVolume": ("flex_volume", "a FlexVolume driver"),
    "cinder": ("cinder", "OpenStack Cinder"),
    "flocker": ("flocker", "Flocker"),
    "fc": ("fc", "Fibre Channel"),
    "azureFile": ("azure_file", "Azure Files"),
    "azureDisk": ("azure_disk", "an Azure disk"),
    "vsphereVolume": ("vsphere_volume", "vSphere"),
    "quobyte": ("quobyte", "Quobyte"),
    "photonPersistentDisk": ("photon_persistent_disk", "Photon"),
    "portworxVolume": ("portworx_volume", "Portworx"),
    "scaleIO": ("scale_io", "ScaleIO"),
    "storageos": ("storageos", "StorageOS"),
    "gcePersistentDisk": ("gce_persistent_disk", "a disk of Google Cloud"),
    "awsElasticBlockStore": ("aws_elastic_block_store", "a disk of AWS"),
}
"""Sources outside of the list that Pod Security restricted allows (check_restrictedVolumes.go), in words.

hostPath and gitRepo are not on it either; they have checks of their own.
"""


def _inline(volume: Volume) -> tuple[str, str]:
    """(field, words) of what a volume mounts by itself; empty when it is none of these."""
    for name, (attribute, words) in _INLINE.items():
        if getattr(volume, attribute) is not None:
            return name, words
    return "", ""


@check(
    "wl-volume-type",
    "Storage mounted past its administrators",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS restricted",),
)
def inline_volume(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A pod names storage itself instead of claiming it.

    ## Why
    The node mounts whatever server, export or disk the pod's author writes down, with the node's rights on
    the storage network. A claim leaves the choice to whoever runs the storage, and the drivers that are
    built in are old and removed one after the other.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          volumes:
            - name: media
              nfs: {server: nas.shop.example, path: /media}
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          volumes:
            - name: media
              persistentVolumeClaim: {claimName: media}
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    for spec, pointer, ref in specs(workload, lambda spec: any(_inline(v)[0] for v in spec.volumes)):
        for index, volume in enumerate(spec.volumes):
            field, words = _inline(volume)
            if field:
                yield Evidence(
                    f"{pointer}/volumes/{index}/{field}",
                    f"volume {volume.name} is mounted from {words} directly",
                    ref,
                )


@inline_volume.fix
def _claimed(workload: Workload, _: Snapshot) -> Fix | None:
    names = [volume.name for volume in workload.spec.volumes if _inline(volume)[0]]
    if workload.system or not names:
        return None
    return Fix(
        f"Claim the storage of volume {' and '.join(names)}",
        (),
        Risk.MANUAL,
        "The pod does not start until the claim is bound.",
        (
            "Have a PersistentVolume made for the storage, with its CSI driver where there is one.",
            f"Create a PersistentVolumeClaim in {workload.namespace} that is bound to it.",
            "In the pod template set the old source to null and persistentVolumeClaim in the same patch.",
        ),
    )


def _repositories(spec: PodSpec) -> list[tuple[int, str]]:
    return [(index, v.name) for index, v in enumerate(spec.volumes) if v.git_repo is not None]


@check(
    "wl-gitrepo-volume",
    "Volume that runs git on the node",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CONTAINER, Threat.CREDENTIALS),
    references=("PSS restricted", "T1611", "CVE-2024-10220", "KEP-5040"),
)
def git_volume(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A pod has a gitRepo volume.

    ## Why
    The kubelet runs git as root of the node on a repository that the pod's author names: hooks in it ran on
    the node (CVE-2024-10220), and git has had more flaws of that kind. The type is deprecated since 1.11
    and switched off since 1.33.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          volumes:
            - name: site
              gitRepo: {repository: "https://git.shop.example/site.git"}
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          volumes:
            - name: site
              emptyDir: {}
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    for spec, pointer, ref in specs(workload, lambda spec: bool(_repositories(spec))):
        for index, name in _repositories(spec):
            yield Evidence(f"{pointer}/volumes/{index}/gitRepo", f"volume {name} is a gitRepo", ref)


@git_volume.fix
def _cloned(workload: Workload, _: Snapshot) -> Fix | None:
    names = [name for _, name in _repositories(workload.spec)]
    if workload.system or not names:
        return None
    return Fix(
        f"Clone into volume {' and '.join(names)} from an init container",
        (),
        Risk.MANUAL,
        "The files are missing until the init container has cloned them.",
        (
            "Make the volume an emptyDir, with gitRepo: null in the same patch.",
            "Add an init container with git that clones the repository into it, as a user of its own.",
            "Or build the files into the image, or use an image volume.",
        ),
    )


def _unpinned(spec: PodSpec) -> list[tuple[int, str, str]]:
    """(position, volume, reference) of image volumes without a digest."""
    return [
        (index, volume.name, volume.image.reference)
        for index, volume in enumerate(spec.volumes)
        if volume.image is not None and volume.image.reference and "@" not in volume.image.reference
    ]


@check(
    "img-volume-source",
    "Image volume without a digest",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("T1525", "KEP-4639"),
)
def image_volume(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """The files of a volume come from an image whose tag may be moved.

    ## Why
    Whoever may push to the repository replaces models, plug-ins or web pages at the next start, and the
    container's own image, pinned or not, says nothing of it.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          volumes:
            - name: models
              image: {reference: "registry.example/models:2026-10"}
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          volumes:
            - name: models
              image:
                reference: shop.example/models@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    for spec, pointer, ref in specs(workload, lambda spec: bool(_unpinned(spec))):
        for index, name, reference in _unpinned(spec):
            words = f"volume {name} is image {reference}, without a digest"
            yield Evidence(f"{pointer}/volumes/{index}/image/reference", words, ref)


@image_volume.fix
def _pinned(workload: Workload, _: Snapshot) -> Fix | None:
    found = _unpinned(workload.spec)
    if workload.system or not found:
        return None
    return Fix(
        f"Name the digest of the image of volume {' and '.join(name for _, name, _ in found)}",
        (),
        Risk.MANUAL,
        "A digest of one processor architecture only cannot be mounted on nodes of another.",
        (
            "Look the digest up in the registry: no object of the cluster tells which one is mounted.",
            "Set image.reference to repository:tag@sha256:…",
        ),
    )
