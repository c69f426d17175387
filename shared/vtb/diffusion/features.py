"""What a denoiser is given besides noise: text and VAE features of a sample, by the engine's own units.

The names are the arguments of the engine's ``model_fn``; several pictures are ``edit_latents.0``, ``edit_latents.1``.
All of it depends on the sample and the frozen parts alone, so it can be kept (``feature_cache``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.diffusion.rows import Sample
from vtb.diffusion.variants import Variant
from vtb.media.image import Image

TARGET = "input_latents"
KEPT = ("prompt_emb", "prompt_emb_mask", "context", "y", "first_frame_latents", TARGET)
LISTED = "edit_latents"
MULTIPLE = 16  # of both sides of any picture: of the VAE and its patches
EDIT_MULTIPLE = 32  # of both sides of a picture to edit, as the engine's own resizing has it
Features = Mapping[str, Any]  # of torch tensors


def encode(pipe: Any, variant: Variant, sample: Sample, edit_pixels: int) -> Features:
    """The features of a sample: a batch of one.

    Args:
        pipe: the engine's pipeline, with text encoder and VAE.
        variant: which model it is.
        sample: with what to draw (then ``input_latents`` is among them) or without.
        edit_pixels: pictures to edit are scaled to about so many.
    """
    import torch

    training = getattr(pipe.scheduler, "training", False)
    pipe.scheduler.training = True  # the units then keep latents free of noise
    state = (pipe_inputs(variant, sample, edit_pixels), {"prompt": sample.prompt}, {"negative_prompt": ""})
    with torch.inference_mode():  # a twentieth faster than without gradients alone
        for unit in pipe.units:
            state = pipe.unit_runner(unit, pipe, *state)
    pipe.scheduler.training = training
    return _kept({**state[0], **state[1]})


def pipe_inputs(variant: Variant, sample: Sample, edit_pixels: int) -> dict[str, Any]:
    """The engine's shared inputs of a sample, by the names of its pipeline's arguments."""
    width, height = sample.size
    shared: dict[str, Any] = {"height": height, "width": width, "cfg_scale": 1, "seed": 0, "rand_device": "cpu"}
    drawn = [as_pillow(frame) for frame in sample.frames]
    if variant.moving:
        shared |= {"num_frames": sample.length, "tiled": False, "cfg_merge": False, "vace_scale": 1}
        shared |= {"input_video": drawn or None, "input_image": as_pillow(sample.shown[0]) if sample.shown else None}
        return shared
    shown = edited(variant, sample.shown, edit_pixels)
    return shared | {
        "input_image": drawn[0] if drawn else None, "edit_image": shown, "edit_image_auto_resize": False,
        "zero_cond_t": variant.zero_cond_t,
    }  # fmt: skip


def edited(variant: Variant, shown: Sequence[Image], edit_pixels: int) -> Any:
    """The pictures to edit in the form that chooses the model's template: one picture, a list, or None."""
    fitting = [_about(as_pillow(picture), edit_pixels) for picture in shown]
    if not fitting:
        return None
    return fitting[0] if variant.shown == "picture" else fitting


def as_pillow(image: Image) -> Any:
    """The picture as the engine takes it."""
    from PIL import Image as Pillow

    return Pillow.fromarray(image)


def _about(picture: Any, pixels: int) -> Any:
    """Scaled to about so many pixels, as the engine does to 1024 x 1024; one that has just so many stays as it is."""
    if picture.width * picture.height == pixels and not (picture.width % MULTIPLE or picture.height % MULTIPLE):
        return picture
    ratio = picture.width / picture.height
    width = math.sqrt(pixels * ratio)
    size = [max(EDIT_MULTIPLE, round(side / EDIT_MULTIPLE) * EDIT_MULTIPLE) for side in (width, width / ratio)]
    return picture if list(picture.size) == size else picture.resize(size)


def _kept(values: Mapping[str, Any]) -> Features:
    import torch

    found = {name: values[name] for name in KEPT if isinstance(values.get(name), torch.Tensor)}
    several = values.get(LISTED)
    several = several if isinstance(several, list) else [several]
    found |= {f"{LISTED}.{place}": one for place, one in enumerate(several) if isinstance(one, torch.Tensor)}
    # Copies, since nothing that was made in inference mode may take part in a loss.
    return {name: tensor.to("cpu", copy=True).contiguous() for name, tensor in found.items()}


def model_arguments(variant: Variant, features: Features, device: Any, dtype: Any) -> dict[str, Any]:
    """The features as ``model_fn`` takes them, on a device; what to draw is not among them."""
    moved = {name: _to(tensor, device, dtype) for name, tensor in features.items() if name != TARGET}
    named = sorted((name for name in moved if name.startswith(f"{LISTED}.")), key=lambda name: int(name.split(".")[1]))
    listed = [moved.pop(name) for name in named]
    first = moved.pop("first_frame_latents", None)
    latents = features[TARGET]
    if variant.moving:
        return {**moved, "fuse_vae_embedding_in_latents": first is not None, "first_frame_latents": first}
    height, width = latents.shape[-2] * 8, latents.shape[-1] * 8
    edit = {LISTED: listed} if listed else {}
    return {**moved, **edit, "height": height, "width": width, "zero_cond_t": variant.zero_cond_t}


def _to(tensor: Any, device: Any, dtype: Any) -> Any:
    return tensor.to(device, dtype if tensor.is_floating_point() else None)
