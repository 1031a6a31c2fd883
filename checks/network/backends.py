"""Where Ingresses lead: out of the cluster by name, or nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ksec_tui.analysis.network.routes import backend_port, ingress_backends
from ksec_tui.cluster.kinds import INGRESS, SERVICE
from ksec_tui.cluster.networking import Ingress
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

CONTROL_NAMES = re.compile(
    r"(kubernetes\.default(\.svc(\.[a-z0-9.-]+)?)?|metadata(\.google\.internal)?|instance-data(\..*)?"
    r"|169\.254\..*|localhost(\..*)?|127\..*)\.?",
    re.IGNORECASE,
)
"""Names of the API server, of the clouds' metadata service and of the proxy itself."""


@check(
    "net-external-name-pivot",
    "An Ingress leads to a name instead of pods",
    Severity.HIGH,
    on=objects(INGRESS),
    needs=(SERVICE,),
    threats=(Threat.EXTERNAL, Threat.CREDENTIALS),
    references=("CVE-2021-25740", "T1090", "MS-TA9034", "OWASP K05"),
)
def external_name_pivot(ingress: Ingress, cluster: Snapshot) -> Iterator[Evidence]:
    """A backend of an Ingress is an ExternalName Service, so the controller connects wherever that name points.

    ## Why
    The ingress controller becomes a proxy to a host that is chosen by a DNS name: another namespace, the
    API server, the cloud's metadata service, a machine of the office network. NetworkPolicies see the
    controller as the client. Whoever controls the name's DNS controls where visitors end up.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com], secretName: shop-tls}]
      rules:
        - host: shop.example.com
          http:
            paths:
              - {path: /old, pathType: Prefix, backend: {service: {name: old, port: {number: 80}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: old, namespace: shop}
    spec:
      type: ExternalName
      externalName: intranet.example.com
      ports: [{port: 80}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com], secretName: shop-tls}]
      rules:
        - host: shop.example.com
          http:
            paths:
              - {path: /old, pathType: Prefix, backend: {service: {name: old, port: {number: 80}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: old, namespace: shop}
    spec:
      selector: {app: old}
      ports: [{port: 80}]
    ```
    """
    for path, words, backend in ingress_backends(ingress):
        wanted = backend.service
        service = wanted and cluster.find(SERVICE, wanted.name, ingress.namespace)
        if not service or service.spec.type != "ExternalName":
            continue
        name = service.spec.external_name
        control = CONTROL_NAMES.fullmatch(name) is not None
        said = f"{words} leads to Service {service.name}, which is the name {name}"
        yield Evidence(f"{path}/service/name", said, None, Severity.CRITICAL if control else None)


@external_name_pivot.fix
def _no_pivot(ingress: Ingress, _: Snapshot) -> Fix:
    steps = (
        f"Find out what {ingress.ref} is to reach behind that name.",
        "Move it behind a Service with a selector or with EndpointSlices that name its addresses.",
        "Or take the path out of the Ingress.",
    )
    return Fix(f"Lead {ingress.ref} to pods", (), Risk.MANUAL, "The path is not served meanwhile.", steps)


@check(
    "net-dangling-backend",
    "An Ingress leads to a Service that does not exist",
    Severity.LOW,
    on=objects(INGRESS),
    needs=(SERVICE,),
    threats=(Threat.CREDENTIALS,),
    references=("T1584", "OWASP K05"),
)
def dangling_backend(ingress: Ingress, cluster: Snapshot) -> Iterator[Evidence]:
    """A backend of an Ingress names a Service, or a port of one, that is not there.

    ## Why
    The path answers with an error until somebody creates a Service of that name. Whoever may do so in this
    namespace then serves under the host's name and certificate, with no change of the Ingress to notice.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com], secretName: shop-tls}]
      rules:
        - host: shop.example.com
          http:
            paths:
              - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
              - {path: /beta, pathType: Prefix, backend: {service: {name: beta, port: {number: 80}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      ingressClassName: nginx
      tls: [{hosts: [shop.example.com], secretName: shop-tls}]
      rules:
        - host: shop.example.com
          http:
            paths:
              - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ```
    """
    for path, words, backend in ingress_backends(ingress):
        wanted = backend.service
        if wanted is None or wanted.port.name == "use-annotation":
            continue  # the AWS controller reads such a backend from annotations: it is no Service
        service = cluster.find(SERVICE, wanted.name, ingress.namespace)
        if service is None:
            ref = ObjectRef(ingress.namespace, "Service", wanted.name)
            yield Evidence(f"{path}/service/name", f"{words} leads to {ref}, which does not exist")
        elif service.spec.type != "ExternalName" and not backend_port(
            service, wanted.port.name, wanted.port.number
        ):
            port = wanted.port.name or wanted.port.number
            yield Evidence(
                f"{path}/service/port", f"{words} leads to port {port}, which {service.ref} does not have"
            )


@dangling_backend.fix
def _no_dangling(ingress: Ingress, _: Snapshot) -> Fix:
    steps = (
        "Correct the name or port of the backend if it is a mistake.",
        f"Otherwise take the path out of {ingress.ref}.",
    )
    return Fix(f"Repair the backends of {ingress.ref}", (), Risk.MANUAL, "", steps)
