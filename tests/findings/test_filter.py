"""The filter grammar, operator by operator: what is chosen, what is refused and where the caret stands."""

from __future__ import annotations

import pytest

from ksec_tui.findings.filter import FilterError, parse
from tests.findings.filter_rows import Plain, Row
from tests.findings.rows import BARE, TEXT, WEB


@pytest.mark.parametrize(
    "chosen",
    [
        "",
        "   ",
        "privileged",
        "web prod",
        "Privileged",
        "container|nonsense",
        "nonsense|root",
        "nonsense|!absent",
        "!absent",
        "!!root",
        "!nonsense|absent",
        '"as root"',
        "\"'app'\"",
        "'root",
        "'web",
        "'root'",
        "^wl-",
        "^Privileged",
        "^deployment",
        "container$",
        "web-1$",
        "^wl-privileged$",
        "/r..t/",
        "/roo",
        "/as root/",
        "/^Dep.*web-1$/",
        "/privileged.*root/",
        "/a/|nonsense",
        "/a|nonsense/",
        "!/absent/",
        "/!absent/",
        "/!absent",
        "-f wlprv",
        "-f dproot",
        "/-f wlprv",
        "sev:high",
        "sev:h",
        "SEV:High",
        "severity:high",
        "sev:>=high",
        "sev:>medium",
        "sev:<critical",
        "sev:<=high",
        "sev:=high",
        "sev:low,high",
        "sev:!low",
        "ns:prod-eu",
        "ns:prod-*",
        "ns:PROD-*|prod-*",
        "ns:*,!kube-*",
        "ns:!kube-*",
        "ns:prod-??",
        "kind:deploy",
        "kind:deployment",
        "kind:Deployments",
        "kind:depl",
        "kind:d*",
        "kind:po,deploy",
        "rule:WL-*",
        "check:wl-privileged",
        "state:open",
        "is:new",
        "is:staged|fixable",
        "is:fix",
        "!is:staged|marked",
        "age:<7d",
        "age:>=2h",
        "age:<=120m",
        "age:>1h30m",
        "age:<1y",
        "path:hostPath",
        "path:hostpath",
        "label:app=w*",
        "lens:external",
        "lens:container",
        'lens:"compromised container"',
        "verdict:fail",
        'name:"web-1"',
        "-l app=web",
        "-l app==web,tier!=db",
        "-l app in (web, db) root",
        "-l tier notin (db),other notin (x)",
        "-l app,!legacy",
        "-l team=",
        "-l replicas>2,replicas<4",
        "-l example.org/owner = a.b",
        "!-l app=db",
        "/-l app=web",
        "web -l app=web -f root sev:high",
    ],
)
def test_chosen(chosen: str) -> None:
    assert parse(chosen).matches(WEB)


@pytest.mark.parametrize(
    "left_out",
    [
        "absent",
        "web absent",
        "PRIVILEGED",
        "!root",
        "!!!root",
        "!nonsense|root",
        "nonsense|!root",
        "'roo",
        "'privilege",
        "^privileged$",
        "^rivileged",
        "^Eployment",
        "contain$",
        "/R..t/",
        "/!root",
        "!/root/",
        "/^root/",
        "-f toor-",
        "sev:critical",
        "sev:>high",
        "sev:<high",
        "sev:!high",
        "sev:high,!high",
        "ns:prod",
        "ns:!prod-*",
        "ns:*,!prod-*",
        "ns:PROD-*",
        "kind:po",
        "kind:ds",
        "kind:!deploy",
        "rule:rbac-*",
        "is:staged",
        "is:new is:staged",
        "!is:staged|new",
        "age:>7d",
        "age:<2h",
        "path:hostPID",
        "path:HOSTPATH",
        "label:app",
        "lens:credentials",
        "verdict:unknown",
        "name:web",
        "-l app=db",
        "-l app!=web",
        "-l !app",
        "-l legacy",
        "-l app notin (web)",
        "-l replicas>3",
        "-l app>3",
    ],
)
def test_left_out(left_out: str) -> None:
    assert not parse(left_out).matches(WEB)


@pytest.mark.parametrize(
    "positive", ["sev:low", "ns:*", "kind:po", "is:new", "age:>1s", "path:a", "-l app", "label:*"]
)
def test_a_row_without_the_field_matches_only_what_is_negated(positive: str) -> None:
    assert not parse(positive).matches(BARE)
    assert parse(f"!{positive}").matches(BARE)


