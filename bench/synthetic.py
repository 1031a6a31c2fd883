"""A large made-up cluster, always the same for the same numbers, rendered while it is read.

``python bench/synthetic.py --pods 10000 --serve`` serves it from a process of its own, so that the
server's work is not counted with the client's. Memory does not grow with the number of pods.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, overload

if not __package__:  # run as a script: only this folder is on the path
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import shapes, small_ones, surroundings
from bench.shapes import SHAPES, Shape
from tests.apiserver import ApiServer, FakeCluster

PODS_PER_OWNER = 4.6
"""As measured on real clusters: pods for each distinct template."""

_ALPHABET = "2456789bcdfghjklmnpqrstvwxz"
_WORDS = (
    "billing",
    "catalog",
    "checkout",
    "gateway",
    "inventory",
    "mailer",
    "orders",
    "pricing",
    "search",
    "users",
)


class Row(NamedTuple):
    """One rendered object."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    body: bytes
    metadata: bytes


class Rendered(Sequence[Row]):
    """Objects ``numbers`` of one resource, each made when it is read."""

    def __init__(
        self, render: Callable[[int], Row], numbers: range, numbers_within: Callable[[str], range]
    ) -> None:
        self._render = render
        self._numbers = numbers
        self._numbers_within = numbers_within

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self._render(number) for number in self._numbers[index]]
        return self._render(self._numbers[index])

    def within(self, namespace: str) -> Rendered:
        """Those of one namespace."""
        return Rendered(self._render, self._numbers_within(namespace), self._numbers_within)


class Template(NamedTuple):
    """The two texts of an object: whole, and its metadata alone."""

    body: Shape
    metadata: Shape
    labels: Mapping[str, str]

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Template:
        """Cuts an object (without apiVersion and kind) at its places."""
        metadata = document["metadata"]
        labels = metadata["labels"] if isinstance(metadata, dict) else {}
        return cls(Shape.of(document), Shape.of(metadata), labels)

    def row(self, fields: Mapping[str, str], name: str) -> Row:
        """One object."""
        filled = {key: _PLACES.get(value, value) for key, value in self.labels.items()}
        labels = {key: fields.get(value, value) for key, value in filled.items()}
        body, metadata = self.body.filled(fields), self.metadata.filled(fields)
        return Row(fields["NAMESPACE"], name, labels, body, metadata)


_PLACES = {"@APP@": "APP", "@HASH@": "HASH"}


