"""Namespaces, nodes, storage, quotas, admission and extension objects."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ksec_tui.cluster.base import Condition, KubeObject, LabelSelector, Part, Quantity, Text
from ksec_tui.cluster.volumes import HostPath


class Namespace(KubeObject, frozen=True):
    """core/v1 Namespace."""

    kind: ClassVar[str] = "Namespace"
    namespaced: ClassVar[bool] = False


class Taint(Part, frozen=True):
    """core/v1 Taint."""

    key: Text = ""
    value: Text = ""
    effect: Text = ""


class NodeSpec(Part, frozen=True):
    """core/v1 NodeSpec."""

    pod_cidrs: tuple[Text, ...] = field(default=(), name="podCIDRs")
    provider_id: Text = field(default="", name="providerID")
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False


class NodeAddress(Part, frozen=True):
    """core/v1 NodeAddress."""

    type: Text = ""
    address: Text = ""


class NodeSystemInfo(Part, frozen=True):
    """core/v1 NodeSystemInfo."""

    kubelet_version: Text = ""
    kube_proxy_version: Text = ""
    container_runtime_version: Text = ""
    kernel_version: Text = ""
    os_image: Text = ""
    operating_system: Text = ""
    architecture: Text = ""


class NodeStatus(Part, frozen=True):
    """core/v1 NodeStatus."""

    addresses: tuple[NodeAddress, ...] = ()
    conditions: tuple[Condition, ...] = ()
    node_info: NodeSystemInfo = NodeSystemInfo()


class Node(KubeObject, frozen=True):
    """core/v1 Node."""

    kind: ClassVar[str] = "Node"
    namespaced: ClassVar[bool] = False
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def control_plane(self) -> bool:
        """Whether it is labelled or tainted as a control-plane node (kubeadm's convention)."""
        roles = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
        return any(role in self.metadata.labels for role in roles) or any(
            taint.key in roles for taint in self.spec.taints
        )


class ClaimRef(Part, frozen=True):
    """Who uses a volume."""

    namespace: Text = ""
    name: Text = ""


class PersistentVolumeSpec(Part, frozen=True):
    """core/v1 PersistentVolumeSpec."""

    host_path: HostPath | None = None
    local: HostPath | None = None
    claim_ref: ClaimRef | None = None
    storage_class_name: Text = ""


class PersistentVolume(KubeObject, frozen=True):
    """core/v1 PersistentVolume."""

    kind: ClassVar[str] = "PersistentVolume"
    namespaced: ClassVar[bool] = False
    spec: PersistentVolumeSpec = PersistentVolumeSpec()


class ClaimSpec(Part, frozen=True):
    """core/v1 PersistentVolumeClaimSpec."""

    volume_name: Text = ""
    storage_class_name: Text | None = None


class PersistentVolumeClaim(KubeObject, frozen=True):
    """core/v1 PersistentVolumeClaim."""

    kind: ClassVar[str] = "PersistentVolumeClaim"
    spec: ClaimSpec = ClaimSpec()


class QuotaSpec(Part, frozen=True):
    """core/v1 ResourceQuotaSpec."""

    hard: dict[Text, Quantity] = {}


class ResourceQuota(KubeObject, frozen=True):
    """core/v1 ResourceQuota."""

    kind: ClassVar[str] = "ResourceQuota"
    spec: QuotaSpec = QuotaSpec()


class LimitRangeItem(Part, frozen=True):
    """core/v1 LimitRangeItem."""

    type: Text = ""
    default: dict[Text, Quantity] = {}
    default_request: dict[Text, Quantity] = {}
    max: dict[Text, Quantity] = {}


class LimitRangeSpec(Part, frozen=True):
    """core/v1 LimitRangeSpec."""

    limits: tuple[LimitRangeItem, ...] = ()


class LimitRange(KubeObject, frozen=True):
    """core/v1 LimitRange."""

    kind: ClassVar[str] = "LimitRange"
    spec: LimitRangeSpec = LimitRangeSpec()


class ServiceReference(Part, frozen=True):
    """The Service that answers a webhook or an aggregated API."""

    namespace: Text = ""
    name: Text = ""
    port: int | None = None
    path: Text | None = None


class WebhookClientConfig(Part, frozen=True):
    """admissionregistration/v1 WebhookClientConfig; the CA bundle itself is of no interest."""

    service: ServiceReference | None = None
    url: Text | None = None


class WebhookRule(Part, frozen=True):
    """admissionregistration/v1 RuleWithOperations."""

    operations: tuple[Text, ...] = ()
    api_groups: tuple[Text, ...] = ()
    resources: tuple[Text, ...] = ()
    scope: Text | None = None


class MatchCondition(Part, frozen=True):
    """A CEL filter of a webhook."""

    name: Text = ""
    expression: Text = ""


class Webhook(Part, frozen=True):
    """One webhook; failurePolicy is Fail by default in v1."""

    name: Text = ""
    client_config: WebhookClientConfig = WebhookClientConfig()
    failure_policy: Text = "Fail"
    namespace_selector: LabelSelector = LabelSelector()
    object_selector: LabelSelector = LabelSelector()
    rules: tuple[WebhookRule, ...] = ()
    match_conditions: tuple[MatchCondition, ...] = ()


class ValidatingWebhookConfiguration(KubeObject, frozen=True):
    """admissionregistration/v1 ValidatingWebhookConfiguration."""

    group: ClassVar[str] = "admissionregistration.k8s.io"
    kind: ClassVar[str] = "ValidatingWebhookConfiguration"
    namespaced: ClassVar[bool] = False
    webhooks: tuple[Webhook, ...] = ()


class MutatingWebhookConfiguration(KubeObject, frozen=True):
    """admissionregistration/v1 MutatingWebhookConfiguration."""

    group: ClassVar[str] = "admissionregistration.k8s.io"
    kind: ClassVar[str] = "MutatingWebhookConfiguration"
    namespaced: ClassVar[bool] = False
    webhooks: tuple[Webhook, ...] = ()


class MatchResources(Part, frozen=True):
    """What an admission policy looks at."""

    resource_rules: tuple[WebhookRule, ...] = ()
    namespace_selector: LabelSelector = LabelSelector()


class Validation(Part, frozen=True):
    """One CEL rule of a policy."""

    expression: Text = ""


class AdmissionPolicySpec(Part, frozen=True):
    """admissionregistration/v1 ValidatingAdmissionPolicySpec."""

    failure_policy: Text = "Fail"
    match_constraints: MatchResources = MatchResources()
    validations: tuple[Validation, ...] = ()


class ValidatingAdmissionPolicy(KubeObject, frozen=True):
    """admissionregistration/v1 ValidatingAdmissionPolicy."""

    group: ClassVar[str] = "admissionregistration.k8s.io"
    kind: ClassVar[str] = "ValidatingAdmissionPolicy"
    namespaced: ClassVar[bool] = False
    spec: AdmissionPolicySpec = AdmissionPolicySpec()


class AdmissionBindingSpec(Part, frozen=True):
    """admissionregistration/v1 ValidatingAdmissionPolicyBindingSpec."""

    policy_name: Text = ""
    validation_actions: tuple[Text, ...] = ()


class ValidatingAdmissionPolicyBinding(KubeObject, frozen=True):
    """admissionregistration/v1 ValidatingAdmissionPolicyBinding."""

    group: ClassVar[str] = "admissionregistration.k8s.io"
    kind: ClassVar[str] = "ValidatingAdmissionPolicyBinding"
    namespaced: ClassVar[bool] = False
    spec: AdmissionBindingSpec = AdmissionBindingSpec()


class APIServiceSpec(Part, frozen=True):
    """apiregistration/v1 APIServiceSpec."""

    service: ServiceReference | None = None
    group: Text = ""
    version: Text = ""
    insecure_skip_tls_verify: bool = field(default=False, name="insecureSkipTLSVerify")


class APIService(KubeObject, frozen=True):
    """apiregistration/v1 APIService."""

    group: ClassVar[str] = "apiregistration.k8s.io"
    kind: ClassVar[str] = "APIService"
    namespaced: ClassVar[bool] = False
    spec: APIServiceSpec = APIServiceSpec()


class SigningRequestSpec(Part, frozen=True):
    """certificates/v1 CertificateSigningRequestSpec without the request itself."""

    signer_name: Text = ""
    username: Text = ""
    groups: tuple[Text, ...] = ()
    usages: tuple[Text, ...] = ()


class SigningRequestStatus(Part, frozen=True):
    """Whether it was approved."""

    conditions: tuple[Condition, ...] = ()


class CertificateSigningRequest(KubeObject, frozen=True):
    """certificates/v1 CertificateSigningRequest."""

    group: ClassVar[str] = "certificates.k8s.io"
    kind: ClassVar[str] = "CertificateSigningRequest"
    namespaced: ClassVar[bool] = False
    spec: SigningRequestSpec = SigningRequestSpec()
    status: SigningRequestStatus = SigningRequestStatus()


class CRD(KubeObject, frozen=True):
    """apiextensions/v1 CustomResourceDefinition: its name says group and plural."""

    group: ClassVar[str] = "apiextensions.k8s.io"
    kind: ClassVar[str] = "CustomResourceDefinition"
    namespaced: ClassVar[bool] = False