def test_label_conditions_that_exclude_also_choose_rows_without_the_label() -> None:
    for selector in ("app!=web", "app notin (web)", "!app"):
        assert parse(f"-l {selector}").matches(BARE)


@pytest.mark.parametrize(
    ("short", "kind"),
    [
        ("po", "Pod"),
        ("sts", "StatefulSet"),
        ("rs", "ReplicaSet"),
        ("svc", "Service"),
        ("ing", "Ingress"),
        ("netpol", "NetworkPolicy"),
        ("sa", "ServiceAccount"),
        ("ns", "Namespace"),
        ("no", "Node"),
        ("cm", "ConfigMap"),
        ("crb", "ClusterRoleBinding"),
        ("rb", "RoleBinding"),
        ("cr", "ClusterRole"),
        ("role", "Role"),
        ("ingresses", "Ingress"),
        ("clusterroleb", "ClusterRoleBinding"),
    ],
)
def test_kinds_answer_to_the_names_that_kubectl_knows(short: str, kind: str) -> None:
    kinds = "Pod PodDisruptionBudget StatefulSet ReplicaSet Service ServiceAccount Ingress IngressClass NetworkPolicy "
    kinds += "Namespace Node ConfigMap Role RoleBinding ClusterRole ClusterRoleBinding"
    found = [name for name in kinds.split() if parse(f"kind:{short}").matches(Row("", {"kind": (name,)}))]
    assert found == [kind]


def test_a_row_without_original_case_is_searched_regardless_of_case() -> None:
    plain = Plain(TEXT.lower())
    for source in ("Privileged", "^Privileged", "'Root", "-f WlPriv", "/Priv.*ROOT/"):
        assert parse(source).matches(plain)


def test_names_of_kubernetes_and_addresses_are_words_not_fields() -> None:
    row = Row("system:masters may reach https://10.0.0.1:443 from repo/nginx:1.25")
    for source in ("system:masters", "https://10.0.0.1", "10.0.0.1:443", "repo/nginx:1.25", '"may reach"'):
        assert parse(source).matches(row)


@pytest.mark.parametrize(
    ("source", "position", "reason"),
    [
        ("web sve:high", 4, "there is no field sve (did you mean sev?)"),
        ("namepsace:x", 0, "did you mean namespace?"),
        ("!image:x", 1, '"image:x"'),
        ("sev:hgih", 4, "there is no hgih (did you mean high?)"),
        ("sev:low,>=x", 8, "sev: there is no x"),
        ("is:new|fixabel", 7, "did you mean fixable?"),
        ("verdict:maybe", 8, "known: fail, pass, unknown, n/a"),
        ("lens:inside", 5, "lens: there is no inside"),
        ("ns:", 3, "a value is expected for ns:"),
        ("ns:a,", 5, "a value is expected for ns:"),
        ("ns:a,!", 6, "a value is expected for ns:"),
        ("age:7d", 4, "an age is compared"),
        ("age:<7", 4, "7 is no age"),
        ("a !", 3, "expected after !"),
        ("a|", 2, "both sides of |"),
        ("|a", 0, "both sides of |"),
        ("a||b", 2, "both sides of |"),
        ('ab "c d', 3, "the quotes are not closed"),
        ('name:""', 5, "a value is expected"),
        ('""', 0, "nothing between the quotes"),
        ("'", 0, "a word is expected with '"),
        ("a ^$", 2, "a word is expected with ^$"),
        ("/", 1, "a regular expression is expected"),
        ("a /!/", 4, "a regular expression is expected"),
        ("a /b(/", 4, "no valid regular expression"),
        ("a /b**/", 5, "no valid regular expression"),
        ("/!b(", 3, "no valid regular expression"),
        ("/" + "a" * 201 + "/", 201, "200 characters"),
        ("-f", 2, "expected after -f"),
        ("-l", 2, "a label name is expected"),
        ("-l app=web,", 11, "a label name is expected"),
        ("-l app in (a", 12, "end with )"),
        ("-l app in (a b)", 13, "end with )"),
        ("-l app=a$", 8, "separated by commas"),
        ("-l app>x", 7, "a whole number"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(source: str, position: int, reason: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(source)
    assert reason in caught.value.message
    assert caught.value.position == position
