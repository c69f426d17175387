"""A model and its processor, ready to be trained to think in latents; and its weights, out and in again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtb.engine.training_job import Tuner
from vtb.errors import BadInput
from vtb.latent.parts import parts_of
from vtb.latent.tokens import LatentTokens, add_tokens, make_room, read_latent_config

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
WEIGHTS = "trained.safetensors"


def add_latents(model: Any, processor: Any, folder: Path, size: int) -> LatentTokens:
    """Give a model the three tokens, or take those that it has.

    Raises:
        BadInput: it was trained with another number of latents.
    """
    known = len(processor.tokenizer)
    had = read_latent_config(folder)
    if had is not None and had.size != size:
        raise BadInput(f"{folder}: was trained with {had.size} latents a segment: give --latent-size {had.size}")
    tokens = add_tokens(processor.tokenizer, size)
    if had is not None and had != tokens:
        raise BadInput(f"{folder}: its configuration and its tokenizer disagree about the latent tokens")
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
