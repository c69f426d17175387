"""Progress for three readers: a bar for a terminal, a line after 5 s and every 30 s for a log, ``N/M`` for Argo."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

log = logging.getLogger("vtb.progress")
LINE_EVERY_S = 30.0
FIRST_LINE_S = 5.0
SLOW = 0.2  # a second; what takes longer is told by how long it takes


class Progress:
    """Counts work that is done; ``update`` takes the total so far, so a worker's counter can be polled."""

    def __init__(self, total: int, what: str, done: int = 0, *, warms_up: bool = False) -> None:
        """Start at ``done`` of ``total`` (work found finished by an earlier run counts as done).

        With ``warms_up`` the time until something is done tells nothing of what is left: a model is loaded first.
        """
        self.total, self.what, self.done, self._first = total, what, done, done
        self._warms_up = warms_up
        self._started = time.monotonic()
        self._line_due = self._started + FIRST_LINE_S
        self._argo = os.environ.get("ARGO_PROGRESS_FILE")
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Progress:
        """Show the bar where standard error is a terminal."""
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=self.total, initial=self.done, desc=self.what, unit="", smoothing=0.1)
        self._tell_argo()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the bar, so that the next line starts on its own line."""
        if self._bar is not None:
            self._bar.close()
        self._tell_argo()

    def update(self, done: int) -> None:
        """Say that ``done`` of the total is finished."""
        step, self.done = done - self.done, done
        warm = self._warms_up and step > 0
        if warm:
            self._warms_up, self._first, self._started = False, done, time.monotonic()
        if self._bar is not None:
            self._bar.total = self.total
            if warm:
                self._bar.unpause()
            self._bar.update(step)
        elif time.monotonic() >= self._line_due:
            self._line_due = time.monotonic() + LINE_EVERY_S
            log.info(self._line())
            self._tell_argo()

    def _line(self) -> str:
        rate = (self.done - self._first) / max(time.monotonic() - self._started, 1e-9)
        left = f", {(self.total - self.done) / rate:.0f} s left" if rate > 0 else ""
        pace = f"{1 / rate:.0f} s each" if 0 < rate < SLOW else f"{rate:.1f}/s"
        return f"{self.what}: {self.done}/{self.total} ({pace}{left})"

    def _tell_argo(self) -> None:
        """Write ``N/M`` whole or not at all: the executor reads the file at any moment."""
        if not self._argo or self.total <= 0:
            return
        partial = Path(self._argo + ".part")
        try:
            partial.write_text(f"{self.done}/{self.total}\n")
            partial.replace(self._argo)
        except OSError as error:
            log.warning("progress is not told to Argo any more: %s", error)
            self._argo = None
