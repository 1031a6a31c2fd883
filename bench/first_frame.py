"""The program on the terminal it is started on, as the command line starts it; see `bench.paint`.

``python -m bench.first_frame FD`` writes three CPU times to the file descriptor: imported, first frame, explorer.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time

gc.disable()  # as the command line does until the first frame

from ksec_tui.app import KsecApp  # noqa: E402 - after the collector is off

IMPORTED = time.process_time()


class Waiting:
    """A source that has nothing to say yet."""

    class Unopened:
        """As much of a SourceInfo as the first frame needs; the real one would import what that does without."""

        label = "bench"

    @property
    def info(self) -> object:
        """Who it is."""
        if "ksec_tui.session" not in sys.modules:
            return self.Unopened
        from ksec_tui.cluster.snapshot import SourceInfo

        return SourceInfo(kind="live", label="bench")

    def events(self, cancel: threading.Event) -> object:
        """Nothing, until it is told to stop."""
        cancel.wait()
        return iter(())


class Watched(KsecApp):
    """Says when its frames are on the terminal."""

    frames: tuple[float, ...] = (IMPORTED,)

    def _display(self, screen: object, renderable: object) -> None:
        super()._display(screen, renderable)  # type: ignore[arg-type]  # Textual's own hook, only watched
        if renderable is None or self._batch_count:
            return
        if len(self.frames) == 1:
            self.frames = (*self.frames, time.process_time())
        elif self.explorer is screen:
            words = " ".join(map(str, (*self.frames, time.process_time())))
            os.write(int(sys.argv[1]), words.encode())
            self.exit()


Watched(Waiting()).run()  # type: ignore[arg-type]  # as much of a source as the frames need
