"""Checkpoints of trainings of our own, from which they go on as if they had never stopped.

Chance depends on the seed and the number of the sample, and the learning rate on the step. So weights, the optimizer's
state and the step are all there is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.engine.complete import COMPLETE, complete_checkpoints, mark_complete

_OPTIMIZER, _STATE = "optimizer.pt", "trainer_state.json"
_KEPT = 2


def write_checkpoint(
    folder: Path, step: int, steps: int, weights: Mapping[str, Mapping[str, Any]], state: Mapping[str, Any]
) -> None:
    """Write ``checkpoint-STEP``, marked when it is whole; older ones but one are removed after that.

    Args:
        folder: of all checkpoints.
        step: updates that were done.
        steps: of the whole training.
        weights: tensors by name, for each ``NAME.safetensors``.
        state: of the optimizer.
    """
    import torch
    from safetensors.torch import save_file

    place = folder / f"checkpoint-{step}"
    place.mkdir(parents=True, exist_ok=True)
    (place / COMPLETE).unlink(missing_ok=True)  # an older run may have left one of this name
    for name, tensors in weights.items():
        save_file(dict(tensors), place / f"{name}.safetensors")
    torch.save(dict(state), place / _OPTIMIZER)
    (place / _STATE).write_text(json.dumps({"global_step": step, "max_steps": steps}))
    mark_complete(place, step)
    for old in complete_checkpoints(folder)[:-_KEPT]:
        shutil.rmtree(old)


def read_progress(place: Path, optimizer: Any, device: Any) -> int:
    """Give an optimizer its state back; returns the updates that were done."""
    import torch

    # Each process takes its part from the file: all of it has no room on a GPU, nor several times in memory. On a CPU a
    # part stays in use, and must not lie in a file that may be written again.
    apart = device.type != "cpu"
    state = torch.load(place / _OPTIMIZER, map_location="cpu", weights_only=True, mmap=apart)
    optimizer.load_state_dict(state)
    return int(json.loads((place / _STATE).read_text(encoding="utf-8"))["global_step"])
