"""A Kubernetes API server in this process: real HTTP over loopback, any objects, any fault."""

from tests.apiserver.access import Access, Rule
from tests.apiserver.changing import ChangingCluster
from tests.apiserver.faults import Fault
from tests.apiserver.loader import cluster_from, documents_from
from tests.apiserver.server import ApiServer, Request
from tests.apiserver.store import CANARY, CANARY_BASE64, FakeCluster

__all__ = [
    "CANARY",
    "CANARY_BASE64",
    "Access",
    "ApiServer",
    "ChangingCluster",
    "FakeCluster",
    "Fault",
    "Request",
    "Rule",
    "cluster_from",
    "documents_from",
]
