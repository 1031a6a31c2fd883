"""The release that the API server runs, and the age of what this program knows of releases."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.versions.cluster import server_gap, server_version
from ksec_tui.analysis.versions.distribution import cluster_distribution
from ksec_tui.analysis.versions.support import newest_patch, patches_behind, standing, upgrade_path
from ksec_tui.checks.versions._steps import control_plane_fix, out_of_support, piece
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import flaws, oldest_as_of, products, releases
from ksec_tui.data.versions.age import Freshness, age
from ksec_tui.findings.check import WHOLE_CLUSTER, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "ver-server-eol",
    "API server's release gets no more fixes",
    Severity.HIGH,
    on=WHOLE_CLUSTER,
    threats=(Threat.EXTERNAL, Threat.CREDENTIALS),
    references=("KEP-1498", "NSA/CISA upgrading", "OWASP K09"),
)
def server_eol(cluster: Snapshot, _: Snapshot) -> Iterator[Outcome]:
    """The control plane runs a release of Kubernetes that is out of support.

    ## Why
    A minor release is maintained for fourteen months. After that, flaws found in it are published with a
    working description and stay open in every cluster that still runs it. Providers maintain some
    releases longer: their dates count where the version names them. AKS reports plain upstream versions,
    so compare with its own calendar there.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.31.4
    today: 2026-11-21
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ```
    """
    version = server_version(cluster)
    if version is None:
        yield Unknown(server_gap(cluster))
        return
    distribution = cluster_distribution(cluster)
    found = standing(version, cluster.source.date, distribution)
    yield from out_of_support(f"Kubernetes {version.line} of the API server", "", found)


@server_eol.fix
def _server_eol_fix(cluster: Snapshot, _: Snapshot) -> Fix | None:
    version = server_version(cluster)
    if version is None:
        return None
    distribution = cluster_distribution(cluster)
    return control_plane_fix(upgrade_path(version, cluster.source.date, distribution), distribution)


@check(
    "ver-server-patch-behind",
    "API server lacks patches of its release",
    Severity.LOW,
    on=WHOLE_CLUSTER,
    threats=(Threat.EXTERNAL, Threat.CREDENTIALS),
    references=("NSA/CISA upgrading", "OWASP K09"),
)
def server_patch(cluster: Snapshot, _: Snapshot) -> Iterator[Outcome]:
    """The control plane does not run the newest known patch of its minor release.

    ## Why
    Patches come about every month and hold nothing but fixes, among them those of flaws that are not
    public yet. To lack one means to run known errors for no gain. Which known flaws they close is told
    under `ver-kube-cve`.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.33.4
    today: 2026-06-20
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.33.13
    today: 2026-06-20
    ```
    """
    version = server_version(cluster)
    if version is None:
        yield Unknown(server_gap(cluster))
        return
    behind, newest = patches_behind(version), newest_patch(version)
    if version.pre:
        yield piece("", f"the API server runs {version.number}, a pre-release", Severity.MEDIUM)
    if behind is None or newest is None:
        yield Unknown(f"the patches of Kubernetes {version.line} are not in the data of {releases().as_of}")
    elif behind > 0 and not version.pre:
        count = "one patch" if behind == 1 else f"{behind} patches"
        yield Evidence("", f"the API server runs {version.number}, {count} behind {newest.number}")


@server_patch.fix
def _server_patch_fix(cluster: Snapshot, _: Snapshot) -> Fix | None:
    version = server_version(cluster)
    newest = newest_patch(version) if version is not None else None
    if version is None or newest is None:
        return None
    distribution = cluster_distribution(cluster)
    if distribution.managed:
        return Fix(
            f"Let {distribution.name} roll out its newest {version.line}",
            risk=Risk.MANUAL,
            steps=(
                f"{distribution.name} chooses the patch: turn automatic upgrades of its control plane on,",
                f"or start an upgrade within {version.line} from its console.",
            ),
        )
    return control_plane_fix((newest,), distribution)


@check(
    "ver-data-stale",
    "What this program knows of versions is old",
    Severity.INFO,
    on=WHOLE_CLUSTER,
    threats=(Threat.EXTERNAL,),
    references=("OWASP K09",),
)
def data_stale(cluster: Snapshot, _: Snapshot) -> Iterator[Outcome]:
    """The packaged data on releases and flaws has not been renewed for months.

    ## Why
    Whatever was released or found since then is missing here, so a clean result on versions proves less
    with every week. Nothing is wrong with the cluster.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2099-01-01
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.36.5
    today: 2026-11-21
    ```
    """
    if not cluster.source.server_version and cluster.source.kind == "files":
        yield NotApplicable("manifests have no versions to judge")
        return
    found = age(oldest_as_of(), cluster.source.date)
    if found.freshness is Freshness.AHEAD:
        yield Unknown(
            f"today is {cluster.source.date}, before the data of {found.as_of}: is the clock right?"
        )
    if found.freshness is Freshness.STALE:
        dates = (
            f"releases of {releases().as_of}, node software of {products().as_of}, flaws of {flaws().as_of}"
        )
        yield Evidence("", f"the data on versions is up to {found.days} days old: {dates}")


@data_stale.fix
def _data_stale_fix(_: Snapshot, __: Snapshot) -> Fix:
    return Fix(
        "Install a newer release of this program",
        risk=Risk.MANUAL,
        steps=("Upgrade ksec-tui; its data on versions comes with it. Then judge the cluster again.",),
    )
