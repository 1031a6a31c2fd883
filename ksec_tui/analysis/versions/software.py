"""What runs below the kubelet: container runtime and operating system, and how long they are supported."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from ksec_tui.analysis.versions.numbers import Version, parse
from ksec_tui.analysis.versions.support import Phase, Support, release_of, support
from ksec_tui.data.versions import Cycle, products


@dataclass(frozen=True, slots=True)
class Software:
    """A product in one of its release lines.

    Attributes:
        product: key of the data, ``containerd``.
        name: what people call it.
        cycle: its release line: ``1.7``.
        version: the whole number, where one is told.
    """

    product: str
    name: str
    cycle: str
    version: Version | None = None

    @property
    def title(self) -> str:
        """``containerd 1.7``."""
        return f"{self.name} {self.cycle}"


_RUNTIME = re.compile(r"(containerd|cri-o|docker)://v?(.+)", re.DOTALL)
_RUNTIME_NAMES = {"containerd": "containerd", "cri-o": "CRI-O", "docker": "Docker Engine"}

_SYSTEMS: tuple[tuple[str, str, str], ...] = (
    ("ubuntu", "Ubuntu", r"Ubuntu (\d+\.\d+)"),
    ("debian", "Debian", r"Debian GNU/Linux (\d+)"),
    ("amazon-linux", "Amazon Linux", r"Amazon Linux (?:AMI )?(2023|2018\.03|2)\b"),
    ("rhel", "Red Hat Enterprise Linux", r"Red Hat Enterprise Linux (?:Server )?(\d+)"),
    ("rocky", "Rocky Linux", r"Rocky Linux (\d+)"),
    ("almalinux", "AlmaLinux", r"AlmaLinux (\d+)"),
    ("oracle-linux", "Oracle Linux", r"Oracle Linux Server (\d+)"),
    ("centos", "CentOS Linux", r"CentOS Linux (\d+)"),
    ("centos-stream", "CentOS Stream", r"CentOS Stream (\d+)"),
    ("sles", "SUSE Linux Enterprise Server", r"SUSE Linux Enterprise Server (\d+(?: SP\d+|\.\d+)?)"),
    (
        "suse-micro",
        "SUSE Linux Micro",
        r"(?:SUSE Linux Enterprise Micro|SUSE Linux Micro|SLE Micro) (\d+\.\d+)",
    ),
    ("opensuse-leap", "openSUSE Leap", r"openSUSE Leap (\d+\.\d+)"),
    ("fedora", "Fedora", r"Fedora (?:Linux |CoreOS (?:preview )?)?(\d+)"),
    ("windows-server", "Windows Server", r"Windows Server (\d{4})\b"),
)
"""How kubelets report operating systems (cadvisor's PRETTY_NAME) of which the data knows dates."""

_PATTERNS = tuple((product, name, re.compile(shape)) for product, name, shape in _SYSTEMS)


def runtime(reported: str) -> Software | None:
    """The runtime of ``containerd://1.7.27``; None for what is not known.

    Docker counts its lines by the first number, before 28 by the first two.
    """
    found = _RUNTIME.fullmatch(reported.strip())
    version = parse(found[2]) if found else None
    if found is None or version is None:
        return None
    product = found[1]
    cycle = version.line
    if product == "docker" and _cycle(product, cycle) is None:
        cycle = str(version.major)
    return Software(product, _RUNTIME_NAMES[product], cycle, version)


def operating_system(image: str) -> Software | None:
    """The system of ``Ubuntu 22.04.5 LTS``; None for those without known dates, such as rolling ones."""
    for product, name, pattern in _PATTERNS:
        found = pattern.match(image)
        # A CoreOS of Red Hat follows OpenShift, whatever number it carries.
        if found and not image.startswith("Red Hat Enterprise Linux CoreOS"):
            return Software(product, name, found[1].replace(" SP", "."))
    return None


def software_support(software: Software, day: dt.date) -> Support:
    """How long its makers support it, seen on `day`; the day of the end still counts.

    CRI-O follows Kubernetes, minor by minor.
    """
    if software.product == "cri-o":
        return support(software.cycle, day)
    cycle = _cycle(software.product, software.cycle)
    if cycle is None:
        return Support(Phase.UNKNOWN, words=f"not in the data of {products().as_of}")
    if cycle.end is None:
        return Support(Phase.SUPPORTED, words="supported")
    if day <= cycle.end:
        return Support(Phase.SUPPORTED, cycle.end, (cycle.end - day).days, f"supported until {cycle.end}")
    if cycle.extended is not None and day <= cycle.extended:
        days = (cycle.extended - day).days
        return Support(Phase.EXTENDED, cycle.extended, days, f"extended support until {cycle.extended}")
    end = cycle.extended or cycle.end
    return Support(Phase.ENDED, end, (end - day).days, f"end of life since {end}")


def is_known(software: Software) -> bool:
    """Whether the data knows the release line: of others nobody can say here that they have no flaw."""
    if software.product == "cri-o":
        return release_of(software.cycle) is not None
    return _cycle(software.product, software.cycle) is not None


def regular_end(software: Software) -> dt.date | None:
    """The last day of its regular support."""
    cycle = _cycle(software.product, software.cycle)
    return cycle.end if cycle else None


def _cycle(product: str, cycle: str) -> Cycle | None:
    return next((item for item in products().products.get(product, ()) if item.cycle == cycle), None)
