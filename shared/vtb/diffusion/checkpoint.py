"""Checkpoints of a model that draws: the trained weights of each denoiser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.diffusion.trained_weights import load_weights
from vtb.engine.own_checkpoints import read_progress, write_checkpoint
from vtb.engine.trained_weights import trained


def save_checkpoint(folder: Path, step: int, steps: int, dits: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Write ``checkpoint-STEP``, with the names of weights that the engine's ``load_lora`` reads."""
    write_checkpoint(folder, step, steps, {name: trained(dit) for name, dit in dits.items()}, state)


def load_checkpoint(place: Path, dits: Mapping[str, Any], optimizer: Any, device: Any) -> int:
    """Go on from a checkpoint; returns the updates that were done."""
    for name, dit in dits.items():
        load_weights(dit, place / f"{name}.safetensors")
    return read_progress(place, optimizer, device)
