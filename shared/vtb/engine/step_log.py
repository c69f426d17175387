"""The log of a training by our own loop, in the form that the stage reads (``vtb.engine.curves``)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.engine.launch import TRAIN_LOG


class StepLog:
    """Appends a JSON line per event; silent in all processes but the first."""

    def __init__(self, steps: int, *, main: bool) -> None:
        """The file is the one that ``VTB_TRAIN_LOG`` names."""
        name = os.environ.get(TRAIN_LOG)
        self._path = Path(name) if name and main else None
        self._steps = steps

    def write(self, step: int, row: Mapping[str, Any]) -> None:
        """One line about a step."""
        if self._path is None:
            return
        line = {"step": step, "max_steps": self._steps, **row, "time": round(time.time(), 3)}
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
