"""How the control plane is started, as far as the API shows it: the flags of its static pods.

A kubelet publishes each static pod as a mirror pod, whose command line is that of the process. Providers
that run the control plane elsewhere, and distributions that run it outside of pods (K3s, RKE2, Talos), show
nothing: what cannot be seen is neither good nor bad.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ksec_tui.analysis.versions.cluster import server_version
from ksec_tui.analysis.versions.distribution import UPSTREAM, distribution_of
from ksec_tui.analysis.workloads import MIRROR
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.pods import Container, Pod
from ksec_tui.cluster.snapshot import Snapshot

API_SERVER = "kube-apiserver"
CONTROLLER_MANAGER = "kube-controller-manager"
SCHEDULER = "kube-scheduler"
ETCD = "etcd"
COMPONENTS = (API_SERVER, CONTROLLER_MANAGER, SCHEDULER, ETCD)
PLACE = "kube-system"
"""Where mirror pods of the control plane are. Elsewhere such pods belong to clusters hosted in this one."""

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_LOOPBACK = ("localhost", "::1")

DEFAULT_PLUGINS = frozenset(
    {
        "CertificateApproval",
        "CertificateSigning",
        "CertificateSubjectRestriction",
        "DefaultIngressClass",
        "DefaultStorageClass",
        "DefaultTolerationSeconds",
        "LimitRanger",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionWebhook",
        "NamespaceLifecycle",
        "PersistentVolumeClaimResize",
        "PodSecurity",
        "PodTopologyLabels",
        "Priority",
        "ResourceQuota",
        "RuntimeClass",
        "ServiceAccount",
        "StorageObjectInUseProtection",
        "TaintNodesByCondition",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionWebhook",
    }
)
"""What runs unless it is disabled (pkg/kubeapiserver/options/plugins.go DefaultOffAdmissionPlugins)."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One occurrence of a flag: its value and the JSON pointer of the word in the pod."""

    value: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Process:
    """One running component.

    Attributes:
        component: one of COMPONENTS.
        image: of its container.
        pod: its mirror pod.
        place: JSON pointer of the list in which a missing flag would stand.
        flags: every occurrence by name (no dashes before it, ``-`` within it), in order.
    """

    component: str
    image: str
    pod: Pod
    place: str
    flags: dict[str, tuple[Flag, ...]]

    def last(self, name: str) -> Flag | None:
        """The occurrence that counts: a repeated flag overwrites (pflag)."""
        found = self.flags.get(name)
        return found[-1] if found else None

    def value(self, name: str) -> str:
        """The value that counts; empty when the flag is not set or is set to nothing."""
        flag = self.last(name)
        return flag.value if flag is not None else ""

    def on(self, name: str, *, default: bool) -> bool:
        """A switch as strconv.ParseBool reads it; what it cannot read would not start, and counts as default."""
        value = self.value(name)
        return True if value in _TRUE else False if value in _FALSE else default

    def items(self, name: str) -> tuple[str, ...]:
        """The entries of a list flag: repeated ones add up (pflag StringSlice)."""
        entries = (entry.strip() for flag in self.flags.get(name, ()) for entry in flag.value.split(","))
        return tuple(entry for entry in entries if entry)

    def pointer(self, name: str) -> str:
        """Where a flag stands; where it would stand when it is not set."""
        flag = self.last(name)
        return flag.pointer if flag is not None else self.place


def processes(snapshot: Snapshot, component: str) -> tuple[Process, ...]:
    """Every visible process of one component, by pod name; several API servers are several processes."""
    found: dict[str, tuple[Process, ...]] = snapshot.derived(_collect, _collect)
    return found[component]


def hidden(snapshot: Snapshot, component: str) -> str:
    """Why a component's settings are not known, one sentence without the full stop."""
    reason = f"{component} is not visible: no pod of it in {PLACE}"
    version = server_version(snapshot)
    distribution = distribution_of(version) if version is not None else UPSTREAM
    if distribution.managed:
        return f"{reason}, since {distribution.name} runs the control plane; see its settings there"
    if distribution is not UPSTREAM:
        return (
            f"{reason}, since {distribution.name} runs it in its own way; see its configuration on the nodes"
        )
    return f"{reason}, so a provider runs it, or it runs outside of pods"


