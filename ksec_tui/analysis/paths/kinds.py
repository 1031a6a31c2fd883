"""The kinds of steps: what each is called, and under which names others know it.

Techniques are those of MITRE ATT&CK for Enterprise; the names of KubeHound's edges are given for comparison.
"""

from __future__ import annotations

import msgspec


class EdgeKind(msgspec.Struct, frozen=True, gc=False):
    """One kind of step.

    Attributes:
        verb: between source and target in a sentence.
        technique: of ATT&CK; empty where none fits.
        kubehound: the names of the same step there.
    """

    verb: str
    technique: str = ""
    kubehound: tuple[str, ...] = ()


KINDS: dict[str, EdgeKind] = {
    "expose": EdgeKind("reaches", "T1190", ("ENDPOINT_EXPLOIT",)),
    "connect": EdgeKind("may connect to", "T1210", ("ENDPOINT_EXPLOIT",)),
    "mounts-token": EdgeKind("holds the token of", "T1528", ("IDENTITY_ASSUME", "TOKEN_STEAL")),
    "mounts-secret": EdgeKind("holds", "T1552.007", ("VOLUME_DISCOVER",)),
    "secret-is-token": EdgeKind("holds a token of", "T1528", ("TOKEN_LIST",)),
    "member": EdgeKind("belongs to"),
    "administer": EdgeKind("holds", "T1078", ("PERMISSION_DISCOVER",)),
    "read-secret": EdgeKind("reads", "T1552.007", ("TOKEN_LIST", "TOKEN_BRUTEFORCE")),
    "mint-token": EdgeKind("makes tokens of", "T1528"),
    "mint-token-secret": EdgeKind("makes token Secrets of", "T1528"),
    "impersonate": EdgeKind("acts as", "T1078", ("IDENTITY_IMPERSONATE",)),
    "issue-cert": EdgeKind("issues certificates for", "T1649"),
    "run-as": EdgeKind("may start", "T1610", ("POD_CREATE",)),
    "change-workload": EdgeKind("changes workloads into", "T1610"),
    "use-account": EdgeKind("run as", "T1610", ("POD_CREATE",)),
    "mount-any": EdgeKind("may mount", "T1552.007"),
    "run-privileged": EdgeKind("may be", "T1611", ("POD_CREATE",)),
    "lift-psa": EdgeKind("lifts the Pod Security level for", "T1562.001"),
    "pod-to-node": EdgeKind("take over", "T1611"),
    "pv-hostpath": EdgeKind("mounts the file systems of", "T1611"),
    "exec": EdgeKind("opens shells in", "T1609", ("POD_EXEC",)),
    "inject-ephemeral": EdgeKind("adds containers to", "T1609", ("CONTAINER_ATTACH",)),
    "swap-image": EdgeKind("swaps the images of", "T1609", ("POD_PATCH",)),
    "kubelet-exec": EdgeKind("runs commands through the kubelets in", "T1609"),
    "bind-role": EdgeKind("binds to itself", "T1098.006", ("ROLE_BIND",)),
    "escalate-role": EdgeKind("writes into its role", "T1098.006"),
    "edit-aws-auth": EdgeKind("maps itself to", "T1098"),
    "webhook-tap": EdgeKind("alters by a webhook", "T1546"),
    "webhook-read": EdgeKind("reads by a webhook", "T1546"),
    "steer-controller": EdgeKind("gives orders to", "T1068"),
    "container-escape": EdgeKind(
        "gets out of its container to",
        "T1611",
        (
            "CE_PRIV_MOUNT",
            "CE_NSENTER",
            "CE_SYS_PTRACE",
            "CE_MODULE_LOAD",
            "CE_UMH_CORE_PATTERN",
            "CE_VAR_LOG_SYMLINK",
            "EXPLOIT_HOST_READ",
            "EXPLOIT_HOST_WRITE",
            "EXPLOIT_HOST_TRAVERSE",
            "EXPLOIT_CONTAINERD_SOCK",
        ),
    ),
    "on-node": EdgeKind("holds", "", ("POD_ATTACH", "VOLUME_ACCESS", "TOKEN_STEAL")),
    "kubelet-identity": EdgeKind("acts as", "T1078", ("IDENTITY_ASSUME",)),
    "control-plane-node": EdgeKind("holds the keys of"),
    "host-credentials": EdgeKind("finds in the node's files the login of", "T1552.001"),
    "metadata": EdgeKind("gets from the metadata service", "T1552.005"),
    "cloud-identity": EdgeKind("is in the cloud", "T1078.004"),
    "cloud-key": EdgeKind("holds keys of", "T1552.001"),
    "within": EdgeKind("includes"),
    "unread": EdgeKind("holds"),
    "is": EdgeKind("is"),
}
"""Every kind by its stable id."""
