"""From a taken container: the token, the Secrets and keys in it, the way out of it, and what shares the node."""

from __future__ import annotations

from ksec_tui.analysis.accounts import token_mounted
from ksec_tui.analysis.clouds import CONCEALED, IDENTITIES, LOCAL, cloud, scheme
from ksec_tui.analysis.credentials import in_environment
from ksec_tui.analysis.network.addresses import AddressSet
from ksec_tui.analysis.network.blast import METADATA
from ksec_tui.analysis.network.deciding import OPEN
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.pairs import judge
from ksec_tui.analysis.network.sensitive import stores
from ksec_tui.analysis.network.world import network
from ksec_tui.analysis.paths.builder import ADMIN, Builder, account, goal, node, secret, workload
from ksec_tui.analysis.paths.escapes import Escape, escapes
from ksec_tui.analysis.paths.flows import enforced
from ksec_tui.analysis.paths.model import Cut, Proof, Vertex
from ksec_tui.analysis.secret_use import secrets_of
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.kinds import NODE, POD, SERVICE_ACCOUNT
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_TOKEN_CHECKS = ("sec-automount", "hyg-automount", "sec-sa-takeover-workload")


def add_pods(builder: Builder, snapshot: Snapshot, items: tuple[Workload, ...]) -> None:
    """The steps from every workload."""
    clouds = _Clouds(builder, snapshot)
    for item in items:
        _Pod(builder, snapshot, item).add(clouds)
    _identities(builder, snapshot)
    clouds.nodes()


class _Pod:
    def __init__(self, builder: Builder, snapshot: Snapshot, item: Workload) -> None:
        self._builder = builder
        self._snapshot = snapshot
        self._item = item
        self._at = builder.at(workload(item.ref))
        self._nodes = tuple(
            sorted({pod.spec.node_name for pod in item.pods if pod.spec.node_name and not pod.finished})
        )

    def add(self, clouds: _Clouds) -> None:
        item = self._item
        self._token()
        for name in secrets_of(item):
            target = self._builder.at(secret(item.namespace, name))
            self._builder.add("mounts-secret", self._at, target, "secret in the pod", "", (Proof(item.home),))
        for name in self._nodes:
            self._builder.add("within", self._builder.at(Vertex("on", name)), self._at)
        self._out()
        self._keys()
        if stores(item):
            self._builder.add("is", self._at, self._builder.at(goal("a data store")))
        clouds.reach(item, self._at, self._nodes)

    def _token(self) -> None:
        item, snapshot = self._item, self._snapshot
        if item.static:
            return
        for spec, pointer, ref in item.specs():
            mounted = token_mounted(spec, item.namespace, snapshot)
            place = "/automountServiceAccountToken" if mounted else _projected(spec)
            if not place:
                continue
            doubt = ""
            if mounted and spec.automount_service_account_token is None:
                doubt = snapshot.unsure(SERVICE_ACCOUNT, spec.account, item.namespace) or ""
                doubt = "" if snapshot.find(SERVICE_ACCOUNT, spec.account, item.namespace) else doubt
            target = self._builder.at(account(item.namespace, spec.account))
            proofs = (Proof(ref, f"{pointer}{place}"),)
            cuts = (Cut(item.ref, _TOKEN_CHECKS),) if mounted else ()
            self._builder.add("mounts-token", self._at, target, "token in the pod", "", proofs, cuts, doubt)
            break

    def _out(self) -> None:
        for way in escapes(self._item):
            proofs = (Proof(way.ref, way.path),)
            cuts: tuple[Cut, ...] = (Cut(self._item.ref, way.checks),)
            if way.partly:
                cuts += (Cut(self._item.ref, way.partly, partly=True),)
            if way.login:
                self._login(way, proofs, cuts)
                continue
            doubt = "" if self._nodes else self._unplaced()
            self._builder.add(
                "container-escape",
                self._at,
                self._machines(),
                way.likelihood,
                way.detail,
                proofs,
                cuts,
                doubt,
            )

    def _login(self, way: Escape, proofs: tuple[Proof, ...], cuts: tuple[Cut, ...]) -> None:
        self._builder.add(
            "host-credentials", self._at, self._builder.at(ADMIN), way.likelihood, way.detail, proofs, cuts
        )

    def _unplaced(self) -> str:
        gap = self._snapshot.gap(POD, self._item.namespace)
        return gap or "none of its pods is on a node now"

    def _machines(self) -> int:
        """Where its pods run: one vertex, be it one node or many."""
        builder = self._builder
        if len(self._nodes) == 1:
            single = node(self._nodes[0])
            new = not builder.has(single)
            number = builder.at(single)
            if new:
                builder.add("is", number, builder.at(goal("a node")))
            return number
        names = self._nodes or ("of its pods",)
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        several = Vertex("nodeset", shown, "", ",".join(names) if self._nodes else "")
        new = not builder.has(several)
        number = builder.at(several)
        if new:
            builder.add("is", number, builder.at(goal("a node")))
            for name in self._nodes:
                builder.add("within", number, builder.at(node(name)))
        return number

    def _keys(self) -> None:
        for placed in self._item.placed:
            for literal in in_environment(placed.container):
                if literal.cloud and not literal.key_id:
                    name = f"the cloud account of {self._item.ref.path}"
                    target = self._builder.at(Vertex("cloud", name))
                    proofs = (Proof(placed.ref, f"{placed.pointer}{literal.place}"),)
                    cuts = (Cut(self._item.ref, ("sec-cloud-static-key", "sec-env-literal")),)
                    self._builder.add("cloud-key", self._at, target, "cloud keys", literal.name, proofs, cuts)
                    self._builder.add("is", target, self._builder.at(goal("cloud identity")))


