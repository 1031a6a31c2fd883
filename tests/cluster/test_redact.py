"""What looks like a credential is withheld from documents, and nothing else is."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ksec_tui.cluster.redact import command_line, credential, redacted

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
        "metadata": {"annotations": {"repository": f"https://bot:{CANARY}@git.example/x"}},
        "spec": {
            "containers": [container],
            "volumes": [{"csi": {"volumeAttributes": {"password": CANARY, "secretProviderClass": "vault"}}}],
        },
        "webhooks": [{"clientConfig": {"url": f"https://u:{CANARY}@hook.example"}}],
    }
    shown = redacted(document)
    assert CANARY not in str(shown)
    assert "vault" in str(shown)
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
