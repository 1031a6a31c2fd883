"""Runtimes and operating systems as nodes report them."""

import datetime as dt

import pytest

from ksec_tui.analysis.versions.software import operating_system, runtime, software_support
from ksec_tui.analysis.versions.support import Phase

TODAY = dt.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("reported", "title", "phase"),
    [
        ("containerd://2.3.4", "containerd 2.3", Phase.SUPPORTED),
        ("containerd://2.0.5", "containerd 2.0", Phase.SUPPORTED),
        ("containerd://1.7.27", "containerd 1.7", Phase.ENDED),
        ("containerd://1.7.23-k3s2", "containerd 1.7", Phase.ENDED),
        ("containerd://1.7.24+bottlerocket", "containerd 1.7", Phase.ENDED),
        ("containerd://1.6.20~ds1", "containerd 1.6", Phase.ENDED),
        ("containerd://9.9.9", "containerd 9.9", Phase.UNKNOWN),
        ("cri-o://1.35.0", "CRI-O 1.35", Phase.SUPPORTED),
        ("cri-o://1.33.1", "CRI-O 1.33", Phase.ENDED),
        ("docker://20.10.7", "Docker Engine 20.10", Phase.ENDED),
        ("docker://29.1.0", "Docker Engine 29", Phase.SUPPORTED),
    ],
)
def test_runtimes_are_judged_by_their_release_line(reported: str, title: str, phase: Phase) -> None:
    found = runtime(reported)
    assert found is not None
    assert (found.title, software_support(found, TODAY).phase) == (title, phase)


@pytest.mark.parametrize("reported", ["", "containerd://", "containerd://Unknown", "rkt://1.0.0", "1.7.27"])
def test_a_runtime_that_tells_no_version_is_not_guessed(reported: str) -> None:
    assert runtime(reported) is None


@pytest.mark.parametrize(
    ("image", "title", "phase"),
    [
        ("Ubuntu 24.04.3 LTS", "Ubuntu 24.04", Phase.SUPPORTED),
        ("Ubuntu 20.04.6 LTS", "Ubuntu 20.04", Phase.EXTENDED),
        ("Debian GNU/Linux 12 (bookworm)", "Debian 12", Phase.EXTENDED),
        ("Debian GNU/Linux 11 (bullseye)", "Debian 11", Phase.ENDED),
        ("Amazon Linux 2", "Amazon Linux 2", Phase.ENDED),
        ("Amazon Linux 2023.6.20250107", "Amazon Linux 2023", Phase.SUPPORTED),
        ("CentOS Linux 7 (Core)", "CentOS Linux 7", Phase.ENDED),
        ("Red Hat Enterprise Linux 9.4 (Plow)", "Red Hat Enterprise Linux 9", Phase.SUPPORTED),
        ("SUSE Linux Enterprise Server 15 SP5", "SUSE Linux Enterprise Server 15.5", Phase.EXTENDED),
        ("Windows Server 2022 Datacenter", "Windows Server 2022", Phase.SUPPORTED),
        ("Fedora CoreOS 42.20250803.3.0", "Fedora 42", Phase.ENDED),
    ],
)
def test_systems_are_judged_by_their_release_line(image: str, title: str, phase: Phase) -> None:
    found = operating_system(image)
    assert found is not None
    assert (found.title, software_support(found, TODAY).phase) == (title, phase)


@pytest.mark.parametrize(
    "image",
    [
        "",
        "Flatcar Container Linux by Kinvolk 4230.2.2 (Oklo)",
        "Bottlerocket OS 1.26.1 (aws-k8s-1.31)",
        "Container-Optimized OS from Google",
        "Talos (v1.9.5)",
        "Red Hat Enterprise Linux CoreOS 415.92.202402130021-0 (Plow)",
        "Debian GNU/Linux trixie/sid",
    ],
)
def test_systems_without_dates_are_not_judged(image: str) -> None:
    assert operating_system(image) is None


def test_the_last_day_of_support_still_counts() -> None:
    found = runtime("containerd://1.7.27")
    assert found is not None
    assert software_support(found, dt.date(2026, 9, 1)).phase is Phase.SUPPORTED
    assert software_support(found, dt.date(2026, 9, 2)).phase is Phase.ENDED
