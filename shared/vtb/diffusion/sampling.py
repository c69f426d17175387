"""Lets a model draw its answer: noise to picture or clip, by the engine's own pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vtb.diffusion.features import as_pillow, edited
from vtb.diffusion.rows import Sample
from vtb.diffusion.variants import Variant
from vtb.media.image import Image


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn.

    Attributes:
        steps: of the sampler.
        guidance: scale of classifier-free guidance (arXiv 2207.12598); 1 asks once a step, not twice.
        edit_pixels: pictures to edit are scaled to about so many.
    """

    steps: int
    guidance: float
    edit_pixels: int


def draw_answer(pipe: Any, variant: Variant, asked: Sample, sampling: Sampling, seed: int) -> list[Image]:
    """The answer as frames, (H, W, 3) each; a picture is one. The same seed draws the same on every device.

    Args:
        pipe: the engine's pipeline, all of it.
        variant: which model it is.
        asked: what is asked; of its frames, none are looked at.
        sampling: how to draw.
        seed: of the noise.
    """
    width, height = asked.size
    common = {
        "prompt": asked.prompt, "negative_prompt": "", "cfg_scale": sampling.guidance, "height": height, "width": width,
        "seed": seed % 2**63, "num_inference_steps": sampling.steps, "tiled": False, "progress_bar_cmd": _silent,
    }  # fmt: skip
    if variant.moving:
        shown = as_pillow(asked.shown[0]) if asked.shown else None
        frames = pipe(**common, input_image=shown, num_frames=asked.length, switch_DiT_boundary=variant.boundary)
        return [np.asarray(frame) for frame in frames]
    shown = edited(variant, asked.shown, sampling.edit_pixels)
    picture = pipe(**common, edit_image=shown, edit_image_auto_resize=False, zero_cond_t=variant.zero_cond_t)
    return [np.asarray(picture)]


def _silent(steps: Any) -> Any:
    return steps
