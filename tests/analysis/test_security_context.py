"""The effective security context is the container's word, then the pod's; unset is not false."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.security_context import (
    always_escalates,
    capability,
    has_capability,
    in_user_namespace,
    is_windows,
    minor_version,
    non_root,
    root_is_harmless,
    seccomp,
    user,
)
from ksec_tui.cluster.pods import (
    Capabilities,
    Container,
    PodOS,
    PodSecurityContext,
    PodSpec,
    SeccompProfile,
    SecurityContext,
)


@pytest.mark.parametrize(
    ("own", "outer", "effective"), [(None, None, None), (None, 0, 0), (0, 7, 0), (7, 0, 7)]
)
def test_the_containers_user_wins_over_the_pods(
    own: int | None, outer: int | None, effective: int | None
) -> None:
    container = Container(security_context=SecurityContext(run_as_user=own))
    spec = PodSpec(security_context=PodSecurityContext(run_as_user=outer))
    assert user(spec, container) == effective


@pytest.mark.parametrize(
    ("own", "outer", "effective"),
    [(None, None, None), (None, True, True), (False, True, False), (True, False, True), (None, False, False)],
)
def test_an_explicit_false_of_the_container_beats_the_pods_true(
    own: bool | None, outer: bool | None, effective: bool | None
) -> None:
    container = Container(security_context=SecurityContext(run_as_non_root=own))
    spec = PodSpec(security_context=PodSecurityContext(run_as_non_root=outer))
    assert non_root(spec, container) is effective


def test_contexts_may_be_absent_altogether() -> None:
    assert user(PodSpec(), Container()) is None
    assert non_root(PodSpec(), Container()) is None
    assert seccomp(PodSpec(), Container()) == ""


def test_the_containers_seccomp_profile_replaces_the_pods() -> None:
    spec = PodSpec(security_context=PodSecurityContext(seccomp_profile=SeccompProfile(type="Unconfined")))
    own = SecurityContext(seccomp_profile=SeccompProfile(type="Localhost"))
    assert seccomp(spec, Container(security_context=own)) == "Localhost"
    assert seccomp(spec, Container()) == "Unconfined"


@pytest.mark.parametrize("written", ["SYS_ADMIN", "sys_admin", "CAP_SYS_ADMIN", "cap_sys_admin"])
def test_a_capability_has_one_name_however_it_is_written(written: str) -> None:
    assert capability(written) == "SYS_ADMIN"


def test_adding_all_has_every_capability_and_dropping_has_none() -> None:
    adds = Container(security_context=SecurityContext(capabilities=Capabilities(add=("ALL",))))
    drops = Container(security_context=SecurityContext(capabilities=Capabilities(drop=("SYS_PTRACE",))))
    assert has_capability(adds, "SYS_PTRACE")
    assert not has_capability(drops, "SYS_PTRACE")


def test_only_privileged_and_sys_admin_rule_out_no_new_privileges() -> None:
    def adding(*names: str) -> Container:
        return Container(security_context=SecurityContext(capabilities=Capabilities(add=names)))

    assert always_escalates(Container(security_context=SecurityContext(privileged=True)))
    assert always_escalates(adding("NET_ADMIN", "CAP_SYS_ADMIN"))
    assert not always_escalates(adding("NET_ADMIN"))


def test_windows_is_what_spec_os_says_to_the_letter() -> None:
    assert is_windows(PodSpec(os=PodOS(name="windows")))
    assert not is_windows(PodSpec(os=PodOS(name="Windows")))
    assert not is_windows(PodSpec(node_selector={"kubernetes.io/os": "windows"}))


def test_a_user_namespace_needs_an_explicit_false() -> None:
    assert in_user_namespace(PodSpec(host_users=False))
    assert not in_user_namespace(PodSpec())
    assert not in_user_namespace(PodSpec(host_users=True))


@pytest.mark.parametrize(
    ("version", "minor"),
    [
        ("v1.33.4", 33),
        ("1.9", 9),
        ("v1.33.4-gke.100", 33),
        ("v1.34+", 34),
        ("v2.1.0", None),
        ("", None),
        ("latest", None),
        ("v1.x", None),
    ],
)
def test_minor_versions(version: str, minor: int | None) -> None:
    assert minor_version(version) == minor


@pytest.mark.parametrize(
    ("host_users", "version", "harmless"),
    [
        (False, "v1.35.0", True),
        (False, "v1.34.2", False),
        (False, "", False),
        (None, "v1.36.0", False),
        (True, "v1.36.0", False),
    ],
)
def test_root_is_excused_by_policy_1_35_in_a_user_namespace(
    host_users: bool | None, version: str, harmless: bool
) -> None:
    assert root_is_harmless(PodSpec(host_users=host_users), version) is harmless
