"""The configuration file of a kubelet (k8s.io/kubelet/config/v1beta1), with the defaults of such a file."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ksec_tui.cluster.base import KubeObject, Part, Text


class KubeletSwitch(Part, frozen=True):
    """Something that is on or off; None where the file does not say."""

    enabled: bool | None = None


class KubeletX509(Part, frozen=True):
    """Whose client certificates are accepted."""

    client_ca_file: Text = field(default="", name="clientCAFile")


class KubeletAuthentication(Part, frozen=True):
    """Whom the kubelet believes."""

    anonymous: KubeletSwitch = KubeletSwitch()
    webhook: KubeletSwitch = KubeletSwitch()
    x509: KubeletX509 = KubeletX509()


class KubeletAuthorization(Part, frozen=True):
    """What callers may do; Webhook asks the API server."""

    mode: Text = "Webhook"


class KubeletConfiguration(KubeObject, frozen=True):
    """kubelet.config.k8s.io/v1beta1 KubeletConfiguration.

    Unset fields have the defaults of a configuration file (SetDefaults_KubeletConfiguration), which are stricter
    than those of the old flags.
    """

    group: ClassVar[str] = "kubelet.config.k8s.io"
    kind: ClassVar[str] = "KubeletConfiguration"
    namespaced: ClassVar[bool] = False
    authentication: KubeletAuthentication = KubeletAuthentication()
    authorization: KubeletAuthorization = KubeletAuthorization()
    read_only_port: int = 0
    seccomp_default: bool | None = None
    rotate_certificates: bool = False
    server_tls_bootstrap: bool = field(default=False, name="serverTLSBootstrap")
    tls_cert_file: Text = ""
    tls_private_key_file: Text = ""
    tls_cipher_suites: tuple[Text, ...] = ()
    tls_min_version: Text = ""
    pod_pids_limit: int | None = None
    protect_kernel_defaults: bool = False
    streaming_connection_idle_timeout: Text = ""
    event_record_qps: int | None = field(default=None, name="eventRecordQPS")
