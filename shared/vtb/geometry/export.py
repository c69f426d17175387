"""From a checkpoint of ours to a model folder, and what shows that its weights have changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.engine.own_model import save_whole
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.engine.trained_weights import put_back
from vtb.engine.vision_language import load_processor
from vtb.geometry.as_trained import note_shown
from vtb.geometry.job import Job
from vtb.geometry.known import make_known
from vtb.geometry.making import load_model
from vtb.geometry.trained import make_trainable
from vtb.geometry.trainer import WEIGHTS


def write_model(job: Job, checkpoint: Path, folder: Path) -> dict[str, Any]:
    """A whole model as transformers loads it, a LoRA merged into it; how far it is from where training began."""
    allow_cpu_torchvision()
    from safetensors.torch import load_file

    make_known(job.model)
    processor = load_processor(job.model, 1 << 40)
    model = make_trainable(load_model(job, processor), job)
    found = load_file(checkpoint / f"{WEIGHTS}.safetensors")
    proof = _changes(model, found)
    put_back(model, found, checkpoint)
    if job.tune_llm and job.tuner == "lora":
        model = model.merge_and_unload()
    note_shown(model.config, job.max_pixels)
    save_whole(model, processor, job.model, folder)
    return proof


def _changes(model: Any, found: Mapping[str, Any]) -> dict[str, float | int]:
    """Of the trained weights: how many differ from those at the start, of how many, and by how much at most."""
    before = {name: weight.detach().float() for name, weight in model.named_parameters() if name in found}
    largest = [float((found[name].float() - weight).abs().max()) for name, weight in before.items()]
    changed = sum(difference > 0 for difference in largest)
    return {"weights_changed": changed, "weights_total": len(largest), "weights_diff_max": max(largest, default=0.0)}
