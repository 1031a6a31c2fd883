"""What containers of one pod share, and doors that they open beside their own."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, listed, named, nothing, specs, template_fix, those
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "wl-share-pid-ns",
    "Containers of a pod see each other's processes",
    Severity.INFO,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("KEP-495",),
)
def shared_processes(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """The containers of a pod share one process namespace.

    ## Why
    A sidecar sees the arguments of the program beside it, and as the same user its environment, its open
    files and its memory, with the Secrets in them. One flaw in either gives away both. It is handy for
    debugging and for signals between containers, and rarely needed else.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          shareProcessNamespace: true
          containers:
            - name: app
              image: registry.example/web:1.4.2
            - name: shipper
              image: registry.example/shipper:2.2.0
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
            - name: shipper
              image: registry.example/shipper:2.2.0
    ```
    """
    for _spec, pointer, ref in specs(workload, lambda spec: spec.share_process_namespace is True):
        yield Evidence(f"{pointer}/shareProcessNamespace", "the pod's containers share their processes", ref)


@shared_processes.fix
def _apart(workload: Workload, _: Snapshot) -> Fix | None:
    return template_fix(
        workload,
        "Give each container its own processes",
        nothing,
        Risk.REVIEW,
        "It breaks sidecars that signal or watch the program beside them.",
        {"shareProcessNamespace": None} if workload.spec.share_process_namespace else None,
    )


_DAEMONS = ("sshd", "dropbear")


def _ssh(item: Placed) -> tuple[str, str]:
    """(JSON pointer from the container, what tells) of a way in by SSH; empty without one."""
    for index, port in enumerate(item.container.ports):
        if port.container_port == 22 and port.protocol in ("", "TCP"):
            return f"/ports/{index}/containerPort", "declares port 22, that of SSH"
    for name, words in (("/command", item.container.command), ("/args", item.container.args)):
        for word in words[:1]:
            if word.rpartition("/")[2] in _DAEMONS:
                return name, f"runs {word.rpartition('/')[2]}"
    return "", ""


@check(
    "wl-ssh-port",
    "SSH into a container",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=("MS-TA9010", "T1021.004"),
)
def ssh_port(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container declares port 22 or runs an SSH server.

    ## Why
    It is a second way in, past the API server's login, its rights and its audit log, with keys or passwords
    that live in the image. An intruder leaves one to come back. Servers whose purpose is SSH, such as those
    of git and file transfer, are the exception.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports:
                - {name: http, containerPort: 8080}
                - {name: ssh, containerPort: 22}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports:
                - {name: http, containerPort: 8080}
    ```
    """
    for item in those(workload, lambda item: bool(_ssh(item)[0])):
        pointer, words = _ssh(item)
        yield at(workload, item, pointer, f"{named(item)} {words}")


@ssh_port.fix
def _no_ssh(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, lambda item: bool(_ssh(item)[0]))
    if workload.system or not risky:
        return None
    return Fix(
        f"Take SSH out of {listed(risky) or workload.ref.name}",
        (),
        Risk.MANUAL,
        "Whoever logs in that way needs `kubectl exec` or `kubectl debug` instead.",
        (
            "Find out who uses it; what is meant to serve SSH can be dismissed with a reason.",
            "Take the server out of the image, then the port out of the pod template.",
        ),
    )
