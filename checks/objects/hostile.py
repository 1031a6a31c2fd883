"""Objects that carry text which a terminal would obey."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.cluster.ingest import Hostile
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.verdict import Severity, Threat

_TOLD = 50
"""Places that are named one by one; an object can hold a million."""

HOSTILE: Subjects[Hostile] = Subjects(
    "objects with hostile text",
    (),
    lambda snapshot: snapshot.hostile,
    lambda entry: entry.ref,
    lambda snapshot, ref: next((entry for entry in snapshot.hostile if entry.ref == ref), None),
)


@check(
    "obj-hostile-text",
    "Text that terminals obey or hide",
    Severity.MEDIUM,
    on=HOSTILE,
    threats=(Threat.CREDENTIALS,),
    references=("CVE-2021-25743", "CVE-2021-42574", "CWE-150"),
)
def hostile_text(entry: Hostile, cluster: Snapshot) -> Iterator[Evidence]:  # noqa: ARG001
    r"""An object holds control, bidirectional or invisible characters.

    ## Why
    Escape sequences in names, annotations or arguments can rewrite what other tools show, set the
    clipboard or the window title, and hide text from a reviewer. Nobody needs them in a manifest: they
    come from an attack or from a broken generator. This program shows them as visible escapes.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      annotations:
        note: "fine\e[2J"
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      annotations:
        note: "fine"
    ```
    """
    for pointer in entry.pointers[:_TOLD]:
        yield Evidence(pointer, f"{pointer or 'the object'} holds characters that are shown as escapes here")
    if len(entry.pointers) > _TOLD:
        yield Evidence("", f"so do {len(entry.pointers) - _TOLD:,} more places in it")
