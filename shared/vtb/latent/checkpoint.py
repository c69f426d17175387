"""Checkpoints from which a training goes on as if it had never stopped.

Chance depends on the seed and the number of the sample, so trained weights, the teacher's, the optimizer's state and
the step are all there is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.engine.complete import COMPLETE, complete_checkpoints, mark_complete
from vtb.engine.trained_weights import put_back, trained
from vtb.latent.loading import WEIGHTS

_OPTIMIZER, _TEACHER, _STATE = "optimizer.pt", "teacher.safetensors", "trainer_state.json"
_KEPT = 2


def save_checkpoint(
    folder: Path, step: int, steps: int, model: Any, optimizer: Any, teacher: Mapping[str, Any] | None
) -> None:
    """Write ``checkpoint-STEP``, marked when it is whole; older ones but one are removed after that."""
    import torch
    from safetensors.torch import save_file

    place = folder / f"checkpoint-{step}"
    place.mkdir(parents=True, exist_ok=True)
    (place / COMPLETE).unlink(missing_ok=True)  # an older run may have left one of this name
    save_file(trained(model), place / WEIGHTS)
    if teacher is not None:
        save_file({name: weight.cpu().contiguous() for name, weight in teacher.items()}, place / _TEACHER)
    torch.save(optimizer.state_dict(), place / _OPTIMIZER)
    (place / _STATE).write_text(json.dumps({"global_step": step, "max_steps": steps}))
    mark_complete(place, step)
    for old in complete_checkpoints(folder)[:-_KEPT]:
        shutil.rmtree(old)


def load_checkpoint(place: Path, model: Any, optimizer: Any, teacher: dict[str, Any] | None, device: Any) -> int:
    """Go on from a checkpoint; returns the updates that were done."""
    import torch
    from safetensors.torch import load_file

    put_back(model, load_file(place / WEIGHTS), place)
    if teacher is not None:
        for name, weight in load_file(place / _TEACHER).items():
            teacher[name].copy_(weight)
    optimizer.load_state_dict(torch.load(place / _OPTIMIZER, map_location=device, weights_only=True))
    return int(json.loads((place / _STATE).read_text(encoding="utf-8"))["global_step"])
