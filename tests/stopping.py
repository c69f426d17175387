"""Stops a training at an update that a test chooses."""

from __future__ import annotations

from vtb.engine.stop_signal import StopSignal


class StopAfter(StopSignal):
    """Asks to stop when it has been looked at so many times, once after each update."""

    def __init__(self, looks: int) -> None:
        """At the look of this number the answer is yes."""
        super().__init__(None)
        self._looks = looks

    def asked(self) -> bool:
        """As ``StopSignal``."""
        self._looks -= 1
        return self._looks <= 0
