"""Wan2.2's parts in small: the engine's own classes; only the VAEs fix some of their sizes, which are replaced."""

from __future__ import annotations

from typing import Any

import diffsynth.models.wan_video_vae as vaes
from diffsynth.core.vram.initialization import skip_model_initialization

_TEXT = 32
_COMMON = {
    "has_image_input": False, "patch_size": [1, 2, 2], "dim": 96, "ffn_dim": 128, "freq_dim": 64, "text_dim": _TEXT,
    "num_heads": 4, "num_layers": 2, "eps": 1e-6, "require_clip_embedding": False,
}  # fmt: skip
# The switches of the released models; channels are those of their VAEs, and 20 more for what is shown (4 of the mask).
DITS: dict[str, dict[str, Any]] = {
    "wan2.2-ti2v-5b": {
        **_COMMON, "in_dim": 48, "out_dim": 48, "seperated_timestep": True, "require_vae_embedding": False,
        "fuse_vae_embedding_in_latents": True,
    },
    "wan2.2-i2v-a14b": {**_COMMON, "in_dim": 36, "out_dim": 16},
    "wan2.2-t2v-a14b": {**_COMMON, "in_dim": 16, "out_dim": 16, "require_vae_embedding": False},
}  # fmt: skip
VOCABULARY = 512
TEXT_ENCODER = {"vocab": VOCABULARY, "dim": _TEXT, "dim_attn": _TEXT, "dim_ffn": 64, "num_heads": 4, "num_layers": 2}
_WIDTH = 16


class TinyWanVideoVAE38(vaes.WanVideoVAE38):  # type: ignore[misc]
    """The VAE of TI2V-5B (48 channels, sixteenth of a side), 16 wide."""

    def __init__(self) -> None:
        """Random weights."""
        with skip_model_initialization():  # of the full width
            super().__init__(z_dim=48, dim=_WIDTH)
        self.model = vaes.VideoVAE38_(dim=_WIDTH, z_dim=48, dec_dim=_WIDTH).eval().requires_grad_(False)


class TinyWanVideoVAE(vaes.WanVideoVAE):  # type: ignore[misc]
    """The VAE of A14B (16 channels, eighth of a side), 16 wide."""

    def __init__(self) -> None:
        """Random weights."""
        with skip_model_initialization():  # of the full width
            super().__init__(z_dim=16)
        self.model = vaes.VideoVAE_(dim=_WIDTH, z_dim=16).eval().requires_grad_(False)
