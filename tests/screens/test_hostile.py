"""Objects written to attack whoever looks at them: nothing is obeyed, nothing breaks, everything is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ksec_tui.cluster.ingest import Document
from tests.screens.explorers import User, exploring
from tests.screens.world import RBAC, World, deployment, thing

ATTACKS = {
    "markup": "a[/b]c",
    "action": "[@click=app.quit]x[/]",
    "escape": "x\x1b]0;title\x07\x1b[2J\x1b]52;c;aGk=\x07",
    "c1": "x\x9b31m\x85\x90",
    "bidi": "x\u202egnp.exe\u2066\u200b\ufeff",
    "newline": "one\ntwo\r\tthree\x00",
    "formula": "=cmd|' /C calc'!A0",
    "huge": "Z" * 1_000_000,
}
RAW = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""What a terminal obeys, hides or reorders."""


def hostile(text: str) -> Iterator[Document]:
    """Objects of several kinds with `text` in every place that takes free text."""
    marks = {"labels": {"app": text, text: "x"}, "annotations": {"note": text, text: text}}
    yield thing("v1", "Namespace", text, metadata=marks)
    item = deployment(text, text, securityContext={"privileged": True}, env=[{"name": text, "value": text}])
    item["metadata"] |= marks
    item["spec"]["template"]["spec"] |= {
        "serviceAccountName": text,
        "nodeName": text,
        "containers": [
            {"name": text, "image": text, "securityContext": {"privileged": True}, "command": [text]}
        ],
        "volumes": [{"name": text, "hostPath": {"path": text}}],
    }
    yield item
    yield thing("v1", "Pod", text, text, metadata=marks, spec=item["spec"]["template"]["spec"])
    yield thing("v1", "ServiceAccount", text, text, metadata=marks)
    rule: dict[str, Any] = {"apiGroups": ["*"], "resources": ["*", text], "verbs": ["*", text]}
    yield thing(f"{RBAC}/v1", "ClusterRole", text, metadata=marks, rules=[rule])
    yield thing(
        f"{RBAC}/v1",
        "ClusterRoleBinding",
        text,
        metadata=marks,
        subjects=[
            {"kind": "User", "name": text, "apiGroup": RBAC},
            {"kind": "Group", "name": text, "apiGroup": RBAC},
            {"kind": "ServiceAccount", "name": text, "namespace": text},
        ],
        roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": text},
    )
    yield thing(
        "v1",
        "Service",
        text,
        text,
        metadata=marks,
        spec={"type": "LoadBalancer", "selector": {"app": text}, "ports": [{"name": text, "port": 80}]},
        status={"loadBalancer": {"ingress": [{"hostname": text}]}},
    )
    yield thing(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        text,
        text,
        metadata=marks,
        spec={"podSelector": {"matchLabels": {"app": text}}, "policyTypes": ["Ingress"]},
    )
    yield thing(
        "v1", "Node", text, metadata=marks, status={"nodeInfo": {"kubeletVersion": text, "osImage": text}}
    )


def harmless(user: User, where: str) -> None:
    """Nothing on the screen is anything but text to show."""
    for line in user.lines:
        found = RAW.search(line)
        assert found is None, (where, found, line)
    for text in user.said:
        assert RAW.search(text) is None, (where, text)
    assert user.app.is_running
    assert user.app.title == "ksec"


@pytest.mark.parametrize("attack", sorted(ATTACKS))
async def test_every_pane_view_and_tab_shows_hostile_text_as_text(attack: str) -> None:
    text = ATTACKS[attack]
    async with exploring(World(list(hostile(text))), size=(120, 40)) as user:
        assert user.explorer.table.total_count > 0
        harmless(user, "findings")
        for pane in user.explorer.panes:
            await user.press(str(pane.number))
            for tab in user.explorer.tabs:
                harmless(user, f"{pane.id} {tab.id}")
                await user.press("right_curly_bracket")
            for listing in pane.listings[1:]:
                await user.press("right_parenthesis")
                harmless(user, f"{pane.id} {listing.id}")


@pytest.mark.parametrize("attack", ["action", "bidi", "escape", "newline"])
async def test_menus_messages_prompts_and_the_palette_show_hostile_text_as_text(attack: str) -> None:
    text = ATTACKS[attack]
    async with exploring(World(list(hostile(text))), size=(120, 40)) as user:
        await user.find(kind="ClusterRoleBinding")
        await user.press("C")
        harmless(user, "copy menu")
        await user.press("enter")
        assert RAW.search(user.app.clipboard) is None
        await user.press("question_mark")
        harmless(user, "help")
        await user.press("escape", "o", "o", "w")
        harmless(user, "messages")
        await user.find(kind="ClusterRoleBinding")
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged or "no fix" in " ".join(user.said))
        await user.press("9")
        harmless(user, "plan")
        await user.press("2")
        await user.find(kind="Deployment")
        await user.press("w")
        harmless(user, "scope")
        await user.press("0", "colon")
        await user.type("ns ")
        await user.press("tab")
        harmless(user, "completion")
        await user.press("escape", "6", "ctrl+p")
        await user.type("deploy")
        await user.until(lambda: "Deployment" in user.screen)
        harmless(user, "palette")
        await user.press("down", "enter")
        harmless(user, "after the palette")


async def test_clicking_on_markup_in_data_does_nothing_but_choose_the_row() -> None:
    async with exploring(World(list(hostile(ATTACKS["action"]))), size=(140, 40)) as user:
        for y, line in enumerate(user.lines):
            x = line.find("[@click")
            if x >= 0 and y > 3:
                await user.pilot.click(offset=(x + 9, y))
                await user.rests()
        assert user.app.is_running


async def test_an_object_that_carries_such_text_is_itself_a_finding() -> None:
    async with exploring(World(list(hostile(ATTACKS["escape"])))) as user:
        row = await user.find(check="obj-hostile-text")
        assert row.finding is not None
        assert "␛" in user.screen
