"""What looks like a credential is withheld from documents, and nothing else is."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ksec_tui.cluster.redact import command_line, credential, may_hold, redacted, shape_of

CANARY = "c4nary-7f3a"


@pytest.mark.parametrize(
    "words",
    [
        [f"--password={CANARY}"],
        ["--db-password", CANARY],
        ["--api-key", CANARY],
        [f"DB_PASSWORD={CANARY}"],
        [f"--redis-url=redis://user:{CANARY}@redis:6379"],
        ["sh", "-c", f"export X=1; run --user app --token {CANARY} | tee log"],
        ["sh", "-c", f"DB_PASSWORD='{CANARY}' run"],
        ["sh", "-c", f"DB_PASSWORD='two words {CANARY}' run --name 'a b'"],
        ["sh", "-c", f'run --token "a, {CANARY}"'],
        ["curl", "-H", f"Authorization: Bearer {CANARY}", "https://example.org"],
        ["curl", "-H", f"Cookie: {CANARY}"],
    ],
)
def test_a_credential_on_a_command_line_is_withheld(words: list[object]) -> None:
    said = " ".join(map(str, command_line(words)))
    assert CANARY not in said
    assert "(withheld: " in said


@pytest.mark.parametrize(
    "words",
    [
        ["--tls-private-key-file=/etc/tls/tls.key", "--token-ttl=1h", "--secret-name=web"],
        ["--authentication-token-webhook=true", "--use-service-account-credentials"],
        ["--token", "--verbose"],
        ["echo", "the token was renewed"],
        ["--password=$(DB_PASSWORD)", "--password", "$DB_PASSWORD"],
    ],
)
def test_what_is_no_credential_stays(words: list[object]) -> None:
    assert command_line(words) is words


def test_a_document_keeps_its_form_and_loses_its_credentials() -> None:
    """Wherever a manifest carries one: probes, hooks, volumes, webhooks, annotations."""
    container = {
        "name": "app",
        "args": [f"--password={CANARY}"],
        "env": [{"name": "TOKEN", "value": CANARY}],
        "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": CANARY}]}},
        "lifecycle": {"preStop": {"exec": {"command": ["stop", "--secret", CANARY]}}},
    }
    document: dict[str, Any] = {
        "kind": "Pod",
        "metadata": {
            "annotations": {
                "repository": f"https://bot:{CANARY}@git.example/x",
                "snippet": f'proxy_set_header Authorization "Basic {CANARY}"; proxy_buffering off;',
                "note": "Authorization is done by the proxy, not by 'kube'",
            }
        },
        "status": {"containerStatuses": [{"message": f"started with --password={CANARY} and ended"}]},
        "spec": {
            "containers": [container],
            "volumes": [{"csi": {"volumeAttributes": {"password": CANARY, "secretProviderClass": "vault"}}}],
        },
        "webhooks": [{"clientConfig": {"url": f"https://u:{CANARY}@hook.example"}}],
    }
    shown = redacted(document)
    assert CANARY not in str(shown)
    assert "vault" in str(shown)
    assert "proxy_buffering off" in str(shown)
    assert "Authorization is done by the proxy, not by 'kube'" in str(shown)
    assert "and ended" in str(shown)
    assert redacted(shown) == shown


@pytest.mark.parametrize(
    "piece", ["a", "a.", "://", "x://a:", "eyJ", "pass", "-----BEGIN ", "--token ", "'", "$("]
)
def test_no_text_makes_the_search_slow(piece: str) -> None:
    """A thousand times the time of a short text for a thousand times its length, not its square."""
    text = (piece * 16_384)[:16_384]
    start = time.process_time()
    credential("NAME", text)
    credential(text, "value of it")
    command_line([text, text])
    assert time.process_time() - start < 0.1


SHAPES = {
    "an AWS access key": "AKIA" + "Z9" * 8,
    "a temporary AWS access key": "ASIA" + "Z9" * 8,
    "the key of a Google service account": '{"type": "service_account"}',
    "a Google API key": "AIza" + "k" * 35,
    "the key of an Azure storage account": "AccountKey=" + "k" * 40,
    "a private key": "-----BEGIN EC PRIVATE KEY-----",
    "a GitHub token": "ghs_" + "k" * 30,
    "a GitLab token": "glpat-" + "k" * 20,
    "a Slack token": "xoxb-" + "k" * 10,
    "a Stripe key": "rk_live_" + "k" * 16,
    "a signed token": "eyJ" + "k" * 10 + "." + "k" * 10 + ".",
    "a URL with a login": "amqp://ann:" + CANARY + "@queue:5672",
}


@pytest.mark.parametrize(("shape", "text"), SHAPES.items())
def test_every_shape_is_found_in_the_midst_of_a_text(shape: str, text: str) -> None:
    """The quick look that spares most texts the search lets none of them slip."""
    assert shape_of(f"first, {text} last") == shape
    assert may_hold(f"first, {text} last")
    assert credential("PLACE", text) == f"value has the shape of {shape}"


@pytest.mark.parametrize(
    "text", ["github_pat_" + "k" * 30, "https://hooks.slack.com/services/T000", "sk_live_" + "k" * 16]
)
def test_another_form_of_a_shape_is_found_too(text: str) -> None:
    """Issuers have more than one."""
    assert shape_of(text)


@pytest.mark.parametrize(
    "name",
    [
        "PASSWD",
        "passphrase",
        "Secret",
        "ToKeN",
        "api_key",
        "APIKEY",
        "access_key",
        "privateKey",
        "CREDENTIALS",
        "connection_string",
        "connectionstring",
        "auth_key",
        "paſſword",
        "toKen",
    ],
)
def test_every_name_of_a_credential_is_known_in_any_case(name: str) -> None:
    """Also where letters outside of ASCII stand for their like."""
    assert credential(name, CANARY) == "named like a credential"
    assert may_hold(f"--{name.replace('_', '-')}={CANARY}")


@pytest.mark.parametrize("word", ["Authorization: x", "COOKIE: x", "coo\u212aie: x", "author\u0131zation: x"])
def test_a_header_that_logs_in_may_hold_a_credential(word: str) -> None:
    """By its name alone."""
    assert may_hold(word)
