"""Who reads decides what is known: rights of one namespace, no rights, logins that ran out, plugins that log in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.control_plane.client import Tree
from tests.control_plane.conftest import Ksec
from tests.control_plane.plane import Plane
from tests.control_plane.tokens import run_out

RBAC = "/apis/rbac.authorization.k8s.io/v1"
SPACE = "payments"
BY_VERSION = {"ver-data-stale", "ver-server-eol"}


def account(plane: Plane, name: str, role: str = "view") -> str:
    """Make a ServiceAccount of one namespace with a role there; its token."""
    plane.admin.post(f"/api/v1/namespaces/{SPACE}/serviceaccounts", {"metadata": {"name": name}})
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": SPACE}
    binding = {"metadata": {"name": name}, "roleRef": ref, "subjects": [subject]}
    plane.admin.post(f"{RBAC}/namespaces/{SPACE}/rolebindings", binding)
    return plane.token(SPACE, name)


def scanned(ksec: Ksec, kubeconfig: Path, *more: str) -> Tree:
    done = ksec("scan", "--kubeconfig", kubeconfig, "-o", "json", *more)
    assert done.code == 0, done.err
    report: Tree = json.loads(done.out)
    return report


@pytest.fixture(scope="module")
def people(demo: Plane) -> str:
    """The token of somebody who may view one namespace of the demo cluster."""
    return account(demo, "viewer")


def test_with_the_rights_of_one_namespace_the_rest_is_unknown_and_nothing_passes(
    demo: Plane, people: str, ksec: Ksec
) -> None:
    seen = scanned(ksec, demo.kubeconfig(token=people), "-n", SPACE)
    whole = scanned(ksec, demo.admin_kubeconfig())
    assert seen["source"]["user"] == f"system:serviceaccount:{SPACE}:viewer"
    kinds = seen["coverage"]["kinds"]
    assert kinds["pods"]["state"] == "partial"
    assert kinds["pods"]["count"] == sum(
        item["metadata"]["namespace"] == SPACE for item in demo.admin.get("/api/v1/pods")["items"]
    )
    assert {kinds[name]["state"] for name in ("secrets", "persistentvolumes")} == {"forbidden"}
    assert kinds["clusterrolebindings.rbac.authorization.k8s.io"]["state"] == "forbidden"

    verdicts = {item["id"]: item["verdict"] for item in seen["checks"]}
    full = {item["id"]: item["verdict"] for item in whole["checks"]}
    # Where the whole cluster fails, one namespace of it may not say that all is well.
    assert [name for name, verdict in verdicts.items() if verdict == "pass" and full[name] == "fail"] == []
    assert sum(verdict == "unknown" for verdict in verdicts.values()) > 100
    fingerprints = {item["fingerprint"] for item in whole["findings"]}
    failing = [item for item in seen["findings"] if item["verdict"] == "fail"]
    assert len(failing) > 5
    assert {item["fingerprint"] for item in failing} <= fingerprints


def test_nobody_in_particular_learns_nothing_and_is_told_so(bare: Plane, ksec: Ksec) -> None:
    seen = scanned(ksec, bare.kubeconfig())
    assert seen["source"]["user"] == "user"  # who may not even ask who he is goes by his kubeconfig
    states = {cover["state"] for cover in seen["coverage"]["kinds"].values()}
    assert "ok" not in states
    # Everybody may ask a server for its version, and these look at nothing else.
    assert {item["id"] for item in seen["checks"] if item["verdict"] == "pass"} <= BY_VERSION
    failing = {item["check"] for item in seen["findings"] if item["verdict"] == "fail"}
    assert {name.partition("-")[0] for name in failing} <= {"ver"}


def test_a_token_that_ran_out_is_refused_in_a_sentence(demo: Plane, people: str, ksec: Ksec) -> None:
    done = ksec("scan", "--kubeconfig", demo.kubeconfig(token=run_out(people, demo.account_key)))
    assert (done.code, done.out) == (3, "")
    assert "refuses the login" in done.err
    assert len(done.err.splitlines()) <= 2


def test_a_certificate_that_ran_out_is_refused_in_a_sentence(demo: Plane, ksec: Ksec) -> None:
    login = demo.authority.client("late", "system:masters", days=-1)
    done = ksec("scan", "--kubeconfig", demo.kubeconfig(login))
    assert (done.code, done.out) == (3, "")
    assert len(done.err.splitlines()) <= 2


def test_the_token_of_an_account_that_is_gone_is_refused(demo: Plane, ksec: Ksec) -> None:
    """Not used before: servers believe a token for ten seconds more that they have believed once."""
    kubeconfig = demo.kubeconfig(token=account(demo, "leaver"))
    demo.admin.ask("DELETE", f"/api/v1/namespaces/{SPACE}/serviceaccounts/leaver")
    demo.admin.ask("DELETE", f"{RBAC}/namespaces/{SPACE}/rolebindings/leaver")
    done = ksec("scan", "--kubeconfig", kubeconfig, "-n", SPACE)
    assert (done.code, done.out) == (3, "")
    assert "refuses the login" in done.err


def test_a_plugin_logs_in(demo: Plane, people: str, ksec: Ksec, tmp_path: Path) -> None:
    script = tmp_path / "login.py"
    script.write_text(
        "import json\n"
        "status = {'token': open('token').read()}\n"
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential',"
        " 'status': status}))\n"
    )
    (tmp_path / "token").write_text(people)
    kubeconfig = demo.kubeconfig(plugin=(sys.executable, str(script)))
    seen = scanned(ksec, kubeconfig, "-n", SPACE)
    assert seen["source"]["user"] == f"system:serviceaccount:{SPACE}:viewer"
    (tmp_path / "token").write_text("no-such-token")
    done = ksec("scan", "--kubeconfig", kubeconfig)
    assert (done.code, done.out) == (3, "")


def test_an_administrator_may_look_as_somebody_else(demo: Plane, people: str, ksec: Ksec) -> None:
    """The same by the kubeconfig and by the option; people is what makes the account."""
    name = f"system:serviceaccount:{SPACE}:viewer"
    by_file = demo.kubeconfig(demo.authority.client("admin", "system:masters"), act_as=name)
    seen = scanned(ksec, by_file, "-n", SPACE)
    assert seen["source"]["user"] == name
    assert seen["coverage"]["kinds"]["persistentvolumes"]["state"] == "forbidden"
    by_option = scanned(ksec, demo.admin_kubeconfig(), "-n", SPACE, "--as", name)
    assert by_option == seen
