"""A Q-Former of one layer in the shapes of the language model: queries look at a target, each sample at its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLMLP, Qwen2_5_VLRMSNorm

# Frequencies of time, height and width where a configuration does not say, as in transformers.
_BEHIND, _BY_TURNS = (16, 24, 24), (24, 20, 20)


class QFormer(nn.Module):  # type: ignore[misc]
    """x = q + Attention(norm q, norm t); x + MLP(norm x); there is no attention among the queries.

    The first norm is one for queries and target. Heads, sharing of keys and rotation are the language model's.
    """

    def __init__(self, text: Any) -> None:
        """``text`` is the configuration of the language model."""
        super().__init__()
        width, self.heads, self.key_heads = text.hidden_size, text.num_attention_heads, text.num_key_value_heads
        self.head = getattr(text, "head_dim", None) or width // self.heads
        self.axes = axes_of(text)
        self.norm = Qwen2_5_VLRMSNorm(width, eps=text.rms_norm_eps)
        self.q_proj = nn.Linear(width, self.heads * self.head)
        self.k_proj = nn.Linear(width, self.key_heads * self.head)
        self.v_proj = nn.Linear(width, self.key_heads * self.head)
        self.o_proj = nn.Linear(self.heads * self.head, width, bias=False)
        self.mlp_norm = Qwen2_5_VLRMSNorm(width, eps=text.rms_norm_eps)
        self.mlp = Qwen2_5_VLMLP(text, bias=True)

    def forward(self, queries: Any, target: Any, there: Any, places: tuple[Any, Any], frequencies: Any) -> Any:
        """One look.

        Args:
            queries: (N, Q, D).
            target: (N, L, D), padded.
            there: (N, L) true where the target is no padding.
            places: (3, N, Q) and (3, N, L) positions in time, height and width.
            frequencies: (head / 2,) of the language model's rotation.
        """
        asks, shows = self.norm(queries), self.norm(target)
        query = self._turned(self._split(self.q_proj(asks), self.heads), places[0], frequencies)
        key = self._turned(self._split(self.k_proj(shows), self.key_heads), places[1], frequencies)
        value = self._split(self.v_proj(shows), self.key_heads)
        found = nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=there[:, None, None, :], enable_gqa=True
        )
        seen = queries + self.o_proj(found.transpose(1, 2).flatten(2))
        return seen + self.mlp(self.mlp_norm(seen))

    def _split(self, states: Any, heads: int) -> Any:
        """(N, L, heads * head) to (N, heads, L, head)."""
        return states.unflatten(-1, (heads, self.head)).transpose(1, 2)

    def _turned(self, states: Any, places: Any, frequencies: Any) -> Any:
        """Rotated by position: each frequency by time, height or width (arXiv 2409.12191)."""
        angle = (places[self.axes].movedim(0, -1).float() * frequencies.float())[:, None]
        low, high = states.float().chunk(2, dim=-1)
        cos, sin = angle.cos(), angle.sin()
        return torch.cat([low * cos - high * sin, high * cos + low * sin], dim=-1).to(states.dtype)


def axes_of(text: Any) -> list[int]:
    """Of each frequency of a language model's rotation, the axis that it turns by: 0 time, 1 height, 2 width.

    In sections one after the other (Qwen2.5-VL, arXiv 2409.12191), or by turns while height and width have any
    (Qwen3-VL's interleaved MRoPE, arXiv 2511.21631), whatever its configuration says of it.
    """
    by_turns = text.model_type.startswith("qwen3_vl")
    counts = text.rope_parameters.get("mrope_section", _BY_TURNS if by_turns else _BEHIND)
    if not by_turns:
        return [axis for axis, count in enumerate(counts) for _ in range(count)]
    places = range(sum(counts))
    return [place % 3 if place < 3 * counts[place % 3] else 0 for place in places]
