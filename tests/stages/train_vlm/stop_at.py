"""A plug-in for the engine that asks it to stop, as the stage does, while it makes the step named by ``STOP_AT``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from swift.callbacks import callbacks_map
from transformers import TrainerCallback


class StopAt(TrainerCallback):  # type: ignore[misc]  # the library has no types
    """Asks at the beginning of a step."""

    def __init__(self, args: Any, trainer: Any) -> None:
        super().__init__()

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Makes the file that asks."""
        if str(state.global_step + 1) == os.environ["STOP_AT"]:
            Path(os.environ["VTB_STOP_FILE"]).touch()


callbacks_map["stop_at"] = StopAt
