"""Checkpoints from which a training goes on as if it had never stopped.

Chance needs none of its own: it depends on the seed and the number of the sample (``flow.draw``, ``order``), and the
learning rate on the step. So weights, the optimizer's state and the step are all there is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.diffusion.trained_weights import load_weights, write_weights
from vtb.engine.complete import COMPLETE, complete_checkpoints, mark_complete
from vtb.engine.trained_weights import trained

_OPTIMIZER = "optimizer.pt"
_KEPT = 2


def save_checkpoint(folder: Path, step: int, steps: int, dits: Mapping[str, Any], optimizer: Any) -> None:
    """Write ``checkpoint-STEP``, marked when it is whole; older ones but one are removed after that."""
    import torch

    place = folder / f"checkpoint-{step}"
    place.mkdir(parents=True, exist_ok=True)
    (place / COMPLETE).unlink(missing_ok=True)  # an older run may have left one of this name
    for name, dit in dits.items():
        write_weights(trained(dit), place / f"{name}.safetensors")
    torch.save(optimizer.state_dict(), place / _OPTIMIZER)
    (place / "trainer_state.json").write_text(json.dumps({"global_step": step, "max_steps": steps}))
    mark_complete(place, step)
    for old in complete_checkpoints(folder)[:-_KEPT]:
        shutil.rmtree(old)


def load_checkpoint(place: Path, dits: Mapping[str, Any], optimizer: Any, device: Any) -> int:
    """Go on from a checkpoint; returns the updates that were done."""
    import torch

    for name, dit in dits.items():
        load_weights(dit, place / f"{name}.safetensors")
    state = torch.load(place / _OPTIMIZER, map_location=device, weights_only=True)
    optimizer.load_state_dict(state)
    return int(json.loads((place / "trainer_state.json").read_text(encoding="utf-8"))["global_step"])
