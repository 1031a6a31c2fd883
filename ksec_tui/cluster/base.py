"""What every typed Kubernetes object shares: metadata, and how JSON maps onto fields.

The Structs hold only the fields that analysis needs; everything else is skipped while decoding.
Upstream types: k8s.io/api and k8s.io/apimachinery/pkg/apis/meta/v1.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from ksec_tui.cluster.ref import ObjectRef

Text = Annotated[str, msgspec.Meta(max_length=16_384)]
"""A string of the model. A longer one fails the quick decode and is cut on the careful road (ingest)."""

Quantity = str | int | float
"""``500m``, ``1Gi``; manifests written by hand may hold a number."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Part(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True, kw_only=True):
    """A value inside an object; JSON's camelCase names become snake_case fields."""


class OwnerReference(Part, frozen=True):
    """Who made an object (metav1.OwnerReference)."""

    api_version: Text = ""
    kind: Text = ""
    name: Text = ""
    uid: Text = ""
    controller: bool = False

    @property
    def group(self) -> str:
        """The API group of the owner, empty for the core group."""
        return self.api_version.rpartition("/")[0]


class ObjectMeta(Part, frozen=True):
    """metav1.ObjectMeta without managedFields."""

    name: Text = ""
    generate_name: Text = ""
    namespace: Text = ""
    uid: Text = ""
    resource_version: Text = ""
    creation_timestamp: Text | None = None
    deletion_timestamp: Text | None = None
    labels: dict[Text, Text] = {}
    annotations: dict[Text, Text] = {}
    owner_references: tuple[OwnerReference, ...] = ()


class TemplateMeta(Part, frozen=True):
    """The metadata of a pod template."""

    labels: dict[Text, Text] = {}
    annotations: dict[Text, Text] = {}


class LabelRequirement(Part, frozen=True):
    """One of a selector's matchExpressions."""

    key: Text = ""
    operator: Text = ""
    values: tuple[Text, ...] = ()

    @property
    def meaningful(self) -> bool:
        """Whether upstream takes it: In and NotIn need values, Exists and DoesNotExist have none."""
        return self.operator in (("In", "NotIn") if self.values else ("Exists", "DoesNotExist"))


class LabelSelector(Part, frozen=True):
    """metav1.LabelSelector; both parts empty selects everything."""

    match_labels: dict[Text, Text] = {}
    match_expressions: tuple[LabelRequirement, ...] = ()

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether `labels` satisfy every requirement.

        NotIn and DoesNotExist hold for absent keys (apimachinery labels.Requirement.Matches).
        What upstream refuses matches nothing, such as NotIn without values (labels.NewRequirement).
        """
        for key, value in self.match_labels.items():
            if labels.get(key) != value:
                return False
        return all(_holds(requirement, labels) for requirement in self.match_expressions)

    @property
    def empty(self) -> bool:
        """Whether it selects everything."""
        return not self.match_labels and not self.match_expressions


def _holds(requirement: LabelRequirement, labels: dict[str, str]) -> bool:
    value = labels.get(requirement.key)
    if not requirement.meaningful:
        return False
    match requirement.operator:
        case "In":
            return value is not None and value in requirement.values
        case "NotIn":
            return value is None or value not in requirement.values
        case "Exists":
            return value is not None
    return value is None


class LocalRef(Part, frozen=True):
    """A name in the same namespace."""

    name: Text = ""


class Condition(Part, frozen=True):
    """One entry of status.conditions."""

    type: Text = ""
    status: Text = ""
    reason: Text = ""


class KubeObject(Part, frozen=True):
    """One object of the API. `group`, `kind` and `namespaced` belong to its class."""

    group: ClassVar[str] = ""
    kind: ClassVar[str] = ""
    namespaced: ClassVar[bool] = True

    metadata: ObjectMeta = ObjectMeta()

    @property
    def name(self) -> str:
        """metadata.name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """metadata.namespace, empty for cluster-scoped kinds."""
        return self.metadata.namespace

    @property
    def ref(self) -> ObjectRef:
        """The name of this object."""
        meta = self.metadata
        return ObjectRef(meta.namespace if self.namespaced else "", self.kind, meta.name, self.group)

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages this object, if one does."""
        for owner in self.metadata.owner_references:
            if owner.controller:
                return owner
        return None
