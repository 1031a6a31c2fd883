"""The controllers that make pods (k8s.io/api/apps/v1, batch/v1, core/v1)."""

from __future__ import annotations

from typing import ClassVar

from ksec_tui.cluster.base import KubeObject, LabelSelector, Part, TemplateMeta, Text
from ksec_tui.cluster.pods import PodSpec


class PodTemplate(Part, frozen=True):
    """The pod that a controller makes."""

    metadata: TemplateMeta = TemplateMeta()
    spec: PodSpec = PodSpec()


class WorkloadSpec(Part, frozen=True):
    """The common part of the controllers' specs."""

    replicas: int | None = None
    selector: LabelSelector = LabelSelector()
    template: PodTemplate = PodTemplate()


class WorkloadStatus(Part, frozen=True):
    """How many pods there are."""

    replicas: int = 0
    ready_replicas: int = 0


class Deployment(KubeObject, frozen=True):
    """apps/v1 Deployment."""

    group: ClassVar[str] = "apps"
    kind: ClassVar[str] = "Deployment"
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()


class StatefulSet(KubeObject, frozen=True):
    """apps/v1 StatefulSet."""

    group: ClassVar[str] = "apps"
    kind: ClassVar[str] = "StatefulSet"
    spec: WorkloadSpec = WorkloadSpec()


class DaemonSet(KubeObject, frozen=True):
    """apps/v1 DaemonSet."""

    group: ClassVar[str] = "apps"
    kind: ClassVar[str] = "DaemonSet"
    spec: WorkloadSpec = WorkloadSpec()


class ReplicaSet(KubeObject, frozen=True):
    """apps/v1 ReplicaSet."""

    group: ClassVar[str] = "apps"
    kind: ClassVar[str] = "ReplicaSet"
    spec: WorkloadSpec = WorkloadSpec()


class ControllerSpec(Part, frozen=True):
    """core/v1 ReplicationControllerSpec: its selector is a plain map."""

    replicas: int | None = None
    selector: dict[Text, Text] = {}
    template: PodTemplate = PodTemplate()


class ReplicationController(KubeObject, frozen=True):
    """core/v1 ReplicationController."""

    kind: ClassVar[str] = "ReplicationController"
    spec: ControllerSpec = ControllerSpec()


class Job(KubeObject, frozen=True):
    """batch/v1 Job."""

    group: ClassVar[str] = "batch"
    kind: ClassVar[str] = "Job"
    spec: WorkloadSpec = WorkloadSpec()


class JobTemplate(Part, frozen=True):
    """The Job that a CronJob makes."""

    spec: WorkloadSpec = WorkloadSpec()


class CronJobSpec(Part, frozen=True):
    """batch/v1 CronJobSpec."""

    schedule: Text = ""
    suspend: bool | None = None
    job_template: JobTemplate = JobTemplate()


class CronJob(KubeObject, frozen=True):
    """batch/v1 CronJob."""

    group: ClassVar[str] = "batch"
    kind: ClassVar[str] = "CronJob"
    spec: CronJobSpec = CronJobSpec()
