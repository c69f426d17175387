"""From a checkpoint of ours to what others load: a PEFT adapter, or a model folder of Hugging Face."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vtb.engine.own_model import load_model, save_whole
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.engine.trained_weights import put_back
from vtb.engine.vision_language import load_processor
from vtb.geometry.as_trained import forget_shown
from vtb.latent.grpo_job import GrpoJob
from vtb.latent.job import Job
from vtb.latent.loading import WEIGHTS, add_latents, make_trainable
from vtb.latent.tokens import LatentTokens, read_latent_config, write_latent_config


def _restored(job: Job | GrpoJob, checkpoint: Path) -> tuple[Any, Any, LatentTokens | None]:
    """The trained model, its processor as it was at the start, and its tokens."""
    allow_cpu_torchvision()
    from safetensors.torch import load_file

    processor = load_processor(job.model, 1 << 40)
    model = load_model(job.model, job.device)
    size = latent_size(job)
    tokens = add_latents(model, processor, job.model, size, job.tuner) if size else None
    model = make_trainable(model, tokens, job.tuner, job.rank, job.seed, tune_vision=job.tune_vision)
    put_back(model, load_file(checkpoint / WEIGHTS), checkpoint)
    return model, processor, tokens


def latent_size(job: Job | GrpoJob) -> int:
    """Latents of a segment: those of the job, or of the model that it goes on from."""
    if isinstance(job, Job):
        return job.latent_size
    had = read_latent_config(job.model)
    return had.size if had is not None else 0


def write_adapter(job: Job | GrpoJob, checkpoint: Path, folder: Path) -> None:
    """A PEFT adapter, with the tokenizer that knows the latent tokens and what they are."""
    model, processor, tokens = _restored(job, checkpoint)
    model.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)
    config = folder / "adapter_config.json"
    values = json.loads(config.read_text(encoding="utf-8"))
    # The place of the base model on this machine is nobody's business, and wrong elsewhere.
    values["base_model_name_or_path"] = job.model.name
    config.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "README.md").unlink(missing_ok=True)  # a form to fill in
    if tokens is not None:
        processor.save_pretrained(folder)
        write_latent_config(folder, tokens)


def write_model(job: Job | GrpoJob, checkpoint: Path, folder: Path) -> None:
    """A whole model as transformers loads it; a LoRA is merged into it."""
    model, processor, tokens = _restored(job, checkpoint)
    if job.tuner == "lora":
        model = model.merge_and_unload()
    if tokens is not None:
        for name, value in tokens.config().items():
            setattr(model.config, name, value)
    save_whole(model, processor, job.model, folder)
    forget_shown(folder)
