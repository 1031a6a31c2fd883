"""Tar archives are read in memory, member by member; nothing is ever extracted."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple, cast

from ksec_tui.cluster.text import one_line

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz")
MAX_UNPACKED = 1 << 30
"""Bytes that one archive may unpack to."""
MAX_RATIO = 200
"""How many times larger than its file an archive may become, once it is over `RATIO_FLOOR`."""
RATIO_FLOOR = 64 << 20
MAX_MEMBERS = 100_000
_SHOWN = 3


class Member(NamedTuple):
    """One plain file: its name inside the archive and its content."""

    name: str
    data: bytes


class Left(NamedTuple):
    """What was not read, in one sentence; `lost` when it is one of the files that were wanted."""

    reason: str
    lost: bool


class ArchiveError(ValueError):
    """The archive cannot be read (further); the message says why in one sentence."""


class _Bounded(io.RawIOBase):
    """The unpacked stream, cut off with an error when it grows beyond its bounds."""

    def __init__(self, stream: IO[bytes], packed: int) -> None:
        self._stream = stream
        self._packed = max(packed, 1)
        self._done = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._done += len(data)
        if self._done > MAX_UNPACKED:
            raise ArchiveError(f"it unpacks to more than {_size(MAX_UNPACKED)}; the rest is not read")
        if self._done > RATIO_FLOOR and self._done > self._packed * MAX_RATIO:
            raise ArchiveError(f"it unpacks to more than {MAX_RATIO} times its size; the rest is not read")
        return data


def is_archive(name: str) -> bool:
    """Whether a file's name says that it is a tar archive."""
    return name.lower().endswith(SUFFIXES)


def members(data: bytes, wanted: tuple[str, ...]) -> Iterator[Member | Left]:
    """Yield the plain files whose names end with one of `wanted`; last, what was left out.

    Raises:
        ArchiveError: damaged, cut short, or beyond a limit; what came before has been yielded.
    """
    skipped = _Skipped()
    try:
        stream = cast("IO[bytes]", _Bounded(_unpacked(data), len(data)))
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for count, entry in enumerate(archive):
                if count >= MAX_MEMBERS:
                    raise ArchiveError(f"it holds more than {MAX_MEMBERS:,} entries; the rest is not read")
                if entry.isdir():
                    continue
                if skipped.takes(entry):
                    continue
                hidden = any(
                    part.startswith(".") and part not in (".", "..") for part in entry.name.split("/")
                )
                content = archive.extractfile(entry)
                if not hidden and content is not None and entry.name.lower().endswith(wanted):
                    yield Member(entry.name, content.read())
    except RecursionError as error:
        raise ArchiveError("damaged: too many headers for one entry") from error
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(
            f"damaged or cut short: {one_line(str(error) or type(error).__name__, 120)}"
        ) from error
    yield from skipped.told(wanted)


class _Skipped:
    """Entries that are not read, by why."""

    def __init__(self) -> None:
        self._links: list[str] = []
        self._sparse: list[str] = []
        self._archives: list[str] = []

    def takes(self, entry: tarfile.TarInfo) -> bool:
        """Whether this entry is one of them."""
        if entry.issparse():
            # Its holes are made up while it is read: any size out of nothing, past every limit.
            self._sparse.append(entry.name)
        elif not entry.isreg():
            self._links.append(entry.name)
        elif entry.name.lower().endswith((*SUFFIXES, ".zip")):
            self._archives.append(entry.name)
        else:
            return False
        return True

    def told(self, wanted: tuple[str, ...]) -> Iterator[Left]:
        for names, one, many in (
            (self._links, "entry is a link or device", "entries are links or devices"),
            (self._sparse, "entry is a sparse file", "entries are sparse files"),
            (self._archives, "entry is an archive itself", "entries are archives themselves"),
        ):
            if names:
                shown = ", ".join(one_line(name, 60) for name in names[:_SHOWN])
                more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
                lost = names is self._sparse and any(name.lower().endswith(wanted) for name in names)
                yield Left(
                    f"{len(names):,} {one if len(names) == 1 else many}, not read: {shown}{more}", lost
                )


def _unpacked(data: bytes) -> IO[bytes]:
    raw = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if data.startswith(b"\xfd7zXZ\x00"):
        return cast("IO[bytes]", lzma.LZMAFile(raw))
    return raw


def _size(count: int) -> str:
    return f"{count >> 30} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"
