"""How much memory the activations of an update take: what the layers of a denoiser keep for the backward pass.

That grows with the tokens and the widths of a layer alone, since fused attention keeps no table of pairs. How many
bytes it is was counted on small models in bfloat16 (a test counts again); what is computed in passing comes on top.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vtb.diffusion.rows import Sample
from vtb.diffusion.variants import Variant
from vtb.engine.training_job import Tuner

_HALF = 2  # bytes of bfloat16
_WORDS = 200  # tokens of a prompt with its template, of Qwen-Image
_SEEN = 28  # pixels of a side that its text encoder makes a token of
_SHOWN_SIDE = 384  # of pictures of a list, as the text encoder sees them
_LAYER = re.compile(r"(?:transformer_)?blocks\.(\d+)\.")
_QUERY = ("blocks.0.self_attn.q.weight", "transformer_blocks.0.attn.to_q.weight")
_INNER = ("blocks.0.ffn.0.weight", "transformer_blocks.0.img_mlp.net.0.proj.weight")
Shapes = Sequence[tuple[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Kept:
    """Bytes that a layer keeps of each token, for each unit of its width, of its inner width and of the rank."""

    width: float
    inner: float
    rank: float = 0.0


_WAN = {"lora": Kept(58, 6, 32), "full": Kept(50, 4)}
_QWEN = {"lora": Kept(62, 4.5, 20), "full": Kept(50, 4)}
# A level of noise for each token costs more: TI2V-5B's first frame and Edit-2511's pictures shown are free of noise.
_EACH_TOKEN = {"wan2.2-ti2v-5b": 16, "qwen-image-edit-2511": 8}


def activations(variant: Variant, shapes: Shapes, sample: Sample, edit_pixels: int, tuner: Tuner, rank: int, *,
                recomputed: bool) -> int:  # fmt: skip
    """Bytes of one sample's update, in bfloat16.

    Args:
        variant: which model it is.
        shapes: names and shapes of a denoiser's weights.
        sample: what is drawn, and what is shown.
        edit_pixels: pictures to edit are scaled to about so many.
        tuner: ``lora`` or ``full``.
        rank: of the LoRA.
        recomputed: layers keep what they are given, and only one at a time what it computes.
    """
    known = dict(shapes)
    layers = 1 + max((int(found[1]) for name in known if (found := _LAYER.match(name))), default=-1)
    width, inner = (next((known[name][0] for name in names if name in known), 0) for names in (_QUERY, _INNER))
    kept = (_WAN if variant.moving else _QWEN)[tuner]
    layer = (kept.width + _EACH_TOKEN.get(variant.name, 0)) * width + kept.inner * inner + kept.rank * rank
    given = _HALF * width
    return round(tokens(variant, sample, edit_pixels) * (layers * given + layer if recomputed else layers * layer))


def tokens(variant: Variant, sample: Sample, edit_pixels: int) -> int:
    """Tokens of a denoiser's input: of what is drawn, of pictures to edit, and of the prompt where it is part of it."""
    wide, high = sample.size
    if variant.moving:
        return ((sample.length - 1) // 4 + 1) * (wide // variant.multiple) * (high // variant.multiple)
    seen = edit_pixels if variant.shown == "picture" else _SHOWN_SIDE**2
    each = edit_pixels // 16**2 + seen // _SEEN**2
    return (wide // 16) * (high // 16) + len(sample.shown) * each + _WORDS
