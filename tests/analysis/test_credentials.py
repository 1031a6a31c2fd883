"""Which variables and words of a command are told as credentials, and under which name."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.credentials import about, in_command, in_environment
from ksec_tui.cluster.pods import Container, EnvVar
from ksec_tui.cluster.redact import command_line, payload

VALUE = "c4nary-9c1e"
KEY_ID = "AKIA" + "ABCDEFGHIJKLMNOP"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([f"--password={VALUE}"], [("password", 0)]),
        (["--db-password", VALUE], [("db-password", 1)]),
        (["sh", "-c", f"run --token {VALUE} | tee log"], [("token", 2)]),
        (["sh", "-c", f"DB_PASSWORD={VALUE} run --api-key={VALUE}"], [("DB_PASSWORD", 2), ("api-key", 2)]),
        (["curl", "-H", f"Authorization: Bearer {VALUE}"], [("Authorization", 2)]),
        ([f"--redis-url=redis://app:{VALUE}@redis:6379"], [("redis-url", 0)]),
        (["--token-type=jwt", "--secret-namespace=shop", "--password-file=/etc/p"], []),
        (["--password=$(DB_PASSWORD)", "--token", "--verbose"], []),
        (["sh", "-c", "PASSWORD=$(cat /etc/p) run"], []),
    ],
)
def test_credentials_of_a_command_are_told_by_the_name_before_them(
    words: list[str], wanted: list[tuple[str, int]]
) -> None:
    text = tuple(words)
    for attribute, item in (("command", Container(command=text)), ("args", Container(args=text))):
        found = in_command(item)
        assert [(told.name, told.place) for told in found] == [(n, f"/{attribute}/{i}") for n, i in wanted]
        assert VALUE not in repr(found)


def test_a_saved_snapshot_from_which_values_were_taken_tells_the_same() -> None:
    words = [
        "--db-password",
        VALUE,
        f"--aws-secret-access-key={VALUE}",
        f"--id={KEY_ID}",
        f"--url=x://a:{VALUE}@b",
    ]
    kept = tuple(map(str, command_line(list(words))))
    assert in_command(Container(args=kept)) == in_command(Container(args=tuple(words)))
    assert len(in_command(Container(args=kept))) == 4


@pytest.mark.parametrize(
    ("name", "value", "cloud", "key_id"),
    [
        ("DB_PASSWORD", VALUE, False, False),
        ("VAULT_SECRET_ID", VALUE, False, False),
        ("AWS_SECRET_ACCESS_KEY", VALUE, True, False),
        ("ARM_CLIENT_SECRET", VALUE, True, False),
        ("AWS_ACCESS_KEY_ID", KEY_ID, True, True),
        ("CONFIG", '{"type": "service_account", "project_id": "x"}', True, False),
        ("STORAGE", "AccountName=x;AccountKey=" + "a" * 86 + "==", True, False),
    ],
)
def test_a_key_of_a_cloud_is_told_from_other_credentials(
    name: str, value: str, cloud: bool, key_id: bool
) -> None:
    (found,) = in_environment(Container(env=(EnvVar(name=name, value=value),)))
    assert (found.cloud, found.key_id, found.place) == (cloud, key_id, "/env/0/value")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ACCESS_KEY_ID", "minio"),
        ("TOKEN_LIFETIME", "8h"),
        ("SECRET_BACKEND", "vault"),
        ("AUTH_SECRET_SERVICE", "http://auth.shop:8080/login"),
        ("DB_PASSWORD", "vault:secret/data/db#password"),
        ("API_KEY_SECRET", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"),
        ("TOKEN_CHECK", "enabled"),
        ("PASSWORD", ""),
    ],
)
def test_what_only_speaks_of_a_credential_is_none(name: str, value: str) -> None:
    assert in_environment(Container(env=(EnvVar(name=name, value=value),))) == ()


@pytest.mark.parametrize(
    ("name", "wanted"), [("token-namespace", True), ("SECRET_KEY", False), ("api_key", False)]
)
def test_names_about_credentials(name: str, wanted: bool) -> None:
    assert about(name) is wanted


@pytest.mark.parametrize(
    ("key", "value", "mark"),
    [
        ("DB_PASSWORD", VALUE, "(withheld: named like a credential)"),
        ("LOG_LEVEL", VALUE, "(withheld)"),
        ("DB_PASSWORD", "${DB_PASSWORD}", "(withheld)"),
        ("DB_PASSWORD", "{{ .Values.password }}", "(withheld)"),
        ("id", KEY_ID, "(withheld: value has the shape of an AWS access key)"),
        (
            "app.properties",
            f"a=1\ndb.password = {VALUE}\n",
            "(withheld: its line db.password is named like a credential)",
        ),
        ("app.yaml", "password: ${P}\ntoken: <token>\nsecretName: x\n", "(withheld)"),
        (
            "key.pem",
            f"-----BEGIN RSA PRIVATE KEY-----\n{VALUE}\n",
            "(withheld: value has the shape of a private key)",
        ),
        ("ca.crt", f"-----BEGIN CERTIFICATE-----\n{VALUE}\n", "(withheld)"),
    ],
)
def test_of_a_configmap_only_marks_are_kept(key: str, value: str, mark: str) -> None:
    kept = payload({key: value})
    assert kept == {key: mark}
    assert payload(kept) == kept
