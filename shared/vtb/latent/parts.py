"""The parts of a vision-language model of transformers (Qwen2.5-VL, Qwen3-VL), with adapters on it or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vtb.errors import BadInput
from vtb.latent.sequences import Batch

KINDS = ("qwen2_5_vl", "qwen3_vl")  # ``model_type`` of the models that this works with


@dataclass(frozen=True)
class Parts:
    """One model.

    Attributes:
        whole: the model for generation, without what adapters wrap it in.
        inner: its model without the output layer.
        layers: its decoder layers.
    """

    whole: Any
    inner: Any
    layers: Any

    def embed(self, ids: Any) -> Any:
        """(B, T) tokens to (B, T, D) embeddings."""
        return self.inner.get_input_embeddings()(ids)

    def logits(self, states: Any) -> Any:
        """(..., D) last states to (..., V) scores of the next token."""
        return self.whole.lm_head(states)


def parts_of(model: Any) -> Parts:
    """The parts of a model, whatever is wrapped around it."""
    whole = model.get_base_model() if hasattr(model, "get_base_model") else model
    if whole.config.model_type not in KINDS:
        raise BadInput(f"the model is of type {whole.config.model_type}: latents are made for {' and '.join(KINDS)}")
    return Parts(whole, whole.model, whole.model.language_model.layers)


def placeholders(parts: Parts) -> list[int]:
    """The tokens that stand for pictures and clips: in an answer, the model would look for a picture to put there."""
    return [parts.whole.config.image_token_id, parts.whole.config.video_token_id]


def seen(parts: Parts, pixels: Any, grids: Any) -> Any:
    """What the vision tower makes of pictures, as the model's own ``forward`` takes it; None where there are none."""
    return None if pixels is None else parts.inner.get_image_features(pixels, grids, return_dict=True)


def places(parts: Parts, batch: Batch) -> Any:
    """(3, B, T) positions in time, height and width; those of latents are as of words (ILVR, section 3)."""
    if batch.grids is not None:
        found, _ = parts.inner.get_rope_index(
            batch.ids, mm_token_type_ids=batch.kinds, image_grid_thw=batch.grids, attention_mask=batch.mask
        )
        return found
    return ((batch.mask.cumsum(-1) - 1) * batch.mask).expand(3, *batch.ids.shape)


def last_states(parts: Parts, batch: Batch, pictures: Any, embeds: Any, at: Batch | None = None) -> Any:
    """(B, T, D) states after the last layer and its norm.

    Args:
        parts: the model.
        batch: the rows.
        pictures: what ``seen`` has made of theirs.
        embeds: (B, T, D) what goes in, latents included; pictures are put in here.
        at: rows by which positions are counted, where these are not the same.
    """
    more = {} if pictures is None else {"mm_encoder_outputs": {"image": pictures}}
    found = parts.inner(
        inputs_embeds=embeds,
        attention_mask=batch.mask,
        position_ids=places(parts, at or batch),
        use_cache=False,
        **more,
    )
    return found.last_hidden_state
