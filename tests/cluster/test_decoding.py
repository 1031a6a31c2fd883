"""Several threads may meet kinds for the first time at once."""

from __future__ import annotations

import subprocess
import sys

_TWO_AT_ONCE = """
import threading
import msgspec._utils
from ksec_tui.cluster.ingest import ingest_list
from ksec_tui.cluster.kinds import NAMESPACE, SERVICE_ACCOUNT

described, decoded = threading.Event(), threading.Event()
usual = msgspec._utils._eval_type

def halting(annotation, names, *rest):
    if {"uid", "controller"} <= names.keys() and not described.is_set():  # OwnerReference
        described.set()  # and the metadata that hold it only in part
        decoded.wait(1.0)
    return usual(annotation, names, *rest)

msgspec._utils._eval_type = halting
LIST = b'{"items": [{"metadata": {"name": "a", "labels": {"b": "c"}, "ownerReferences": [{"name": "o"}]}}]}'
first = threading.Thread(target=ingest_list, args=(NAMESPACE, LIST))
first.start()
assert described.wait(5.0)
labels = ingest_list(SERVICE_ACCOUNT, LIST).objects[0].metadata.labels
decoded.set()
first.join()
assert labels == {"b": "c"}
"""


def test_a_list_is_decoded_while_another_thread_meets_its_classes() -> None:
    """In a process of its own: what goes wrong here ends it, and goes wrong only once in it."""
    command = [sys.executable, "-c", _TWO_AT_ONCE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
