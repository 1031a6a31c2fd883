"""Who manages an object, as a value and in words."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ksec_tui.cluster.text import one_line


class Manager(msgspec.Struct, frozen=True):
    """What reconciles an object.

    Attributes:
        kind: ``Helm``, ``Argo CD``, ``Flux``, ``OLM``, ``addon manager``, ``operator``, ``kubectl``, ``kubelet`` (of
            static pods) and the like.
        name: the release, application or owner; empty when the marks tell none.
        advice: one sentence: where the change belongs, and what becomes of a live patch.
        places: where exactly that likely is, one phrase each, the likeliest first.
        reverts: whether it takes a live patch of the fields in question back, sooner or later.
        undone: whether a live patch is taken back at once, or impossible: then none is worth writing.
    """

    kind: str
    name: str
    advice: str
    places: tuple[str, ...] = ()
    reverts: bool = True
    undone: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """The advice, then each place, one line each."""
        return (self.advice, *(f"Likely place: {place}." for place in self.places))


@dataclass(frozen=True, slots=True)
class Tool:
    """One that manages objects.

    Attributes:
        kind: what it is called.
        noun: what its name is the name of: ``release``; empty when it needs none.
        where: where the change belongs, imperative.
        when: what takes a live patch back: ``the next sync``.
        writers: the names under which it writes, in managedFields; a name that ends in ``*`` is a beginning.
        undone: whether it takes a live patch back at once.
        does: what it does to the object.
    """

    kind: str
    noun: str
    where: str
    when: str
    writers: tuple[str, ...] = ()
    undone: bool = False
    does: str = "manages this"

    def manager(self, name: str, places: tuple[str, ...] = (), *, keeps: bool = False) -> Manager:
        """The manager called `name`; `keeps` when it does not set the fields in question itself."""
        name = one_line(name, 253)
        said = " ".join(part for part in (self.kind, self.noun if name else "", name) if part)
        end = (
            f"it does not set what changes, so that {self.when} keeps a live patch, but not a new object"
            if keeps
            else f"{self.when} reverts a live patch"
        )
        advice = f"{said} {self.does}: {self.where}; {end}."
        return Manager(
            self.kind,
            name,
            advice[0].upper() + advice[1:],
            tuple(one_line(place, 600) for place in places),
            not keeps,
            self.undone,
        )

    def wrote(self, writer: str) -> bool:
        """Whether it writes under that name."""
        return any(
            writer.startswith(name[:-1]) if name.endswith("*") else writer == name for name in self.writers
        )


ARGO = Tool(
    "Argo CD",
    "application",
    "put the change into its repository",
    "the next sync",
    ("argocd-controller", "argocd-application-controller"),
)
KUSTOMIZATION = Tool(
    "Flux",
    "Kustomization",
    "put the change into its repository",
    "the next reconciliation",
    ("kustomize-controller",),
)
HELM_RELEASE = Tool(
    "Flux", "HelmRelease", "put the change into its values", "the next reconciliation", ("helm-controller",)
)
CONFIG_SYNC = Tool(
    "Config Sync",
    "source",
    "put the change into its repository",
    "the next reconciliation",
    ("configsync", "reposync"),
)
FLEET = Tool("Fleet", "bundle", "put the change into its repository", "the next deployment", ("fleetagent",))
HELM = Tool("Helm", "release", "put the change into its values", "the next upgrade", ("helm", "Helm"))
CHART = Tool(
    "Helm", "chart", "put the change into the values it is rendered with", "the next apply", does="made this"
)
KAPP = Tool(
    "kapp", "app", "put the change into its configuration", "the next deploy", ("kapp", "kapp-controller")
)
RANCHER_ADDON = Tool("K3s/RKE2", "addon", "change the addon's manifest", "the next start of a server")
OLM = Tool(
    "OLM",
    "owner",
    "change the operator's subscription or its bundle",
    "the operator lifecycle manager",
    undone=True,
)
ADDON = Tool("addon manager", "", "change the addon's manifest", "its next round", undone=True)
AKS = Tool("AKS", "", "change the settings of the cluster in Azure", "its reconciler", undone=True)
GKE = Tool(
    "GKE", "component", "change the settings of the cluster in Google Cloud", "its addon manager", undone=True
)
EKS = Tool("EKS add-on", "", "change the add-on's configuration values", "its next update", ("eks",))
OPENSHIFT = Tool(
    "OpenShift",
    "",
    "change the resource of its cluster operator",
    "the cluster version operator",
    ("cluster-version-operator",),
    undone=True,
)
PULUMI = Tool("Pulumi", "", "change the program", "the next update", ("pulumi-*",))
TERRAFORM = Tool("Terraform", "", "change the configuration", "the next apply", ("Terraform", "HashiCorp"))
CROSSPLANE = Tool(
    "Crossplane",
    "",
    "change the composition or the Object",
    "its next reconciliation",
    ("crossplane*", "apiextensions.crossplane.io*"),
    undone=True,
)
KUSTOMIZE = Tool("Kustomize", "", "put the change into an overlay", "the next apply")
KUBECTL = Tool(
    "kubectl",
    "",
    "put the change there too",
    "the next apply",
    ("kubectl-client-side-apply", "kubectl-last-applied", "kubectl"),
    does="applied this from a manifest",
)
STATIC = Tool(
    "kubelet",
    "",
    "change the file",
    "it",
    undone=True,
    does="runs this from a file of its node, as a static pod",
)
OPERATOR = Tool("operator", "of", "change that object", "its controller", undone=True)
CONTROLLER = Tool("controller", "", "change that object", "it", undone=True, does="makes this")

WRITERS = (
    ARGO,
    KUSTOMIZATION,
    HELM_RELEASE,
    CONFIG_SYNC,
    FLEET,
    HELM,
    KAPP,
    EKS,
    OPENSHIFT,
    CROSSPLANE,
    PULUMI,
    TERRAFORM,
    KUBECTL,
)
"""Those whose names in managedFields tell of them, the nearest to the source of truth first."""
