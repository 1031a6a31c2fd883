"""From the start to the first frame on a terminal, in CPU seconds, beside the bare ``import textual.app``."""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from functools import partial

from bench.measure import ROOT, Figures, Report, interleaved

SIZE = (45, 120)
TARGET = 1.2

BARE = "import textual.app, time; print(time.process_time())"
INTERPRETER = "import time; print(time.process_time())"


def on_terminal() -> Figures:
    """Runs the program on a terminal of its own until the explorer is painted."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    read, write = os.pipe()
    command = [sys.executable, "-m", "bench.first_frame", str(write)]
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(
        command, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, pass_fds=[write], env=env
    ) as process:
        os.close(slave)
        os.close(write)
        screen = bytearray()
        drain = threading.Thread(target=_drain, args=(master, screen))
        drain.start()
        words = os.read(read, 200).decode().split()
        process.wait(30)
        drain.join(5)
    os.close(read)
    os.close(master)
    if len(words) != 3 or b"READ-ONLY" not in screen:
        raise RuntimeError(f"nothing was painted: {bytes(screen[-500:])!r}")
    imported, first, explorer = map(float, words)
    return {"imported": imported, "first": first, "explorer": explorer}


def _drain(master: int, screen: bytearray) -> None:
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the program has left the terminal
            return
        if not piece:
            return
        screen += piece


def _script(text: str) -> Figures:
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    return {"cpu": float(done.stdout)}


def run(runs: int) -> Report:
    """Measures it."""
    report = Report("Start to first paint")
    tasks: dict[str, Callable[[], Figures]] = {
        "python": partial(_script, INTERPRETER),
        "textual": partial(_script, BARE),
        "ksec": on_terminal,
    }
    found = interleaved(tasks, runs)
    bare, ksec = found["textual"]["cpu"], found["ksec"]
    report.row("the interpreter alone", f"{found['python']['cpu'] * 1000:.0f} ms")
    report.row("import textual.app", f"{bare * 1000:.0f} ms")
    report.row("import ksec_tui.app", f"{ksec['imported'] * 1000:.0f} ms", ratio=ksec["imported"] / bare)
    ratio = ksec["first"] / bare
    report.row(
        "first frame on a terminal",
        f"{ksec['first'] * 1000:.0f} ms",
        ratio=ratio,
        target=f"<= {TARGET}x",
        met=ratio <= TARGET,
    )
    report.row("the explorer itself", f"{ksec['explorer'] * 1000:.0f} ms", ratio=ksec["explorer"] / bare)
    report.note(
        f"Process CPU from the start; medians of {runs} interleaved runs; 120x45, a source that waits."
    )
    return report


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    run(parser.parse_args().runs)


if __name__ == "__main__":
    main()
