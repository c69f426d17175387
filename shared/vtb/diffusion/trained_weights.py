"""What is trained of a denoiser: a LoRA or all of it; reading and writing it as safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.diffusion.flow import set_for_training
from vtb.diffusion.variants import Variant
from vtb.engine.trained_weights import put_back
from vtb.engine.training_job import Tuner


def make_trainable(pipe: Any, variant: Variant, experts: Mapping[str, str], tuner: Tuner, rank: int, seed: int) -> None:
    """Freeze everything but the experts' LoRA, whose weights are float32, or but the experts themselves.

    Args:
        pipe: the engine's pipeline.
        variant: which model it is.
        experts: attribute of the pipeline by the expert's name.
        tuner: what to train.
        rank: of the LoRA; its scale is 1, since the engine's loader knows no other.
        seed: of the LoRA's first weights.
    """
    import torch
    from diffsynth.diffusion import DiffusionTrainingModule

    pipe.eval()
    pipe.requires_grad_(False)
    set_for_training(pipe)
    for attribute in experts.values():
        dit = getattr(pipe, attribute)
        if tuner == "full":
            dit.requires_grad_(True)
            continue
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed % 2**63)
            DiffusionTrainingModule().add_lora_to_model(dit, list(variant.targets), rank, upcast_dtype=torch.float32)


def load_weights(dit: Any, path: Path) -> None:
    """Put trained tensors back into a denoiser that is made for them.

    Raises:
        ValueError: they are of another training.
    """
    from safetensors.torch import load_file

    put_back(dit, load_file(path), path)