def plugins(process: Process) -> frozenset[str]:
    """The admission plugins that an API server runs.

    ``--admission-control``, where still used, names all of them (AdmissionOptions.ApplyTo); otherwise the
    default ones without the disabled and with the enabled; disabling wins over defaults only.
    """
    if process.flags.get("admission-control"):
        return frozenset(process.items("admission-control"))
    enabled = frozenset(process.items("enable-admission-plugins"))
    return (DEFAULT_PLUGINS - frozenset(process.items("disable-admission-plugins"))) | enabled


def loopback(host: str) -> bool:
    """Whether only processes of the same node reach an address."""
    return host.strip("[]") in _LOOPBACK or host.startswith("127.")


def weak_ciphers(names: Iterable[str]) -> tuple[str, ...]:
    """Suites that Go calls insecure (crypto/tls InsecureCipherSuites), and those without forward secrecy."""
    return tuple(
        name
        for name in names
        if name.startswith("TLS_RSA_") or "_RC4_" in name or "_3DES_" in name or name.endswith("_CBC_SHA256")
    )


def _collect(snapshot: Snapshot) -> dict[str, tuple[Process, ...]]:
    found: dict[str, list[Process]] = {component: [] for component in COMPONENTS}
    for pod in snapshot.within(POD, PLACE):
        labelled = pod.metadata.labels.get("component") or pod.metadata.labels.get("k8s-app")
        if pod.finished or not (_static(pod) or labelled in COMPONENTS):
            continue
        for component in COMPONENTS:
            process = _process(pod, component)
            if process is not None:
                found[component].append(process)
    return {component: tuple(items) for component, items in found.items()}


def _static(pod: Pod) -> bool:
    owner = pod.controller
    return MIRROR in pod.metadata.annotations or (owner is not None and owner.kind == "Node")


def _process(pod: Pod, component: str) -> Process | None:
    for index, container in enumerate(pod.spec.containers):
        root = f"/spec/containers/{index}"
        words = list(_words(container, root))
        start = next((at + 1 for at, (word, _) in enumerate(words) if _runs(word, component)), None)
        if start is None and container.name == component and not container.command:
            start = 0
        if start is not None:
            place = f"{root}/command" if container.command else f"{root}/args"
            flags = _environment(container, root) if component == ETCD else {}
            flags.update(_flags(words[start:]))
            return Process(
                component, container.image, pod, place, {name: tuple(items) for name, items in flags.items()}
            )
    return None


def _runs(word: str, component: str) -> bool:
    return posixpath.basename(word) == component


def _words(container: Container, root: str) -> Iterator[tuple[str, str]]:
    """The words of the command line with their JSON pointers; those of a shell's script one by one."""
    for name in ("command", "args"):
        for index, word in enumerate(getattr(container, name)):
            pointer = f"{root}/{name}/{index}"
            if not any(space in word for space in " \n\t") or word.startswith("-"):
                yield word, pointer
                continue
            try:
                parts = shlex.split(word, comments=True)
            except ValueError:
                parts = word.split()
            for part in parts:
                yield part, pointer


def _flags(words: list[tuple[str, str]]) -> dict[str, list[Flag]]:
    """``--name=value``, ``--name value``, ``-name``; underscores are dashes (WordSepNormalizeFunc)."""
    found: dict[str, list[Flag]] = {}
    rest = iter(range(len(words)))
    for index in rest:
        word, pointer = words[index]
        if word in ("--", "&&", ";", "|"):
            break
        if not word.startswith("-") or word == "-":
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not equals:
            value = "true"
            if index + 1 < len(words) and (words[index + 1][0] == "-" or words[index + 1][0][:1] != "-"):
                value = words[next(rest)][0]
        found.setdefault(name.replace("_", "-"), []).append(Flag(value, pointer))
    return found


def _environment(container: Container, root: str) -> dict[str, list[Flag]]:
    """Etcd takes each flag from a variable too: ETCD_CLIENT_CERT_AUTH; its command line wins (pkg/flags/flag.go)."""
    return {
        variable.name.removeprefix("ETCD_").lower().replace("_", "-"): [
            Flag(variable.value, f"{root}/env/{index}/value")
        ]
        for index, variable in enumerate(container.env)
        if variable.name.startswith("ETCD_") and variable.value_from is None and variable.value
    }
