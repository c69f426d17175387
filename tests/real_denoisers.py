"""Denoisers of the released models with random weights, of all their layers or of a few; what they read."""

from __future__ import annotations

from typing import Any

from vtb.diffusion.variants import VARIANTS

WAN: dict[str, dict[str, Any]] = {
    "wan2.2-ti2v-5b": {
        "in_dim": 48, "dim": 3072, "ffn_dim": 14336, "out_dim": 48, "num_heads": 24, "num_layers": 30,
        "seperated_timestep": True, "require_vae_embedding": False, "fuse_vae_embedding_in_latents": True,
    },
    "wan2.2-i2v-a14b": {
        "in_dim": 36, "dim": 5120, "ffn_dim": 13824, "out_dim": 16, "num_heads": 40, "num_layers": 40,
    },
}  # fmt: skip
_COMMON = {
    "has_image_input": False, "patch_size": [1, 2, 2], "freq_dim": 256, "text_dim": 4096, "eps": 1e-6,
    "require_clip_embedding": False,
}  # fmt: skip
LAYERS = {**{name: sizes["num_layers"] for name, sizes in WAN.items()}, "qwen-image-edit-2511": 60}


def real_denoiser(variant: str, layers: int | None = None) -> Any:
    """The engine's class with the sizes of the published files; None takes all layers."""
    from diffsynth.models.qwen_image_dit import QwenImageDiT
    from diffsynth.models.wan_video_dit import WanModel

    more = {} if layers is None else {"num_layers": layers}
    if variant in WAN:
        return WanModel(**{**_COMMON, **WAN[variant], **more})
    return QwenImageDiT(**more)


def features_for(variant: str, size: tuple[int, int], frames: int, words: int, width: int) -> dict[str, Any]:
    """Random features, as ``vtb.diffusion.features`` makes them of a row; pictures to edit have the size of the answer.

    Args:
        variant: which model it is.
        size: width and height of what is drawn.
        frames: of a clip.
        words: tokens of the prompt.
        width: of a token's features.
    """
    import torch

    generator = torch.Generator().manual_seed(0)

    def some(*shape: int) -> Any:
        return torch.randn(1, *shape, generator=generator)

    across, down, times = size[0] // 8, size[1] // 8, (frames - 1) // 4 + 1
    if variant == "wan2.2-ti2v-5b":
        form = (down // 2, across // 2)
        return {"context": some(words, width), "input_latents": some(48, times, *form),
                "first_frame_latents": some(48, 1, *form)}  # fmt: skip
    if VARIANTS[variant].moving:
        return {"context": some(words, width), "input_latents": some(16, times, down, across),
                "y": some(20, times, down, across)}  # fmt: skip
    return {
        "prompt_emb": some(words, width), "prompt_emb_mask": torch.ones(1, words, dtype=torch.long),
        "input_latents": some(16, down, across), "edit_latents.0": some(16, down, across),
    }  # fmt: skip


def in_a_pipeline(variant: str, dit: Any, device: str, dtype: Any) -> Any:
    """The engine's pipeline with nothing but a denoiser, which has learned nothing."""
    from diffsynth.pipelines.qwen_image import QwenImagePipeline
    from diffsynth.pipelines.wan_video import WanVideoPipeline

    pipe = (WanVideoPipeline if VARIANTS[variant].moving else QwenImagePipeline)(device=device, torch_dtype=dtype)
    pipe.dit = dit.to(device, dtype)
    return pipe
