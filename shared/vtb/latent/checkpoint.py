"""Checkpoints of a model that thinks in latents: trained weights, and the teacher's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.engine.own_checkpoints import read_progress, write_checkpoint
from vtb.engine.trained_weights import put_back, trained
from vtb.latent.loading import WEIGHTS

_TEACHER = "teacher"


def save_checkpoint(
    folder: Path, step: int, steps: int, model: Any, state: Mapping[str, Any], teacher: Mapping[str, Any] | None
) -> None:
    """Write ``checkpoint-STEP``."""
    weights: dict[str, Mapping[str, Any]] = {WEIGHTS.removesuffix(".safetensors"): trained(model)}
    if teacher is not None:
        weights[_TEACHER] = {name: weight.cpu().contiguous() for name, weight in teacher.items()}
    write_checkpoint(folder, step, steps, weights, state)


def load_checkpoint(place: Path, model: Any, optimizer: Any, teacher: dict[str, Any] | None, device: Any) -> int:
    """Go on from a checkpoint; returns the updates that were done."""
    from safetensors.torch import load_file

    put_back(model, load_file(place / WEIGHTS), place)
    if teacher is not None:
        for name, weight in load_file(place / f"{_TEACHER}.safetensors").items():
            teacher[name].copy_(weight)
    return read_progress(place, optimizer, device)
