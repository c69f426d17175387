"""What the engine tells the stage while it trains, and how it stops when the stage asks.

The log has one JSON line per event: ``{"event": "begin", ...}`` when training starts or resumes, lines of numbers with
``step`` and ``max_steps``, and ``{"event": "end", "stopped": true or false, ...}`` when it ended in good order.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from vtb.engine.chance import keeping_chance
from vtb.engine.complete import COMPLETE, mark_complete
from vtb.engine.launch import TRAIN_LOG
from vtb.engine.stop_signal import StopSignal, any_process

# Name under which the engine's registry knows the callback.
NAME = "vtb"


def register(stop: StopSignal) -> None:
    """Puts the callback into the engine's registry."""
    from swift.callbacks import callbacks_map
    from transformers import TrainerCallback

    # Made here because the base class exists only where the engine is installed.
    base = type("RunCallback", (_RunCallback, TrainerCallback), {})

    def make(args: Any, trainer: Any) -> Any:
        trainer.evaluate = keeping_chance(trainer.evaluate)
        return base(stop)

    callbacks_map[NAME] = make


class _RunCallback:
    """Marks whole checkpoints, writes the log, and stops all processes at the same step."""

    def __init__(self, stop: StopSignal) -> None:
        self._stop = stop
        self._stopped = False
        log = os.environ.get(TRAIN_LOG)
        self._log = Path(log) if log else None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._stop.training = True
        self._write(state, {"event": "begin"})

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # The last step saves and stops by itself, and is no interruption.
        if state.global_step < state.max_steps and any_process(self._stop.asked(), args.device):
            self._stopped = True
            control.should_save = True  # after an evaluation that is due at this step: its figures belong to the log
            control.should_training_stop = True
        if control.should_save and state.is_local_process_zero:
            # An older run may have left a checkpoint of this name; it is about to be written over.
            (_checkpoint(args, state) / COMPLETE).unlink(missing_ok=True)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._stopped:  # the engine comes by here in the middle of an epoch, too
            control.should_save = False
            control.should_evaluate = False

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # The engine waits for all processes to write their parts before it says that it has saved. One process per
        # node marks them, since every node has its own part where there is no shared disk.
        if state.is_local_process_zero:
            mark_complete(_checkpoint(args, state), state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        numbers = {name: value for name, value in (logs or {}).items() if isinstance(value, (int, float))}
        self._write(state, numbers)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._write(state, {"event": "end", "stopped": self._stopped})

    def _write(self, state: Any, row: dict[str, Any]) -> None:
        if self._log is None or not state.is_world_process_zero:
            return
        line = {"step": state.global_step, "max_steps": state.max_steps, **row, "time": round(time.time(), 3)}
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def _checkpoint(args: Any, state: Any) -> Path:
    return Path(args.output_dir) / f"checkpoint-{state.global_step}"
