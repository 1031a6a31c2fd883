"""Rows that filters are tried on."""

from __future__ import annotations

from ksec_tui.findings.verdict import Threat
from tests.findings.filter_rows import Row

TEXT = "wl-privileged\nPrivileged container\nDeployment prod-eu/web-1\nruns as root in 'app'"


WEB = Row(
    TEXT,
    {
        "sev": ("high",),
        "ns": ("prod-eu",),
        "kind": ("Deployment",),
        "name": ("web-1",),
        "rule": ("wl-privileged",),
        "state": ("open",),
        "is": ("new", "fixable"),
        "age": ("7200",),
        "path": ("/spec/template/spec/volumes/0/hostPath",),
        "label": ("app=web", "tier=front", "team", "replicas=3", "example.org/owner=a.b"),
        "lens": (Threat.EXTERNAL.value, Threat.CONTAINER.value),
        "verdict": ("fail",),
    },
)


BARE = Row("nothing to say")