def _projected(spec: PodSpec) -> str:
    """The place of a projected token for the API server; empty when there is none."""
    for number, volume in enumerate(spec.volumes):
        for index, source in enumerate(volume.projected.sources if volume.projected is not None else ()):
            token = source.service_account_token
            if token is not None and not token.audience:
                return f"/volumes/{number}/projected/sources/{index}/serviceAccountToken"
    return ""


def _identities(builder: Builder, snapshot: Snapshot) -> None:
    """ServiceAccounts that are somebody in a cloud."""
    for item in snapshot.of(SERVICE_ACCOUNT):
        for key in IDENTITIES:
            name = item.metadata.annotations.get(key)
            if not name:
                continue
            target = builder.at(Vertex("cloud", f"the cloud identity {name}"))
            path = f"/metadata/annotations/{key.replace('~', '~0').replace('/', '~1')}"
            source = builder.at(account(item.namespace, item.name))
            builder.add("cloud-identity", source, target, "right", "", (Proof(item.ref, path),))
            builder.add("is", target, builder.at(goal("cloud identity")))


class _Clouds:
    """Who gets at the metadata service of the machine."""

    def __init__(self, builder: Builder, snapshot: Snapshot) -> None:
        self._builder = builder
        self._snapshot = snapshot
        self._found = {item.name: item for item in snapshot.of(NODE)}
        self._names = {name: cloud(item) for name, item in self._found.items()}
        self._any = any(self._names.values())
        self._open: dict[int, bool | None] = {}
        self._there = AddressSet.address(METADATA)

    def reach(self, item: Workload, source: int, nodes: tuple[str, ...]) -> None:
        """The step from one workload."""
        if not self._any:
            return
        names = {
            self._names[name]
            for name in (nodes or self._names)
            if self._names.get(name)
            and (item.spec.host_network or self._found[name].metadata.labels.get(CONCEALED) != "true")
        }
        if not names:
            return
        said = [self._allowed(group) for group in network(self._snapshot).groups_of(item)]
        if not any(answer is not False for answer in said):
            return
        doubt = "" if any(said) else "it depends on the order of two policies"
        space = ObjectRef("", "Namespace", item.namespace)
        for name in sorted(names):
            cuts = (
                ()
                if item.spec.host_network
                else (Cut(space, ("ns-metadata-reachable", "ns-no-netpol-egress")),)
            )
            self._builder.add(
                "metadata", source, self._target(name), "metadata", METADATA, (Proof(item.home),), cuts, doubt
            )

    def nodes(self) -> None:
        """The step from the machines themselves."""
        for name, item in self._found.items():
            if self._names[name]:
                source = self._builder.at(node(name))
                proofs = (Proof(item.ref, "/spec/providerID"),)
                self._builder.add(
                    "metadata", source, self._target(self._names[name]), "metadata", METADATA, proofs
                )
            elif scheme(item) not in LOCAL and not scheme(item) and not self._any:
                continue

    def _target(self, name: str) -> int:
        vertex = Vertex("cloud", f"the machines' identity at {name}")
        new = not self._builder.has(vertex)
        number = self._builder.at(vertex)
        if new:
            self._builder.add("is", number, self._builder.at(goal("cloud identity")))
        return number

    def _allowed(self, group: Group) -> bool | None:
        """Whether a group's pods may connect to port 80 there."""
        known = self._open.get(group.number, "")
        if isinstance(known, str):
            outcome = (
                OPEN if group.host_network else judge(network(self._snapshot).egress, group, self._there, ())
            )
            sure = outcome.sure.allows("TCP", 80) or not enforced(self._snapshot)
            known = True if sure else None if outcome.allow.allows("TCP", 80) else False
            self._open[group.number] = known
        return known
