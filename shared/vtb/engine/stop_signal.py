"""How an engine process learns that it should save and stop: SIGTERM, or a file that appears."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Any


class StopSignal:
    """Remembers a SIGTERM and looks for the stop file.

    The file is for torchrun, which answers a SIGTERM by killing its processes after a fixed time, however long a
    checkpoint takes to write.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._process = os.getpid()
        self._asked = False
        # Set once there is something to save; until then a signal ends the process at once.
        self.training = False

    def listen(self) -> None:
        """Takes over SIGTERM in this process."""
        signal.signal(signal.SIGTERM, self._remember)

    def asked(self) -> bool:
        """Says whether this process has been asked to stop."""
        return self._asked or (self._path is not None and os.path.exists(self._path))

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        # Loader processes inherit the handler: they go on, since the last batches still need them.
        if not self.training and os.getpid() == self._process:
            raise SystemExit(0)


def any_process(asked: bool, device: Any) -> bool:
    """Asks all processes, so that they leave the loop at the same step and none waits for another forever."""
    import torch
    import torch.distributed as dist

    if not (dist.is_available() and dist.is_initialized()):
        return asked
    answer = torch.tensor([int(asked)], device=device)
    dist.all_reduce(answer, op=dist.ReduceOp.MAX)
    return bool(answer.item())
