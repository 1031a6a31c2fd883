"""A cluster, and a login to it, with a canary in every place where a credential may lie; each place has its own."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import yaml

from tests.apiserver import ApiServer
from tests.sources.live_tools import Tree, document

_MARK = "c4nary9x"

PAYLOADS = (
    "secretdata",
    "secretstring",
    "secretapplied",
    "helm",
    "configdata",
    "configfile",
    "configapplied",
)
"""What no answer of a server holds that is asked for, and no memory keeps of one that comes unasked."""
WORKLOADS = (
    "envpassword",
    "envcloudkey",
    "envurl",
    "envtoken",
    "initenv",
    "argoption",
    "argequals",
    "argurl",
    "script",
    "header",
    "prestop",
    "applied",
    "annotationurl",
    "annotationtoken",
    "annotationheader",
    "volume",
    "flexvolume",
    "cronenv",
    "podapplied",
    "status",
)
"""What stands in the objects of workloads."""
OTHERS = ("webhookurl", "ingressapplied", "rolebindingapplied")
LOGIN = ("logintoken", "proxypassword", "execenv")
"""What stands in the kubeconfig."""


def canary(place: str) -> str:
    """The canary of a place; letters and digits, so that no encoding breaks it."""
    assert place in (*PAYLOADS, *WORKLOADS, *OTHERS, *LOGIN), place
    return f"{_MARK}{place}"


def encoded(place: str) -> str:
    """The same in base64, without the end that depends on what follows."""
    return base64.b64encode(canary(place).encode()).decode()[: len(canary(place)) * 4 // 3 - 3]


def found(content: str | bytes) -> list[str]:
    """The places whose canaries are in a text, in the clear or in base64."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    joined = text.replace("\n", "").replace(" ", "").replace("│", "")
    return [
        place
        for place in (*PAYLOADS, *WORKLOADS, *OTHERS, *LOGIN)
        if any(needle in hay for needle in (canary(place), encoded(place)) for hay in (text, joined))
    ]


def applied(place: str) -> Tree:
    """The annotation that ``kubectl apply`` leaves, with a credential in it."""
    content = {"apiVersion": "v1", "spec": {"env": [{"name": "DB_PASSWORD", "value": canary(place)}]}}
    return {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(content)}


def _annotated(tree: Tree, annotations: Tree, **labels: str) -> Tree:
    tree["metadata"] = {**tree["metadata"], "annotations": annotations, "labels": labels}
    return tree


def _container() -> Tree:
    token = base64.b64encode(b'{"alg":"none","kid":"1"}').decode().rstrip("=")
    header = {"name": "Authorization", "value": f"Bearer {canary('header')}"}
    return {
        "name": "main",
        "image": "registry.test/app:latest",
        "env": [
            {"name": "DB_PASSWORD", "value": canary("envpassword")},
            {"name": "AWS_SECRET_ACCESS_KEY", "value": canary("envcloudkey")},
            {"name": "REDIS", "value": f"redis://app:{canary('envurl')}@redis:6379/0"},
            {"name": "PASS", "value": f"{token}.{canary('envtoken')}.sig"},
            {"name": "MODE", "value": "fast"},
        ],
        "args": [
            "--db-password",
            canary("argoption"),
            f"--api-key={canary('argequals')}",
            f"https://bot:{canary('argurl')}@git.test/x",
        ],
        "command": ["sh", "-c", f"export TOKEN={canary('script')}; exec app"],
        "livenessProbe": {"httpGet": {"path": "/", "port": 80, "httpHeaders": [header]}},
        "lifecycle": {"preStop": {"exec": {"command": ["stop", "--token", canary("prestop")]}}},
        "securityContext": {"privileged": True},
    }


def _pod_spec() -> Tree:
    init = {
        "name": "init",
        "image": "registry.test/init",
        "env": [{"name": "API_TOKEN", "value": canary("initenv")}],
    }
    volumes = [
        {"name": "a", "csi": {"driver": "x", "volumeAttributes": {"password": canary("volume")}}},
        {"name": "b", "flexVolume": {"driver": "x/y", "options": {"password": canary("flexvolume")}}},
        {"name": "c", "hostPath": {"path": "/"}},
    ]
    return {
        "serviceAccountName": "robot",
        "hostNetwork": True,
        "initContainers": [init],
        "containers": [_container()],
        "volumes": volumes,
    }


