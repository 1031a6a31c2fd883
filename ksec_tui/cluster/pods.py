"""Pods and their parts (k8s.io/api/core/v1)."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ksec_tui.cluster.base import (
    KubeObject,
    LabelRequirement,
    LocalRef,
    Part,
    Quantity,
    Text,
)
from ksec_tui.cluster.volumes import Anything, Volume


class SeccompProfile(Part, frozen=True):
    """core/v1 SeccompProfile (and AppArmorProfile, which has the same shape)."""

    type: Text = ""
    localhost_profile: Text | None = None


class SELinuxOptions(Part, frozen=True):
    """core/v1 SELinuxOptions."""

    user: Text = ""
    role: Text = ""
    type: Text = ""
    level: Text = ""


class WindowsOptions(Part, frozen=True):
    """core/v1 WindowsSecurityContextOptions."""

    host_process: bool | None = None
    run_as_user_name: Text | None = None


class Capabilities(Part, frozen=True):
    """Capabilities added to and dropped from the runtime's default set."""

    add: tuple[Text, ...] = ()
    drop: tuple[Text, ...] = ()


class SecurityContext(Part, frozen=True):
    """A container's securityContext; None is unset, which is not the same as false."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    read_only_root_filesystem: bool | None = None
    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    proc_mount: Text | None = None
    capabilities: Capabilities | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: SeccompProfile | None = None
    se_linux_options: SELinuxOptions | None = None
    windows_options: WindowsOptions | None = None


class Sysctl(Part, frozen=True):
    """A kernel parameter."""

    name: Text = ""
    value: Text = ""


class PodSecurityContext(Part, frozen=True):
    """A pod's securityContext."""

    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    fs_group: int | None = None
    supplemental_groups: tuple[int, ...] = ()
    sysctls: tuple[Sysctl, ...] = ()
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: SeccompProfile | None = None
    se_linux_options: SELinuxOptions | None = None
    windows_options: WindowsOptions | None = None


class KeyRef(Part, frozen=True):
    """A key of a Secret or ConfigMap."""

    name: Text = ""
    key: Text = ""
    optional: bool | None = None


class EnvSource(Part, frozen=True):
    """Where an environment variable takes its value from."""

    secret_key_ref: KeyRef | None = None
    config_map_key_ref: KeyRef | None = None


class EnvVar(Part, frozen=True):
    """One environment variable. `value` may be a credential: never show it, never write it."""

    name: Text = ""
    value: Text = ""
    value_from: EnvSource | None = None


class EnvFrom(Part, frozen=True):
    """A whole Secret or ConfigMap as environment."""

    prefix: Text = ""
    secret_ref: LocalRef | None = None
    config_map_ref: LocalRef | None = None


class VolumeMount(Part, frozen=True):
    """Where a volume appears in a container."""

    name: Text = ""
    mount_path: Text = ""
    sub_path: Text = ""
    read_only: bool = False


class ContainerPort(Part, frozen=True):
    """A declared port; `host_port` publishes it on the node."""

    container_port: int = 0
    host_port: int = 0
    host_ip: Text = field(default="", name="hostIP")
    name: Text = ""
    protocol: Text = "TCP"


class Resources(Part, frozen=True):
    """Requests and limits by resource name."""

    limits: dict[Text, Quantity] = {}
    requests: dict[Text, Quantity] = {}


class HandlerTarget(Part, frozen=True):
    """The part of an httpGet or tcpSocket handler that names a host."""

    host: Text = ""
    port: int | Text = 0


class ExecAction(Part, frozen=True):
    """A command that a probe or hook runs in the container. It may hold a credential, as `EnvVar` may."""

    command: tuple[Text, ...] = ()


class Probe(Part, frozen=True):
    """A probe or a lifecycle hook: only where it connects to and what it runs."""

    http_get: HandlerTarget | None = None
    tcp_socket: HandlerTarget | None = None
    exec_: ExecAction | None = field(default=None, name="exec")


class Lifecycle(Part, frozen=True):
    """A container's hooks."""

    post_start: Probe | None = None
    pre_stop: Probe | None = None


class Container(Part, frozen=True):
    """A container, init container or ephemeral container."""

    name: Text = ""
    image: Text = ""
    image_pull_policy: Text = ""
    command: tuple[Text, ...] = ()
    args: tuple[Text, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    resources: Resources = Resources()
    volume_mounts: tuple[VolumeMount, ...] = ()
    security_context: SecurityContext | None = None
    restart_policy: Text | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None


class Toleration(Part, frozen=True):
    """core/v1 Toleration."""

    key: Text = ""
    operator: Text = ""
    value: Text = ""
    effect: Text = ""
    toleration_seconds: int | None = None


class NodeSelectorTerm(Part, frozen=True):
    """Requirements on a node's labels, all of which must hold."""

    match_expressions: tuple[LabelRequirement, ...] = ()


class NodeSelector(Part, frozen=True):
    """Terms, one of which must hold."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class NodeAffinity(Part, frozen=True):
    """core/v1 NodeAffinity: only what the scheduler must heed."""

    required: NodeSelector | None = field(default=None, name="requiredDuringSchedulingIgnoredDuringExecution")


class Affinity(Part, frozen=True):
    """core/v1 Affinity: only that to nodes."""

    node_affinity: NodeAffinity | None = None


class PodOS(Part, frozen=True):
    """spec.os."""

    name: Text = ""


class PodSpec(Part, frozen=True):
    """core/v1 PodSpec."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    service_account_name: Text = ""
    service_account: Text = ""
    automount_service_account_token: bool | None = None
    dns_policy: Text = ""
    host_network: bool = False
    host_pid: bool = field(default=False, name="hostPID")
    host_ipc: bool = field(default=False, name="hostIPC")
    host_users: bool | None = None
    share_process_namespace: bool | None = None
    node_name: Text = ""
    node_selector: dict[Text, Text] = {}
    tolerations: tuple[Toleration, ...] = ()
    affinity: Affinity | None = None
    priority_class_name: Text = ""
    runtime_class_name: Text | None = None
    restart_policy: Text = ""
    image_pull_secrets: tuple[LocalRef, ...] = ()
    security_context: PodSecurityContext | None = None
    os: PodOS | None = None
    resources: Resources = Resources()

    @property
    def account(self) -> str:
        """The ServiceAccount it runs as; ``default`` when none is named (serviceaccount admission)."""
        return self.service_account_name or self.service_account or "default"


class ContainerState(Part, frozen=True):
    """core/v1 ContainerState: only whether it has ended."""

    terminated: Anything | None = None


class ContainerStatus(Part, frozen=True):
    """What runs."""

    name: Text = ""
    image: Text = ""
    image_id: Text = field(default="", name="imageID")
    state: ContainerState = ContainerState()


class PodIP(Part, frozen=True):
    """One address of a pod."""

    ip: Text = ""


class PodStatus(Part, frozen=True):
    """core/v1 PodStatus."""

    phase: Text = ""
    pod_ip: Text = field(default="", name="podIP")
    host_ip: Text = field(default="", name="hostIP")
    pod_ips: tuple[PodIP, ...] = field(default=(), name="podIPs")
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(KubeObject, frozen=True):
    """core/v1 Pod."""

    kind: ClassVar[str] = "Pod"
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def finished(self) -> bool:
        """Whether it ran to its end: no process, no endpoint."""
        return self.status.phase in ("Succeeded", "Failed")
