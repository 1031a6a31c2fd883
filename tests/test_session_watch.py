"""A session that follows its cluster: a new State for what changed, judged as if everything had been read anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import State as Reading
from ksec_tui.cluster.kinds import DEPLOYMENT, NODE, POD, SECRET
from ksec_tui.findings.runner import run
from ksec_tui.session import Session, State
from tests.apiserver import Access, ApiServer, ChangingCluster
from tests.screens.world import World, cluster, deployment, thing
from tests.sources.followers import Churn, following
from tests.sources.live_tools import Tree
from tests.test_session import Listener, done, threads


@contextmanager
def sitting(server: ApiServer, folder: Path, *, follow: bool = True) -> Iterator[tuple[Session, Listener]]:
    listener = Listener()
    session = Session(following(server, folder), listener, follow=follow, update_every=0.01)
    session.refresh()
    listener.wait(lambda state: done(state) and (state.link is not None or not follow))
    try:
        yield session, listener
    finally:
        session.close()
        assert not threads()


def assert_as_if_read_anew(state: State) -> None:
    """What is told of a State is what all checks say of its Snapshot."""
    anew = run(state.snapshot, all_checks())
    assert state.results.by_check == anew.by_check
    assert state.results.findings == anew.findings


def privileged(name: str) -> Tree:
    return deployment(name, securityContext={"privileged": True})


def told(state: State, name: str) -> set[str]:
    return {item.check for item in state.results.findings if item.subject.name == name}


def test_a_change_gives_a_new_state_with_its_findings(tmp_path: Path) -> None:
    there = ChangingCluster(cluster())
    with ApiServer(there) as server, sitting(server, tmp_path) as (_, listener):
        there.put(privileged("fresh"))
        found = listener.wait(lambda state: "wl-privileged" in told(state, "fresh"))
        assert_as_if_read_anew(found)
        assert done(found)
        there.put(deployment("fresh"))
        found = listener.wait(
            lambda state: bool(told(state, "fresh")) and "wl-privileged" not in told(state, "fresh")
        )
        assert_as_if_read_anew(found)
        there.delete(deployment("fresh"))
        assert_as_if_read_anew(listener.wait(lambda state: not told(state, "fresh")))


def test_what_did_not_change_is_the_very_same_object_in_the_next_state(tmp_path: Path) -> None:
    there = ChangingCluster(cluster(workers=20))
    with ApiServer(there) as server, sitting(server, tmp_path) as (session, listener):
        before = session.state
        there.put(privileged("fresh"))
        after = listener.wait(lambda state: bool(told(state, "fresh")))
        old = {item.ref: item for item in before.snapshot.of(DEPLOYMENT)}
        assert all(old[item.ref] is item for item in after.snapshot.of(DEPLOYMENT) if item.name != "fresh")
        assert after.snapshot.of(POD) is before.snapshot.of(POD)
        same = [
            name
            for name in before.results.by_check
            if after.results.by_check[name] is before.results.by_check[name]
        ]
        assert len(same) > len(before.results.by_check) // 2


def test_a_state_is_never_older_than_the_one_before(tmp_path: Path) -> None:
    there = ChangingCluster(cluster())
    with ApiServer(there) as server, sitting(server, tmp_path) as (_, listener):
        for number in range(30):
            there.put(deployment(f"new-{number:02}"))
        listener.wait(lambda state: bool(told(state, "new-29")))
        counts = [state.snapshot.count() for state in listener.states]
        assert counts == sorted(counts)


def test_revoked_rights_make_their_verdicts_unknown(tmp_path: Path) -> None:
    there = ChangingCluster([*cluster(), thing("v1", "Secret", "login", "shop", type="Opaque")])
    with ApiServer(there) as server, sitting(server, tmp_path) as (_, listener):
        server.access = Access.without("secrets")
        there.end_watches("end")
        found = listener.wait(lambda state: state.snapshot.coverage.of(SECRET).state is Reading.FORBIDDEN)
        assert found.snapshot.of(SECRET) == ()
        assert any("secrets could not be listed" in item.reason for item in found.results.findings)
        assert_as_if_read_anew(found)


def test_random_churn_is_judged_as_if_read_anew(tmp_path: Path) -> None:
    there = ChangingCluster(cluster())
    churn = Churn(there, 3)
    with ApiServer(there) as server, sitting(server, tmp_path) as (_, listener):
        for turn in range(12):
            for _ in range(4):
                churn.step()
            mark = f"turn-{turn}"
            there.put(thing("v1", "Node", mark, spec={}))
            found = listener.wait(lambda state, mark=mark: state.snapshot.find(NODE, mark) is not None)  # type: ignore[misc]
            assert_as_if_read_anew(found)


def test_following_begins_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    there = ChangingCluster(cluster())
    with ApiServer(there) as server, sitting(server, tmp_path, follow=False) as (session, listener):
        assert session.can_follow
        assert there.open == 0
        session.follow(on=True)
        listener.wait(lambda state: done(state) and state.link is not None)
        there.put(privileged("fresh"))
        listener.wait(lambda state: bool(told(state, "fresh")))
        session.follow(on=False)
        last = listener.wait(lambda state: state.link is None)
        assert told(last, "fresh")
        there.put(privileged("later"))
        session.close()
        assert not told(session.state, "later")


def test_an_object_is_fetched_again_only_when_it_has_changed(tmp_path: Path) -> None:
    there = ChangingCluster(cluster())
    with ApiServer(there) as server, sitting(server, tmp_path) as (session, listener):
        pod = session.state.snapshot.of(POD)[0]

        def gets() -> int:
            return sum(request.path.endswith(f"/{pod.name}") for request in server.requests)

        assert session.whole(session.state.snapshot, pod.ref) is not None
        there.put(privileged("fresh"))
        after = listener.wait(lambda state: bool(told(state, "fresh")))
        session.whole(after.snapshot, pod.ref)
        assert gets() == 1


def test_while_the_server_is_away_everything_stays_and_the_link_says_so(tmp_path: Path) -> None:
    there = ChangingCluster(cluster())
    server = ApiServer(there)
    with ExitStack() as first, sitting(first.enter_context(server), tmp_path) as (session, listener):
        before = session.state.snapshot.count()
        first.close()
        found = listener.wait(lambda state: state.link is not None and state.link.lost == state.link.watched)
        assert found.snapshot.count() == before
        assert not found.error
        with ApiServer(there, port=server.port):
            there.put(privileged("fresh"))
            listener.wait(
                lambda state: bool(told(state, "fresh")) and state.link is not None and not state.link.lost
            )


def test_what_cannot_be_followed_is_read_once() -> None:
    listener = Listener()
    session = Session(World(), listener, follow=True)
    session.refresh()
    assert listener.wait(done).link is None
    assert not session.can_follow
    session.close()
