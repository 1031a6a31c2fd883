"""The native controls, from the network to the nodes: which checks tell whether each is on, and how to count."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.security_context import is_windows, minor_version
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.controls.control import Control, Count

NETWORK = "Network"
ADMISSION = "Admission"
PODS = "Pods"
IDENTITY = "Identity"
SECRETS = "Secrets"
IMAGES = "Images"
CONTROL_PLANE = "Control plane"
NODES = "Nodes"
UPGRADES = "Upgrades"

_USER_NAMESPACES = 33
"""The minor version that has user namespaces by default (KEP-127)."""


def _linux(subject: Any, _: Snapshot) -> bool:
    return isinstance(subject, Workload) and not is_windows(subject.spec)


def _with_user_namespaces(subject: Any, snapshot: Snapshot) -> bool:
    minor = minor_version(snapshot.source.server_version)
    return (minor is None or minor >= _USER_NAMESPACES) and _linux(subject, snapshot)


def _not_static(subject: Any, _: Snapshot) -> bool:
    return isinstance(subject, Workload) and not subject.static


def _governed(subject: Any, _: Snapshot) -> bool:
    # Without these, all of a namespace's pods are on their nodes' network, which no policy governs.
    return bool(subject.workloads)


CONTROLS: tuple[Control, ...] = (
    Control(
        "network-enforced",
        NETWORK,
        "NetworkPolicies are enforced",
        "Install a network plugin that enforces NetworkPolicies.",
        ("net-cni-not-enforcing",),
        Count.SETTINGS,
    ),
    Control(
        "network-ingress",
        NETWORK,
        "Namespaces deny incoming by default",
        "Stage the policies that deny by default and admit what the objects of the namespace need.",
        ("ns-no-netpol-ingress",),
        applies=_governed,
        rests_on="net-cni-not-enforcing",
    ),
    Control(
        "network-egress",
        NETWORK,
        "Namespaces deny outgoing by default",
        "Stage the policies that deny by default and admit name resolution and what the objects need.",
        ("ns-no-netpol-egress",),
        applies=_governed,
        rests_on="net-cni-not-enforcing",
    ),
    Control(
        "network-metadata",
        NETWORK,
        "Pods cannot reach the cloud's metadata",
        "Deny egress to the metadata addresses, or give pods identities of their own.",
        ("ns-metadata-reachable",),
        applies=_governed,
        rests_on="net-cni-not-enforcing",
    ),
    Control(
        "pod-security",
        ADMISSION,
        "Pod Security enforces a level",
        "Label each namespace with the strictest level that its pods meet; pane 3 says which.",
        ("ns-psa-missing", "ns-psa-privileged", "ns-psa-warn-only", "ns-psa-invalid-label"),
    ),
    Control(
        "pod-policy",
        ADMISSION,
        "Something refuses dangerous pods",
        "Enforce a Pod Security level, or bind an admission policy that denies.",
        ("adm-none",),
        Count.SETTINGS,
    ),
    Control(
        "admission-policies",
        ADMISSION,
        "Admission policies take effect",
        "Bind each policy, let it deny instead of report, and let it fail closed.",
        ("adm-vap-unbound", "adm-kyverno-audit"),
    ),
    Control(
        "admission-webhooks",
        ADMISSION,
        "Admission webhooks fail closed and answer",
        "Let them fail closed once enough replicas answer, without their own namespace.",
        ("adm-fail-open", "adm-ns-bypass", "adm-webhook-dead"),
    ),
    Control(
        "quotas",
        ADMISSION,
        "Namespaces have a quota",
        "Give each namespace a ResourceQuota.",
        ("ns-no-quota",),
    ),
    Control(
        "limit-ranges",
        ADMISSION,
        "Containers get limits by default",
        "Give each namespace a LimitRange where containers set no limits.",
        ("ns-no-limitrange",),
    ),
    Control(
        "default-namespace",
        ADMISSION,
        "Nothing runs in the namespace default",
        "Give what runs there a namespace of its own.",
        ("ns-default-used",),
        Count.ABSENCE,
    ),
    Control(
        "seccomp",
        PODS,
        "Pods run under a seccomp profile",
        "Set the profile RuntimeDefault on the pod.",
        ("wl-seccomp-missing", "wl-seccomp-unconfined"),
        applies=_linux,
    ),
    Control(
        "apparmor",
        PODS,
        "AppArmor is not switched off",
        "Remove Unconfined, or set the profile RuntimeDefault.",
        ("wl-apparmor-disabled",),
        applies=_linux,
    ),
    Control(
        "user-namespaces",
        PODS,
        "Pods with power have a user namespace",
        "Set hostUsers to false where the nodes can do it.",
        ("wl-host-users",),
        applies=_with_user_namespaces,
    ),
    Control(
        "privilege-escalation",
        PODS,
        "Containers cannot gain privileges",
        "Set allowPrivilegeEscalation to false.",
        ("wl-allow-priv-esc",),
        applies=_linux,
    ),
    Control(
        "read-only-root",
        PODS,
        "Root file systems are read-only",
        "Set readOnlyRootFilesystem, with scratch volumes where the program writes.",
        ("wl-writable-rootfs",),
        applies=_linux,
    ),
    Control(
        "memory-limits",
        PODS,
        "Memory is limited",
        "Set a memory limit, or give the namespace a LimitRange.",
        ("wl-no-memory-limit",),
    ),
    Control(
        "rbac-mode",
        IDENTITY,
        "The API server authorizes by RBAC and Node",
        "Set --authorization-mode=Node,RBAC.",
        ("cp-authz-always-allow",),
        Count.SETTINGS,
    ),
    Control(
        "no-anonymous-grants",
        IDENTITY,
        "Nothing is granted to everybody",
        "Remove the bindings of the anonymous user and of the groups of all users.",
        ("rbac-anonymous-subject", "rbac-everyone-subject"),
        Count.ABSENCE,
    ),
    Control(
        "no-wildcards",
        IDENTITY,
        "No role grants by wildcard",
        "Name the resources and verbs that are used.",
        ("rbac-wildcard-resource", "rbac-wildcard-verb", "rbac-wildcard-group"),
        Count.ABSENCE,
    ),
    Control(
        "no-further-admins",
        IDENTITY,
        "Nobody else holds cluster-admin",
        "Bind narrower roles; keep one account for emergencies.",
        ("rbac-cluster-admin", "rbac-effective-admin", "rbac-masters-subject"),
        Count.ABSENCE,
    ),
    Control(
        "token-automount",
        IDENTITY,
        "Pods get no token that they do not need",
        "Set automountServiceAccountToken to false.",
        ("sec-automount",),
        applies=_not_static,
    ),
    Control(
        "own-accounts",
        IDENTITY,
        "Workloads have their own ServiceAccounts",
        "Give each workload a ServiceAccount of its own.",
        ("sec-default-sa",),
        applies=_not_static,
    ),
    Control(
        "bound-tokens",
        IDENTITY,
        "Tokens end and are bound to their pod",
        "Delete tokens in Secrets, shorten those of volumes, switch the one-year extension off.",
        ("hyg-legacy-token-secret", "sec-projected-token-wide", "cp-sa-token-extension", "cp-sa-lookup"),
        Count.ABSENCE,
    ),
    Control(
        "encryption",
        SECRETS,
        "Secrets are encrypted at rest",
        "Set --encryption-provider-config, then write every Secret anew.",
        ("cp-encryption",),
        Count.SETTINGS,
    ),
    Control(
        "no-secret-environment",
        SECRETS,
        "Secrets come as files, not in variables",
        "Mount them as volumes.",
        ("sec-env-from-secret", "sec-envfrom-whole-secret"),
    ),
    Control(
        "no-literal-credentials",
        SECRETS,
        "No credentials in objects many may read",
        "Move them to Secrets and replace them: they are known.",
        (
            "sec-env-literal",
            "sec-args-literal",
            "sec-configmap",
            "sec-cloud-static-key",
            "sec-last-applied-leak",
        ),
        Count.ABSENCE,
    ),
    Control(
        "image-digests",
        IMAGES,
        "Images are named by digest",
        "Write the digest that runs behind the tag.",
        ("img-no-digest", "img-latest"),
    ),
    Control(
        "always-pull",
        IMAGES,
        "Cached images need their credentials",
        "Enable the admission plugin AlwaysPullImages.",
        ("cp-always-pull",),
        Count.SETTINGS,
    ),
    Control(
        "audit-log",
        CONTROL_PLANE,
        "The API server keeps an audit log",
        "Set --audit-policy-file and --audit-log-path, and keep the files.",
        ("cp-audit-off", "cp-audit-retention"),
        Count.SETTINGS,
    ),
    Control(
        "no-anonymous-requests",
        CONTROL_PLANE,
        "The API server refuses anonymous requests",
        "Allow them for health checks only, by an AuthenticationConfiguration.",
        ("cp-anonymous-auth",),
        Count.SETTINGS,
    ),
    Control(
        "node-restriction",
        CONTROL_PLANE,
        "Kubelets may change their own node only",
        "Enable the admission plugin NodeRestriction.",
        ("cp-node-restriction",),
        Count.SETTINGS,
    ),
    Control(
        "admission-plugins",
        CONTROL_PLANE,
        "The default admission plugins run",
        "Take them out of --disable-admission-plugins.",
        ("cp-always-admit",),
        Count.SETTINGS,
    ),
    Control(
        "etcd-tls",
        CONTROL_PLANE,
        "etcd knows who connects",
        "Start etcd with certificates for clients and peers, on addresses of its own.",
        ("cp-etcd-tls", "cp-etcd-exposed"),
        Count.SETTINGS,
    ),
    Control(
        "kubelet-access",
        NODES,
        "Kubelets check who calls and what for",
        "Set authentication, authorization, client CA and read-only port in the kubelets' configuration.",
        ("kl-anonymous", "kl-authz", "kl-client-ca", "kl-readonly-port"),
        Count.SETTINGS,
    ),
    Control(
        "kubelet-seccomp",
        NODES,
        "Kubelets filter system calls by default",
        "Set seccompDefault in the kubelets' configuration.",
        ("kl-seccomp-default",),
        Count.SETTINGS,
    ),
    Control(
        "kubelet-pids",
        NODES,
        "Pods may start so many processes only",
        "Set podPidsLimit in the kubelets' configuration.",
        ("kl-pod-pids",),
        Count.SETTINGS,
    ),
    Control(
        "kubelet-certificates",
        NODES,
        "Kubelet certificates are renewed",
        "Set rotateCertificates and serverTLSBootstrap in the kubelets' configuration.",
        ("kl-rotate-certs",),
        Count.SETTINGS,
    ),
    Control(
        "safeguards",
        UPGRADES,
        "Safeguards that upgrades leave off are on",
        "Pane 7 lists them under Safeguards, each with how to switch it on.",
        (),
        Count.SAFEGUARDS,
    ),
)