def _workloads() -> list[Tree]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": _pod_spec()}
    annotations = {
        **applied("applied"),
        "repository": f"https://bot:{canary('annotationurl')}@git.test/x",
        "note": f"ghp_{canary('annotationtoken')}{'x' * 20}",
        "snippet": f'proxy_set_header Authorization "Basic {canary("annotationheader")}";',
    }
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    web = _annotated(document("apps/v1", "Deployment", "web", "shop", spec=spec), annotations, app="web")
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "r", "controller": True}
    pod = document("v1", "Pod", "web-1-x", "shop", spec=_pod_spec(), status=_status())
    pod = _annotated(pod, applied("podapplied"), app="web")
    pod["metadata"]["ownerReferences"] = [owner]
    made = document("apps/v1", "ReplicaSet", "web-1", "shop", spec=spec)
    made["metadata"]["ownerReferences"] = [
        {**owner, "kind": "Deployment", "name": "web", "uid": web["metadata"]["uid"]}
    ]
    job = {**_container(), "env": [{"name": "DB_PASSWORD", "value": canary("cronenv")}]}
    jobs = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [job]}}}}
    cron = document(
        "batch/v1", "CronJob", "nightly", "shop", spec={"schedule": "0 0 * * *", "jobTemplate": jobs}
    )
    return [web, made, pod, cron]


def _status() -> Tree:
    ended = {"exitCode": 1, "message": f"login failed: --password={canary('status')}"}
    return {"phase": "Running", "containerStatuses": [{"name": "main", "lastState": {"terminated": ended}}]}


def documents() -> list[Tree]:
    """The objects."""
    rbac = "rbac.authorization.k8s.io"
    role = {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"}
    subjects = [{"kind": "ServiceAccount", "name": "robot", "namespace": "shop"}]
    binding = document(f"{rbac}/v1", "ClusterRoleBinding", "robots", subjects=subjects, roleRef=role)
    hook = {
        "name": "a.test.io",
        "clientConfig": {"url": f"https://u:{canary('webhookurl')}@hook.test/x"},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    }
    login = document("v1", "Secret", "login", "shop", type="Opaque", stringData={"q": canary("secretstring")})
    login["data"] = {"p": base64.b64encode(canary("secretdata").encode()).decode()}
    release = document("v1", "Secret", "sh.helm.release.v1.web.v1", "shop", type="helm.sh/release.v1")
    release["data"] = {"release": base64.b64encode(canary("helm").encode()).decode()}
    settings = {
        "DB_PASSWORD": canary("configdata"),
        "app.conf": f"a=1\npassword={canary('configfile')}\n",
    }
    config = document("v1", "ConfigMap", "settings", "shop", data=settings)
    return [
        document("v1", "Namespace", "shop", status={"phase": "Active"}),
        document("v1", "ServiceAccount", "robot", "shop"),
        _annotated(login, {**applied("secretapplied")}),
        release,
        _annotated(config, applied("configapplied")),
        _annotated(
            document("networking.k8s.io/v1", "Ingress", "door", "shop", spec={}), applied("ingressapplied")
        ),
        document(
            f"{rbac}/v1",
            "ClusterRole",
            "cluster-admin",
            rules=[{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
        ),
        _annotated(binding, applied("rolebindingapplied")),
        document(
            "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "hooks", webhooks=[hook]
        ),
        *_workloads(),
    ]


def kubeconfig(server: ApiServer, path: Path) -> str:
    """A login to the server with credentials of every sort; those that would change how it connects are of others."""
    server.kubeconfig(path, token=canary("logintoken"))
    content = yaml.safe_load(path.read_text())
    content["clusters"].append(
        {
            "name": "far",
            "cluster": {
                "server": "https://far.test",
                "proxy-url": f"http://u:{canary('proxypassword')}@proxy.test:1",
            },
        }
    )
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "no-such-plugin",
        "env": [{"name": "PASSWORD", "value": canary("execenv")}],
        "interactiveMode": "Never",
    }
    content["users"].append({"name": "plugged", "user": {"exec": plugin}})
    content["contexts"] += [
        {"name": "far", "context": {"cluster": "far", "user": "alice"}},
        {"name": "plugged", "context": {"cluster": "test", "user": "plugged"}},
    ]
    path.write_text(yaml.safe_dump(content))
    return str(path)
