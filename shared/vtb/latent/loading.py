"""A model ready to be trained to think in latents: loaded, with the three tokens, and with what is trained marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtb.engine.own_model import LINEAR, with_lora
from vtb.engine.training_job import Tuner
from vtb.errors import BadInput
from vtb.latent.parts import parts_of
from vtb.latent.tokens import LatentTokens, add_tokens, known_latents, lacks_room, make_room

WEIGHTS = "trained.safetensors"


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
    where = r".*" if tune_vision else r".*language_model.*"
    names = (*LINEAR, "qkv", "proj", "linear_fc1", "linear_fc2") if tune_vision else LINEAR
    return with_lora(model, where, names, rank, seed, _own_rows(model, tokens))


def _own_rows(model: Any, tokens: LatentTokens | None) -> dict[str, list[int]] | None:
    if tokens is None:
        return None
    rows = [tokens.pad, tokens.start, tokens.end]
    tied = model.get_input_embeddings().weight is model.get_output_embeddings().weight
    return {"embed_tokens": rows} | ({} if tied else {"lm_head": rows})
