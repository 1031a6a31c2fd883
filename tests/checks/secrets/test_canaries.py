"""No value of a credential, wherever it stands, comes back in a finding, a fix, or what is saved."""

from __future__ import annotations

import gzip
from pathlib import Path

from ksec_tui.checks import all_checks
from ksec_tui.cluster.base import LAST_APPLIED
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.sources.saved import save
from tests.checks.control_plane.pods import static_pod
from tests.checks.secrets.test_secrets import account, config_map, load_balancer, secret
from tests.checks.workloads.pods import CHECKS, Tree, cluster, container, daemon_set

CANARY = "c4nary5d7e"
ENCODED = "YzRuYXJ5NWQ3ZQ"


def planted() -> Snapshot:
    """Credentials in every place that a check looks at."""
    env = [
        {"name": "DB_PASSWORD", "value": CANARY},
        {"name": "AWS_SECRET_ACCESS_KEY", "value": CANARY},
        {"name": "REDIS_URL", "value": f"redis://app:{CANARY}@redis:6379/0"},
    ]
    command = ["sh", "-c", f"run --token {CANARY} --api-key={CANARY}"]
    header = {
        "httpGet": {"path": "/", "port": 80, "httpHeaders": [{"name": "Authorization", "value": CANARY}]}
    }
    probed = container(env=env, command=command, args=["--db-password", CANARY], livenessProbe=header)
    applied = f'{{"data":{{"p":"{ENCODED}"}},"stringData":{{"q":"{CANARY}"}}}}'
    kubelet: Tree = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "staticPodURLHeader": {"Authorization": [CANARY]},
    }
    return cluster(
        daemon_set(probed),
        load_balancer(),
        account(),
        {**secret(applied=applied), "data": {"p": ENCODED}, "stringData": {"q": CANARY}},
        config_map({"DB_PASSWORD": CANARY, "app.conf": f"a=1\npassword={CANARY}\n", "plain": CANARY}),
        static_pod("kube-apiserver", ["--token-auth-file=/t", f"--bootstrap-token={CANARY}"]),
        kubelet,
    )


def test_no_finding_and_no_fix_tells_a_value() -> None:
    snapshot = planted()
    results = run(snapshot, all_checks())
    told = {finding.check for finding in results.findings}
    wanted = {
        "sec-env-literal",
        "sec-args-literal",
        "sec-cloud-static-key",
        "sec-configmap",
        "sec-last-applied-leak",
    }
    assert wanted <= told
    assert {"cp-token-auth-file", "kl-client-ca"} <= told
    said = repr(results.findings)
    said += repr([fix_for(finding, CHECKS.values(), snapshot) for finding in results.findings])
    assert CANARY not in said
    assert ENCODED not in said
    assert LAST_APPLIED in said


def test_no_value_is_saved(tmp_path: Path) -> None:
    save(planted(), tmp_path / "saved")
    content = gzip.decompress((tmp_path / "saved").read_bytes()).decode()
    assert CANARY not in content
    assert ENCODED not in content
    assert "DB_PASSWORD" in content
