"""A model as trainings of our own have it: its precision, where it lies, and a LoRA on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vtb.engine.together import how_together
from vtb.engine.vision_language import load_vision_language
from vtb.errors import UsageProblem

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")  # of a decoder layer


def half_precision(device: str) -> bool:
    """Whether to compute in bfloat16, which processors do slowly."""
    return device == "cuda"


def make_accelerator(device: str) -> Any:
    """accelerate's, of all processes.

    Raises:
        UsageProblem: the environment asks it for DeepSpeed, whose file may set our rates and schedule aside.
    """
    if os.environ.get("ACCELERATE_USE_DEEPSPEED", "").lower() in ("true", "1", "yes"):
        raise UsageProblem("ACCELERATE_USE_DEEPSPEED is set: this training knows no DeepSpeed: unset it")
    from accelerate import Accelerator

    precision = "bf16" if half_precision(device) else "no"
    return Accelerator(cpu=device == "cpu", mixed_precision=precision, kwargs_handlers=how_together())


def load_model(folder: Path, device: str) -> Any:
    """A model in the precision that it is computed in."""
    import torch

    return load_vision_language(folder, None, torch.bfloat16 if half_precision(device) else torch.float32)


def settle(model: Any, accelerator: Any, device: str, *, checkpointing: bool, offload: bool = False) -> None:
    """Put a model where it is trained.

    What is trained is kept in float32 and computed in bfloat16, in whose three digits an update of 1e-5 of a weight
    would be lost; with ``offload`` its float32 is with the optimizer, in the machine's memory.
    """
    model.to("cpu" if device == "cpu" else accelerator.device)
    if half_precision(device) and not offload:
        for weight in model.parameters():
            if weight.requires_grad:
                weight.data = weight.data.float()
    if checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})


def with_lora(
    model: Any, where: str, names: Sequence[str], rank: int, seed: int, rows: dict[str, list[int]] | None = None
) -> Any:
    """A LoRA of scale 2 on a model; all else of it is frozen.

    Args:
        model: the model.
        where: pattern of the modules that hold the layers.
        names: of the layers.
        rank: of the LoRA.
        seed: of its first weights.
        rows: of tables, that are trained beside it.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=rf"{where}\.({'|'.join(names)})",
        trainable_token_indices=rows, task_type="CAUSAL_LM",
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        return get_peft_model(model, config)


def save_whole(model: Any, processor: Any, source: Path, folder: Path) -> None:
    """A model with all that belongs to it, as transformers loads it; ``source`` is the folder that it came from."""
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    for name in ("chat_template.jinja", "chat_template.json"):  # where the model's own folder keeps it
        if (source / name).is_file() and not (folder / name).is_file():
            shutil.copy(source / name, folder / name)
