"""Every fix for the demo cluster is accepted by its server, and does on it what was promised."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource
from tests.control_plane.applying import by_kubectl, by_requests, carry_out, roll_out
from tests.control_plane.client import Tree
from tests.control_plane.conftest import Ksec, Started, Tally
from tests.control_plane.demo import put_demo
from tests.control_plane.dump import write_dump
from tests.control_plane.plane import Plane
from tests.fixes.carrying import commands_of

UNANSWERED = "validate.nginx.ingress.kubernetes.io"
"""A webhook of the demo cluster without which no Ingress can be changed; nobody answers it here."""

REFUSED_ALREADY = {"cache-warmer"}
"""Its namespace enforces a level that it does not meet: its pod is older, and no new one would be admitted."""


def exported(ksec: Ksec, plane: Plane, out: Path, *more: str) -> Tree:
    """What ``fix`` tells of everything that it can write."""
    given = ("--kubeconfig", str(plane.admin_kubeconfig()), "--out", str(out), "--max-risk", "review")
    done = ksec("fix", *given, "-o", "json", *more)
    assert done.code == 0, done.err
    told: Tree = json.loads(done.out)
    assert told["leftOut"] == []
    return told


def test_every_fix_is_accepted_by_a_dry_run_on_the_server(
    demo: Plane, ksec: Ksec, tmp_path: Path, tally: Tally
) -> None:
    """Of fixes that want two things in one place each is tried alone."""
    together = exported(ksec, demo, tmp_path / "all", "--dry-run-server")
    alone = [
        exported(ksec, demo, tmp_path / check, "--dry-run-server", "--check", check)
        for check in sorted({item["check"] for item in together["refused"]})
    ]
    assert {item["fingerprint"] for item in together["refused"]} == {
        item["fingerprint"] for told in alone for item in told["fixes"]
    } & {item["fingerprint"] for item in together["refused"]}
    asked = [answer for told in (together, *alone) for answer in told["server"]]
    refused = [answer for answer in asked if answer["outcome"] != "accepted"]
    assert {(item["kind"], UNANSWERED in item["reason"]) for item in refused} <= {("Ingress", True)}
    assert len(together["fixes"]) > 500
    assert len(asked) > 200
    tally["changes accepted by dry runs"] += len(asked) - len(refused)


def test_fixes_that_are_carried_out_leave_no_finding_and_bring_none(
    start: Started, ksec: Ksec, tmp_path: Path, tally: Tally
) -> None:
    """By the commands of the export, on a server that is thrown away; and the way back leads back."""
    with start("fixed") as plane:
        put_demo(plane.admin)
        hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        plane.admin.ask("DELETE", f"{hooks}/ingress-nginx-admission")
        before = findings(ksec, plane)
        objects = dumped(plane, tmp_path / "before")
        told = exported(ksec, plane, tmp_path / "out")
        folder = tmp_path / "out" / "kubectl"
        forth, back = commands_of((folder / "commands.sh").read_text())

        assert (
            carry_out(forth, by_kubectl(folder, plane.admin_kubeconfig()) or by_requests(folder, plane.admin))
            == []
        )
        made, refused = roll_out(plane.admin, objects, dumped(plane, tmp_path / "changed"))
        assert made > 50
        assert {name.rpartition("-")[0].rpartition("-")[0] for name in refused} == REFUSED_ALREADY
        report = (tmp_path / "out" / "REPORT.md").read_text().splitlines()
        foretold = {line for line in report if "its namespace admits no new ones" in line}
        assert {line.partition(":")[0].rpartition("/")[2] for line in foretold} == REFUSED_ALREADY
        after = findings(ksec, plane)
        staying = [item for item in told["fixes"] if stays(item, after)]
        assert staying == []
        assert brought(before, after) == []
        assert len(before.keys() - after.keys()) > 500
        tally["fixes carried out"] += len(told["fixes"])
        tally["findings gone after that"] += len(before.keys() - after.keys())

        fixed = dumped(plane, tmp_path / "fixed")
        assert carry_out(back, by_requests(folder, plane.admin)) == []
        assert roll_out(plane.admin, fixed, objects)[0] == made
        assert findings(ksec, plane).keys() == before.keys()


def stays(fix: Tree, after: dict[str, Tree]) -> bool:
    """Whether what a fix was for is still told; an offer of more safety may be followed by one of still more."""
    offers = {item.id for item in all_checks() if item.offer}
    untouched = fix["subject"]["name"] in REFUSED_ALREADY
    return fix["fingerprint"] in after and fix["check"] not in offers and not untouched


def brought(before: dict[str, Tree], after: dict[str, Tree]) -> list[tuple[tuple[str, str], int]]:
    """Risks, by check and namespace, of which there are more than before; remarks and offers are none."""
    offers = {item.id for item in all_checks() if item.offer}

    def risks(found: dict[str, Tree]) -> Counter[tuple[str, str]]:
        return Counter(
            (item["check"], item["subject"]["namespace"])
            for item in found.values()
            if item["verdict"] == "fail"
            and item["severity"] != "info"
            and item["check"] not in offers
            # What is left of a worse one: a mount of the node that can only be read now.
            and item["subject"]["name"] not in REFUSED_ALREADY
            # What stands in for a binding grants its subjects less, and that is told anew.
            and not item["subject"]["name"].endswith("-narrowed")
        )

    return list((risks(after) - risks(before)).items())


def findings(ksec: Ksec, plane: Plane) -> dict[str, Tree]:
    """What the tool reads from the server, by fingerprint."""
    live = json.loads(ksec("scan", "--kubeconfig", plane.admin_kubeconfig(), "-o", "json").out)
    return {item["fingerprint"]: item for item in live["findings"]}


def dumped(plane: Plane, folder: Path) -> Snapshot:
    write_dump(plane.admin, folder)
    return load(FileSource([str(folder)]))[0]