class Plan:
    """Who owns what: pods, owners and namespaces are three lists of consecutive numbers."""

    def __init__(self, pods: int, owners: int, namespaces: int, small: int = 0) -> None:
        if not 1 <= namespaces <= owners <= pods:
            raise ValueError("there must be no fewer pods than owners, no fewer owners than namespaces")
        self.pods, self.owners, self.namespaces = pods, owners, namespaces
        self.nodes = 1 + pods // 40
        self.small = small
        self._pods = [Template.of(shapes.pod(number)) for number in range(SHAPES)]

    def lazy(self) -> dict[str, Rendered]:
        """Everything that grows with the number of pods."""
        by_owner: dict[str, list[Template]] = {
            "deployments.apps": [Template.of(surroundings.deployment(number)) for number in range(SHAPES)],
            "replicasets.apps": [Template.of(surroundings.replica_set(number)) for number in range(SHAPES)],
            "serviceaccounts": [Template.of(surroundings.service_account())] * SHAPES,
            "services": [Template.of(surroundings.service())] * SHAPES,
            "rolebindings.rbac.authorization.k8s.io": [Template.of(surroundings.role_binding())] * SHAPES,
        }
        found = {
            key: Rendered(self._owned(key, templates), range(self.owners), self._owners_within)
            for key, templates in by_owner.items()
        }
        found["pods"] = Rendered(self.pod, range(self.pods), self._pods_within)
        for key, count in small_ones.shares(self.small).items():
            within = partial(self._within, count)
            found[key] = Rendered(self._small(key, count), range(count), within)
        return found

    def pod(self, number: int) -> Row:
        """Pod ``number``."""
        owner = number * self.owners // self.pods
        fields = self._fields(owner)
        digest = _digest("pod", number)
        rank = number - _first(owner, self.pods, self.owners)
        letters = (_ALPHABET[int(digest[at : at + 2], 16) % len(_ALPHABET)] for at in (0, 2, 4, 6))
        suffix = _ALPHABET[min(rank, len(_ALPHABET) - 1)] + "".join(letters)
        name = f"{fields['APP']}-{fields['HASH']}-{suffix}"
        high, low = divmod(number, 250)
        fields |= {
            "NAME": name,
            "UID": _uid(digest),
            "VERSION": str(number + 1000),
            "OWNER": _uid(_digest("replicasets.apps", owner)),
            "SUFFIX": "".join(
                _ALPHABET[int(digest[at : at + 2], 16) % len(_ALPHABET)] for at in range(10, 20, 2)
            ),
            "NODE": f"node-{number % self.nodes:04d}",
            "ADDRESS": f"10.{64 + high // 250}.{high % 250}.{low + 1}",
            "DIGEST": digest,
            "IMAGE": _digest("image", owner),
        }
        return self._pods[owner % SHAPES].row(fields, name)

    def _owned(self, key: str, templates: Sequence[Template]) -> Callable[[int], Row]:
        def render(owner: int) -> Row:
            fields = self._fields(owner)
            replicas = _first(owner + 1, self.pods, self.owners) - _first(owner, self.pods, self.owners)
            name = fields["APP"]
            if key == "replicasets.apps":
                name += f"-{fields['HASH']}"
            fields |= {
                "NAME": name,
                "UID": _uid(_digest(key, owner)),
                "VERSION": str(owner + 1000),
                "OWNER": _uid(_digest("deployments.apps", owner)),
                "REPLICAS": str(replicas),
            }
            return templates[owner % SHAPES].row(fields, name)

        return render

    def _small(self, key: str, count: int) -> Callable[[int], Row]:
        template = Template.of(small_ones.SHAPES[key]())

        def render(number: int) -> Row:
            name = f"n{number:07d}-{_WORDS[number % len(_WORDS)]}"
            fields = {
                "NAME": name,
                "NAMESPACE": namespace_name(number * self.namespaces // count),
                "UID": _uid(_digest(key, number)),
                "VERSION": str(number + 1000),
                "APP": f"app-{number % self.owners:06d}",
                "ADDRESS": f"10.{64 + number % 90}.{number // 250 % 250}.{1 + number % 250}",
            }
            return template.row(fields, name)

        return render

    def _fields(self, owner: int) -> dict[str, str]:
        # The number stands first, so that the order of names is the order of numbers.
        return {
            "APP": f"app-{owner:06d}-{_WORDS[owner % len(_WORDS)]}",
            "HASH": _digest("template", owner)[:10],
            "NAMESPACE": namespace_name(owner * self.namespaces // self.owners),
        }

    def _owners_within(self, namespace: str) -> range:
        return self._within(self.owners, namespace)

    def _within(self, count: int, namespace: str) -> range:
        """Those of `count` that are in a namespace."""
        _, _, digits = namespace.partition("team-")
        if (
            not digits.isdecimal()
            or namespace_name(int(digits)) != namespace
            or int(digits) >= self.namespaces
        ):
            return range(0)
        number = int(digits)
        return range(_first(number, count, self.namespaces), _first(number + 1, count, self.namespaces))

    def _pods_within(self, namespace: str) -> range:
        owners = self._owners_within(namespace)
        return range(
            _first(owners.start, self.pods, self.owners), _first(owners.stop, self.pods, self.owners)
        )


def namespace_name(number: int) -> str:
    """``team-007``."""
    return f"team-{number:03d}"


def synthetic(
    *, pods: int = 10_000, owners: int | None = None, namespaces: int = 40, small: int = 0
) -> FakeCluster:
    """A cluster with ``pods`` pods of about 10 KB of JSON each, and what owns, binds and guards them.

    Args:
        pods: how many pods.
        owners: how many Deployments, each with one ReplicaSet; by default one for 4.6 pods.
        namespaces: how many namespaces.
        small: how many ConfigMaps, Secrets, EndpointSlices and claims there are besides.
    """
    owners = max(1, round(pods / PODS_PER_OWNER)) if owners is None else owners
    plan = Plan(pods, owners, min(namespaces, owners), small)
    return FakeCluster(fixed(plan), lazy=plan.lazy())


def fixed(plan: Plan) -> Iterator[dict[str, object]]:
    """Namespaces with what guards them, nodes, roles of the cluster."""
    for number in range(plan.namespaces):
        yield from surroundings.namespace(namespace_name(number), restricted=number % 3 == 0)
    for number in range(plan.nodes):
        yield surroundings.node(f"node-{number:04d}")
    yield from surroundings.cluster_roles()


def _first(part: int, items: int, parts: int) -> int:
    """The first of ``items`` that falls to ``part`` when item ``i`` falls to ``i * parts // items``."""
    return -(-part * items // parts)


def _digest(kind: str, number: int) -> str:
    return blake2b(f"{kind}:{number}".encode(), digest_size=32).hexdigest()


def _uid(digest: str) -> str:
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def main() -> None:
    """Serves the cluster until it is told to stop, or says how large it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--owners", type=int)
    parser.add_argument("--namespaces", type=int, default=40)
    parser.add_argument("--small", type=int, default=0, help="small objects besides")
    parser.add_argument(
        "--serve", action="store_true", help="print the URL and serve until SIGTERM or SIGINT"
    )
    parser.add_argument("--kubeconfig", type=Path, help="with --serve, write a kubeconfig file here")
    options = parser.parse_args()
    cluster = synthetic(
        pods=options.pods, owners=options.owners, namespaces=options.namespaces, small=options.small
    )
    if not options.serve:
        started = time.process_time()
        size = sum(len(item.body) for item in cluster.items("pods"))
        spent = time.process_time() - started
        print(f"{options.pods} pods, {size / options.pods / 1000:.1f} KB each, rendered in {spent:.2f} s CPU")
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ApiServer(cluster) as server:
        if options.kubeconfig:
            server.kubeconfig(options.kubeconfig)
        print(server.url, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
