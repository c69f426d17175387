"""A model ready to be trained to think in latents: loaded, with the three tokens, and with what is trained marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtb.engine.training_job import Tuner
from vtb.engine.vision_language import load_vision_language
from vtb.errors import BadInput
from vtb.latent.parts import parts_of
from vtb.latent.tokens import LatentTokens, add_tokens, known_latents, lacks_room, make_room

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
WEIGHTS = "trained.safetensors"


def half_precision(device: str) -> bool:
    """Whether to compute in bfloat16, which processors do slowly."""
    return device == "cuda"


def make_accelerator(device: str) -> Any:
    """accelerate's, of all processes."""
    from accelerate import Accelerator, DistributedDataParallelKwargs

    unused = DistributedDataParallelKwargs(find_unused_parameters=True)  # tables of tokens that a batch lacks
    return Accelerator(
        cpu=device == "cpu", mixed_precision="bf16" if half_precision(device) else "no", kwargs_handlers=[unused]
    )


def load_model(folder: Path, device: str) -> Any:
    """A model in the precision that it is computed in."""
    import torch

    return load_vision_language(folder, None, torch.bfloat16 if half_precision(device) else torch.float32)


def settle(model: Any, accelerator: Any, device: str, *, checkpointing: bool) -> None:
    """Put a model where it is trained.

    What is trained is kept in float32 and computed in bfloat16, in whose three digits an update of 1e-5 of a weight
    would be lost.
    """
    model.to("cpu" if device == "cpu" else accelerator.device)
    if half_precision(device):
        for weight in model.parameters():
            if weight.requires_grad:
                weight.data = weight.data.float()
    if checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})


def add_latents(model: Any, processor: Any, folder: Path, size: int, tuner: Tuner) -> LatentTokens:
    """Give a model the three tokens, or take those that it has.

    Raises:
        BadInput: it was trained with another number of latents, or a LoRA cannot bring it more rows.
    """
    known = len(processor.tokenizer)
    had = known_latents(folder, processor.tokenizer)
    if had is not None and had.size != size:
        raise BadInput(f"{folder}: was trained with {had.size} latents a segment: give --latent-size {had.size}")
    tokens = add_tokens(processor.tokenizer, size)
    if tuner == "lora" and lacks_room(model, tokens):
        raise BadInput(f"{folder}: its tables have no spare rows for the latent tokens: take --tuner full")
    make_room(model, tokens, known)
    return tokens


def make_trainable(
    model: Any, tokens: LatentTokens | None, tuner: Tuner, rank: int, seed: int, *, tune_vision: bool
) -> Any:
    """Freeze everything but what is trained; returns the model, wrapped where there is a LoRA.

    A LoRA also has rows of its own for the three tokens, in both tables: without them the model could neither begin a
    segment nor read that one has begun.
    """
    parts = parts_of(model)
    if tuner == "full":
        model.requires_grad_(True)
        parts.inner.visual.requires_grad_(tune_vision)
        return model
    import torch
    from peft import LoraConfig, get_peft_model

    where = r".*" if tune_vision else r".*language_model.*"
    names = (*LINEAR, "qkv", "proj", "linear_fc1", "linear_fc2") if tune_vision else LINEAR
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=rf"{where}\.({'|'.join(names)})",
        trainable_token_indices=_own_rows(model, tokens), task_type="CAUSAL_LM",
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        return get_peft_model(model, config)


def _own_rows(model: Any, tokens: LatentTokens | None) -> dict[str, list[int]] | None:
    if tokens is None:
        return None
    rows = [tokens.pad, tokens.start, tokens.end]
    tied = model.get_input_embeddings().weight is model.get_output_embeddings().weight
    return {"embed_tokens": rows} | ({} if tied else {"lm_head": rows})
