"""A program of its own: does one operation again and again, ended or disturbed at each of its steps, and looks.

``python -m tests.hostile.crash killed|disturbed OPERATION...`` prints a JSON object: for each operation how many
points there were, and what was wrong at which.
"""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.hostile.operations import OPERATIONS, Operation
from tests.hostile.steps import BROKEN, DONE, FAULTS, Steps, apart, kill, limited

Tree = dict[str, tuple[bytes, int]]

LEFT = re.compile(r"(?:\A|/)\.ksec-[0-9a-f]{16}\.tmp(?:/|\Z)")
LOCK = re.compile(r"(?:\A|/)\.[^/]+\.lock\Z")
HOURS_AGO = 7200
MOST = 2_000


def tree(folder: Path) -> Tree:
    """Every file with its content and mode."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in paths
    }


class Trial:
    """One operation in fresh folders."""

    def __init__(self, operation: Operation, top: Path) -> None:
        self._operation = operation
        self._top = top
        self.points = 0
        self.wrong: list[str] = []
        folder = self.fresh()
        self.old = tree(folder)
        operation.act(folder)  # also brings in every module that it needs
        self.new = tree(folder)
        self.sizes = sorted({len(data) for data, _ in self.new.values()})

    def fresh(self) -> Path:
        """A folder as it was before."""
        folder = Path(tempfile.mkdtemp(dir=self._top))
        self._operation.before(folder)
        return folder

    def act(
        self, folder: Path, then: Callable[[str], None], at: int, *, lasting: bool = False
    ) -> tuple[int, bool]:
        """Do it, disturbed at a step; how it ended, and whether it came as far as that step."""
        reached = self._top / "reached"
        reached.unlink(missing_ok=True)
        there = str(reached)

        def disturb(name: str) -> None:
            os.close(os.open(there, os.O_CREAT | os.O_WRONLY))
            then(name)

        steps = Steps(folder, at, disturb, lasting=lasting)

        def work() -> None:
            with steps.watching():
                self._operation.act(folder)

        return apart(work, self._operation.errors), reached.exists()

    def look(self, folder: Path, where: str, *, code: int, clean: bool) -> None:
        """See that every file is the old one or the new one, and after an error nothing else is there."""
        self.points += 1
        found = tree(folder)
        if code == BROKEN:
            self.wrong.append(f"{where}: ended with something else than its own errors")
        left = {name for name in found if LEFT.search(name) or LOCK.search(name)}
        if clean and left:
            self.wrong.append(f"{where}: left {sorted(left)}")
        for name in left:
            if found[name][1] & 0o077 and self._operation.private:
                self.wrong.append(f"{where}: {name} is for others to read")
        files = {name: entry for name, entry in found.items() if name not in left}
        waiting = {name: files.pop(name) for name in [*files] if self._is_aside(name)}
        if (self._operation.whole or self._operation.aside) and not waiting:
            if files not in (self.old, self.new):
                self.wrong.append(f"{where}: neither as before nor as after: {sorted(files)}")
        elif waiting:
            self._look_at_halves(files, waiting, where)
        for name in {*files, *self.old, *self.new}:
            aside = name not in files and (
                not self._operation.replaces or (bool(waiting) and name in self._late())
            )
            if files.get(name) not in (self.old.get(name), self.new.get(name)) and not aside:
                self.wrong.append(f"{where}: {name} is neither the old nor the new one")
        if code == DONE and files != self.new:
            self.wrong.append(f"{where}: said to be done, but is not")
        held = {entry[0] for entry in self.old.values()}
        if not self._operation.replaces and not held <= {entry[0] for entry in files.values()}:
            self.wrong.append(f"{where}: what was there is lost")

    def _is_aside(self, name: str) -> bool:
        return bool(self._operation.aside) and name.startswith(self._operation.aside)

    def _late(self) -> set[str]:
        return {name for name in self.new if Path(name).name in self._operation.last}

    def _look_at_halves(self, files: Tree, waiting: Tree, where: str) -> None:
        """See that what names others names no mixture, and that what is missing of the new files waits aside."""
        late = self._late()
        early = {*self.new} - late
        for state in (self.old, self.new):
            named = any(name in files and files[name] == state.get(name) for name in late)
            if named and any(files.get(name) != state.get(name) for name in early):
                self.wrong.append(f"{where}: a file names others of which some are not of its time")
        ready = {name.removeprefix(self._operation.aside): entry for name, entry in waiting.items()}
        top = self._operation.aside.split("/")[0]
        for name in self.new:
            if (
                files.get(name) != self.new[name]
                and ready.get(name.removeprefix(f"{top}/")) != self.new[name]
            ):
                self.wrong.append(f"{where}: {name} is neither in its place nor aside")

    def again(self, folder: Path, where: str) -> None:
        """The next run, hours later, is not stopped by what was left, and takes it away."""
        for path in folder.rglob("*"):
            if LEFT.search(str(path.relative_to(folder))):
                os.utime(path, (time.time() - HOURS_AGO,) * 2, follow_symlinks=False)
        act = self._operation.again or self._operation.act
        code = apart(lambda: act(folder), self._operation.errors)
        found = tree(folder)
        if found != self.new:
            self.wrong.append(f"{where}: the next run ({code}) ends with {sorted(found)}")

    def killed(self) -> None:
        """Ended at each step, and while a file is being written."""
        for at in range(1, MOST):
            folder = self.fresh()
            code, reached = self.act(folder, kill, at)
            if not reached:
                break
            self.look(folder, f"killed at step {at}", code=code, clean=False)
            self.again(folder, f"killed at step {at}")
            shutil.rmtree(folder)
        for size in self._cuts():
            folder, code = self._cut_short(size, deadly=True)
            self.look(folder, f"killed after {size} bytes", code=code, clean=False)
            self.again(folder, f"killed after {size} bytes")

    def disturbed(self) -> None:
        """Each step fails, once or from then on; a disk that takes only part of a file."""
        for name, (fault, lasting) in FAULTS.items():
            for at in range(1, MOST):
                folder = self.fresh()
                code, reached = self.act(folder, fault, at, lasting=lasting)
                if not reached:
                    break
                self.look(folder, f"{name} at step {at}", code=code, clean=name == "ENOSPC lasting")
                shutil.rmtree(folder)
        for size in self._cuts():
            folder, code = self._cut_short(size, deadly=False)
            self.look(folder, f"no more than {size} bytes", code=code, clean=True)

    def _cut_short(self, size: int, *, deadly: bool) -> tuple[Path, int]:
        """The folder and the exit code of a run that may write no file beyond `size` bytes."""
        folder = self.fresh()
        run = partial(limited, size, lambda: self._operation.act(folder), deadly=deadly)
        return folder, apart(run, self._operation.errors)

    def _cuts(self) -> list[int]:
        return sorted({cut for size in self.sizes for cut in (0, 1, size // 2, size - 1) if cut < size})


def main(way: str, *names: str) -> None:
    """Try some operations."""
    gc.freeze()
    told = {}
    for name in names:
        with tempfile.TemporaryDirectory() as top:
            trial = Trial(OPERATIONS[name], Path(top).resolve())
            trial.killed() if way == "killed" else trial.disturbed()
            told[name] = {"points": trial.points, "wrong": trial.wrong[:20]}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
