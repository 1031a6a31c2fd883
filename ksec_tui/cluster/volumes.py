"""The volumes of pods (k8s.io/api/core/v1 VolumeSource)."""

from __future__ import annotations

from msgspec import field

from ksec_tui.cluster.base import LocalRef, Part, Quantity, Text


class HostPath(Part, frozen=True):
    """A directory of the node."""

    path: Text = ""
    type: Text | None = None


class SecretVolume(Part, frozen=True):
    """A mounted Secret."""

    secret_name: Text = ""
    optional: bool | None = None


class TokenProjection(Part, frozen=True):
    """A ServiceAccount token in a projected volume."""

    audience: Text = ""
    expiration_seconds: int | None = None
    path: Text = ""


class Projection(Part, frozen=True):
    """One source of a projected volume."""

    secret: LocalRef | None = None
    config_map: LocalRef | None = None
    service_account_token: TokenProjection | None = None


class Projected(Part, frozen=True):
    """Several sources in one volume."""

    sources: tuple[Projection, ...] = ()


class EmptyDir(Part, frozen=True):
    """Scratch space."""

    medium: Text = ""
    size_limit: Quantity | None = None


class ClaimRef(Part, frozen=True):
    """A PersistentVolumeClaim by name."""

    claim_name: Text = ""


class Anything(Part, frozen=True):
    """A source of which only the presence matters."""


class ImageVolume(Part, frozen=True):
    """The files of an image as a volume (KEP-4639)."""

    reference: Text = ""


class Volume(Part, frozen=True):
    """A pod's volume. A volume without any source is an emptyDir (core/v1 defaults.go SetDefaults_Volume)."""

    name: Text = ""
    host_path: HostPath | None = None
    empty_dir: EmptyDir | None = None
    secret: SecretVolume | None = None
    config_map: LocalRef | None = None
    projected: Projected | None = None
    persistent_volume_claim: ClaimRef | None = None
    ephemeral: Anything | None = None
    csi: Anything | None = None
    downward_api: Anything | None = field(default=None, name="downwardAPI")
    image: ImageVolume | None = None
    nfs: Anything | None = None
    git_repo: Anything | None = None
    iscsi: Anything | None = None
    glusterfs: Anything | None = None
    rbd: Anything | None = None
    flex_volume: Anything | None = None
    cinder: Anything | None = None
    cephfs: Anything | None = None
    flocker: Anything | None = None
    fc: Anything | None = None
    azure_file: Anything | None = None
    azure_disk: Anything | None = None
    vsphere_volume: Anything | None = None
    quobyte: Anything | None = None
    photon_persistent_disk: Anything | None = None
    portworx_volume: Anything | None = None
    scale_io: Anything | None = field(default=None, name="scaleIO")
    storageos: Anything | None = None
    gce_persistent_disk: Anything | None = None
    aws_elastic_block_store: Anything | None = None
