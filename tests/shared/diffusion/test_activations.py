"""What the layers of a denoiser keep for the backward pass is counted here, as the estimate of memory says it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drawing import one_thread as one_thread  # a fixture
from real_denoisers import features_for, in_a_pipeline
from vtb.diffusion.activations import activations, tokens
from vtb.diffusion.denoiser import make_denoiser
from vtb.diffusion.flow import Draw
from vtb.diffusion.rows import Sample
from vtb.diffusion.trained_weights import make_trainable
from vtb.diffusion.variants import VARIANTS
from vtb.engine.training_job import Tuner

pytestmark = pytest.mark.engine
SIDE, FRAMES, RANK = 192, 5, 8


def denoiser(variant: str, layers: int) -> tuple[Any, int]:
    """A tiny one, and how wide its words are."""
    if VARIANTS[variant].moving:
        from diffsynth.models.wan_video_dit import WanModel

        from vtb.diffusion.tiny.wan import DITS

        return WanModel(**{**DITS[variant], "dim": 192, "num_layers": layers}), 32
    from vtb.diffusion.tiny.qwen import SMALL_DIT, TinyQwenImageDiT

    return TinyQwenImageDiT(**{**SMALL_DIT, "layers": layers}), 64


def kept(variant: str, layers: int, tuner: Tuner, *, checkpointing: bool) -> tuple[int, dict[str, tuple[int, ...]]]:
    """Bytes that are kept between forward and backward pass, and the shapes of the weights."""
    import torch

    known, (dit, width) = VARIANTS[variant], denoiser(variant, layers)
    shapes = {name: tuple(weight.shape) for name, weight in dit.named_parameters()}
    pipe = in_a_pipeline(variant, dit, "cpu", torch.bfloat16)
    make_trainable(pipe, known, {"lora": "dit"}, tuner, RANK, 0)
    own = {weight.untyped_storage().data_ptr() for weight in dit.parameters()}
    found: dict[int, int] = {}

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor

    module = make_denoiser(pipe, known, {"lora": "dit"}, checkpointing=checkpointing)
    features = features_for(variant, (SIDE, SIDE), FRAMES, 1, width)  # words weigh little in what is drawn
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = module(features, "lora", Draw(500, 1))
    total = sum(found.values())
    del loss
    return total, shapes


@pytest.mark.parametrize("tuner", ["lora", "full"])
@pytest.mark.parametrize("variant", ["wan2.2-ti2v-5b", "wan2.2-i2v-a14b", "qwen-image-edit-2511"])
def test_a_layer_keeps_what_the_estimate_says(variant: str, tuner: Tuner) -> None:
    known = VARIANTS[variant]
    shown = () if known.moving else (np.zeros((SIDE, SIDE, 3), np.uint8),)
    sample = Sample("", (), shown, (SIDE, SIDE), FRAMES if known.moving else 1)
    for recomputed in (False, True):
        (one, _), (two, shapes) = (kept(variant, layers, tuner, checkpointing=recomputed) for layers in (1, 2))
        names = list(shapes.items())
        fewer = [(name, shape) for name, shape in names if "blocks.1." not in name]
        said, less = (
            activations(known, some, sample, SIDE**2, tuner, RANK, recomputed=recomputed) for some in (names, fewer)
        )
        if recomputed and not known.moving:  # what its layers are given is held by name, where nobody can count it
            assert two == one
            continue
        share = 1.0 if known.moving else 2 * (SIDE // 16) ** 2 / tokens(known, sample, SIDE**2)  # without the prompt
        assert (said - less) * share == pytest.approx(two - one, rel=0.1), recomputed
