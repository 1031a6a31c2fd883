"""What should not be within everyone's reach: ports and images of data stores, consoles and control planes."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ksec_tui.analysis.network.selectors import serving
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.pods import PodSpec


@dataclass(frozen=True, slots=True)
class Known:
    """What usually listens on a port.

    Attributes:
        name: in words.
        http: whether it speaks HTTP, so that an HTTP proxy passes it on.
        store: whether it holds data.
    """

    name: str
    http: bool = False
    store: bool = False


PORTS: dict[int, Known] = {
    21: Known("FTP"),
    22: Known("SSH"),
    23: Known("Telnet"),
    389: Known("LDAP"),
    445: Known("SMB file shares"),
    873: Known("rsync"),
    1433: Known("SQL Server", store=True),
    1521: Known("Oracle Database", store=True),
    2049: Known("NFS", store=True),
    2181: Known("ZooKeeper", store=True),
    2375: Known("the Docker API", http=True),
    2376: Known("the Docker API", http=True),
    2379: Known("etcd", http=True, store=True),
    2380: Known("etcd", http=True, store=True),
    3306: Known("MySQL", store=True),
    3389: Known("Remote Desktop"),
    5432: Known("PostgreSQL", store=True),
    5601: Known("Kibana", http=True),
    5672: Known("AMQP (RabbitMQ)", store=True),
    5900: Known("VNC"),
    5984: Known("CouchDB", http=True, store=True),
    6379: Known("Redis", store=True),
    5985: Known("Windows Remote Management", http=True),
    5986: Known("Windows Remote Management", http=True),
    6443: Known("a Kubernetes API server", http=True),
    8001: Known("kubectl proxy, or an admin API", http=True),
    8200: Known("Vault", http=True),
    8265: Known("Ray", http=True),
    8500: Known("Consul", http=True),
    9042: Known("Cassandra", store=True),
    9092: Known("Kafka", store=True),
    9200: Known("Elasticsearch", http=True, store=True),
    9300: Known("Elasticsearch", store=True),
    10250: Known("the kubelet API", http=True),
    10255: Known("the kubelet's read-only port", http=True),
    11211: Known("memcached", store=True),
    11434: Known("Ollama", http=True),
    15672: Known("the RabbitMQ console", http=True),
    26257: Known("CockroachDB", store=True),
    27017: Known("MongoDB", store=True),
    44134: Known("Tiller"),
}
"""Port number -> what listens there by convention (IANA, or the project's default)."""

CONSOLES: dict[str, str] = {
    "kubernetes-dashboard": "Kubernetes Dashboard",
    "kubernetesui/dashboard": "Kubernetes Dashboard",
    "argoproj/argocd": "Argo CD",
    "argoproj/argocli": "Argo Workflows",
    "prometheus/prometheus": "Prometheus",
    "prom/prometheus": "Prometheus",
    "prometheus/alertmanager": "Alertmanager",
    "jupyter": "Jupyter",
    "kubeflow": "Kubeflow",
    "ollama/ollama": "Ollama",
    "vllm/vllm-openai": "vLLM",
    "dpage/pgadmin4": "pgAdmin",
    "phpmyadmin": "phpMyAdmin",
    "adminer": "Adminer",
    "mongo-express": "Mongo Express",
    "portainer/portainer": "Portainer",
    "weaveworks/scope": "Weave Scope",
    "codercom/code-server": "code-server",
    "apache/zeppelin": "Zeppelin",
    "apache/nifi": "NiFi",
    "rayproject/ray": "Ray",
    "mlflow": "MLflow",
    "kibana/kibana": "Kibana",
    "helm/tiller": "Tiller",
    "jenkins/jenkins": "Jenkins",
    "apache/airflow": "Airflow",
    "rancher/rancher": "Rancher",
    "mlflow/mlflow": "MLflow",
    "longhornio/longhorn-ui": "Longhorn",
    "kiali/kiali": "Kiali",
    "redis/redisinsight": "RedisInsight",
    "redis-commander": "Redis Commander",
    "headlamp-k8s/headlamp": "Headlamp",
    "filebrowser/filebrowser": "File Browser",
    "langflowai/langflow": "Langflow",
}
"""Part of an image's name -> the console or API that it is; whoever reaches it, runs code or reads much."""

STORES: dict[str, str] = {
    "postgres": "PostgreSQL",
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "mongo": "MongoDB",
    "mongodb": "MongoDB",
    "redis": "Redis",
    "valkey": "Valkey",
    "memcached": "memcached",
    "elasticsearch": "Elasticsearch",
    "opensearch": "OpenSearch",
    "cassandra": "Cassandra",
    "kafka": "Kafka",
    "rabbitmq": "RabbitMQ",
    "etcd": "etcd",
    "cockroach": "CockroachDB",
    "couchdb": "CouchDB",
    "influxdb": "InfluxDB",
    "zookeeper": "ZooKeeper",
    "minio": "MinIO",
    "clickhouse-server": "ClickHouse",
}
"""The last part of an image's repository -> the data store that it is."""


def console(spec: PodSpec) -> str:
    """The console that a pod's containers are, by image; empty when none."""
    for container in serving(spec):
        image = repository(container.image)
        for part, name in CONSOLES.items():
            if part in image:
                return name
    return ""


def sensitive(workload: Workload, port: int, *, http: bool) -> str:
    """What a workload serves on a port that should not be exposed; empty when nothing that is known.

    Args:
        workload: whose port; a console is known by its image, whatever the port.
        port: the pod's port.
        http: whether an HTTP proxy stands before it, which passes on nothing else.
    """
    name = console(workload.spec)
    if name:
        return name
    known = PORTS.get(port)
    return known.name if known is not None and (known.http or not http) else ""


def stores(workload: Workload) -> dict[int, str]:
    """The ports of data stores that a workload declares: port -> what it is.

    Known by port number, and for a data store's image every declared port that is not for metrics.
    """
    found: dict[int, str] = {}
    for container in serving(workload.spec):
        name = STORES.get(repository(container.image).rpartition("/")[2], "")
        for port in container.ports:
            known = PORTS.get(port.container_port)
            if known is not None and known.store:
                found[port.container_port] = name or known.name
            elif name and "metrics" not in port.name and port.protocol in ("", "TCP"):
                found[port.container_port] = name
    return found


@functools.lru_cache(maxsize=8192)
def repository(image: str) -> str:
    """An image's name without tag and digest."""
    name = image.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}"
