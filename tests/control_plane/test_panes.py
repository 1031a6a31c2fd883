"""What somebody with few rights has on the screen, in front of a real server."""

from __future__ import annotations

import asyncio
import re

from ksec_tui.app import KsecApp
from ksec_tui.screens.history import Place
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.control_plane.plane import Plane
from tests.control_plane.test_users import SPACE, account
from tests.screens.explorers import User, until


async def test_every_pane_says_what_a_viewer_of_one_namespace_cannot_see(demo: Plane) -> None:
    token = account(demo, "onlooker")
    options = ConnectionOptions(kubeconfig=str(demo.kubeconfig(token=token)), namespaces=(SPACE,))
    app = KsecApp(LiveSource(await asyncio.to_thread(open_connection, options)))
    screens: dict[str, str] = {}
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.explorer is not None and app.explorer.is_mounted)
        user = User(app, pilot)
        await user.loaded()
        for index, pane in enumerate(user.explorer.panes):
            user.explorer.go(Place(index), remember=False)
            await user.rests()
            screens[pane.id] = user.screen
            rows = user.explorer.table.shown
            seen = {
                row.ref.namespace for row in rows if row.ref.kind in ("Deployment", "Role", "RoleBinding")
            }
            assert seen <= {SPACE}, pane.id
            if pane.id == "namespaces":
                assert [row.ref.name for row in rows] == [SPACE]
            elif pane.id == "coverage":
                unread = {row.ref.name for row in rows if "forbidden" in row.text}
                assert unread >= {
                    "secrets",
                    "persistentvolumes",
                    "clusterrolebindings.rbac.authorization.k8s.io",
                }
        assert not [said for said in user.said if said.startswith("internal error")]
    for name, screen in screens.items():
        share = re.search(r"coverage (\d+)%", screen)
        assert share is not None, name
        assert int(share[1]) < 50, name
    assert "nothing; no way was found, but not everything was read" in screens["priorities"]
    assert "it is not known whether policies are enforced" in screens["network"]
    assert "could not be listed (forbidden)" in screens["rbac"]
